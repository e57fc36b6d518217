"""Figures about mistakes on a printed page: letters that can be read, labels that are true."""

from collections.abc import Callable

import numpy as np
import pytest
from look_nets import cut_off
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text

from lenswork.look.calibration import calibration_of
from lenswork.look.calibration_figure import calibration_figure
from lenswork.look.confusion_figure import LANDSCAPE, confusion_figure
from lenswork.look.contact_sheet import Block, Caption, packed
from lenswork.look.embedding import Embedding
from lenswork.look.embedding_figure import embedding_figure
from lenswork.look.mistakes import Judged, confused_pairs
from lenswork.look.mistakes_figure import mistakes_blocks, mistakes_sheet
from lenswork.record.style import PRINT_WIDTH

SMALLEST = 6  # points


def judged_of(classes: int, count: int, right: float = 0.9) -> Judged:
    chance = np.random.default_rng(classes)
    truth = np.arange(count) % classes
    wrong = (truth + 1 + chance.integers(0, max(classes - 1, 1), count)) % classes
    answer = np.where(chance.random(count) < right, truth, wrong)
    table = np.full((count, classes), 0.05 / max(classes - 1, 1), np.float32)
    table[np.arange(count), answer] = 0.95
    return Judged(
        run="tiny",
        part="test",
        classes=tuple(f"a longish name {label}" for label in range(classes)),
        ids=tuple(f"validation/horses/horse{number:03d}.png" for number in range(count)),
        truth=truth,
        answer=answer,
        confidence=table.max(axis=1),
        probabilities=table,
    )


def calibration(classes: int) -> Figure:
    judged = judged_of(classes, 1000)
    chance = np.random.default_rng(0)
    first = chance.uniform(0.55 if classes == 2 else 0.8, 1, 1000).astype(np.float32)
    table = np.stack([first, 1 - first], axis=1)
    truth = (chance.random(1000) > first).astype(np.int64)
    return calibration_figure(judged.run, calibration_of(truth, table, resamples=10))


def matrix(classes: int) -> Figure:
    return confusion_figure(judged_of(classes, 40 * classes))


def sheet(classes: int) -> Figure:
    judged = judged_of(classes, 300)
    pairs = confused_pairs(judged)
    blocks = mistakes_blocks(pairs, 24)
    pictures = [np.zeros((9, 6, 1), np.uint8)] * sum(len(block.captions) for block in blocks)
    return mistakes_sheet(judged, blocks, pictures, len(pairs))


def embedding(classes: int, height: float = 1.0) -> Figure:
    judged = judged_of(classes, 300)
    points = np.random.default_rng(0).uniform(-10, 10, (300, 2)) * (1, height)
    return embedding_figure(
        Embedding(
            run="tiny",
            part="test",
            classes=judged.classes,
            total=300,
            points=points.astype(np.float32),
            pictures=np.zeros((300, 4, 4, 1), np.uint8),
            ids=judged.ids,
            truth=judged.truth,
            answer=judged.answer,
            confidence=judged.confidence,
            how="by hand",
        )
    )


@pytest.mark.parametrize("classes", [2, 10, 30])
@pytest.mark.parametrize("draw", [calibration, matrix, sheet, embedding])
def test_letters_keep_6_points_at_the_width_of_a_printed_page(
    draw: Callable[[int], Figure], classes: int
) -> None:
    figure = draw(classes)
    assert cut_off(figure) == []
    page = LANDSCAPE if draw is matrix and classes > 12 else PRINT_WIDTH
    texts = [one for one in figure.findobj(Text) if isinstance(one, Text) and one.get_text()]
    smallest = min(float(text.get_fontsize()) for text in texts if text.get_visible())
    assert smallest * min(1, page / figure.get_figwidth()) >= SMALLEST


def labels_of(axis: Axis) -> list[tuple[float, str]]:
    return [(tick.get_loc(), tick.label1.get_text()) for tick in axis.get_major_ticks()]


@pytest.mark.parametrize("classes", [2, 3, 10])
def test_every_label_in_per_cent_is_exactly_where_it_says(classes: int) -> None:
    for figure, axes in ((calibration(classes), (0, 1)), (matrix(classes), (1, 2))):
        figure.canvas.draw_idle()
        figure.draw_without_rendering()
        for number in axes:
            both = figure.axes[number].xaxis, figure.axes[number].yaxis
            labels = [one for axis in both for one in labels_of(axis) if one[1].endswith("%")]
            assert len(labels) >= 3
            for place, text in labels:
                assert float(text[:-1]) / 100 == pytest.approx(place, abs=1e-9)


def test_ticks_between_whole_per_cents_get_a_decimal() -> None:
    figure = calibration(2)
    axis = figure.axes[0].yaxis
    axis.set_ticks([0.8, 0.825, 0.85, 0.9999])
    figure.draw_without_rendering()
    assert [text for _, text in labels_of(axis)] == ["80%", "82.5%", "85%", "99.99%"]


def test_a_class_that_is_always_right_has_its_whole_dot() -> None:
    figure = confusion_figure(judged_of(2, 40, right=1.1))
    figure.draw_without_rendering()
    bars = figure.axes[1]
    line = bars.containers[0].lines[0]  # type: ignore[attr-defined]
    right = bars.transData.transform((1.0, 0))[0]
    radius = line.get_markersize() / 2 * figure.dpi / 72
    assert right + radius <= bars.get_window_extent().x1


def test_counts_that_no_cell_could_hold_are_left_out() -> None:
    assert confusion_figure(judged_of(30, 400)).axes[0].texts
    assert not confusion_figure(judged_of(30, 40_000)).axes[0].texts


def test_a_flat_map_gets_a_flat_frame() -> None:
    figure = embedding(2, height=0.1)
    figure.draw_without_rendering()
    box = figure.axes[0].get_window_extent()
    assert box.height / box.width == pytest.approx(0.2, abs=0.01)
    assert figure.get_figheight() < 0.4 * figure.get_figwidth()


def test_a_heading_is_no_longer_than_the_rule_below_it() -> None:
    judged = judged_of(10, 600)
    pairs = confused_pairs(judged)
    blocks = mistakes_blocks(pairs, len(pairs))
    pictures = [np.zeros((9, 9, 1), np.uint8)] * len(pairs)
    figure = mistakes_sheet(judged, blocks, pictures, len(pairs))
    assert cut_off(figure) == []
    dots = figure.get_figwidth() * figure.dpi
    lines = figure.findobj(Line2D, include_self=False)
    rules = [
        np.array(line.get_xdata()) * dots
        for line in lines
        if isinstance(line, Line2D) and line.axes is None
    ]
    for text in figure.texts[2:]:
        box = text.get_window_extent()
        end = min(high for low, high in rules if abs(low - box.x0) < 3)
        assert box.x1 <= end + 1


def test_rows_are_filled_with_the_next_block_that_fits() -> None:
    def order(*sizes: int) -> list[int]:
        captions = (tuple([Caption(0, "", "")] * size) for size in sizes)
        return [len(one.captions) for one in packed([Block("", one) for one in captions])]

    assert order(3, 3, 3, 3, 2, 2, 1) == [3, 3, 2, 3, 3, 2, 1]
    assert order(8, 5, 4, 3) == [8, 5, 3, 4]
    assert order(20, 8, 4, 2) == [20, 4, 8, 2]
    assert order(16, 3, 2) == [16, 3, 2]
    assert order() == []
