"""A classifier is one file that keeps its contract, or says why it does not."""

import hashlib
import json
import pickle
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from lenswork.data.dataset import ArraySource, Part
from lenswork.errors import ClassifierError, PictureError, UsageError
from lenswork.kinds import Picture
from lenswork.model import classifier as classifier_module
from lenswork.model.classifier import (
    CHECKSUM,
    EXPECTED,
    METADATA_KEY,
    Classifier,
    Prediction,
    load,
)
from lenswork.model.contract import GOLDEN_BYTES, Contract, Output, golden_pictures
from lenswork.model.network import Network
from lenswork.model.preprocess import Preprocess
from lenswork.model.spec import parse_net

NET = "conv 4, batchnorm, pool, flatten, dense classes"
GREY = Preprocess(height=8, width=6, colours="grey")
CLASSES = ("cat", "dog", "owl")


def noise(*shape: int, seed: int = 2) -> Picture:
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def contract_of(
    classes: tuple[str, ...] = CLASSES,
    output: Output = "softmax",
    preprocess: Preprocess = GREY,
    net: str | None = NET,
) -> Contract:
    return Contract(classes=classes, preprocess=preprocess, output=output, net=net)


def make(contract: Contract | None = None) -> Classifier:
    """A network that has seen a few batches, so that its answers and statistics are its own."""
    contract = contract or contract_of()
    spec = parse_net(contract.net or NET).with_outputs(contract.outputs)
    network = Network(spec, contract.preprocess.input_shape)
    network.initialise("he-normal", 1)
    height, width, channels = contract.preprocess.input_shape
    network.train()
    chance = torch.Generator().manual_seed(4)
    for _ in range(3):
        network(torch.rand(8, channels, height, width, generator=chance))
    golden = [noise(9 + index, 7, channels, seed=index) for index in range(len(contract.classes))]
    return Classifier(network, contract, golden)


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "a.safetensors"
    make().save(path)
    return path


