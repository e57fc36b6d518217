"""A network that keeps its contract, as one safetensors file."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

import numpy as np
import torch
from pydantic import ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from lenswork.errors import ClassifierError, LensworkError, NetError, UsageError
from lenswork.files import written_whole
from lenswork.kinds import Picture, Pictures, Probabilities
from lenswork.model.contract import Contract
from lenswork.model.describe import describe, format_bytes
from lenswork.model.layers import format_shape
from lenswork.model.memory import available_bytes
from lenswork.model.network import Network
from lenswork.model.preprocess import Preprocess
from lenswork.model.spec import NetSpec, check_net, parse_net
from lenswork.model.threads import use_given_cores
from lenswork.model.views import Views, answer
from lenswork.model.weights import FLOATS, WEIGHT, first_line, other_kind, unlike, weights_of

METADATA_KEY = "lenswork"
GOLDEN = "golden.picture."
EXPECTED = "golden.probabilities"
CHECKSUM = "contract.sha256"  # golden answers cannot tell when classes have changed names
TOLERANCE = 1e-4  # between machines: other processors add in another order
BATCH = 256


@dataclass(frozen=True)
class Prediction:
    """What one picture shows: the likeliest class and all classes' probabilities."""

    class_name: str
    probability: float
    probabilities: dict[str, float]


class Classifier:
    """A trained network with its contract and golden pictures."""

    def __init__(self, network: nn.Module, contract: Contract, golden: Sequence[Picture]) -> None:
        use_given_cores()
        self.network = network.eval()
        self.contract = contract
        self.golden = list(golden)

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes, in the order of the probabilities."""
        return self.contract.classes

    def predict(self, pictures: object) -> list[Prediction]:
        """Say what pictures show.

        `pictures` is one picture or a sequence of them, each a path or a uint8 array of
        (height, width, 1 or 3) or (height, width), of any size. Raises `UsageError` for arrays
        of other kinds, `PictureError` for a file that cannot be read.
        """
        given = [pictures] if _is_one(pictures) else list(pictures)  # type: ignore[call-overload]
        opened = [open_picture(item, self.contract.preprocess) for item in given]
        return self.predictions(self.probabilities_of(opened)) if opened else []

    def probabilities_of(self, pictures: Sequence[Picture]) -> Probabilities:
        """Class probabilities, (count, classes), of opened pictures of any size."""
        prepared = np.empty((len(pictures), *self.contract.preprocess.input_shape), np.uint8)
        for index, picture in enumerate(pictures):
            prepared[index] = self.contract.preprocess.apply(picture)
        return self.probabilities(prepared)

    def probabilities(self, pictures: Pictures) -> Probabilities:
        """Class probabilities, (count, classes), of pictures already at the contract's size.

        `pictures` is (count, height, width, channels) uint8.
        """
        expected = self.contract.preprocess.input_shape
        if pictures.dtype != np.uint8 or pictures.shape[1:] != expected:
            raise UsageError(
                f"expected uint8 pictures of shape (count, {', '.join(map(str, expected))}), got "
                f"{pictures.dtype} of shape {pictures.shape}; predict() takes any size"
            )
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

    def predictions(self, probabilities: Probabilities) -> list[Prediction]:
        """Rows of probabilities as predictions."""
        return [
            Prediction(
                class_name=self.classes[int(row.argmax())],
                probability=float(row.max()),
                probabilities={
                    name: float(value) for name, value in zip(self.classes, row, strict=True)
                },
            )
            for row in probabilities
        ]

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
        answers = self._golden_answers()
        tensors = weights_of(self.network)
        if (odd := other_kind(tensors)) is not None:
            raise UsageError(f"expected a network whose weights are floats, got {odd}")
        self._refuse_another_net(answers)
        for index, picture in enumerate(self.golden):
            tensors[f"{GOLDEN}{index:05d}"] = torch.from_numpy(np.array(picture))
        tensors[EXPECTED] = torch.from_numpy(answers)
        text = self.contract.model_dump_json()
        tensors[CHECKSUM] = _checksum(text)
        with written_whole(Path(path)) as temporary:
            try:
                save_file(tensors, temporary, {METADATA_KEY: text})
            except SafetensorError as error:  # how safetensors reports a full disk
                raise LensworkError(f"cannot write the classifier {path}: {error}") from error

    def _golden_answers(self) -> Probabilities:
        pictures = [_checked(picture) for picture in self.golden]
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
            golden = [_checked(picture) for picture in self.golden]
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
    contract, tensors = _read(path)
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


def open_picture(item: object, preprocess: Preprocess) -> Picture:
    """A path or an array as a picture; arrays that were scaled already are refused."""
    if isinstance(item, str | Path):
        return preprocess.open_file(Path(item))
    if not isinstance(item, np.ndarray):
        raise UsageError(
            f"expected a path or a uint8 array of height x width x channels, got "
            f"{type(item).__name__}"
        )
    picture = _checked(item)
    if picture.max() == 1:
        raise UsageError(
            "expected a uint8 picture with values 0 to 255, got values 0 and 1 only: it seems "
            "to have been divided by 255 already; give the picture as it was read"
        )
    return picture


def _checked(item: np.ndarray) -> Picture:
    if item.dtype != np.uint8:
        raise UsageError(
            f"expected a uint8 picture with values 0 to 255, got {item.dtype}: give the picture "
            "as it was read; the classifier scales it by itself, as in training"
        )
    picture = item[:, :, np.newaxis] if item.ndim == 2 else item
    if picture.ndim != 3 or picture.shape[2] not in (1, 3) or 0 in picture.shape:
        raise UsageError(f"expected a picture of shape (height, width, 1 or 3), got {item.shape}")
    return picture


def probabilities_from(logits: Tensor, output: str, temperature: float | None = None) -> Tensor:
    """Class probabilities, (batch, classes), of a network's logits over a temperature."""
    if temperature is not None:
        logits = logits / temperature
    if output == "sigmoid":
        second = torch.sigmoid(logits[:, 0])
        return torch.stack((1 - second, second), dim=1)
    return torch.softmax(logits, dim=1)


