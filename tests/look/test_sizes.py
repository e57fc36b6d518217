"""Sizes in words, and receptive fields against what a gradient reaches."""

import numpy as np
import pytest
import torch
from look_nets import cut_off, noise, texts
from matplotlib.patches import Polygon, Rectangle

from lenswork.errors import NetError, UsageError
from lenswork.look.places import layer_names
from lenswork.look.shapes_figure import sizes_figure
from lenswork.look.sizes import Sight, sight, size_steps
from lenswork.look.sizes_figure import sight_figure
from lenswork.model.network import Network
from lenswork.model.spec import parse_net

DIGITS = (28, 28, 1)


def test_the_notes_sizes_are_derived_in_words() -> None:
    steps = size_steps("conv 32, pool, conv 32, pool, flatten, dense 128, dense classes", DIGITS)
    left_out = "the last row and the last column are left out"
    assert [(step.name, step.words) for step in steps] == [
        ("1 conv 32", "28 - 3 + 1 = 26; one map a filter, 32"),
        ("2 pool", "floor(26 / 2) = 13; each of 32 maps by itself"),
        ("3 conv 32", "13 - 3 + 1 = 11; one map a filter, 32"),
        ("4 pool", f"floor(11 / 2) = 5, {left_out}; each of 32 maps by itself"),
        ("5 flatten", "5 x 5 x 32 = 800 numbers in one row"),
        ("6 dense 128", "one number a unit, 128; each sees all 800 before it"),
        ("7 dense 10 linear", "one number a unit, 10; each sees all 128 before it"),
    ]
    assert str(steps[0]).startswith("1 conv 32: 28x28x1 to 26x26x32. 28 - 3 + 1 = 26")


@pytest.mark.parametrize(
    ("layer", "words"),
    [
        ("conv 2 same", "unchanged: zeros around the map make room for the 3x3; one map"),
        ("conv 2 stride 3", "floor(28 / 3) = 9, the last row and the last column are"),
        ("pool 3x2 stride 5", "the last 2 columns"),
        ("pool 1x5", "28 - 1 + 1 = 28; 28 - 5 + 1 = 24"),
        ("pool avg global", "one number for the one map: its whole average"),
        ("dropout", "unchanged: numbers are dropped in training only"),
        ("batchnorm", "unchanged: each channel is moved and stretched"),
        ("tanh", "unchanged: tanh of each number"),
    ],
)
def test_every_kind_of_layer_says_why_its_output_has_its_size(layer: str, words: str) -> None:
    end = "dense classes" if "global" in layer else "flatten, dense classes"
    side = (28, 29, 1) if layer.startswith("pool 3x2") else DIGITS
    assert words in size_steps(f"{layer}, {end}", side)[0].words


def positive_copy(net: str, shape: tuple[int, int, int]) -> Network:
    """The net with positive weights, averages and no activations: no influence cancels out."""
    plain = [
        f"{words} linear" if words.startswith(("conv", "dense 3")) else words
        for words in net.replace("pool ", "pool avg ").replace("avg avg", "avg").split(", ")
    ]
    network = Network(parse_net(", ".join(plain)).with_outputs(2), shape)
    for weight in network.parameters():
        torch.nn.init.constant_(weight, 0.1)
    return network.eval()


def reached(network: Network, place: int, position: tuple[int, ...]) -> tuple[int, ...] | None:
    """(top, bottom, left, right) of the pixels on which one output number depends."""
    height, width, channels = network.input_shape
    pixels = torch.ones(1, channels, height, width, requires_grad=True)
    output = network.activations(pixels)[place]
    one = output[(0, 0, *position)] if output.ndim == 4 else output[(0, *position)]
    one.backward()  # type: ignore[no-untyped-call]
    assert pixels.grad is not None
    rows, columns = np.nonzero(pixels.grad[0].sum(0).numpy())
    if not len(rows):
        return None
    return int(rows.min()), int(rows.max()) + 1, int(columns.min()), int(columns.max()) + 1


