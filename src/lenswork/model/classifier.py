"""A network that keeps its contract, as one safetensors file."""

from collections.abc import Sequence
from html import escape
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import Tensor, nn

from lenswork.errors import ClassifierError, LensworkError, NetError, UsageError
from lenswork.files import written_whole
from lenswork.kinds import Picture, Pictures, Probabilities
from lenswork.model.answering import Answering, checked_picture
from lenswork.model.answering import Prediction as Prediction
from lenswork.model.classifier_file import checksum_of, read_tensors
from lenswork.model.contract import Contract
from lenswork.model.describe import describe, format_bytes
from lenswork.model.memory import available_bytes
from lenswork.model.network import Network
from lenswork.model.shapes import format_shape
from lenswork.model.spec import NetSpec, check_net, parse_net
from lenswork.model.stored import CHECKSUM as CHECKSUM
from lenswork.model.stored import EXPECTED as EXPECTED
from lenswork.model.stored import (
    GOLDEN,
    MOST_GOLDEN_BYTES,
    WEIGHT,
    most_golden,
)
from lenswork.model.stored import METADATA_KEY as METADATA_KEY
from lenswork.model.stored import TOLERANCE as TOLERANCE
from lenswork.model.threads import use_given_cores
from lenswork.model.viewed import answer
from lenswork.model.views import Views
from lenswork.model.weights import FLOATS, first_line, other_kind, unlike, weights_of

BATCH = 256


