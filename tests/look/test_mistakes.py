"""What a run got wrong, from its recorded predictions."""

import shutil
from dataclasses import replace
from itertools import combinations, pairwise
from pathlib import Path

import numpy as np
import pytest
from look_nets import cut_off, texts
from matplotlib.text import Text
from tiny_data import striped_data, write_striped_folder

from lenswork.data.open import open_data
from lenswork.errors import RunError
from lenswork.look.confusion_figure import confusion_figure
from lenswork.look.contact_sheet import COLUMNS, Block, Caption, in_lines, in_rows, numbers_of
from lenswork.look.mistakes import (
    Judged,
    answered_so,
    confused_pairs,
    confusion_of,
    judge,
    worst_mistakes,
)
from lenswork.look.mistakes_figure import mistakes_blocks, mistakes_sheet
from lenswork.record.predictions import write_predictions
from lenswork.record.run import CLASSIFIER, PREDICTIONS, Run
from lenswork.record.train import train

NET = "flatten, dense classes"
FILES = (PREDICTIONS, CLASSIFIER)


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


def test_what_is_behind_a_cell_is_counted_as_the_matrix_counts_it() -> None:
    judged = random_judged()
    counts = confusion_of(judged).counts
    for truth in range(4):
        for answer in range(4):
            found = answered_so(judged, truth, answer)
            assert len(found) == counts[truth, answer]
            assert {(one.truth, one.answer) for one in found} <= {("abcd"[truth], "abcd"[answer])}
            sure = [one.confidence for one in found]
            assert sure == sorted(sure, reverse=truth != answer)


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


def test_a_run_without_predictions_says_how_to_make_them(run: Run, tmp_path: Path) -> None:
    data = striped_data(validation=0)
    bare = train(data, net=NET, epochs=1, home=tmp_path, progress=False)
    with pytest.raises(RunError, match=r"--validation 0\.2"):
        judge(bare)
    with pytest.raises(RunError, match=r"no stored predictions for test .* validation"):
        judge(run, "test")
    unfinished = Run(run.path)
    hidden = {name: (run.path / name).rename(run.path / f"hidden {name}") for name in FILES}
    try:
        with pytest.raises(RunError, match="Train again: lenswork train --recipe-file"):
            judge(unfinished)
        hidden.pop(CLASSIFIER).rename(run.path / CLASSIFIER)
        with pytest.raises(RunError, match=r"lenswork mistakes .* --predict; or train again"):
            judge(unfinished)
    finally:
        for name, path in hidden.items():
            path.rename(run.path / name)


def test_answers_that_are_no_numbers_are_counted_and_put_down_to_the_training(
    run: Run, tmp_path: Path
) -> None:
    shutil.copytree(run.path, tmp_path / "diverged")
    answers = run.answers["validation"]
    table = answers.probabilities.copy()
    table[[3, 5]] = np.nan
    lost = replace(answers, probabilities=table)
    write_predictions(tmp_path / "diverged" / PREDICTIONS, {"validation": lost})
    with pytest.raises(RunError, match=r"answered 2 of its 40 validation .* training diverged"):
        judge(Run(tmp_path / "diverged"))


def test_every_pair_gets_a_picture_before_any_gets_a_second() -> None:
    pairs = confused_pairs(random_judged())
    assert len(pairs) == 12
    blocks = mistakes_blocks(pairs, 14)
    assert [len(block.captions) for block in blocks] == [2, 2] + [1] * 10
    first = pairs[0]
    share = f"{first.count}\u00a0of\u00a0{first.share.n}"
    assert blocks[0].heading == f"{first.truth} → {first.answer}, {share}"
    assert numbers_of(blocks)[:2] == [one.number for one in first.mistakes[:2]]
    assert [block.heading for block in mistakes_blocks(pairs, 5)] == [
        block.heading for block in blocks[:5]
    ]
    everything = mistakes_blocks(pairs, 10_000)
    assert [len(block.captions) for block in everything] == [pair.count for pair in pairs]
    assert mistakes_blocks([], 10) == []