def random_net(chance: np.random.Generator) -> str:
    """A net of windows of every kind, then a vector."""
    layers = []
    for _ in range(chance.integers(1, 5)):
        sides = "x".join(map(str, chance.integers(1, 5, 2)))
        stride = chance.choice(["", " stride 2", " stride 3"])
        if chance.random() < 0.6:
            padding = chance.choice(["", " same", " padding 1", " padding 4"])
            layers.append(f"conv 1 {sides}{stride}{padding}")
        else:
            layers.append(f"pool {sides}{stride}{chance.choice(['', ' same'])}")
        layers += ["batchnorm"] if chance.random() < 0.2 else []
    end = chance.choice(["flatten", "flatten, dense 3", "pool avg global", "flatten, dropout"])
    return ", ".join([*layers, str(end), "dense classes"])


def test_the_field_of_any_number_is_what_its_gradient_reaches() -> None:
    chance = np.random.default_rng(5)
    checked = cut = blind = 0
    while checked < 300:
        height, width = map(int, chance.integers(5, 24, 2))
        net, shape = random_net(chance), (height, width, 1)
        spec = parse_net(net).with_outputs(2)
        try:
            shapes = spec.shapes(shape)
        except NetError:
            continue
        network = positive_copy(net, shape)
        for place, after in enumerate(shapes[1:]):
            sides = after[:2] if len(after) == 3 else after
            position = tuple(int(chance.integers(0, side)) for side in sides)
            seen = sight(spec, shape, str(place + 1), position)
            expected = reached(network, place, position)
            if expected is None:
                assert 0 in seen.size, (net, shape, place, position)
                blind += 1
            else:
                assert (*seen.rows, *seen.columns) == expected, (net, shape, place, position)
            cut += seen.size != seen.whole_size
            checked += 1
    assert cut > 50  # the edges were met
    assert blind > 0