def opened(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    with safe_open(path, framework="pt") as file:
        return {name: file.get_tensor(name) for name in file.keys()}, file.metadata()  # noqa: SIM118


def checksum(text: str) -> Tensor:
    return torch.tensor(list(hashlib.sha256(text.encode()).digest()), dtype=torch.uint8)


def rewrite(
    path: Path,
    *,
    tensors: Callable[[dict[str, Tensor]], object] = dict,
    contract: Mapping[str, Any] | None = None,
) -> None:
    """Change a saved file; a changed contract gets a checksum that fits it, as a forger would."""
    kept, metadata = opened(path)
    tensors(kept)
    if contract is not None:
        text = json.dumps(json.loads(metadata[METADATA_KEY]) | dict(contract))
        metadata, kept[CHECKSUM] = {METADATA_KEY: text}, checksum(text)
    save_file(kept, path, metadata)


def refusal(path: Path, network: nn.Module | None = None) -> str:
    with pytest.raises(ClassifierError) as caught:
        load(path, network)
    assert str(path) in str(caught.value)
    return str(caught.value)


def test_a_classifier_that_was_saved_and_loaded_answers_to_the_last_bit(tmp_path: Path) -> None:
    classifier, pictures = make(), noise(300, 8, 6, 1)
    classifier.save(tmp_path / "a.safetensors")
    again = load(tmp_path / "a.safetensors")
    assert again.contract == classifier.contract
    assert np.array_equal(again.probabilities(pictures), classifier.probabilities(pictures))
    for ours, theirs in zip(again.golden, classifier.golden, strict=True):
        assert np.array_equal(ours, theirs)


def test_the_running_statistics_of_batchnorm_travel(tmp_path: Path) -> None:
    classifier = make()
    classifier.save(tmp_path / "a.safetensors")
    before = classifier.network.state_dict()
    after = load(tmp_path / "a.safetensors").network.state_dict()
    assert before["layers.1.running_mean"].any()
    assert torch.equal(after["layers.1.running_mean"], before["layers.1.running_mean"])
    assert torch.equal(after["layers.1.running_var"], before["layers.1.running_var"])
    assert after["layers.1.num_batches_tracked"] == 3


def test_what_is_loaded_can_be_saved_to_the_same_bytes(saved: Path, tmp_path: Path) -> None:
    for name in "bcde":  # several: an order that is left to chance agrees now and then
        load(saved).save(tmp_path / name)
        assert (tmp_path / name).read_bytes() == saved.read_bytes()


def test_loading_draws_no_random_numbers(saved: Path) -> None:
    torch.manual_seed(5)
    load(saved)
    drawn = torch.rand(1)
    torch.manual_seed(5)
    assert torch.equal(drawn, torch.rand(1))


def test_a_prediction_names_the_likeliest_class_and_all_probabilities() -> None:
    classifier, picture = make(), noise(8, 6, 1)
    row = classifier.probabilities(picture[np.newaxis])[0]
    assert classifier.predict(picture) == [
        Prediction(
            class_name=CLASSES[int(row.argmax())],
            probability=float(row.max()),
            probabilities={name: float(value) for name, value in zip(CLASSES, row, strict=True)},
        )
    ]
    assert row.sum() == pytest.approx(1)


def test_softmax_probabilities_are_those_of_the_logits() -> None:
    classifier, pictures = make(), noise(4, 8, 6, 1)
    inputs = torch.from_numpy(pictures.astype(np.float32) / 255).permute(0, 3, 1, 2)
    with torch.no_grad():
        logits = classifier.network(inputs).double().numpy()
    expected = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    np.testing.assert_allclose(classifier.probabilities(pictures), expected, atol=1e-6)


def test_a_sigmoid_is_the_probability_of_the_second_class() -> None:
    classifier = make(contract_of(("horse", "human"), "sigmoid"))
    with torch.no_grad():
        for weight in classifier.network.parameters():
            weight.zero_()
        classifier.network.get_parameter("layers.4.bias").fill_(3)
    (prediction,) = classifier.predict(noise(8, 6, 1))
    human = 1 / (1 + np.exp(-3))
    assert prediction.class_name == "human"
    assert prediction.probabilities == pytest.approx({"horse": 1 - human, "human": human})


@pytest.mark.parametrize("shape", [(8, 6, 1), (8, 6), (8, 6, 3), (1, 1), (40, 3, 3), (3, 50, 1)])
def test_grey_and_rgb_arrays_of_any_size_are_prepared_as_in_training(
    shape: tuple[int, ...],
) -> None:
    classifier, array = make(), noise(*shape)
    picture = array.reshape(*shape, 1) if array.ndim == 2 else array
    expected = classifier.probabilities(GREY.apply(picture)[np.newaxis])
    assert list(classifier.predict(array)[0].probabilities.values()) == expected[0].tolist()


def test_files_arrays_and_mixtures_are_answered_in_order(tmp_path: Path) -> None:
    classifier, pictures = make(), [noise(9, 9, 3, seed=seed) for seed in range(3)]
    Image.fromarray(pictures[1]).save(tmp_path / "b.png")
    alone = [classifier.predict(picture)[0] for picture in pictures]
    for path in (tmp_path / "b.png", str(tmp_path / "b.png")):
        mixed = classifier.predict([pictures[0], path, pictures[2]])
        assert [p.class_name for p in mixed] == [p.class_name for p in alone]
        for ours, theirs in zip(mixed, alone, strict=True):
            assert ours.probabilities == pytest.approx(theirs.probabilities, abs=1e-6)
    assert classifier.predict(tmp_path / "b.png")[0] == alone[1]


def test_a_stack_and_a_generator_of_pictures_are_answered() -> None:
    classifier, stack = make(), noise(5, 8, 6, 1)
    assert len(classifier.predict(stack)) == 5
    assert classifier.predict(picture for picture in stack) == classifier.predict(list(stack))


def test_more_pictures_than_one_batch_are_answered() -> None:
    classifier, stack = make(), noise(600, 8, 6, 1)
    answers = classifier.probabilities(stack)
    assert answers.shape == (600, 3)
    np.testing.assert_allclose(answers[590:], classifier.probabilities(stack[590:]), atol=1e-6)


@pytest.mark.parametrize("nothing", [[], (), np.empty((0, 8, 6, 1), np.uint8)])
def test_no_pictures_get_no_predictions(nothing: object) -> None:
    assert make().predict(nothing) == []


def test_no_pictures_have_no_probabilities() -> None:
    assert make().probabilities(np.empty((0, 8, 6, 1), np.uint8)).shape == (0, 3)
    assert make().probabilities_of([]).shape == (0, 3)


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        (
            np.zeros((8, 6, 1), np.float32),
            (
                "expected a uint8 picture with values 0 to 255, got float32: give the picture as "
                "it was read; the classifier scales it by itself"
            ),
        ),
        (np.zeros((8, 6, 1), np.int64), "got int64"),
        (
            (noise(8, 6, 1) > 127).astype(np.uint8),
            "got values 0 and 1 only: it seems to have been divided by 255 already",
        ),
        (noise(8), r"expected a picture of shape \(height, width, 1 or 3\), got \(8,\)"),
        (noise(8, 6, 4), r"got \(8, 6, 4\)"),
        (noise(8, 6, 2), r"got \(8, 6, 2\)"),
        (noise(0, 6, 1), r"got \(0, 6, 1\)"),
        (noise(2, 2, 8, 6, 1), r"got \(2, 8, 6, 1\)"),
        (None, "expected a path or a uint8 array of height x width x channels, got NoneType"),
        ([[1, 2], [3, 4]], "got list"),
        (Image.new("L", (3, 3)), "got Image"),
        (torch.zeros(8, 6, 1), "got Tensor"),
    ],
)
def test_what_is_no_picture_is_refused_with_the_reason(item: object, reason: str) -> None:
    with pytest.raises(UsageError, match=reason):
        make().predict(item)


