"""What is forgotten reaches the network as said, and the answers are those it then gives."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from look_nets import classifier_of as odd_classifier
from look_nets import cut_off, noise, texts
from matplotlib.figure import Figure
from PIL import Image
from tiny_data import SIDE, striped_pictures

from lenswork.amounts import counted
from lenswork.data.dataset import ArraySource, Part
from lenswork.errors import UsageError
from lenswork.kinds import Picture
from lenswork.look import forgot
from lenswork.look.forgot import (
    WHATS,
    What,
    as_dict,
    cut_or_pad,
    describe,
    forget,
    forget_part,
    slip,
)
from lenswork.look.forgot_figure import forgot_figure
from lenswork.look.pictures import Shown
from lenswork.model.classifier import Classifier
from lenswork.model.contract import Contract
from lenswork.model.network import Network
from lenswork.model.preprocess import Colours, Preprocess, Resize
from lenswork.model.spec import parse_net
from lenswork.record.style import PRINT_WIDTH, save_figure

NET = "conv 4, pool, flatten, dense classes"
CLASSES = ("top", "middle", "bottom")


def classifier_of(
    *,
    side: int = SIDE,
    colours: Colours = "rgb",
    normalise: bool = True,
    resize: Resize = "bilinear",
) -> Classifier:
    preprocess = Preprocess(
        height=side, width=side, colours=colours, normalise=normalise, resize=resize
    )
    contract = Contract(classes=CLASSES, preprocess=preprocess, output="softmax", net=NET)
    network = Network(parse_net(NET).with_outputs(3), preprocess.input_shape)
    network.initialise("glorot-uniform", 4)
    with torch.no_grad():
        network.get_parameter("layers.0.bias").copy_(torch.tensor([0.1, -0.1, 0.3, 0]))
    return Classifier(network, contract, [])


def some(count: int = 3, channels: int = 3) -> list[Shown]:
    part = striped_pictures(count, 3, 7, channels)
    return [
        Shown(part.ids[index], part.source.read(index), CLASSES[part.labels[index]])
        for index in range(count)
    ]


def network_says(classifier: Classifier, inputs: np.ndarray) -> np.ndarray:
    """Probabilities of the network's own numbers, (height, width, channels), by hand."""
    tensor = torch.from_numpy(inputs).permute(2, 0, 1)[None]
    with torch.inference_mode():
        return torch.softmax(classifier.network(tensor), 1)[0].numpy()


def words(figure: Figure) -> str:
    return " ".join(" ".join(texts(figure)).split())


def as_row(probabilities: dict[str, float]) -> list[float]:
    return [probabilities[name] for name in CLASSES]


@pytest.mark.parametrize("what", ["rescale", "colours", "size"])
def test_the_wrong_answer_is_the_network_s_answer_to_the_wrong_input(what: What) -> None:
    classifier = classifier_of(side=8)
    for one in forget(classifier, some(), what):
        assert not np.array_equal(one.right_input, one.wrong_input)
        right, wrong = (network_says(classifier, i) for i in (one.right_input, one.wrong_input))
        assert as_row(one.right.probabilities) == pytest.approx(right, abs=1e-6)
        assert as_row(one.wrong.probabilities) == pytest.approx(wrong, abs=1e-6)
        assert one.changed == (right.argmax() != wrong.argmax())


@pytest.mark.parametrize(("normalise", "factor"), [(True, 255), (False, 1 / 255)])
def test_forgetting_to_rescale_gives_the_other_scale(normalise: bool, factor: float) -> None:
    classifier = classifier_of(normalise=normalise)
    [one] = forget(classifier, some(1), "rescale")
    np.testing.assert_allclose(one.wrong_input, one.right_input * factor, rtol=1e-6)
    assert one.white == (1 if normalise else 255)
    words = "not divided by 255" if normalise else "divided by 255, which training did not"
    assert words in slip(classifier, "rescale").said


def test_forgetting_the_colours_swaps_red_and_blue() -> None:
    [one] = forget(classifier_of(), some(1), "colours")
    assert np.array_equal(one.wrong_input[..., 0], one.right_input[..., 2])
    assert np.array_equal(one.wrong_input[..., 1], one.right_input[..., 1])