class Classifier(Answering):
    """A trained network with its contract and golden pictures."""

    def __init__(self, network: nn.Module, contract: Contract, golden: Sequence[Picture]) -> None:
        super().__init__(contract, golden)
        use_given_cores()
        self.network = network.eval()

    def _answers(self, pictures: Pictures) -> Probabilities:
        self.network.eval()  # whoever trained on in the meantime
        device = next(iter(self.network.parameters()), torch.empty(0)).device
        answers = [torch.empty(0, len(self.classes))]
        scale, views = self.contract.preprocess.scale, Views.parse(self.contract.views)
        with torch.inference_mode():
            for start in range(0, len(pictures), BATCH):
                batch = torch.from_numpy(
                    np.require(pictures[start : start + BATCH], None, ["C", "W"])
                )
                logits = answer(self.network, batch.to(device), scale, views)
                answers.append(self._checked_answers(logits))
        return torch.cat(answers).numpy()

    def save(self, path: str | Path) -> None:
        """Write one safetensors file: weights, contract, golden pictures and their answers.

        Raises `UsageError` for what `load` would refuse: fewer golden pictures than classes, and a
        network that does not fit the contract's input, classes or net.
        """
        if len(self.golden) < len(self.classes):
            raise UsageError(
                f"expected a golden picture for each of {len(self.classes)} classes, got "
                f"{len(self.golden)}: give Classifier(…, golden=…) one picture a class"
            )
        if len(self.golden) > (most := _most_golden(self.contract)):
            raise UsageError(
                f"expected at most {most:,} golden pictures, got {len(self.golden):,}: give fewer, "
                "one a class is enough"
            )
        if (size := sum(picture.nbytes for picture in self.golden)) > MOST_GOLDEN_BYTES:
            raise UsageError(
                f"expected at most {format_bytes(MOST_GOLDEN_BYTES)} of golden pictures, got "
                f"{format_bytes(size)}: give fewer or smaller ones"
            )
        answers = self._golden_answers()
        tensors = weights_of(self.network)
        if (odd := other_kind(tensors)) is not None:
            raise UsageError(f"expected a network whose weights are floats, got {odd}")
        self._refuse_another_net(answers)
        for index, picture in enumerate(self.golden):
            tensors[f"{GOLDEN}{index:05d}"] = torch.from_numpy(np.array(picture))
        tensors[EXPECTED] = torch.from_numpy(answers)
        text = self.contract.model_dump_json()
        tensors[CHECKSUM] = checksum_of(text)
        with written_whole(Path(path)) as temporary:
            try:
                save_file(tensors, temporary, {METADATA_KEY: text})
            except SafetensorError as error:  # how safetensors reports a full disk
                raise LensworkError(f"cannot write the classifier {path}: {error}") from error

    def _golden_answers(self) -> Probabilities:
        pictures = [checked_picture(picture) for picture in self.golden]
        try:
            return self.probabilities_of(pictures)
        except RuntimeError as error:  # torch says which layer's sides do not fit
            shape = format_shape(self.contract.preprocess.input_shape)
            raise UsageError(
                f"expected a network that answers the contract's pictures of {shape}, but it "
                f"cannot ({first_line(error)}): give the contract the preprocess that the network "
                "was trained with"
            ) from error

    def _refuse_another_net(self, answers: Probabilities) -> None:
        """Refuse a contract's net that is not this network: `load` would build that one."""
        if self.contract.net is None:
            return
        state = self.network.state_dict()
        spec = parse_net(self.contract.net)
        check_net(spec, self.contract.preprocess.input_shape, self.contract.outputs)
        promised = _without_memory(spec, self.contract)
        problem = unlike(promised.state_dict(), state, "the network")
        if problem is None:
            promised.load_state_dict(state, assign=True)
            golden = [checked_picture(picture) for picture in self.golden]
            theirs = Classifier(promised, self.contract, []).probabilities_of(golden)
            if np.allclose(theirs, answers, rtol=0, atol=TOLERANCE, equal_nan=True):
                return
            problem = "with the same weights it answers the golden pictures otherwise"
        raise UsageError(
            f"the contract promises the net {self.contract.net!r}, but the network is another: "
            f"{problem}; give the contract the network's own net, or net=None for a torch module "
            "of your own"
        )

    def _checked_answers(self, logits: Tensor) -> Tensor:
        if logits.ndim != 2 or logits.shape[1] != self.contract.outputs:
            raise UsageError(
                f"expected logits of shape (count, {self.contract.outputs}) of the network, got "
                f"{tuple(logits.shape)}: it does not fit the contract's {len(self.classes)} classes"
            )
        contract = self.contract
        return probabilities_from(logits, contract.output, contract.temperature).cpu()

    def _repr_html_(self) -> str:
        return f"<code>{escape(repr(self))}</code>"

    def __repr__(self) -> str:
        return (
            f"Classifier({', '.join(self.classes)}; {self.contract.preprocess.describe()}; "
            f"{self.contract.net or type(self.network).__name__})"
        )


def load(path: str | Path, network: nn.Module | None = None) -> Classifier:
    """Open a classifier and check that its golden pictures still get their answers.

    `network` is the module to fill for a classifier made from a torch module of your own. No
    code in the file is ever run. Raises `ClassifierError` for a file that is damaged, foreign
    or breaks its contract.
    """
    path = Path(path)
    if not path.is_file():
        raise ClassifierError(f"expected a classifier file, but there is none at {path}")
    contract, tensors = read_tensors(path)
    weights = {
        name.removeprefix(WEIGHT): tensor
        for name, tensor in tensors.items()
        if name.startswith(WEIGHT)
    }
    if (odd := other_kind(weights)) is not None:
        raise ClassifierError(f"{path}: expected weights that are floats, found {odd}")
    network = _filled(network, weights, contract, path)
    golden = [tensors[name] for name in sorted(tensors) if name.startswith(GOLDEN)]
    classifier = Classifier(network, contract, _golden_pictures(golden, contract, path))
    _check_golden(classifier, tensors.get(EXPECTED), path)
    return classifier


def probabilities_from(logits: Tensor, output: str, temperature: float | None = None) -> Tensor:
    """Class probabilities, (batch, classes), of a network's logits over a temperature."""
    if temperature is not None:
        logits = logits / temperature
    if output == "sigmoid":
        second = torch.sigmoid(logits[:, 0])
        return torch.stack((1 - second, second), dim=1)
    return torch.softmax(logits, dim=1)