def test_arrays_that_may_not_be_written_to_are_answered_without_a_warning() -> None:
    frozen = noise(2, 8, 6, 1)
    frozen.flags.writeable = False
    assert np.array_equal(make().probabilities(frozen), make().probabilities(frozen.copy()))


def test_an_all_black_picture_is_no_scaled_picture() -> None:
    assert len(make().predict(np.zeros((8, 6), np.uint8))) == 1


def test_a_file_that_is_no_picture_is_named(tmp_path: Path) -> None:
    with pytest.raises(PictureError, match=r"missing\.png: there is no such file"):
        make().predict([tmp_path / "missing.png"])


@pytest.mark.parametrize("pictures", [noise(2, 8, 7, 1), noise(2, 8, 6, 3), noise(8, 6, 1)])
def test_probabilities_of_pictures_of_another_size_are_refused(pictures: Picture) -> None:
    with pytest.raises(
        UsageError, match=r"shape \(count, 8, 6, 1\), got uint8 of shape .* any size"
    ):
        make().probabilities(pictures)


def test_answers_do_not_depend_on_whether_the_network_was_training() -> None:
    classifier, pictures = make(), noise(5, 8, 6, 1)
    before = classifier.probabilities(pictures)
    classifier.network.train()
    assert np.array_equal(classifier.probabilities(pictures), before)


def part_of(pictures: Picture, class_count: int) -> Part:
    labels = np.arange(len(pictures), dtype=np.int64)[::-1] % class_count
    return Part(ArraySource(pictures), labels, tuple(map(str, range(len(pictures)))))


def test_small_golden_pictures_are_the_first_of_each_class_as_they_are() -> None:
    part = part_of(noise(20, 28, 28, 1), 10)
    golden = golden_pictures(part, 10)
    assert len(golden) == 10
    for label, picture in enumerate(golden):
        first = int(np.flatnonzero(part.labels == label)[0])
        assert np.array_equal(picture, part.source.read(first))


@pytest.mark.parametrize(
    ("class_count", "shape"),
    [
        (2, (300, 300, 3)),
        (10, (28, 28, 1)),
        (1000, (20, 20, 3)),
        (2, (2, 20_000, 1)),
        (2, (30_000, 4, 3)),
        (3, (1, 100_000, 1)),
    ],
)
def test_golden_pictures_are_one_a_class_and_at_most_64_kilobytes_in_all(
    class_count: int, shape: tuple[int, int, int]
) -> None:
    pictures = np.broadcast_to(noise(*shape), (class_count, *shape))
    golden = golden_pictures(part_of(pictures, class_count), class_count)
    assert len(golden) == class_count
    assert sum(picture.nbytes for picture in golden) <= GOLDEN_BYTES == 65_536
    assert all(picture.shape[2] == shape[2] and 0 not in picture.shape for picture in golden)


def test_large_golden_pictures_use_the_room_they_have() -> None:
    golden = golden_pictures(part_of(noise(2, 300, 300, 3), 2), 2)
    assert sum(picture.nbytes for picture in golden) > 0.95 * GOLDEN_BYTES


def test_a_classifier_without_a_golden_picture_a_class_is_not_saved(tmp_path: Path) -> None:
    classifier = make()
    classifier.golden = classifier.golden[:2]
    with pytest.raises(UsageError, match="a golden picture for each of 3 classes, got 2"):
        classifier.save(tmp_path / "a.safetensors")
    assert not list(tmp_path.iterdir())