def _is_one(pictures: object) -> bool:
    if isinstance(pictures, np.ndarray):
        return pictures.ndim <= 3
    return isinstance(pictures, str | Path) or not hasattr(pictures, "__iter__")


def _read(path: Path) -> tuple[Contract, dict[str, Tensor]]:
    try:
        with safe_open(path, framework="pt") as file:
            text = (file.metadata() or {}).get(METADATA_KEY)
            if text is None:
                raise ClassifierError(
                    f"{path} is a safetensors file without a Lenswork contract: its classes, size "
                    "and scaling are unknown, so it cannot be used as a classifier"
                )
            contract = Contract.model_validate_json(text)
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise ClassifierError(
            f"{path} is no whole safetensors file ({error}): copy or download it again"
        ) from error
    except ValidationError as error:
        raise ClassifierError(f"{path}: bad contract, {_contract_problem(error)}") from error
    if not torch.equal(tensors.get(CHECKSUM, torch.empty(0)), _checksum(text)):
        raise ClassifierError(
            f"{path}: the contract was changed after the classifier was saved, so its classes, "
            "size and scaling cannot be trusted: copy or download the file again"
        )
    return contract, tensors


def _contract_problem(error: ValidationError) -> str:
    first = error.errors()[0]
    where = ".".join(map(str, first["loc"])) or "as a whole"
    if where == "format":
        return f"format: expected 1, got {first['input']!r}: update Lenswork to read this file"
    return f"{where}: {first['msg']}"


def _checksum(text: str) -> Tensor:
    return torch.tensor(list(hashlib.sha256(text.encode()).digest()), dtype=torch.uint8)


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
    if any(picture.dtype != torch.uint8 for picture in golden):
        raise ClassifierError(f"{path}: expected golden pictures of uint8, found another type")
    return [picture.numpy() for picture in golden]


def _check_golden(classifier: Classifier, expected: Tensor | None, path: Path) -> None:
    shape = (len(classifier.golden), len(classifier.classes))
    if expected is None or tuple(expected.shape) != shape or expected.dtype not in FLOATS:
        raise ClassifierError(f"{path}: the golden pictures' answers are missing or misshapen")
    try:
        answers = classifier.probabilities_of([_checked(p) for p in classifier.golden])
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
