"""What a run got wrong, from its recorded predictions."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tiny_data import striped_data, write_striped_folder

from lenswork.data.decode import decode_file
from lenswork.data.open import open_data
from lenswork.errors import RunError
from lenswork.kinds import Picture
from lenswork.look.mistakes import (
    Judged,
    confused_pairs,
    confusion_of,
    judge,
    read_shown,
    worst_mistakes,
)
from lenswork.look.mistakes_figure import (
    COLUMNS,
    confusion_figure,
    mistakes_sheet,
    numbers_of,
    sheet_rows,
)
from lenswork.record.run import PREDICTIONS, Run
from lenswork.record.train import train

NET = "flatten, dense classes"


def judged_of(truth: list[int], probabilities: list[list[float]]) -> Judged:
    table = np.array(probabilities, np.float32)
    return Judged(
        run="tiny",
        part="test",
        classes=tuple("abcdefgh"[: table.shape[1]]),
        ids=tuple(f"test/{number}" for number in range(len(truth))),
        truth=np.array(truth),
        answer=table.argmax(axis=1),
        confidence=table.max(axis=1),
        probabilities=table,
    )


def random_judged(count: int = 300, classes: int = 4) -> Judged:
    chance = np.random.default_rng(3)
    truth = chance.integers(0, classes, count).tolist()
    return judged_of(truth, chance.dirichlet(np.ones(classes), count).tolist())


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    home = tmp_path_factory.mktemp("mistakes")
    data = open_data(write_striped_folder(home / "stripes", validation=40))
    return train(data, net=NET, epochs=1, home=home, progress=False, learning_rate=1e-4)


def test_the_surest_mistake_comes_first_and_ties_go_to_the_unlikelier_truth() -> None:
    judged = judged_of(
        [0, 0, 0, 1],
        [[0.3, 0.6, 0.1], [0.1, 0.7, 0.2], [0.05, 0.7, 0.25], [0.1, 0.8, 0.1]],
    )
    worst = worst_mistakes(judged)
    assert [one.number for one in worst] == [2, 1, 0]
    assert (worst[0].truth, worst[0].answer) == ("a", "b")
    assert worst[0].confidence == pytest.approx(0.7)
    assert worst[0].truth_probability == pytest.approx(0.05)
    assert [one.number for one in worst_mistakes(judged, 1)] == [2]


def test_pairs_are_counted_as_a_loop_counts_them() -> None:
    judged = random_judged()
    counted: dict[tuple[str, str], int] = {}
    for truth, answer in zip(judged.truth, judged.answer, strict=True):
        if truth != answer:
            key = (judged.classes[truth], judged.classes[answer])
            counted[key] = counted.get(key, 0) + 1
    pairs = confused_pairs(judged)
    assert {(pair.truth, pair.answer): pair.count for pair in pairs} == counted
    assert [pair.count for pair in pairs] == sorted(counted.values(), reverse=True)
    assert pairs[0].share.correct == pairs[0].count
    assert pairs[0].share.n == int((judged.truth == judged.classes.index(pairs[0].truth)).sum())
    for pair in pairs:
        sure = [one.confidence for one in pair.mistakes]
        assert sure == sorted(sure, reverse=True)


def test_the_confusion_matrix_has_an_interval_a_row_and_none_for_an_empty_class() -> None:
    judged = judged_of([0, 0, 1, 1], [[0.9, 0.1, 0], [0.2, 0.8, 0], [0, 1, 0], [0, 0, 1]])
    confusion = confusion_of(judged)
    assert confusion.counts.tolist() == [[1, 1, 0], [0, 1, 1], [0, 0, 0]]
    first, _, empty = confusion.accuracies
    assert first is not None
    assert (first.correct, first.n) == (1, 2)
    assert first.low == pytest.approx(0.0945, abs=1e-4)  # Wilson's interval for 1 of 2
    assert empty is None
    assert confusion.shares.tolist() == [[0.5, 0.5, 0], [0, 0.5, 0.5], [0, 0, 0]]


def test_only_the_shown_pictures_are_read(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    judged = judge(run)
    seen: list[Path] = []

    def counted(path: Path) -> Picture:
        seen.append(path)
        return decode_file(path)

    monkeypatch.setattr("lenswork.data.dataset.decode_file", counted)
    numbers = [5, 17]
    pictures = read_shown(run, judged, numbers)
    assert [str(path)[-len(judged.ids[n]) :] for path, n in zip(seen, numbers, strict=True)] == [
        judged.ids[n] for n in numbers
    ]
    assert [picture.shape for picture in pictures] == [(12, 12, 1)] * 2


def test_data_that_changed_since_the_run_is_refused(run: Run) -> None:
    judged = judge(run)
    gone = replace(judged, ids=("validation/high/gone.png", *judged.ids[1:]))
    with pytest.raises(RunError, match=r"changed since run .*'validation/high/gone.png'"):
        read_shown(run, gone, [0])
    moved = replace(judged, truth=1 - judged.truth)
    with pytest.raises(RunError, match="no longer there as"):
        read_shown(run, moved, [0])


def test_a_run_without_predictions_says_how_to_make_them(run: Run, tmp_path: Path) -> None:
    data = striped_data(validation=0)
    bare = train(data, net=NET, epochs=1, home=tmp_path, progress=False)
    with pytest.raises(RunError, match=r"--validation 0\.2"):
        judge(bare)
    with pytest.raises(RunError, match=r"no stored predictions for test .* validation"):
        judge(run, "test")
    unfinished = Run(run.path)
    hidden = (run.path / PREDICTIONS).rename(run.path / "hidden")
    try:
        with pytest.raises(RunError, match="Train again: lenswork train --recipe-file"):
            judge(unfinished)
    finally:
        hidden.rename(run.path / PREDICTIONS)


def test_every_pair_gets_a_row_of_the_sheet_before_any_gets_a_second() -> None:
    pairs = confused_pairs(random_judged())
    assert pairs[0].count > COLUMNS
    rows = sheet_rows(pairs[:3], 4 * COLUMNS)
    assert [bool(row.heading) for row in rows] == [True, False, True, True]
    assert rows[0].heading.startswith(f"{pairs[0].truth} taken for {pairs[0].answer}: ")
    assert numbers_of(rows)[:3] == [one.number for one in pairs[0].mistakes[:3]]
    assert len(numbers_of(sheet_rows(pairs, 11))) == 11
    assert sheet_rows([], 10) == []


def test_the_sheet_shows_each_picture_with_its_confidence_and_id() -> None:
    judged = random_judged()
    rows = sheet_rows(confused_pairs(judged), 20)
    pictures = [np.full((6, 9, 3), number % 256, np.uint8) for number in numbers_of(rows)]
    figure = mistakes_sheet(judged, rows, pictures)
    assert len(figure.axes) == 20
    for axes, number, picture in zip(figure.axes, numbers_of(rows), pictures, strict=True):
        np.testing.assert_array_equal(axes.images[0].get_array(), picture)
        assert axes.get_title() == f"{judged.confidence[number]:.1%}"
        assert axes.get_xlabel() == judged.ids[number]
    texts = [text.get_text() for text in figure.texts]
    assert any("95% interval" in text for text in texts)
    width, height = figure.get_size_inches() * figure.dpi
    figure.canvas.draw()
    for text in figure.texts:
        box = text.get_window_extent()
        assert box.x0 >= 0 and box.x1 <= width and box.y0 >= 0 and box.y1 <= height  # noqa: PT018


def test_a_sheet_without_mistakes_says_so_and_draws() -> None:
    judged = judged_of([0, 1], [[1, 0], [0, 1]])
    figure = mistakes_sheet(judged, [], [])
    assert any("0 of 0 mistakes" in text.get_text() for text in figure.texts)


@pytest.mark.parametrize("classes", [2, 4, 30])
def test_the_matrix_figure_writes_its_counts_while_they_can_be_read(classes: int) -> None:
    judged = random_judged(400, classes) if classes <= 8 else wide_judged(classes)
    figure = confusion_figure(judged)
    matrix, intervals = figure.axes[:2]
    confusion = confusion_of(judged)
    written = {(round(t.get_position()[1]), round(t.get_position()[0])): t.get_text()
               for t in matrix.texts}  # fmt: skip
    if classes <= 8:
        assert written == {
            (row, column): f"{count:,}"
            for (row, column), count in np.ndenumerate(confusion.counts)
            if count or row == column
        }
    else:
        assert not written
    mask = np.ma.getmaskarray(np.ma.asarray(matrix.images[0].get_array()))
    assert mask[np.diag_indices(classes)].all()
    assert "95% interval" in intervals.get_xlabel()
    figure.canvas.draw()


def wide_judged(classes: int) -> Judged:
    chance = np.random.default_rng(0)
    table = chance.dirichlet(np.ones(classes), 300).astype(np.float32)
    return replace(
        judged_of([0], [[1.0, 0.0]]),
        classes=tuple(f"kind ${number}$" for number in range(classes)),
        ids=tuple(map(str, range(300))),
        truth=chance.integers(0, classes - 1, 300),
        answer=table.argmax(axis=1),
        confidence=table.max(axis=1),
        probabilities=table,
    )