@pytest.mark.parametrize("sizes", [[8, 8], [3, 3, 3], [20], [5, 9, 2, 1], [1] * 30])
def test_rows_keep_every_picture_in_order_and_break_only_what_no_row_could_hold(
    sizes: list[int],
) -> None:
    captions = iter(Caption(number, "", "") for number in range(sum(sizes)))
    blocks = [Block(str(size), tuple(next(captions) for _ in range(size))) for size in sizes]
    rows = in_rows(blocks)
    shown = [one.number for row in rows for piece in row.pieces for one in piece.captions]
    assert shown == list(range(sum(sizes)))
    for row in rows:
        ends = [(piece.column, piece.column + len(piece.captions)) for piece in row.pieces]
        assert all(end <= start for (_, end), (start, _) in pairwise(ends))
        assert ends[-1][1] <= COLUMNS
    headed = [piece for row in rows for piece in row.pieces if piece.heading]
    assert len(headed) == len(blocks)
    whole = [len(piece.captions) for piece in headed]
    assert whole == [min(size, COLUMNS) for size in sizes]


def test_an_id_is_written_whole_over_lines_and_a_very_long_one_loses_its_middle() -> None:
    name = "validation/horses/horse1-105.png"
    lines = in_lines(name, 0.9, 5.5)
    assert "".join(lines) == name
    assert lines[0] == "validation/horses/"
    long = in_lines("a" * 80 + "/" + "b" * 50 + "_end.png", 0.9, 5.5)
    assert len(long) == 4
    assert (long[0][0], long[-1][-7:]) == ("a", "end.png")
    assert any("…" in line for line in long)
    assert in_lines("", 0.9) == [""]
    assert in_lines("costs $5", 2.0) == [r"costs \$5"]


def test_the_sheet_shows_each_picture_with_its_confidence_and_id() -> None:
    judged = random_judged()
    pairs = confused_pairs(judged)
    blocks = mistakes_blocks(pairs, 20)
    numbers = numbers_of(blocks)
    pictures = [np.full((6, 9, 3), number % 256, np.uint8) for number in numbers]
    figure = mistakes_sheet(judged, blocks, pictures, len(pairs))
    assert len(figure.axes) == 20
    for axes, number, picture in zip(figure.axes, numbers, pictures, strict=True):
        np.testing.assert_array_equal(axes.images[0].get_array(), picture)
        assert axes.get_title() == f"{judged.confidence[number]:.1%}"
        assert axes.get_xlabel() == judged.ids[number]
    note = " ".join(" ".join(texts(figure)).split())
    assert f"20 of {len(judged.wrong)} mistakes among 300 test pictures" in note
    assert "12 of 12 class pairs" in note
    assert cut_off(figure) == []


def test_long_names_and_ids_stay_on_the_sheet_and_off_one_another() -> None:
    judged = replace(
        wide_judged(30), ids=tuple(f"validation/kind {n}/{'x' * 30}_{n}.png" for n in range(300))
    )
    pairs = confused_pairs(judged)
    blocks = mistakes_blocks(pairs, 40)
    pictures = [np.zeros((9, 6, 1), np.uint8) for _ in numbers_of(blocks)]
    figure = mistakes_sheet(judged, blocks, pictures, len(pairs))
    assert cut_off(figure) == []
    boxes = [text.get_window_extent() for text in figure.findobj(Text) if text.get_text().strip()]
    overlapping = [
        (one, other)
        for one, other in combinations([box.padded(-1) for box in boxes], 2)
        if one.overlaps(other)
    ]
    assert not overlapping


def test_a_sheet_without_mistakes_says_so_and_draws() -> None:
    judged = judged_of([0, 1], [[1, 0], [0, 1]])
    figure = mistakes_sheet(judged, [], [], 0)
    assert any("0 of 0 mistakes" in text.get_text() for text in figure.texts)
    assert cut_off(figure) == []


@pytest.mark.parametrize("classes", [2, 4, 30, 100])
def test_the_matrix_figure_writes_its_counts_while_they_can_be_read(classes: int) -> None:
    judged = random_judged(400, classes) if classes <= 8 else wide_judged(classes)
    figure = confusion_figure(judged)
    matrix, intervals = figure.axes[:2]
    confusion = confusion_of(judged)
    written = {(round(t.get_position()[1]), round(t.get_position()[0])): t.get_text()
               for t in matrix.texts}  # fmt: skip
    assert written == {
        (row, column): f"{count:,}"
        for (row, column), count in np.ndenumerate(confusion.counts)
        if count or row == column
    }
    mask = np.ma.getmaskarray(np.ma.asarray(matrix.images[0].get_array()))
    assert mask[np.diag_indices(classes)].all()
    assert "95% interval" in intervals.get_xlabel()
    assert cut_off(figure) == []


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