def test_changed_weights_are_refused(saved: Path) -> None:
    rewrite(saved, tensors=lambda kept: kept["weight.layers.0.weight"].mul_(1.1))
    assert "breaks its contract: the golden pictures' probabilities differ by" in refusal(saved)


def test_weights_that_are_no_numbers_are_refused(saved: Path) -> None:
    rewrite(saved, tensors=lambda kept: kept["weight.layers.4.bias"].fill_(float("nan")))
    assert "breaks its contract" in refusal(saved)


def test_a_classifier_whose_training_diverged_is_refused_with_the_reason(tmp_path: Path) -> None:
    classifier, path = make(), tmp_path / "a.safetensors"
    nn.init.constant_(classifier.network.get_parameter("layers.4.bias"), float("nan"))
    classifier.save(path)
    assert "no numbers: its training diverged" in refusal(path)


@pytest.mark.parametrize(
    "change",
    [
        {"normalise": False},
        {"resize": "nearest"},
    ],
)
def test_another_preprocessing_is_refused_though_its_checksum_was_forged(
    saved: Path, change: dict[str, object]
) -> None:
    rewrite(saved, contract={"preprocess": GREY.model_dump() | change})
    assert "breaks its contract" in refusal(saved)


@pytest.mark.parametrize("change", [{"height": 10}, {"colours": "rgb"}])
def test_another_input_shape_is_refused(saved: Path, change: dict[str, object]) -> None:
    rewrite(saved, contract={"preprocess": GREY.model_dump() | change})
    assert "the weights do not fit the net" in refusal(saved)


def test_another_order_of_the_classes_is_refused(saved: Path) -> None:
    """The golden answers are the same for any names: only the checksum tells."""
    tensors, metadata = opened(saved)
    swapped = metadata[METADATA_KEY].replace('"cat","dog"', '"dog","cat"')
    assert swapped != metadata[METADATA_KEY]
    save_file(tensors, saved, {METADATA_KEY: swapped})
    assert "the contract was changed after the classifier was saved" in refusal(saved)


def test_a_contract_without_its_checksum_is_refused(saved: Path) -> None:
    rewrite(saved, tensors=lambda kept: kept.pop(CHECKSUM))
    assert "the contract was changed" in refusal(saved)


def test_a_file_cut_off_anywhere_is_refused(saved: Path) -> None:
    whole = saved.read_bytes()
    for length in (0, 1, 7, 8, 100, len(whole) // 2, len(whole) - 1):
        saved.write_bytes(whole[:length])
        assert "is no whole safetensors file" in refusal(saved)


@pytest.mark.parametrize("content", [b"\0" * 64, b"\xff" * 64, b"hello, world" * 9, b"PK\x03\x04"])
def test_a_file_of_another_kind_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.safetensors"
    path.write_bytes(content)
    assert "is no whole safetensors file" in refusal(path)


class Burglar:
    """An object that would make a file when it is unpickled."""

    def __init__(self, loot: Path) -> None:
        self.loot = loot

    def __reduce__(self) -> tuple[Callable[[Path], None], tuple[Path]]:
        return Path.touch, (self.loot,)


def test_a_pickle_is_refused_and_never_run(tmp_path: Path) -> None:
    path, loot = tmp_path / "a.safetensors", tmp_path / "loot"
    path.write_bytes(pickle.dumps(Burglar(loot)))
    assert "is no whole safetensors file" in refusal(path)
    torch.save(Burglar(loot), path)
    assert "is no whole safetensors file" in refusal(path)
    assert not loot.exists()
    pickle.loads(pickle.dumps(Burglar(loot)))  # noqa: S301 - the burglar does work
    assert loot.exists()


def test_a_path_without_a_file_is_refused(tmp_path: Path) -> None:
    assert "there is none at" in refusal(tmp_path / "none.safetensors")
    assert "there is none at" in refusal(tmp_path)


def test_a_safetensors_file_without_a_contract_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    save_file({"weight": torch.zeros(3)}, path)
    assert "is a safetensors file without a Lenswork contract" in refusal(path)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"format": 2}, "format: expected 1, got 2: update Lenswork to read this file"),
        ({"colour": "blue"}, "bad contract, colour: Extra inputs are not permitted"),
        ({"classes": ["cat"]}, "bad contract, classes: Tuple should have at least 2 items"),
        ({"classes": ["cat", "cat", "owl"]}, "two classes have the same name: cat, cat, owl"),
        ({"output": "sigmoid"}, "a sigmoid tells 2 classes apart, got 3"),
        ({"output": "tanh"}, "bad contract, output:"),
        ({"preprocess": {"height": 0}}, "bad contract, preprocess.height:"),
        ({"classes": ["cat", "dog"]}, "the weights do not fit the net"),
        ({"net": "conv 9, nonsense"}, "the weights do not fit the net: no layer is called"),
        ({"net": "flatten, dense classes"}, "the weights do not fit the net"),
        (
            {"net": "conv 99999 999x999 padding 99999, flatten, dense 99999, dense classes"},
            "one picture's feature maps would take",
        ),
        ({"net": None}, r"give it too, load(path, network=YourModule())"),
    ],
)
def test_a_contract_that_says_something_impossible_is_refused(
    saved: Path, change: dict[str, object], problem: str
) -> None:
    rewrite(saved, contract=change)
    assert problem in refusal(saved)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "[" * 100_000, '{"format": 1}'])