def _network_for(contract: Contract, path: Path) -> Network:
    """The contract's net without memory for its weights, which are yet to be put in."""
    if contract.net is None:
        raise ClassifierError(
            f"{path} was made from a torch module of your own: give it too, "
            "load(path, network=YourModule())"
        )
    spec = parse_net(contract.net)
    check_net(spec, contract.preprocess.input_shape, contract.outputs)
    needed = describe(spec, contract.preprocess.input_shape, contract.outputs).activation_bytes
    if needed > available_bytes():
        raise ClassifierError(
            f"{path}: one picture's feature maps would take {format_bytes(needed)}, and "
            f"{format_bytes(available_bytes())} are free"
        )
    return _without_memory(spec, contract)


def _without_memory(spec: NetSpec, contract: Contract) -> Network:
    with torch.device("meta"):  # draws no weights, and a net too large touches no memory
        return Network(spec.with_outputs(contract.outputs), contract.preprocess.input_shape)


def _filled(
    network: nn.Module | None, weights: dict[str, Tensor], contract: Contract, path: Path
) -> nn.Module:
    """The contract's net, or the given module, with the file's weights in it."""
    own = network is None
    try:
        network = _network_for(contract, path) if network is None else network
        problem = unlike(network.state_dict(), weights, "the file")
        if problem is None:
            network.load_state_dict(weights, assign=own)
    except (RuntimeError, NetError) as error:
        problem = first_line(error)
    if network is None or problem is not None:
        raise ClassifierError(f"{path}: the weights do not fit the net: {problem}")
    if own:
        network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return network


def _golden_pictures(golden: list[Tensor], contract: Contract, path: Path) -> list[Picture]:
    if len(golden) < len(contract.classes):
        raise ClassifierError(
            f"{path}: expected a golden picture for each of {len(contract.classes)} classes, found "
            f"{len(golden)}: without them nobody can tell whether it still answers as trained"
        )
    if len(golden) > (most := _most_golden(contract)):
        raise ClassifierError(
            f"{path}: expected at most {most:,} golden pictures, found {len(golden):,}"
        )
    if any(picture.dtype != torch.uint8 for picture in golden):
        raise ClassifierError(f"{path}: expected golden pictures of uint8, found another type")
    if (size := sum(picture.nbytes for picture in golden)) > MOST_GOLDEN_BYTES:
        raise ClassifierError(
            f"{path}: expected at most {format_bytes(MOST_GOLDEN_BYTES)} of golden pictures, "
            f"found {format_bytes(size)}"
        )
    return [picture.numpy() for picture in golden]


def _most_golden(contract: Contract) -> int:
    return most_golden(len(contract.classes), contract.preprocess.input_shape)


def _check_golden(classifier: Classifier, expected: Tensor | None, path: Path) -> None:
    shape = (len(classifier.golden), len(classifier.classes))
    if expected is None or tuple(expected.shape) != shape or expected.dtype not in FLOATS:
        raise ClassifierError(f"{path}: the golden pictures' answers are missing or misshapen")
    try:
        answers = classifier.probabilities_of([checked_picture(p) for p in classifier.golden])
    except (RuntimeError, LensworkError) as error:
        raise ClassifierError(f"{path} cannot answer its golden pictures: {error}") from error
    if not bool(expected.isfinite().all()):
        raise ClassifierError(
            f"{path}: the network's answers are no numbers: its training diverged; train again "
            "with a smaller learning rate"
        )
    difference = float(np.abs(answers - expected.float().numpy()).max())
    if not difference <= TOLERANCE:
        raise ClassifierError(
            f"{path} breaks its contract: the golden pictures' probabilities differ by "
            f"{difference:.2g} from those recorded (at most {TOLERANCE:g} is allowed); the file "
            "was changed after training, or this machine computes wrongly"
        )
