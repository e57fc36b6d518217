"""Attribution: each method against a hand-made oracle, and the sanity check beside it."""

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from look_nets import classifier_of as odd_classifier
from look_nets import cut_off, noise
from matplotlib.figure import Figure
from tiny_data import SIDE, striped_pictures
from torch import nn
from torch.nn import functional as F

from lenswork.errors import UsageError
from lenswork.look.attribution import attribute
from lenswork.look.attribution_figure import ENDS, attribution_figure, overlay, scale_of
from lenswork.look.attribution_methods import METHODS, Map, Method, redraw
from lenswork.look.attribution_sanity import Sanity, rank_correlation, sanity_of, verdict_of
from lenswork.look.pictures import Shown
from lenswork.model.classifier import Classifier
from lenswork.model.contract import Contract, Output
from lenswork.model.network import Network, to_input
from lenswork.model.preprocess import Preprocess
from lenswork.model.spec import parse_net
from lenswork.record.style import save_figure

CLASSES = ("top", "middle", "bottom")
NET = "conv 4, pool, conv 6, pool, flatten, dense classes"


def classifier_of(
    net: str | nn.Module = NET, *, channels: int = 1, output: Output = "softmax", seed: int = 3
) -> Classifier:
    preprocess = Preprocess(height=SIDE, width=SIDE, colours="grey" if channels == 1 else "rgb")
    contract = Contract(
        classes=CLASSES if output == "softmax" else CLASSES[:2],
        preprocess=preprocess,
        output=output,
        net=net if isinstance(net, str) else None,
    )
    if isinstance(net, nn.Module):
        return Classifier(net, contract, [])
    network = Network(parse_net(net).with_outputs(contract.outputs), preprocess.input_shape)
    network.initialise("glorot-uniform", seed)
    return Classifier(network, contract, [])


def some(count: int = 1, channels: int = 1) -> list[Shown]:
    part = striped_pictures(count, 3, 9, channels)
    return [
        Shown(part.ids[index], part.source.read(index), CLASSES[part.labels[index]])
        for index in range(count)
    ]


def input_of(shown: Shown) -> torch.Tensor:
    return to_input(torch.from_numpy(shown.picture[np.newaxis].copy()), 1 / 255)


def module(*, in_place: bool) -> nn.Sequential:
    torch.manual_seed(8)
    return nn.Sequential(
        nn.Conv2d(1, 3, 3), nn.ReLU(in_place), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(75, 3)
    )


@pytest.mark.parametrize("layer", [None, "1"])
def test_grad_cam_is_the_paper_s_sum_of_maps_weighted_by_mean_gradients(layer: str | None) -> None:
    classifier = classifier_of()
    network = classifier.network
    assert isinstance(network, Network)
    [shown] = some()
    [found] = attribute(classifier, [shown], class_name="middle", layer=layer, redrawn=0)
    place = 2 if layer is None else 0
    outputs = network.activations(input_of(shown))
    outputs[place].retain_grad()
    outputs[-1][0, 1].backward()  # type: ignore[no-untyped-call]
    maps, gradient = outputs[place][0], outputs[place].grad
    assert gradient is not None
    weights = gradient[0].mean(dim=(1, 2))
    expected = torch.relu((weights[:, None, None] * maps).sum(dim=0))
    np.testing.assert_allclose(found.own, expected.detach().numpy(), atol=1e-6)
    assert found.own.max() > 0
    grown = F.interpolate(expected[None, None], (SIDE, SIDE), mode="bilinear")[0, 0]
    np.testing.assert_allclose(found.values, grown.detach().numpy(), atol=1e-6)
    side = 3 if layer is None else 10
    name = "3 conv 6" if layer is None else "1 conv 4"
    assert found.how == f"Grad-CAM at layer {name}, {side}x{side} stretched to 12x12"