def test_a_contract_that_is_no_contract_is_refused(saved: Path, text: str) -> None:
    tensors, _ = opened(saved)
    save_file({**tensors, CHECKSUM: checksum(text)}, saved, {METADATA_KEY: text})
    assert "bad contract, " in refusal(saved)


def forget(*starts: str) -> Callable[[dict[str, Tensor]], None]:
    def change(kept: dict[str, Tensor]) -> None:
        for name in [name for name in kept if name.startswith(starts)]:
            del kept[name]

    return change


GOLDEN_0 = "golden.picture.00000"


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (forget("golden"), "expected a golden picture for each of 3 classes, found 0"),
        (forget("golden.picture.00002"), "for each of 3 classes, found 2"),
        (forget(EXPECTED), "the golden pictures' answers are missing or misshapen"),
        (
            lambda kept: kept.update({EXPECTED: kept[EXPECTED][:2].clone()}),
            "answers are missing or misshapen",
        ),
        (
            lambda kept: kept.update({GOLDEN_0: kept[GOLDEN_0].bfloat16()}),
            "expected golden pictures of uint8",
        ),
        (
            lambda kept: kept.update({GOLDEN_0: torch.zeros(4, dtype=torch.uint8)}),
            "cannot answer its golden pictures: expected a picture of shape",
        ),
        (
            forget("weight.layers.4.bias"),
            "the weights do not fit the net: expected layers.4.bias of 3, the file has none",
        ),
        (
            lambda kept: kept.update(
                {"weight.layers.0.weight": torch.zeros(4, 1, 5, 5), "weight.more": torch.ones(())}
            ),
            "expected layers.0.weight of 4x1x3x3, the file has 4x1x5x5 (and 1 more do not fit)",
        ),
        (
            lambda kept: kept.update({"weight.more": torch.zeros(2, 5)}),
            "the file has more of 2x5, which the net lacks",
        ),
    ],
)
def test_a_file_that_lacks_a_part_or_has_it_misshapen_is_refused(
    saved: Path, change: Callable[[dict[str, Tensor]], object], problem: str
) -> None:
    rewrite(saved, tensors=change)
    assert problem in refusal(saved)


def test_golden_answers_in_another_type_of_number_are_compared_all_the_same(saved: Path) -> None:
    rewrite(saved, tensors=lambda kept: kept.update({EXPECTED: kept[EXPECTED].double()}))
    load(saved)
    rewrite(saved, tensors=lambda kept: kept.update({EXPECTED: torch.ones(3, 3).bfloat16()}))
    assert "breaks its contract" in refusal(saved)


def test_saving_that_fails_midway_leaves_the_old_file_and_nothing_else(
    saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object, path: Path, __: object) -> None:
        path.write_bytes(b"half a classifier")
        raise OSError("the disk is full")

    monkeypatch.setattr(classifier_module, "save_file", fail)
    before = saved.read_bytes()
    with pytest.raises(OSError, match="the disk is full"):
        make().save(saved)
    assert saved.read_bytes() == before
    assert list(saved.parent.iterdir()) == [saved]


def own_module() -> nn.Module:
    return nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Flatten(), nn.Linear(48, 3))


def own_classifier() -> Classifier:
    module = own_module()
    module(torch.rand(8, 1, 8, 6))
    return Classifier(module, contract_of(net=None), make().golden)