def test_a_grey_network_says_that_the_order_of_colours_changes_nothing() -> None:
    classifier = classifier_of(colours="grey")
    forgotten = slip(classifier, "colours")
    assert "sees grey pictures" in forgotten.harmless
    found = forget(classifier, some(), "colours")
    assert all(one.right == one.wrong and not one.changed for one in found)
    said = "It changes nothing: this network sees grey"
    assert said in words(forgot_figure(forgotten, found))
    assert describe(forgotten, found)[-1].startswith(said)


def test_forgetting_the_class_order_gives_the_mirrored_class_its_probability() -> None:
    for one in forget(classifier_of(), some(), "class-order"):
        assert as_row(one.wrong.probabilities) == as_row(one.right.probabilities)[::-1]
        assert np.array_equal(one.right_input, one.wrong_input)


@pytest.mark.parametrize(("height", "width"), [(4, 6), (16, 10), (12, 12), (13, 1)])
def test_a_picture_is_cut_or_padded_with_black_around_its_middle(height: int, width: int) -> None:
    picture: Picture = np.arange(1, 12 * 9 + 1, dtype=np.uint8).reshape(12, 9, 1)
    framed = np.zeros((12 + 2 * height, 9 + 2 * width, 1), dtype=np.uint8)
    framed[height:-height, width:-width] = picture
    top, left = height + (12 - height) // 2, width + (9 - width) // 2
    expected = framed[top : top + height, left : left + width]
    assert np.array_equal(cut_or_pad(picture, height, width), expected)


def test_forgetting_the_size_cuts_or_takes_the_nearest_pixel() -> None:
    classifier = classifier_of(side=8)
    shown = some(1)
    [cut] = forget(classifier, shown, "size")
    expected = shown[0].picture[2:10, 2:10] * np.float32(1 / 255)
    assert np.array_equal(cut.wrong_input, expected)
    [nearest] = forget(classifier, shown, "size", "nearest")
    resized = Image.fromarray(shown[0].picture).resize((8, 8), Image.Resampling.NEAREST)
    assert np.array_equal(nearest.wrong_input, np.asarray(resized) * np.float32(1 / 255))
    assert slip(classifier_of(resize="nearest"), "size", "nearest").harmless


def test_pictures_of_the_network_s_own_size_are_said_not_to_change() -> None:
    classifier = classifier_of()
    found = forget(classifier, some(), "size")
    assert not any(one.changed for one in found)
    said = "these pictures have the network's size already"
    assert said in words(forgot_figure(slip(classifier, "size"), found))
    assert said in describe(slip(classifier, "size"), found)[-1]


@pytest.mark.parametrize("what", WHATS)
def test_a_part_s_accuracies_are_counted_over_its_single_answers(
    what: What, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forgot, "BATCH", 7)
    classifier = classifier_of(side=8)
    part = striped_pictures(24, 3, 7, 3)
    whole = forget_part(classifier, part, what)
    single = forget(classifier, some(24), what)
    assert whole.right.n == whole.wrong.n == 24
    assert whole.right.correct == sum(one.right.class_name == one.truth for one in single)
    assert whole.wrong.correct == sum(one.wrong.class_name == one.truth for one in single)
    assert whole.changed == tuple(index for index, one in enumerate(single) if one.changed)
    assert whole.wrong.low <= whole.wrong.fraction <= whole.wrong.high
    assert f"{counted(len(whole.changed), 'answer')} changed" in whole.describe()
    assert whole.as_dict()["changed"] == list(whole.changed)


def test_pictures_of_several_sizes_are_each_cut_in_their_own_way() -> None:
    pictures = [np.full((8, 8, 3), 9, np.uint8), np.full((20, 4, 3), 90, np.uint8)]
    shown = [Shown(str(index), picture) for index, picture in enumerate(pictures)]
    same, padded = forget(classifier_of(side=8), shown, "size")
    assert np.array_equal(same.right_input, same.wrong_input)
    assert padded.wrong_input[:, :2].max() == padded.wrong_input[:, 6:].max() == 0
    assert np.allclose(padded.wrong_input[:, 2:6], 90 / 255)