def test_all_places_of_a_flattened_map_see_what_their_place_in_the_map_sees() -> None:
    net = "conv 3, pool, flatten, dense classes"
    for unit in range(0, 5 * 4 * 3, 7):
        flat = sight(net, (12, 10, 2), "flatten", (unit,))
        place = sight(net, (12, 10, 2), "pool", (unit // 12, unit % 12 // 3))
        assert (flat.rows, flat.columns) == (place.rows, place.columns)


def test_a_field_is_told_in_words_with_what_the_edge_cuts_off() -> None:
    net = "conv 8 same, pool, conv 8 5x5 same, flatten, dense classes"
    inside = sight(net, DIGITS, "2", (5, 6))
    assert str(inside) == (
        "The place in row 5, column 6 of 2 pool sees 4 x 4 of 28 x 28 pixels: "
        "rows 9 to 12, columns 11 to 14"
    )
    corner = sight(net, DIGITS, "3", (0, 13))
    assert (corner.whole_rows, corner.rows) == ((-5, 7), (0, 7))
    assert (corner.whole_columns, corner.columns) == ((21, 33), (21, 28))
    assert str(corner).endswith(
        "The whole field is 12 x 12; padding stands in for 5 rows above, 5 columns to the right"
    )
    blind = sight("conv 1 padding 4, flatten, dense classes", DIGITS, "1", (0, 0))
    assert str(blind).endswith("sees no pixel: its whole window lies in the padding")
    assert corner.as_dict()["size"] == (7, 7)


@pytest.mark.parametrize(
    ("layer", "position", "problem"),
    [
        ("9", (0, 0), "no layer '9'; the layers are: 1 conv 4; 2 flatten; 3 dense 10 linear"),
        ("1", (26, 0), "layer '1 conv 4' has no place 26, 0: it has row 0 to 25 and column 0 to 2"),
        ("1", (3,), "a position in layer '1 conv 4' is a row and a column, .* got '3'"),
        ("3", (1, 2), "a position in layer '3 dense 10 linear' is a unit, unit 0 to 9; got '1, 2'"),
    ],
)
def test_places_that_do_not_exist_are_answered_with_those_that_do(
    layer: str, position: tuple[int, ...], problem: str
) -> None:
    with pytest.raises(UsageError, match=problem):
        sight("conv 4, flatten, dense classes", DIGITS, layer, position)


def test_a_net_that_cannot_be_built_is_refused() -> None:
    with pytest.raises(NetError, match="layer 2 of 3"):
        size_steps(
            "pool 20x20, conv 3 5x5, flatten, dense classes".replace("flatten, ", ""), DIGITS
        )


def test_names_are_those_of_the_activations() -> None:
    spec = parse_net("conv 4, flatten, dense classes").with_outputs(10)
    assert layer_names(spec) == ["1 conv 4", "2 flatten", "3 dense 10 linear"]


@pytest.mark.parametrize(
    ("layer", "position", "with_map"),
    [("2", (5, 6), True), ("3", (0, 13), True), ("3", (13, 0), False), ("5", (2,), False)],
)
def test_the_field_is_drawn_whole_and_no_word_is_cut_off(
    layer: str, position: tuple[int, ...], with_map: bool
) -> None:
    net = "conv 8 same, pool, conv 8 5x5 same, flatten, dense classes"
    seen = sight(net, DIGITS, layer, position)
    feature_map = np.ones((14, 14), np.float32) if with_map else None
    figure = sight_figure(seen, noise(DIGITS), feature_map)
    assert not cut_off(figure)
    assert len(figure.axes) == 2 + with_map
    picture, crop = figure.axes[:2]
    assert crop.images[0].get_size() == seen.size
    boxes = {
        (box.get_x(), box.get_y(), box.get_width(), box.get_height())
        for box in picture.patches
        if isinstance(box, Rectangle)
    }
    assert (seen.columns[0] - 0.5, seen.rows[0] - 0.5, *seen.size[::-1]) in boxes
    left, right = picture.get_xlim()
    assert left <= min(seen.whole_columns[0], 0) - 0.5
    assert right >= max(seen.whole_columns[1], 28) - 0.5
    assert "what it sees" in " ".join(texts(figure))


def test_one_row_of_padding_is_told_in_the_singular_and_panels_are_level() -> None:
    seen = sight("conv 8 same, flatten, dense classes", DIGITS, "1", (0, 5))
    assert "padding stands in for 1 row above" in str(seen)
    whole = sight("conv 8, flatten, dense classes", DIGITS, "1", (5, 5))
    figure = sight_figure(whole, noise(DIGITS))
    assert not cut_off(figure)
    one, other = (axes.get_window_extent() for axes in figure.axes)
    assert (one.y0, one.y1) == pytest.approx((other.y0, other.y1), abs=0.5)


def test_a_field_without_pixels_and_a_picture_of_another_size() -> None:
    blind = sight("conv 1 padding 4, flatten, dense classes", DIGITS, "1", (0, 0))
    figure = sight_figure(blind, noise(DIGITS))
    assert "nothing but padding" in texts(figure)
    assert not cut_off(figure)
    with pytest.raises(UsageError, match=r"expected a picture of 28x28 pixels .* got 9x9"):
        sight_figure(blind, noise((9, 9, 1)))
    assert isinstance(blind, Sight)


def test_the_shapes_are_drawn_to_scale_with_their_reasons() -> None:
    net = "conv 8 same, pool, conv 16 5x5, flatten, dense 128, dense classes"
    figure = sizes_figure(size_steps(net, DIGITS))
    assert not cut_off(figure)
    words = " ".join(texts(figure))
    assert "14 - 5 + 1 = 10" in words
    assert "10 x 10 x 16 = 1,600" in words
    fronts = [np.ptp(patch.get_xy(), axis=0) for patch in figure.axes[0].patches[:12:3]
              if isinstance(patch, Polygon)]  # fmt: skip
    sides = np.array([28, 28, 14, 10])
    np.testing.assert_allclose(np.array(fronts) / fronts[0], np.stack([sides, sides], 1) / 28)
    bars = [patch.get_height() for patch in figure.axes[0].patches if isinstance(patch, Rectangle)]
    assert bars[1] / bars[0] == pytest.approx(128 / 1600)


def test_a_net_of_vectors_only_and_one_too_long_to_draw() -> None:
    assert not cut_off(sizes_figure(size_steps("flatten, dense classes", DIGITS)))
    endless = ", ".join(["conv 1 1x1"] * 800 + ["flatten, dense classes"])
    with pytest.raises(UsageError, match=r"802 layers would be a figure .* inches tall"):
        sizes_figure(size_steps(endless, DIGITS))