def test_a_module_of_ones_own_travels_when_it_is_given_again(tmp_path: Path) -> None:
    classifier, path, pictures = own_classifier(), tmp_path / "a.safetensors", noise(4, 8, 6, 1)
    classifier.save(path)
    again = load(path, network=own_module())
    assert np.array_equal(again.probabilities(pictures), classifier.probabilities(pictures))
    assert refusal(path).startswith(f"{path} was made from a torch module of your own: give it too")
    said = refusal(path, nn.Linear(48, 3))
    assert said == (
        f"{path}: the weights do not fit the net: expected weight of 3x48, the file has none "
        "(and 10 more do not fit)"
    )


def test_a_module_that_shares_weights_between_layers_can_be_saved(tmp_path: Path) -> None:
    def tied() -> nn.Module:
        module = nn.Sequential(
            nn.Flatten(), nn.Linear(48, 48), nn.ReLU(), nn.Linear(48, 48), nn.Linear(48, 3)
        )
        module[3].weight = module[1].weight
        return module

    classifier, path = Classifier(tied(), contract_of(net=None), make().golden), tmp_path / "a"
    classifier.save(path)
    pictures = noise(4, 8, 6, 1)
    again = load(path, network=tied())
    assert np.array_equal(again.probabilities(pictures), classifier.probabilities(pictures))


def test_a_module_with_other_outputs_than_classes_is_refused(tmp_path: Path) -> None:
    module = nn.Sequential(nn.Flatten(), nn.Linear(48, 5))
    classifier = Classifier(module, contract_of(net=None), make().golden)
    with pytest.raises(
        UsageError, match=r"logits of shape \(count, 3\) of the network, got \(3, 5\)"
    ):
        classifier.save(tmp_path / "a.safetensors")
    assert not list(tmp_path.iterdir())


def refused_to_save(classifier: Classifier, folder: Path) -> str:
    with pytest.raises(UsageError) as caught:
        classifier.save(folder / "a.safetensors")
    assert not list(folder.iterdir())
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_network_that_is_not_the_contract_s_net_is_not_saved(tmp_path: Path) -> None:
    made = make()
    wider = contract_of(net=NET.replace("conv 4", "conv 5"))
    said = refused_to_save(Classifier(made.network, wider, made.golden), tmp_path)
    assert "the contract promises the net 'conv 5, batchnorm, pool" in said
    assert "expected layers.0.weight of 5x1x3x3, the network has 4x1x3x3 (and" in said
    assert "give the contract the network's own net, or net=None" in said


def test_a_network_with_the_same_weights_in_another_net_is_not_saved(tmp_path: Path) -> None:
    made = make()
    average = contract_of(net=NET.replace("pool", "pool avg"))
    said = refused_to_save(Classifier(made.network, average, made.golden), tmp_path)
    assert "with the same weights it answers the golden pictures otherwise" in said


def test_a_network_for_pictures_of_another_size_is_not_saved(tmp_path: Path) -> None:
    made = make()
    larger = contract_of(preprocess=GREY.model_copy(update={"height": 20}), net=None)
    said = refused_to_save(Classifier(made.network, larger, made.golden), tmp_path)
    assert (
        "expected a network that answers the contract's pictures of 20x6x1, but it cannot" in said
    )


def test_golden_pictures_and_weights_that_loading_would_refuse_are_not_saved(
    tmp_path: Path,
) -> None:
    made = make()
    scaled = [picture.astype(np.float32) for picture in made.golden]
    said = refused_to_save(Classifier(made.network, made.contract, scaled), tmp_path)  # type: ignore[arg-type]
    assert "expected a uint8 picture" in said
    made.network.register_buffer("odd", torch.zeros(2, dtype=torch.int32))
    assert refused_to_save(made, tmp_path) == (
        "expected a network whose weights are floats, got torch.int32 in odd"
    )


def test_a_buffer_in_half_precision_is_saved_and_loaded(tmp_path: Path) -> None:
    """Saving must refuse nothing that loading takes."""
    module = own_module()
    module(torch.rand(8, 1, 8, 6))
    module.register_buffer("spare", torch.zeros(2, dtype=torch.bfloat16))
    classifier = Classifier(module, contract_of(net=None), make().golden)
    classifier.save(tmp_path / "a")
    again = own_module()
    again.register_buffer("spare", torch.zeros(2, dtype=torch.bfloat16))
    load(tmp_path / "a", again)


def test_a_classifier_shows_its_classes_and_net_in_a_notebook() -> None:
    html = make(contract_of(("<b>", "dog", "owl")))._repr_html_()
    assert "&lt;b&gt;, dog, owl" in html
    assert NET in html
    assert "8x6 grey, bilinear resize, divided by 255" in html