def test_the_figure_shows_both_inputs_on_one_scale_with_both_answers(tmp_path: Path) -> None:
    classifier = classifier_of()
    found = forget(classifier, some(), "rescale")
    part = forget_part(classifier, striped_pictures(24, 3, 7, 3), "rescale")
    figure = forgot_figure(slip(classifier, "rescale"), found, part)
    assert figure.get_suptitle() == "What if you forgot: the pixels were not divided by 255"
    above, below = figure.axes[:3], figure.axes[3:]
    assert cut_off(figure) == []
    for one, right, wrong in zip(found, above, below, strict=True):
        assert right.get_title() == f"{one.id}\ntruth: {one.truth}"
        assert np.array_equal(np.asarray(right.images[0].get_array()), one.right_input)
        shown = np.asarray(wrong.images[0].get_array())
        assert np.array_equal(shown, np.clip(one.wrong_input, 0, 1))
        mark = "✓" if one.wrong.class_name == one.truth else "✗"
        answer = f"{one.wrong.class_name} {one.wrong.probability:.1%} {mark}"
        assert wrong.get_xlabel().startswith(answer)
        assert "values" in wrong.get_xlabel()
    text = words(figure)
    assert f"as trained: {part.right}" in text
    assert f"forgotten: {part.wrong}; {counted(len(part.changed), 'answer')} changed" in text
    save_figure(figure, tmp_path / "forgot.png", dpi=40)


@pytest.mark.parametrize("what", WHATS)
@pytest.mark.parametrize("count", [1, 5, 8])
def test_any_number_of_pictures_is_drawn_whole_on_a_printed_page(what: What, count: int) -> None:
    classifier = classifier_of(side=8)
    shown = [
        Shown(f"validation/a-folder-of-stripes/{one.id}-seen-$5.png", one.picture, one.truth)
        for one in some(count)
    ]
    found = forget(classifier, shown, what)
    part = forget_part(classifier, striped_pictures(24, 3, 7, 3), what)
    figure = forgot_figure(slip(classifier, what), found, part)
    assert figure.get_figwidth() == PRINT_WIDTH
    assert len(figure.axes) == 2 * count
    assert cut_off(figure) == []
    titles = [axes.get_title().replace("\n", "") for axes in figure.axes]
    assert all(sum(one.id.replace("$", r"\$") in title for title in titles) == 1 for one in found)


def test_the_names_of_the_rows_of_narrow_pictures_do_not_meet() -> None:
    classifier = odd_classifier("flatten, dense classes", (4, 60, 3))
    shown = [Shown("a.png", noise((50, 50, 3)))]
    figure = forgot_figure(slip(classifier, "size"), forget(classifier, shown, "size"))
    assert cut_off(figure) == []
    above, below = (axes.yaxis.label.get_window_extent() for axes in figure.axes)
    assert above.y0 > below.y1


def test_the_lines_and_the_json_say_what_the_figure_says() -> None:
    classifier, part = classifier_of(side=8), striped_pictures(24, 3, 7, 3)
    forgotten, found = slip(classifier, "class-order"), forget(classifier, some(), "class-order")
    whole = forget_part(classifier, part, "class-order")
    lines = describe(forgotten, found, whole)
    assert lines[0] == "forgotten: the classes were listed in reverse order"
    assert f"{found[0].id}: {found[0].right.class_name} " in lines[1]
    assert "The network sees the same and answers the same; only the names are wrong." in lines
    assert f"{sum(one.changed for one in found)} of these 3 answers changed." in lines
    assert lines[-1] == whole.describe()
    content = json.loads(json.dumps(as_dict(forgotten, found, whole)))
    assert content["pictures"][0]["original_shape"] == [SIDE, SIDE, 3]
    assert content["pictures"][0]["input_shape"] == [8, 8, 3]
    assert content["pictures"][0]["input_changed"] is False
    assert content["part"]["changed"] == list(whole.changed)


def test_what_cannot_be_forgotten_is_refused() -> None:
    classifier = classifier_of()
    with pytest.raises(UsageError, match="rescale, colours, size, class-order; got 'keys'"):
        forget(classifier, some(), "keys")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="crop or nearest; got 'squash'"):
        slip(classifier, "size", "squash")  # type: ignore[arg-type]
    empty = Part(ArraySource(np.zeros((0, 12, 12, 3), np.uint8)), np.zeros(0, np.int64), ())
    with pytest.raises(UsageError, match="a part that has none"):
        forget_part(classifier, empty, "size")
    with pytest.raises(UsageError, match="expected 1 to 8 pictures in a figure, got 9"):
        forgot_figure(slip(classifier, "size"), forget(classifier, some(9), "size"))
