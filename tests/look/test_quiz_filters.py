"""Questions 1, 2, 3 and 12: what filters and poolings do is what numpy and scipy say."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from look_nets import noise
from quiz_subjects import bars_of, panels_of, striped_subject, sweep_of, tables_of
from scipy import ndimage

from lenswork.errors import UsageError
from lenswork.look.activations import activations
from lenswork.look.pictures import Shown
from lenswork.look.quiz.anywhere import Move, anywhere, moved_by
from lenswork.look.quiz.convolution import convolution
from lenswork.look.quiz.isolating import isolating, without_filters
from lenswork.look.quiz.pooling import pooling
from lenswork.look.quiz.subject import Subject


@pytest.fixture(scope="module")
def subject(tmp_path_factory: pytest.TempPathFactory) -> Subject:
    return striped_subject(tmp_path_factory.mktemp("home"))


def weights_of(subject: Subject, channel: int) -> tuple[np.ndarray, float]:
    parameters = dict(subject.classifier.network.named_parameters())
    weight = parameters["layers.0.weight"].detach().numpy()[channel, 0].astype(np.float64)
    return weight, float(parameters["layers.0.bias"].detach()[channel])


@pytest.mark.parametrize("channel", range(4))
def test_the_filter_on_its_way_makes_the_map_that_scipy_makes(
    subject: Subject, channel: int
) -> None:
    shown = convolution(subject, {"filter": str(channel), "picture": "7"})
    picture = subject.held_out.source.read(7)[:, :, 0] / 255
    weight, bias = weights_of(subject, channel)
    whole = ndimage.correlate(picture, weight, mode="constant")[1:-1, 1:-1] + bias
    sweep = sweep_of(shown)
    np.testing.assert_allclose(sweep.values, np.maximum(whole, 0), atol=1e-5)
    assert sweep.values.ravel()[sweep.start] == sweep.values.max()
    assert (sweep.window, sweep.stride, sweep.corner) == ((3, 3), 1, (0, 0))
    assert sweep.map.shape == (10, 10, 3)


def test_without_a_choice_the_filter_that_answers_most_is_taken(subject: Subject) -> None:
    shown = convolution(subject, {})
    first = activations(subject.classifier, [subject.held_out.source.read(0)])[0].values[0]
    assert shown.controls[1].value == str(int(first.max(axis=(0, 1)).argmax()))
    assert [control.name for control in shown.controls] == ["picture", "filter"]
    assert len(panels_of(shown)[-1].panels) == 4


def test_the_products_that_are_listed_add_up_to_the_sum_that_is_said(subject: Subject) -> None:
    shown = convolution(subject, {"picture": "3"})
    [table] = tables_of(shown)
    products = [
        float(cell.split(" = ")[1].replace("\N{MINUS SIGN}", "-"))
        for row in table.rows
        for cell in row[1:]
    ]
    assert len(products) == 9
    said = shown.said[1].split(" add up to ")[1].split(",")[0].replace("\N{MINUS SIGN}", "-")
    assert sum(products) == pytest.approx(float(said), abs=0.01)


def test_a_sum_without_a_bias_is_said_once(tmp_path: Path) -> None:
    net = "conv 4 linear no-bias, pool, flatten, dense classes"
    said = convolution(striped_subject(tmp_path, net=net), {}).said[1]
    assert re.search(r": 9 products add up to [\d.]+\.\Z", said)


def test_a_picture_of_ones_own_is_laid_under_the_filter(subject: Subject) -> None:
    own = replace(subject, own=Shown("cat.png", noise((20, 30, 3))))
    shown = convolution(own, {})
    assert "places of cat.png" in shown.said[0]
    assert [control.name for control in shown.controls] == ["filter"]
    assert sweep_of(shown).picture.shape == (12, 12, 1)


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ({"filter": "4"}, "filter must be from 0 to 3, got 4"),
        ({"filter": "x"}, "filter must be a whole number from 0 to 3, got 'x'"),
        ({"picture": "-1"}, "picture must be from 0 to 29, got -1"),
    ],
)
def test_what_is_not_there_is_refused_with_its_limits(
    subject: Subject, words: dict[str, str], text: str
) -> None:
    with pytest.raises(UsageError, match=text):
        convolution(subject, words)


def test_pooling_keeps_the_largest_of_each_window(subject: Subject) -> None:
    shown = pooling(subject, {"channel": "1", "picture": "4"})
    before, after = (
        one.values[0, :, :, 1]
        for one in activations(subject.classifier, [subject.held_out.source.read(4)])[:2]
    )
    np.testing.assert_array_equal(after, before.reshape(5, 2, 5, 2).max(axis=(1, 3)))
    [panels] = panels_of(shown)
    frames = [panel.frame for panel in panels.panels[1:]]
    assert frames[0] is not None and frames[1] is not None  # noqa: PT018  # of one window
    assert frames[0][:2] == (2 * frames[1][0], 2 * frames[1][1])
    assert shown.said[0] == ("Layer 2 pool makes 25 numbers of 100: 25% are left to work on.")
    assert shown.said[1].endswith("is still there.")
    assert shown.said[2].startswith("In 4 of 4 channels the strongest number of the map")


def test_what_no_whole_window_covers_can_be_lost(tmp_path: Path) -> None:
    subject = striped_subject(tmp_path, net="conv 4, pool 3x3, flatten, dense classes")
    before, after = (
        one.values[0]
        for one in activations(subject.classifier, [subject.held_out.source.read(0)])[:2]
    )
    kept = int((before.max(axis=(0, 1)) == before[:9, :9].max(axis=(0, 1))).sum())
    assert after.shape == (3, 3, 4)
    assert pooling(subject, {}).said[2].startswith(f"In {kept} of 4 channels")


def test_a_mean_keeps_no_strongest_number_to_count(tmp_path: Path) -> None:
    subject = striped_subject(tmp_path, net="conv 4, pool avg, flatten, dense classes")
    assert len(pooling(subject, {}).said) == 2


def test_a_net_without_a_pooling_says_so(tmp_path: Path) -> None:
    plain = striped_subject(tmp_path, net="flatten, dense classes")
    with pytest.raises(UsageError, match="has no pooling: choose a run that has one"):
        pooling(plain, {})
    with pytest.raises(UsageError, match="has no convolution: choose a run that has one"):
        convolution(plain, {})


def test_the_filters_that_answer_most_come_first_with_the_pictures_that_excite_them(
    subject: Subject,
) -> None:
    shown = isolating(subject, {"picture": "2"})
    groups = panels_of(shown)
    maps = activations(subject.classifier, [subject.held_out.source.read(2)])[2].values[0]
    order = np.argsort(-maps.max(axis=(0, 1)), kind="stable")[:5]
    assert [int(one.title.split(",")[0].split()[1]) for one in groups[1:]] == order.tolist()
    everything = activations(
        subject.classifier, [subject.held_out.source.read(place) for place in range(30)]
    )[2].values
    first = int(order[0])
    fired = int((everything[..., first].max(axis=(1, 2)) > 0).sum())
    assert f"above 0 in {fired} picture" in groups[1].title


def test_filters_that_are_switched_off_answer_nothing_and_the_others_as_before(
    subject: Subject,
) -> None:
    given = [subject.held_out.source.read(0)]
    off = without_filters(subject.classifier, 2, [1, 4])
    before, after = (activations(one, given)[2].values for one in (subject.classifier, off))
    assert not after[..., [1, 4]].any()
    np.testing.assert_array_equal(after[..., [0, 2, 3, 5]], before[..., [0, 2, 3, 5]])
    np.testing.assert_array_equal(before, activations(subject.classifier, given)[2].values)


def test_the_answer_is_asked_again_without_the_strongest_and_the_weakest(subject: Subject) -> None:
    shown = isolating(subject, {"picture": "2"})
    picture = subject.held_out.source.read(2)
    maps = activations(subject.classifier, [picture])[2].values[0]
    order = np.argsort(-maps.max(axis=(0, 1)), kind="stable").tolist()
    bars = bars_of(shown)
    assert bars.columns == ("as it is", "3 strongest off", "3 weakest off")
    rows = dict(bars.rows)
    for column, off in enumerate(([], order[:3], order[3:])):
        answers = without_filters(subject.classifier, 2, off).probabilities(picture[np.newaxis])
        for name, value in zip(subject.classifier.classes, answers[0], strict=True):
            assert rows[name][column] == pytest.approx(float(value), abs=1e-6)
    assert shown.said[-1].startswith("Does the rest decide on them? The answer is stripe")


def test_a_single_filter_is_not_switched_off(tmp_path: Path) -> None:
    one = striped_subject(tmp_path, net="conv 1, flatten, dense classes")
    assert len(isolating(one, {}).said) == 3


@pytest.mark.parametrize("move", [Move(2, 1), Move(-3, 2), Move(0, 0)])
def test_what_leaves_the_frame_is_gone_and_the_edge_is_repeated(move: Move) -> None:
    picture = noise((8, 9, 3))
    moved = moved_by(picture, move)
    for row in range(8):
        for column in range(9):
            there = min(max(row - move.down, 0), 7), min(max(column - move.right, 0), 8)
            assert np.array_equal(moved[row, column], picture[there])


@pytest.mark.parametrize("net", ["conv 4, pool, flatten, dense classes",
                                 "conv 4 5x5 stride 2 same, flatten, dense classes"])  # fmt: skip
@pytest.mark.parametrize(("down", "right"), [("2", "2"), ("-4", "2"), ("0", "-2")])
def test_the_map_moves_as_far_as_the_picture(
    tmp_path: Path, net: str, down: str, right: str
) -> None:
    subject = striped_subject(tmp_path, net=net)
    shown = anywhere(subject, {"down": down, "right": right})
    difference = float(shown.said[0].split("by at most ")[1].split(" ")[0].rstrip("."))
    assert difference < 1e-6
    assert len(bars_of(shown).rows) == 3


def test_the_move_is_brought_to_the_filter_s_steps(tmp_path: Path) -> None:
    subject = striped_subject(tmp_path, net="conv 4 stride 2, flatten, dense classes")
    shown = anywhere(subject, {"down": "3", "right": "-3"})
    assert [control.value for control in shown.controls[1:3]] == ["2", "-4"]
    assert "moved 2 down and 4 to the left (pixels)" in shown.said[0]
    assert "1 down and 2 to the left" in shown.said[0]