def linear(output: Output = "softmax", channels: int = 1) -> tuple[Classifier, torch.Tensor]:
    """A net whose logit of class 1 is the sum of weights times pixels, and those weights."""
    classifier = classifier_of("flatten, dense classes", channels=channels, output=output)
    row = 1 if output == "softmax" else 0
    weights = classifier.network.get_parameter("layers.1.weight")[row].detach()
    return classifier, weights.reshape(SIDE, SIDE, channels)


@pytest.mark.parametrize("method", ["integrated-gradients", "occlusion"])
@pytest.mark.parametrize("channels", [1, 3])
def test_of_a_linear_net_every_pixel_has_its_weight_times_its_value(
    method: Method, channels: int
) -> None:
    classifier, weights = linear(channels=channels)
    [shown] = some(channels=channels)
    [found] = attribute(
        classifier, [shown], method, class_name="middle", baseline="black", window=1, redrawn=0
    )
    expected = (weights.numpy() * shown.picture / 255).sum(axis=2)
    np.testing.assert_allclose(found.values, expected, atol=1e-5)
    if method == "integrated-gradients":
        assert found.unexplained == pytest.approx(0, abs=1e-5)


def test_what_is_covered_takes_the_colour_that_was_asked_for() -> None:
    classifier, weights = linear()
    [shown] = some()
    pixels = shown.picture[..., 0] / 255
    for baseline, colour in (("white", 1.0), ("mean", pixels.mean())):
        [found] = attribute(
            classifier, [shown], "occlusion", class_name="middle",
            baseline=baseline, window=1, redrawn=0,  # type: ignore[arg-type]
        )  # fmt: skip
        expected = weights[..., 0].numpy() * (pixels - colour)
        np.testing.assert_allclose(found.values, expected, atol=1e-5)


@pytest.mark.parametrize("method", ["integrated-gradients", "occlusion"])
def test_what_speaks_for_one_class_of_a_sigmoid_speaks_against_the_other(method: Method) -> None:
    classifier = classifier_of(output="sigmoid")
    first, second = (
        attribute(classifier, some(), method, class_name=name, redrawn=0)[0].values
        for name in CLASSES[:2]
    )
    assert np.abs(first).max() > 0
    np.testing.assert_allclose(first, -second, atol=1e-6)


def test_grad_cam_of_a_sigmoid_s_first_class_uses_the_negative_logit() -> None:
    classifier = classifier_of(output="sigmoid")
    maps = [
        attribute(classifier, some(), class_name=name, redrawn=0)[0].own for name in CLASSES[:2]
    ]
    assert max(one.max() for one in maps) > 0
    assert not ((maps[0] > 0) & (maps[1] > 0)).any()  # no place speaks for both


@pytest.mark.parametrize("method", METHODS)
def test_a_module_with_relu_in_place_gets_the_same_map(method: Method) -> None:
    with_copy, in_place = (
        attribute(classifier_of(module(in_place=flag)), some(), method, redrawn=0)[0]
        for flag in (False, True)
    )
    assert np.abs(in_place.values).max() > 0
    np.testing.assert_allclose(with_copy.values, in_place.values, atol=1e-6)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    "net",
    [
        "conv 4 linear no-bias, pool, batchnorm, relu, dropout 0.3, flatten, dense classes",
        "conv 4 5x5 same gelu, pool avg, conv classes 1x1, pool avg global",
    ],
)
def test_every_kind_of_net_gets_a_map_of_the_picture_s_size(net: str, method: Method) -> None:
    found = attribute(classifier_of(net, channels=3), some(2, channels=3), method, redrawn=1)
    assert [one.values.shape for one in found] == [(SIDE, SIDE)] * 2
    assert all(one.sanity is not None for one in found)
    assert [one.class_name for one in found] == [one.prediction.class_name for one in found]


def test_a_picture_gets_the_same_map_alone_and_among_others() -> None:
    classifier = classifier_of()
    together = attribute(classifier, some(3), "integrated-gradients", redrawn=1)
    alone = attribute(classifier, some(3)[2:], "integrated-gradients", redrawn=1)
    np.testing.assert_allclose(together[2].values, alone[0].values, atol=1e-6)


