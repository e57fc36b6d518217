"""Filters: true receptive fields, the strongest patches, dead ones and duplicates."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch
from tiny_data import SIDE, striped_pictures
from torch import nn

from lenswork.data.dataset import ArraySource, Part
from lenswork.errors import UsageError
from lenswork.look import strongest
from lenswork.look.activations import activations
from lenswork.look.fields import fields_of, measured_fields
from lenswork.look.filters import FilterLook, look_at_filters
from lenswork.look.filters_figure import framed, patches_figure, weights_figure
from lenswork.look.places import find, last_convolution, output_at, places_of
from lenswork.model.classifier import Classifier
from lenswork.model.contract import Contract
from lenswork.model.network import Network
from lenswork.model.preprocess import Preprocess
from lenswork.model.spec import parse_net
from lenswork.record.style import save_figure

NET = "conv 4, pool, conv 6 same, flatten, dense classes"


def classifier_of(
    net: str | nn.Module, channels: int = 1, height: int = SIDE, width: int = SIDE
) -> Classifier:
    preprocess = Preprocess(height=height, width=width, colours="grey" if channels == 1 else "rgb")
    contract = Contract(
        classes=("a", "b", "c"),
        preprocess=preprocess,
        output="softmax",
        net=net if isinstance(net, str) else None,
    )
    if isinstance(net, nn.Module):
        return Classifier(net, contract, [])
    network = Network(parse_net(net).with_outputs(3), preprocess.input_shape)
    network.initialise("glorot-uniform", 5)
    return Classifier(network, contract, [])


class Branched(nn.Module):
    """Two ways of different sight that meet again: no chain of windows describes it."""

    def __init__(self) -> None:
        super().__init__()
        self.near = nn.Conv2d(1, 2, 1)
        self.far = nn.Conv2d(1, 2, 5, padding=2)
        self.norm = nn.BatchNorm2d(2)
        self.last = nn.Conv2d(2, 3, 3, stride=2)
        self.out = nn.Linear(3, 3)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        maps = torch.relu(self.norm(self.near(inputs) + self.far(inputs)))
        answers: torch.Tensor = self.out(self.last(maps).amax((2, 3)))
        return answers


NETS = [
    "conv 2, pool, conv 2, flatten, dense classes",
    "conv 2 5x3 stride 2 padding 1, pool 3x3 stride 2 same, conv 2 same, flatten, dense classes",
    "conv 2 same, pool avg 2x2 padding 1, batchnorm, relu, conv 3 4x4 same, flatten, dense classes",
    "conv 2 stride 3, conv 2 stride 2 padding 2, pool 2x2 stride 1, flatten, dense classes",
]


@pytest.mark.parametrize("net", NETS)
def test_the_arithmetic_of_fields_agrees_with_what_a_tainted_pixel_reaches(net: str) -> None:
    classifier = classifier_of(net, height=19, width=16)
    shape = (19, 16, 1)
    for place in places_of(classifier.network, shape):
        if place.is_map:
            said = fields_of(classifier.network, place, shape)
            measured = measured_fields(classifier.network, place, shape)
            assert np.array_equal(said.rows, measured.rows)
            assert np.array_equal(said.columns, measured.columns)


def test_a_field_that_reaches_beyond_the_edge_is_cut_there_and_framed_whole() -> None:
    classifier = classifier_of("conv 2 same, conv 2 same, flatten, dense classes")
    shape = (SIDE, SIDE, 1)
    place = places_of(classifier.network, shape)[1]
    field = fields_of(classifier.network, place, shape).at(0, SIDE - 1)
    assert (field.top, field.bottom, field.left, field.right) == (0, 3, SIDE - 3, SIDE)
    assert field.frame == (-2, SIDE - 3, 5, 5)


def test_the_fields_of_a_module_with_branches_are_measured() -> None:
    classifier = classifier_of(Branched())
    shape = (SIDE, SIDE, 1)
    place = last_convolution(places_of(classifier.network, shape))
    assert place is not None
    fields = fields_of(classifier.network, place, shape)
    assert (fields.height, fields.width) == (7, 7)
    assert fields.at(1, 2).frame == (0, 2, 7, 7)
    assert fields.at(0, 0).frame == (-2, -2, 7, 7)
    assert (fields.at(0, 0).top, fields.at(0, 0).bottom) == (0, 5)


@pytest.mark.parametrize("net", [NET, Branched()], ids=["net", "module"])
def test_layers_have_the_names_and_outputs_that_activations_give(net: str | nn.Module) -> None:
    classifier = classifier_of(net)
    part = striped_pictures(3, 3, 0)
    layers = activations(classifier, [part.source.read(index) for index in range(3)])
    places = places_of(classifier.network, (SIDE, SIDE, 1))
    assert [place.name for place in places] == [layer.name for layer in layers]
    inputs = torch.from_numpy(part.source.subset(range(3)).pictures).float()  # type: ignore[attr-defined]
    for place, layer in zip(places, layers, strict=True):
        assert place.output_shape == layer.values.shape[1:]
        with torch.inference_mode():
            output = output_at(classifier.network, place, inputs.permute(0, 3, 1, 2) / 255)
        ours = output.permute(0, 2, 3, 1) if output.ndim == 4 else output
        np.testing.assert_allclose(ours.numpy(), layer.values, atol=1e-6)


def test_the_strongest_patches_are_those_that_a_search_through_all_maps_finds() -> None:
    classifier = classifier_of(NET)
    part = striped_pictures(30, 3, 4)
    look = look_at_filters(classifier, part, "3")
    pictures = [part.source.read(index) for index in range(30)]
    maps = activations(classifier, pictures)[2].values
    assert look.highest == pytest.approx(maps.max(axis=(0, 1, 2)), abs=1e-6)
    for number, patches in enumerate(look.strongest):
        best = maps[..., number].max(axis=(1, 2))
        order = [index for index in np.argsort(-best, kind="stable")[:9] if best[index] > 0]
        assert [patch.id for patch in patches] == [part.ids[index] for index in order]
        for patch, index in zip(patches, order, strict=True):
            assert patch.answer == pytest.approx(best[index], abs=1e-6)
            assert maps[index, patch.row, patch.column, number] == pytest.approx(best[index])
            field = patch.field
            cut = pictures[index][field.top : field.bottom, field.left : field.right]
            assert np.array_equal(patch.pixels, cut)
            assert patch.class_name == "abc"[int(part.labels[index])]


def test_a_patch_alone_makes_the_filter_answer_as_strongly() -> None:
    classifier = classifier_of("conv 4, pool, conv 6, flatten, dense classes")
    part = striped_pictures(12, 3, 4)
    look = look_at_filters(classifier, part, "3")
    for number, patches in enumerate(look.strongest):
        for patch in patches:
            alone = np.zeros((SIDE, SIDE, 1), dtype=np.uint8)
            field = patch.field
            alone[field.top : field.bottom, field.left : field.right] = patch.pixels
            maps = activations(classifier, [alone])[2].values
            answer = maps[0, patch.row, patch.column, number]
            assert answer == pytest.approx(patch.answer, abs=1e-6)


def test_small_batches_find_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    classifier = classifier_of(NET)
    part = striped_pictures(25, 3, 6)
    whole = look_at_filters(classifier, part)
    monkeypatch.setattr(strongest, "BATCH", 4)
    parts = look_at_filters(classifier, part)
    assert [[(p.id, p.row, p.column) for p in row] for row in parts.strongest] == [
        [(p.id, p.row, p.column) for p in row] for row in whole.strongest
    ]
    np.testing.assert_allclose(parts.difference, whole.difference, atol=1e-4)


def set_weights(classifier: Classifier, layer: int, values: torch.Tensor) -> None:
    with torch.no_grad():
        classifier.network.get_parameter(f"layers.{layer}.weight").copy_(values)


def test_dead_filters_and_duplicates_are_listed() -> None:
    classifier = classifier_of("conv 5 2x2, flatten, dense classes")
    weights = torch.tensor([[1.0, 2], [3, 4]]).expand(5, 1, 2, 2).clone()
    weights[1] *= -1  # never above 0
    weights[2] *= 3  # the same direction, three times the answers
    weights[3] = torch.tensor([[4.0, -1], [0, 1]])
    weights[4] = 0
    set_weights(classifier, 0, weights)
    look = look_at_filters(classifier, striped_pictures(6, 3, 0))
    assert look.dead == (1, 4)
    assert look.strongest[1] == look.strongest[4] == ()
    assert [(pair.first, pair.second) for pair in look.duplicates] == [(0, 2)]
    assert look.duplicates[0].weights == pytest.approx(1)
    assert look.duplicates[0].answers == pytest.approx(2 / 3, abs=1e-4)
    text = "\n".join(look.describe())
    assert "dead (answer nowhere above 0): 1, 4" in text
    assert "0 and 2 (cosine 1.000, answers differ by 66.7%)" in text


def test_filters_that_answer_alike_are_duplicates_whatever_their_weights() -> None:
    classifier = classifier_of("conv 2 1x1, flatten, dense classes", channels=3)
    set_weights(classifier, 0, torch.tensor([[1.0, 0, 0], [0, 0, 1]]).reshape(2, 3, 1, 1))
    grey = striped_pictures(6, 3, 0).source.subset(range(6)).pictures  # type: ignore[attr-defined]
    part = Part(ArraySource(grey.repeat(3, axis=3)), np.zeros(6, np.int64), tuple("012345"))
    look = look_at_filters(classifier, part)
    assert look.similarity[0, 1] == 0
    assert [(pair.first, pair.second) for pair in look.duplicates] == [(0, 1)]
    assert look.duplicates[0].answers == pytest.approx(0, abs=1e-6)


def test_a_linear_filter_before_a_batchnorm_is_dead_only_where_it_never_moves() -> None:
    classifier = classifier_of("conv 2 1x1 linear, batchnorm, relu, flatten, dense classes")
    set_weights(classifier, 0, torch.tensor([-1.0, 0]).reshape(2, 1, 1, 1))
    look = look_at_filters(classifier, striped_pictures(6, 3, 0))
    assert not look.rectified
    assert look.dead == (1,)


@pytest.mark.parametrize(
    ("net", "rectified"),
    [
        ("conv 2, flatten, dense classes", True),
        ("conv 2 linear, pool, relu, flatten, dense classes", True),
        ("conv 2 tanh, flatten, dense classes", False),
        ("conv 2 linear, leaky-relu, flatten, dense classes", False),
    ],
)
def test_whether_an_answer_below_zero_is_lost_is_told_from_the_net(
    net: str, rectified: bool
) -> None:
    look = look_at_filters(classifier_of(net), striped_pictures(3, 3, 0))
    assert look.rectified == rectified


def test_a_net_without_convolutions_and_a_layer_that_is_none_are_refused() -> None:
    part = striped_pictures(3, 3, 0)
    with pytest.raises(UsageError, match="no convolution, so it has no filters to show"):
        look_at_filters(classifier_of("flatten, dense classes"), part)
    with pytest.raises(UsageError, match=r"'2 pool' will not do here.*1 conv 4; 3 conv 6 same"):
        look_at_filters(classifier_of(NET), part, "pool")
    with pytest.raises(UsageError, match="a part that has none"):
        look_at_filters(classifier_of(NET), part.subset([]))
    places = places_of(classifier_of(NET).network, (SIDE, SIDE, 1))
    assert find(places, "3 conv 6 same") is places[2]


def test_a_network_that_diverged_is_said_to_have() -> None:
    classifier = classifier_of(NET)
    set_weights(classifier, 0, torch.full((4, 1, 3, 3), torch.nan))
    with pytest.raises(UsageError, match="layer '1 conv 4' gives no finite numbers"):
        look_at_filters(classifier, striped_pictures(3, 3, 0))


@pytest.fixture(scope="module")
def look() -> FilterLook:
    return look_at_filters(classifier_of(NET), striped_pictures(12, 3, 0), "3")


def test_the_chequers_stand_where_a_field_leaves_the_picture(look: FilterLook) -> None:
    patch = next(patch for row in look.strongest for patch in row)
    frame = (patch.field.top - 2, patch.field.left, 2 + patch.pixels.shape[0], 3)
    field = dataclasses.replace(patch.field, right=patch.field.left + 3, frame=frame)
    image = framed(dataclasses.replace(patch, field=field, pixels=patch.pixels[:, :3]))
    assert np.array_equal(np.unique(image[:2]), [0.82, 0.92])
    assert np.array_equal(image[2:, :, 0], patch.pixels[:, :3, 0] / 255)


def test_the_figures_name_layer_scale_and_every_filter(look: FilterLook, tmp_path: Path) -> None:
    figure = weights_figure(look, channel=1)
    title = figure.get_suptitle()
    assert "layer 3 conv 6 same" in title
    assert "6 filters of 3x3x4; input channel 1 of 4" in title
    drawn = [axes.images[0].get_array() for axes in figure.axes[:6]]
    for number, image in enumerate(drawn):
        assert np.array_equal(np.asarray(image), look.weights[number, :, :, 1])
    limits = {axes.images[0].get_clim() for axes in figure.axes[:6]}
    largest = float(np.abs(look.weights[..., 1]).max())
    assert limits == {(-largest, largest)}
    save_figure(figure, tmp_path / "weights.png", dpi=40)
    patches = patches_figure(look)
    texts = [text.get_text() for axes in patches.axes for text in axes.texts]
    assert sum(text.split()[0] in map(str, range(6)) for text in texts) == 6
    shown = sum(len(axes.images) for axes in patches.axes)
    assert shown == sum(len(row) for row in look.strongest)
    save_figure(patches, tmp_path / "patches.png", dpi=40)


def test_a_dead_filter_is_marked_in_both_figures() -> None:
    classifier = classifier_of("conv 2 2x2, flatten, dense classes")
    set_weights(classifier, 0, torch.tensor([1.0, 0]).reshape(2, 1, 1, 1).expand(2, 1, 2, 2))
    look = look_at_filters(classifier, striped_pictures(3, 3, 0))
    assert weights_figure(look).axes[1].get_title() == "1\ndead"
    texts = [text.get_text() for axes in patches_figure(look).axes for text in axes.texts]
    assert "1  dead" in texts
    assert "no picture excites it" in texts


def test_a_filter_that_fires_on_few_pictures_is_called_nearly_dead(look: FilterLook) -> None:
    rare = dataclasses.replace(
        look, pictures=1027, fired=np.array([1, 10, 11, 0, 500, 1027]), rectified=True
    )
    assert rare.nearly_dead == (0, 1)
    line = "nearly dead: 0 fires on 1, 1 fires on 10 of 1,027 pictures"
    assert line in rare.describe()
    words = [text.get_text() for axes in patches_figure(rare).axes for text in axes.texts]
    assert any("nearly dead: fires on\n1 of 1,027 pictures" in text for text in words)
    assert dataclasses.replace(rare, rectified=False).nearly_dead == ()


def test_small_answers_keep_their_digits(look: FilterLook) -> None:
    row = tuple(dataclasses.replace(patch, answer=0.00123) for patch in look.strongest[0])
    small = dataclasses.replace(look, strongest=(row, *look.strongest[1:]))
    words = [text.get_text() for axes in patches_figure(small).axes for text in axes.texts]
    assert any("0.0012 to 0.0012" in text for text in words)


def test_the_pictures_that_are_seen_are_counted_for_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strongest, "BATCH", 4)
    told: list[tuple[int, int]] = []
    part = striped_pictures(6, 3, 0)
    look_at_filters(classifier_of(NET), part, progress=lambda *seen: told.append(seen))
    assert told[-1] == (len(part), len(part))
    assert [seen for seen, _ in told] == sorted({*range(4, len(part), 4), len(part)})


def test_wrong_channels_and_filters_are_refused_with_those_there_are(look: FilterLook) -> None:
    with pytest.raises(UsageError, match=r"lie over 4 maps: say which input channel.*0 to 3"):
        weights_figure(look)
    with pytest.raises(UsageError, match="have no input channel 4: they have 4, numbered 0 to 3"):
        weights_figure(look, channel=4)
    with pytest.raises(UsageError, match="has no filter 6: it has 6, numbered 0 to 5"):
        patches_figure(look, [6])
    with pytest.raises(UsageError, match="expected 1 to 64 filters in a figure, got 0"):
        patches_figure(look, [])
