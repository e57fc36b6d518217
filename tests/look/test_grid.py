"""The grid and the sheets: the right numbers, scales and words in them."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from look_nets import classifier_of, cut_off, first_conv, noise, overlapping, texts, wrapped
from torch import nn

from lenswork.errors import UsageError
from lenswork.look.activations import activations
from lenswork.look.feature_maps import FeatureMaps, save_arrays
from lenswork.look.grid import all_channel_maps, channel_maps
from lenswork.look.grid_figure import channel_figure
from lenswork.look.pictures import Shown
from lenswork.look.sheet import in_rows, sheet, sheet_columns, strip_columns
from lenswork.look.sheet_figure import sheet_figure
from lenswork.model.classifier import Classifier
from lenswork.record.style import written

NET = "conv 4, pool, conv 5 same, conv 3 linear, pool avg, flatten, dense 6, dense classes"


def shown(count: int = 3, shape: Sequence[int] = (12, 12, 1)) -> list[Shown]:
    return [Shown(f"test/{seed}.png", noise(shape, seed), "stripe 0") for seed in range(count)]


def with_dead(net: str = NET, channel: int = 1) -> Classifier:
    """The first convolution has a filter that answers to nothing."""
    classifier = classifier_of(net)
    conv = first_conv(classifier)
    assert conv.bias is not None
    with torch.no_grad():
        conv.weight.abs_()[channel] = 0
        conv.bias.abs_()
        conv.bias[channel] = -1
    return classifier


def names(maps: FeatureMaps) -> list[str]:
    return [layer.name for layer in maps.layers]


def test_the_grid_shows_the_first_four_convolutions_and_poolings_of_the_notes() -> None:
    classifier, pictures = classifier_of(NET), shown()
    maps = channel_maps(classifier, pictures, channel=2)
    assert names(maps) == ["1 conv 4", "2 pool", "3 conv 5 same", "4 conv 3 linear"]
    outputs = activations(classifier, [one.picture for one in pictures])
    for layer, output in zip(maps.layers, outputs, strict=False):
        np.testing.assert_array_equal(layer.maps[:, 0], output.values[..., 2])
    expected = classifier.predict([one.picture for one in pictures])
    assert [one.class_name for one in maps.predictions] == [one.class_name for one in expected]


def test_layers_can_be_chosen_and_come_in_the_order_asked_for() -> None:
    maps = channel_maps(classifier_of(NET), shown(1), layers=["5", "conv 4", "7 dense 6"])
    assert names(maps) == ["5 pool avg", "1 conv 4", "7 dense 6"]
    assert maps.layers[2].maps.shape == (1, 1, 1, 1)


def test_a_net_without_windows_shows_all_its_layers() -> None:
    maps = all_channel_maps(classifier_of("flatten, dense 5, dense classes"), shown(1)[0])
    assert names(maps) == ["1 flatten", "2 dense 5", "3 dense 3 linear"]
    figure = sheet_figure(maps)
    assert any(
        "1 flatten  ·  units 0 to 143, 64 a row, first number at the left" in text
        for text in texts(figure)
    )
    assert any("2 dense 5  ·  5 units" in text for text in texts(figure))
    assert not cut_off(figure)


def test_one_shared_scale_spans_the_layer_and_own_scales_each_map() -> None:
    classifier, pictures = with_dead(), shown()
    shared = channel_maps(classifier, pictures, channel=0, scale="shared")
    own = channel_maps(classifier, pictures, channel=0, scale="own")
    for together, alone in zip(shared.layers, own.layers, strict=True):
        assert set(together.low.ravel()) == {together.maps.min()}
        assert set(together.high.ravel()) == {together.maps.max()}
        np.testing.assert_array_equal(alone.low, alone.maps.min((2, 3)))
        np.testing.assert_array_equal(alone.high, alone.maps.max((2, 3)))
    everything = all_channel_maps(classifier, pictures[0], scale="shared").layers[0]
    assert set(everything.high.ravel()) == {everything.maps.max()}


def test_dead_channels_are_named_and_nothing_is_divided_by_zero() -> None:
    maps = all_channel_maps(with_dead(), shown(1)[0])
    first, pooled = maps.layers[:2]
    assert first.dead == pooled.dead == (1,)
    tiled, columns = sheet(first)
    assert columns == 4
    assert np.isnan(tiled[:, 11:21]).all()  # the second of four maps of 10x10, one apart
    assert not np.isnan(tiled[:, :10]).any()
    words = texts(sheet_figure(maps))
    assert "dead" in words
    assert any("1 of 4 dead (0 everywhere for this picture): 1" in text for text in words)


def test_a_channel_that_is_one_number_everywhere_is_named_flat_and_not_dead() -> None:
    classifier = classifier_of("conv 3, flatten, dense classes")
    conv = first_conv(classifier)
    assert conv.bias is not None
    with torch.no_grad():
        conv.weight.abs_()[2] = 0
        conv.bias[2] = 0.5
    maps = all_channel_maps(classifier, shown(1)[0])
    assert (maps.layers[0].flat, maps.layers[0].dead) == ((2,), ())
    assert not np.isnan(sheet(maps.layers[0])[0][:, -10:]).any()
    words = texts(sheet_figure(maps))
    assert any("1 of 3 flat (one number, not 0, everywhere): 2" in text for text in words)


def test_a_scale_that_ends_at_zero_keeps_its_end() -> None:
    classifier = classifier_of("conv 2 linear, flatten, dense classes")
    conv = first_conv(classifier)
    assert conv.bias is not None
    with torch.no_grad():
        conv.weight.abs_().neg_()
        conv.bias.zero_()
    black = Shown("black", np.zeros((12, 12, 1), np.uint8))
    figure = channel_figure(channel_maps(classifier, [black, *shown(1)], layers=["1"]))
    (image,) = (axes.images[0] for axes in figure.axes[3:4])
    assert image.get_clim()[1] == 0


def test_the_grid_tells_a_dead_channel_from_one_that_is_silent_for_one_picture() -> None:
    classifier = classifier_of("conv 2, flatten, dense classes", normalise=False)
    conv = first_conv(classifier)
    assert conv.bias is not None
    with torch.no_grad():
        conv.weight.fill_(1)
        conv.bias.fill_(-1)
        conv.weight[1] = -1
    black = Shown("black", np.zeros((12, 12, 1), np.uint8))
    maps = channel_maps(classifier, [black, *shown(1)], channel=0, layers=["1"])
    assert "0 everywhere\nfor this picture" in texts(channel_figure(maps))
    maps = channel_maps(classifier, [black, *shown(1)], channel=1, layers=["1"])
    assert maps.layers[0].dead == (1,)
    assert "dead:\n0 everywhere for\nall these pictures" in texts(channel_figure(maps))


def test_a_sheet_holds_every_map_in_its_place() -> None:
    layer = all_channel_maps(classifier_of("conv 20, flatten, dense classes"), shown(1)[0]).layers[
        0
    ]
    tiled, columns = sheet(layer, gap=2)
    assert columns == sheet_columns(20) == 16
    assert tiled.shape == (2 * 12 - 2, 16 * 12 - 2)
    low, high = layer.maps[0, 17].min(), layer.maps[0, 17].max()
    np.testing.assert_allclose(
        tiled[12:22, 12:22], (layer.maps[0, 17] - low) / (high - low), rtol=1e-6
    )
    assert np.isnan(tiled[12:, 4 * 12 :]).all()


@pytest.mark.parametrize(("channels", "columns"), [(1, 1), (6, 6), (16, 8), (32, 16), (64, 16),
                                                   (512, 48), (78_400, 560)])  # fmt: skip
def test_sheets_stay_wide_and_low(channels: int, columns: int) -> None:
    assert sheet_columns(channels) == columns


def test_panels_name_their_layer_shape_and_scale_and_nothing_is_cut_off() -> None:
    maps = channel_maps(with_dead(), shown(2, (200, 150, 3)), channel=0)
    figure = channel_figure(maps, "viridis")
    words = texts(figure)
    first = maps.layers[0]
    assert words.count("1 conv 4\n10x10x4") == 2
    assert words.count(f"{first.low[0, 0]:.3g} to {first.high[0, 0]:.3g}") >= 2
    assert "test/1.png\n200x150x3 to 12x12x1" in words
    assert any("answer stripe" in text and "truth stripe 0" in text for text in words)
    assert any("viridis, one scale a layer; input: 12x12 grey, bilinear" in text for text in words)
    assert not cut_off(figure)
    panel = figure.axes[1].images[0]
    np.testing.assert_array_equal(panel.get_array(), first.maps[0, 0])
    assert panel.get_clim() == (first.low[0, 0], first.high[0, 0])
    assert panel.get_cmap().name == "viridis"


def test_every_layer_is_tiled_and_each_tile_has_its_number() -> None:
    net = "conv 20 linear, batchnorm, relu, dropout, pool, flatten, dense 6, dense classes"
    maps = all_channel_maps(classifier_of(net), shown(1)[0])
    assert [name.split()[1] for name in names(maps)] == [
        "conv", "batchnorm", "relu", "dropout", "pool", "flatten", "dense", "dense",
    ]  # fmt: skip
    figure = sheet_figure(maps)
    words = texts(figure)
    for number in range(20):
        assert words.count(str(number)) >= 5  # above its map in each of five layers of maps
    assert {"stripe 0", "stripe 1", "stripe 2"} <= set(words)  # the classes under their bars
    assert not cut_off(figure)


def test_maps_too_small_for_a_number_each_have_every_eighth_numbered_and_it_is_said() -> None:
    maps = all_channel_maps(classifier_of("conv 300 1x1, flatten, dense classes", (4, 4, 1)),
                            shown(1, (4, 4, 1))[0], layers=["1"])  # fmt: skip
    words = texts(sheet_figure(maps))
    assert {"0", "8", "16", "40"} <= set(words)
    assert "9" not in words
    assert any("40 channels a row, every eighth numbered" in text for text in words)


def test_a_strip_holds_every_unit_in_its_place() -> None:
    vector = np.arange(1, 131, dtype=np.float32)
    cells = in_rows(vector, strip_columns(130))
    assert cells.shape == (3, 64)
    assert cells[2, :2].tolist() == [129, 130]
    assert np.isnan(cells[2, 2:]).all()
    assert (strip_columns(10), strip_columns(18_496), strip_columns(10**6)) == (10, 512, 1024)


def test_the_layers_left_out_of_the_grid_are_named() -> None:
    maps = channel_maps(classifier_of(NET), shown(1))
    left_out = ("5 pool avg", "6 flatten", "7 dense 6", "8 dense 3 linear")
    assert maps.left_out == left_out
    assert channel_maps(classifier_of(NET), shown(1), layers=["1"]).left_out == ()
    assert all_channel_maps(classifier_of(NET), shown(1)[0]).left_out == ()


def test_statistics_for_json_are_those_of_the_values() -> None:
    classifier, pictures = with_dead(), shown()
    maps = channel_maps(classifier, pictures, channel=1, layers=["1", "7"])
    content = json.loads(json.dumps(maps.as_dict()))
    first, vector = content["layers"]
    assert (first["layer"], first["shape"], first["channels"]) == ("1 conv 4", [10, 10, 4], [1])
    assert first["dead"] == [1]
    assert vector["units"] == [1]
    output = activations(classifier, [one.picture for one in pictures])[6].values
    np.testing.assert_allclose(vector["mean"], output[:, 1:2], rtol=1e-6)
    np.testing.assert_allclose(vector["scale_high"], [[output.max()]] * 3, rtol=1e-6)
    assert [one["id"] for one in content["pictures"]] == [one.id for one in pictures]
    assert content["pictures"][0]["truth"] == "stripe 0"
    assert content["pictures"][0]["probability"] == maps.predictions[0].probability


def test_arrays_are_saved_under_the_layers_names_without_pickle(tmp_path: Path) -> None:
    classifier, picture = classifier_of(NET), shown(1)[0]
    save_arrays(all_channel_maps(classifier, picture), tmp_path / "maps.npz")
    with np.load(tmp_path / "maps.npz", allow_pickle=False) as saved:
        for output in activations(classifier, [picture.picture]):
            np.testing.assert_array_equal(saved[output.name], output.values)
        assert saved["ids"].tolist() == [picture.id]
        np.testing.assert_array_equal(saved["pictures"][0], picture.picture)
        np.testing.assert_allclose(
            saved["probabilities"], classifier.probabilities_of([picture.picture])
        )


def test_a_layer_asked_for_twice_is_refused_in_words() -> None:
    with pytest.raises(UsageError, match="'1 conv 4' is asked for twice, as '1' and as 'conv 4'"):
        channel_maps(classifier_of(NET), shown(1), layers=["1", "conv 4"])


def test_flat_channels_are_named_in_the_line() -> None:
    classifier = classifier_of("conv 3, flatten, dense classes")
    conv = first_conv(classifier)
    assert conv.bias is not None
    with torch.no_grad():
        conv.weight[2] = 0
        conv.bias[2] = 0.5
    line = all_channel_maps(classifier, shown(1)[0]).layers[0].line()
    assert line.endswith(", 1 of 3 flat: 2")


def test_class_names_are_folded_and_not_cut_where_there_is_room() -> None:
    classifier = classifier_of("flatten, dense classes", classes=10)
    maps = all_channel_maps(classifier, shown(1)[0])
    maps = replace(maps, classes=("T-shirt/top", "Ankle boot", *"abcdefgh"))
    figure = sheet_figure(maps)
    assert {"T-shirt/\ntop", "Ankle\nboot"} <= set(texts(figure))
    assert not overlapping(figure)


def test_a_letter_that_the_font_lacks_is_written_as_its_escape() -> None:
    picture = Shown("\u540d.png", noise((12, 12, 1)))
    figure = channel_figure(channel_maps(classifier_of(NET), [picture]))
    assert "\\u540d.png\n12x12" in texts(figure)
    assert not cut_off(figure)  # a missing glyph would warn here
    assert written("Zürich β…") == "Zürich β…"


def test_the_longest_ids_keep_their_end_and_stay_on_the_page() -> None:
    path = "validation/" + "a long folder's name/" * 5 + "horse1-000.png"
    short = "validation/horses/horse1-000.png"
    pictures = [Shown(one, noise((12, 12, 1))) for one in (short, path)]
    figure = channel_figure(channel_maps(classifier_of(NET), pictures))
    words = texts(figure)
    assert "validation/horses/\nhorse1-000.png\n12x12" in words
    assert any(text.endswith("horse1-000.png\n12x12") and "…" in text for text in words)
    assert not cut_off(figure)


def test_long_nets_go_on_in_further_rows() -> None:
    net = ", ".join(["conv 2 same"] * 12 + ["flatten, dense classes"])
    classifier = classifier_of(net)
    maps = channel_maps(classifier, shown(2), layers=[str(n) for n in range(1, 13)], scale="own")
    figure = channel_figure(maps, "grey")
    assert figure.get_size_inches()[0] < 10
    assert sum("12 conv 2 same" in text for text in texts(figure)) == 2
    assert any("each map on its own scale" in text for text in texts(figure))
    assert not cut_off(figure)
    assert not cut_off(sheet_figure(all_channel_maps(classifier, shown(1)[0])))


def test_single_numbers_are_drawn_on_the_layers_scale_and_said() -> None:
    net = "conv 9, pool max global, dense 40, dense classes"
    classifier = classifier_of(net)
    maps = channel_maps(classifier, shown(1), channel=1, layers=["2", "3"], scale="own")
    layer = maps.layers[0]
    assert layer.vector is not None
    np.testing.assert_array_equal(layer.vector[:, 1], layer.maps[:, 0, 0, 0])
    said = f"unit 1: {layer.maps[0, 0, 0, 0]:.3g}\n(all: {layer.vector.min():.3g} to"
    words = texts(channel_figure(maps))
    assert any(text.startswith(said) for text in words)
    assert "Unit 1 of each layer" in words
    assert any("own scale, units of 0 grey" in text for text in words)
    sheets = all_channel_maps(classifier, shown(1)[0], layers=["2", "3"], scale="own")
    assert sheets.layers[0].high[0, 0] == sheets.layers[0].maps.max()
    figure = sheet_figure(sheets)
    assert any("2 pool max global  ·  9 units" in text and "one scale" in text
               for text in texts(figure))  # fmt: skip
    assert not cut_off(figure)


def test_numbers_that_are_not_finite_do_not_spoil_the_scale() -> None:
    classifier = classifier_of("conv 2, flatten, dense classes")
    conv = first_conv(classifier)
    with torch.no_grad():
        conv.weight[1] = float("nan")
    layer = all_channel_maps(classifier, shown(1)[0], layers=["1"], scale="shared").layers[0]
    assert np.isfinite(layer.low).all()
    assert layer.high[0, 0] == layer.maps[0, 0].max()
    assert layer.dead == ()


def test_a_module_of_ones_own_has_its_grid_and_sheets() -> None:
    own = nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.ReLU(inplace=True), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
        nn.Linear(4, 3),
    )  # fmt: skip
    classifier = wrapped(own, (12, 12, 1))
    maps = channel_maps(classifier, shown(2), channel=3)
    assert names(maps) == ["1 0 Conv2d", "3 2 AdaptiveAvgPool2d"]
    assert not cut_off(channel_figure(maps))
    assert not cut_off(sheet_figure(all_channel_maps(classifier, shown(1)[0])))


@pytest.mark.parametrize(
    ("layers", "channel", "problem"),
    [
        (["8", "9"], 0, "no layer '9'; the layers are: 1 conv 4; 2 pool; 3 conv 5 same"),
        (["3", "1"], 4, "layer '1 conv 4' has no channel 4: it has 4, numbered 0 to 3"),
        (None, 3, "layer '4 conv 3 linear' has no channel 3"),
        ([], 0, "give at least one layer; the layers are: 1 conv 4"),
    ],
)
def test_layers_and_channels_that_do_not_exist_are_answered_with_those_that_do(
    layers: list[str] | None, channel: int, problem: str
) -> None:
    with pytest.raises(UsageError, match=problem):
        channel_maps(classifier_of(NET), shown(1), channel=channel, layers=layers)


def test_a_sheet_that_no_file_could_hold_is_refused() -> None:
    net = ", ".join(["conv 64 1x1"] * 160 + ["flatten, dense classes"])
    maps = all_channel_maps(classifier_of(net), shown(1)[0])
    with pytest.raises(UsageError, match=r"162 layers on one sheet .* choose fewer layers"):
        sheet_figure(maps)


def test_names_from_outside_are_shortened_and_never_read_as_mathematics() -> None:
    assert written("a$x$b") == r"a\$x\$b"
    assert written("validation/horses/horse2-069.jpg", 20) == "validat…rse2-069.jpg"
    assert len(written("x" * 50, 20)) == 20
    picture = Shown("$\\frac$.png", noise((12, 12, 1)), "50$ to 60$")
    figure = channel_figure(channel_maps(classifier_of(NET), [picture], layers=["1"]))
    assert not cut_off(figure)


def test_levels_give_the_values_back_within_half_a_step() -> None:
    maps = all_channel_maps(with_dead(), shown(1)[0])
    for layer in maps.layers:
        levels = layer.levels()
        assert levels.dtype == np.uint8
        assert levels.shape == layer.maps.shape
        low, high = (ends[:, :, np.newaxis, np.newaxis] for ends in (layer.low, layer.high))
        back = low + levels / 255 * (high - low)
        np.testing.assert_allclose(back, layer.maps, atol=1.01 * float((high - low).max()) / 510)
        np.testing.assert_array_equal(layer.levels(2), levels[:, :2])


def test_levels_of_a_map_that_is_one_number_or_none_are_zero() -> None:
    layer = all_channel_maps(with_dead(), shown(1)[0]).layers[0]
    assert not layer.levels()[0, 1].any()  # the dead one
    broken = layer.maps.copy()
    broken[0, 0, 0] = np.nan, np.inf, -np.inf, *broken[0, 0, 0, 3:]
    levels = replace(layer, maps=broken).levels()[0, 0, 0]
    assert levels[:3].tolist() == [0, 255, 0]
    np.testing.assert_array_equal(levels[3:], layer.levels()[0, 0, 0, 3:])


def test_maps_of_known_outputs_are_those_that_would_be_worked_out() -> None:
    classifier, one = classifier_of(NET), shown(1)[0]
    known = all_channel_maps(classifier, one, outputs=activations(classifier, [one.picture]))
    assert known.as_dict() == all_channel_maps(classifier, one).as_dict()