def test_a_redrawn_network_has_other_weights_and_leaves_everything_else_alone() -> None:
    network = classifier_of("conv 4 linear, batchnorm, relu, flatten, dense classes").network
    network.get_buffer("layers.1.running_mean").fill_(7)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    chance = torch.get_rng_state()
    first, again, other = redraw(network, 1), redraw(network, 1), redraw(network, 2)
    assert torch.equal(torch.get_rng_state(), chance)
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    for name in ("layers.0.weight", "layers.4.weight"):
        drawn = [one.get_parameter(name) for one in (network, first, other)]
        assert all(not torch.equal(a, b) for a, b in pairwise(drawn))
        assert torch.equal(first.get_parameter(name), again.get_parameter(name))
    assert not first.get_buffer("layers.1.running_mean").any()


def test_numbers_that_no_module_draws_are_shuffled() -> None:
    class Own(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.table = nn.Parameter(torch.arange(75.0).reshape(3, 25))

    table = redraw(Own(), 0).get_parameter("table")
    assert not torch.equal(table, Own().table)
    assert torch.equal(table.flatten().sort().values, torch.arange(75.0))


def test_the_sanity_check_gives_the_rank_correlation_with_each_redrawn_network() -> None:
    classifier = classifier_of()
    [found] = attribute(classifier, some(), "occlusion", class_name="top", redrawn=3, seed=5)
    assert found.sanity is not None
    for number, correlation in enumerate(found.sanity.correlations):
        other = Classifier(redraw(classifier.network, 5 + number), classifier.contract, [])
        [map_] = attribute(other, some(), "occlusion", class_name="top", redrawn=0)
        assert correlation == pytest.approx(rank_correlation(found.own, map_.own), abs=1e-6)
        if number == found.sanity.chosen:
            np.testing.assert_allclose(found.sanity.values, map_.values, atol=1e-6)
    lines = found.sanity.lines()
    assert lines[0] == "size of rank correlation"
    for line, name in ((1, "absolute"), (2, "correlations")):
        sizes = np.abs(getattr(found.sanity, name))
        said = f"signs {sizes.mean():.2f} ({sizes.min():.2f} to {sizes.max():.2f})"
        assert lines[line].endswith(said)
    assert lines[3] == "mean (range) over 3 re-drawn"
    assert lines[4] == "at 144 places"
    assert lines[5] == found.sanity.sentence()
    assert [line.strip() for line in found.lines()[1:]] == lines
    content = json.loads(json.dumps(found.as_dict()))
    assert content["class"] == "top"
    assert content["sanity"]["sentence"] == lines[5]
    assert content["sanity"]["rank_correlation"] == list(found.sanity.correlations)


def map_from(values: object) -> Map:
    made = np.asarray(values, dtype=np.float32).reshape(1, -1)
    return Map(made, made, "by hand")


def sanity_from(own: object, *others: object) -> Sanity:
    made = sanity_of(map_from(own), [map_from(other) for other in others])
    assert made is not None
    return made


RISING = np.arange(1, 9)
NO_ORDER = np.array([3, 8, 1, 5, 4, 7, 6, 2])  # its rank correlation with 1..8 is 0


def test_a_map_that_any_network_draws_is_said_to_show_the_picture() -> None:
    sentence = sanity_from(RISING, RISING**2, RISING * 3).sentence()
    assert sentence == (
        "This map hardly changes when the weights are re-drawn: it shows the picture, not what "
        "was learned (rank correlation 1.00, at least 0.7)."
    )


def test_a_map_that_no_other_network_draws_is_said_to_depend_on_what_was_learned() -> None:
    found = sanity_from(RISING, NO_ORDER)
    assert found.correlations == pytest.approx((0,), abs=1e-9)
    assert found.verdict == "learned"
    assert found.sentence() == (
        "This map depends on what was learned (rank correlation 0.00, at most 0.5)."
    )


def test_signs_are_judged_apart_from_where_a_map_is_strong() -> None:
    own = RISING * np.array([1, 1, -1, -1, 1, 1, -1, -1])
    other = RISING * np.array([1, -1, 1, -1, 1, -1, 1, -1])
    found = sanity_from(own, other)
    assert found.absolute == pytest.approx((1.0,))
    assert abs(found.correlations[0]) < 0.5
    said = found.sentence()
    assert said.startswith("Where this map is strong hardly changes when the weights are re-drawn")
    assert "not what was learned (rank correlation without signs 1.00, at least 0.7); " in said
    assert "what speaks for and what against depends on what was learned (with signs 0." in said


def test_a_map_turned_upside_down_is_the_same_map() -> None:
    assert sanity_from(RISING, -RISING).verdict == "picture"
    assert verdict_of((-0.9, 0.9)) == "picture"


@pytest.mark.parametrize(
    ("correlations", "verdict"),
    [
        ((0.7,), "picture"), ((0.69,), "partly"), ((0.51,), "partly"), ((0.5,), "learned"),
        ((0.0, 1.0), "learned"), ((np.nan, 0.8), "picture"), ((np.nan,), "unknown"),
    ],
)  # fmt: skip
def test_the_verdict_is_by_the_mean_of_what_is_known(
    correlations: tuple[float, ...], verdict: str
) -> None:
    assert verdict_of(correlations) == verdict


def test_places_that_are_0_in_every_map_are_counted_and_left_out_once() -> None:
    nothing = [0] * 100
    found = sanity_from([*nothing, *RISING], [*nothing, *NO_ORDER])
    assert found.verdict == "learned"
    assert (found.zeros, found.places) == (100, 108)
    assert found.correlations == pytest.approx((0,), abs=1e-9)
    assert found.sentence() == (
        "This map depends on what was learned (rank correlation 0.00, at most 0.5, over the 8 "
        "places that are not 0 in every map). At the other 100 of 108 places every network's map "
        "is 0, trained or not."
    )
    assert found.numbers()[-1] == "at 8 of 108 places"


def test_the_number_that_is_printed_is_the_one_that_is_judged() -> None:
    found = sanity_from(RISING, RISING[::-1], RISING)
    assert found.correlations == pytest.approx((-1, 1))
    assert found.numbers()[:2] == ["size of rank correlation", "1.00 (1.00 to 1.00)"]
    assert "(rank correlation 1.00, at least 0.7)" in found.sentence()
    assert found.numbers()[2] == "mean (range) over 2 re-drawn"
    assert sanity_from(RISING, NO_ORDER).numbers()[2] == "with 1 re-drawn"


def test_a_map_that_is_flat_where_any_map_is_not_0_is_said_to_be() -> None:
    found = sanity_from([0, 0, 0, 1, 1], [0, 0, 0, 1, 2])
    assert found.verdict == "unknown"
    assert "this map is flat" in found.sentence()


@pytest.mark.parametrize("method", METHODS)
def test_no_verdict_rests_on_fewer_than_three_networks(method: Method) -> None:
    [found] = attribute(classifier_of(), some(), method)
    assert found.sanity is not None
    assert len(found.sanity.correlations) >= 3


def test_the_map_that_is_shown_is_the_usual_one_and_flat_only_where_all_are() -> None:
    flat, near = np.zeros(8), np.array([1, 2, 3, 4, 5, 6, 8, 7])
    middling = np.array([2, 1, 5, 3, 8, 4, 6, 7])
    assert sanity_from(RISING, flat, RISING, middling, NO_ORDER).chosen == 2
    assert sanity_from(RISING, flat, flat, near).chosen == 2
    assert sanity_from(flat, flat, near).chosen == 1
    all_flat = sanity_from(RISING, flat, flat)
    assert all_flat.chosen == 0
    assert "the map of every re-drawn network is flat" in all_flat.sentence()
    assert "this map is flat" in sanity_from(flat, near).sentence()


def test_the_given_picture_s_size_and_colours_are_told() -> None:
    shown = Shown("a", np.full((30, 20, 3), 7, np.uint8))
    [found] = attribute(classifier_of(), [shown], redrawn=0)
    assert found.as_dict()["original_shape"] == [30, 20, 3]
    assert found.as_dict()["input_shape"] == [SIDE, SIDE, 1]


def test_a_rank_correlation_is_1_for_any_rising_change_and_unknown_for_a_flat_map() -> None:
    values = np.arange(12, dtype=np.float32).reshape(3, 4)
    assert rank_correlation(values, np.exp(values)) == pytest.approx(1)
    assert rank_correlation(values, -values) == pytest.approx(-1)
    assert np.isnan(rank_correlation(values, np.zeros_like(values)))


def dead() -> Classifier:
    classifier = classifier_of()
    with torch.no_grad():
        classifier.network.get_parameter("layers.2.bias").fill_(-1e6)
    return classifier


def assert_nothing_is_cut(figure: Figure) -> None:
    """No label reaches beyond the page or into its neighbour's column."""
    assert cut_off(figure) == []
    panels = figure.axes[: 3 if len(figure.axes) % 3 == 1 else 2]
    boxes = [axes.xaxis.label.get_window_extent() for axes in panels]
    assert all(left.x1 <= right.x0 for left, right in pairwise(boxes))


def test_a_map_that_is_zero_everywhere_is_said_to_be_and_divides_by_nothing() -> None:
    [found] = attribute(dead(), some(), redrawn=2)
    assert not found.values.any()
    assert found.sanity is not None
    assert found.sanity.lines()[:2] == ["size of rank correlation", "unknown: flat map"]
    assert found.as_dict()["rank_correlation_with_redrawn"] == [None, None]
    figure = attribution_figure([found])
    assert "0 everywhere" in figure.axes[1].get_xlabel()
    assert_nothing_is_cut(figure)


def test_an_overlay_is_the_bare_picture_where_the_map_is_zero_and_strongest_at_its_peak() -> None:
    picture = np.full((2, 2, 3), 255, dtype=np.uint8)
    values = np.array([[0, 0], [0, 2]], dtype=np.float32)
    image, largest = overlay(picture, values)
    assert largest == scale_of(values) > 0
    assert np.allclose(image[0, 0], 0.85)
    assert not np.allclose(image[1, 1], 0.85)
    bare, none = overlay(picture, np.zeros((2, 2), np.float32))
    assert none == 0
    assert np.allclose(bare, 0.85)


def test_the_figure_has_picture_map_and_check_of_each_picture(tmp_path: Path) -> None:
    found = attribute(classifier_of(), some(2), "integrated-gradients")
    figure = attribution_figure(found)
    assert figure.get_suptitle() == "Integrated gradients from black, 50 steps"
    assert len(figure.axes) == 2 * 3 + 1
    for row, one in enumerate(found):
        picture, map_, check = figure.axes[3 * row : 3 * row + 3]
        assert picture.get_title() == one.id
        answer = f"answer: {one.prediction.class_name} {one.prediction.probability:.1%}"
        assert answer in picture.get_xlabel()
        assert f"truth: {one.truth}" in picture.get_xlabel()
        assert map_.get_title() == f"speaks for {one.class_name}"
        drawn = [np.asarray(axes.images[0].get_array()) for axes in (map_, check)]
        assert np.array_equal(drawn[0], overlay(one.picture, one.values, signed=True)[0])
        assert one.sanity is not None
        assert np.array_equal(drawn[1], overlay(one.picture, one.sanity.values, signed=True)[0])
        assert "unexplained" in map_.get_xlabel()
        assert check.get_title().startswith(f"weights re-drawn, {one.sanity.chosen + 1} of 5")
        assert "correlation" in check.get_xlabel()
        assert "over 5 re-drawn\nat " in check.get_xlabel()
        assert one.sanity.sentence() in words(figure)
    assert "half the variance of its ranks" in words(figure)
    save_figure(figure, tmp_path / "attribution.png", dpi=40)
    assert_nothing_is_cut(figure)
    without = attribution_figure(attribute(classifier_of(), some(), redrawn=0))
    assert len(without.axes) == 2 + 1


def words(figure: Figure) -> str:
    return " ".join(" ".join(text.get_text() for text in figure.texts).split())


@pytest.mark.parametrize("method", METHODS)
def test_the_colours_are_explained_in_words_and_lie_as_they_do_in_the_maps(method: Method) -> None:
    bar = attribution_figure(attribute(classifier_of(), some(), method, redrawn=1)).axes[-1]
    said = [label.get_text().replace("\n", " ") for label in bar.get_xticklabels()]
    assert (said[0], said[-1]) == ENDS[method]
    assert len(said) == (2 if method == "grad-cam" else 3)


def test_a_long_name_is_shown_whole_and_nothing_is_cut_off() -> None:
    classifier = classifier_of()
    name = "validation/a-very-long-folder-of-horses/horse-number-1-of-241-$5-seen-from-behind.png"
    shown = [Shown(name, some()[0].picture, "top")]
    for method in METHODS:
        figure = attribution_figure(attribute(classifier, shown, method, redrawn=2))
        assert figure.axes[0].get_title().replace("\n", "") == name.replace("$", r"\$")
        assert_nothing_is_cut(figure)


@pytest.mark.parametrize("shape", [(4, 60, 3), (60, 4, 1), (1, 1, 1)])
@pytest.mark.parametrize("method", METHODS)
def test_a_figure_of_narrow_pictures_is_drawn_whole(
    method: Method, shape: tuple[int, int, int]
) -> None:
    classifier = odd_classifier("conv 4 same, flatten, dense classes", shape)
    shown = [Shown("a.png", noise((50, 50, 3))), Shown("b.png", noise((5, 90, 1)), "stripe 1")]
    found = attribute(classifier, shown, method, redrawn=2)
    assert_nothing_is_cut(attribution_figure(found))


def test_occlusion_says_its_steps_in_pixels() -> None:
    said = [
        attribute(classifier_of(), some(), "occlusion", window=window, redrawn=0)[0].how
        for window in (1, 4)
    ]
    assert said[0].endswith("1x1 pixels covered with the picture's mean colour, every pixel")
    assert said[1].endswith("every 2 pixels")


def test_what_does_not_exist_is_refused_with_what_does() -> None:
    classifier = classifier_of()
    with pytest.raises(UsageError, match="grad-cam, occlusion, integrated-gradients; got 'lime'"):
        attribute(classifier, some(), "lime")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="no class 'cat'; the classes are: top, middle, bottom"):
        attribute(classifier, some(), class_name="cat")
    with pytest.raises(UsageError, match="there is no layer '9'; the layers are: 1 conv 4; 2 pool"):
        attribute(classifier, some(), layer="9")
    with pytest.raises(UsageError, match="'5 flatten' will not do here; these will: 1 conv 4"):
        attribute(classifier, some(), layer="flatten")
    with pytest.raises(UsageError, match="only grad-cam looks at a layer"):
        attribute(classifier, some(), "occlusion", layer="1")
    with pytest.raises(UsageError, match=r"window must be from 1 to 12 pixels.*got 13"):
        attribute(classifier, some(), "occlusion", window=13)
    with pytest.raises(UsageError, match="baseline is black, white or mean; got 'red'"):
        attribute(classifier, some(), baseline="red")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="steps must be at least 1, got 0"):
        attribute(classifier, some(), steps=0)
    with pytest.raises(UsageError, match=r"grad-cam needs a convolution.*use occlusion or"):
        attribute(linear()[0], some())
    with pytest.raises(UsageError, match="give at least one picture"):
        attribute(classifier, [])
