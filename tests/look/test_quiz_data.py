"""Questions 6, 7, 8, 10 and 11: the reader's data, answers and runs."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from look_nets import classifier_of, noise
from quiz_subjects import bars_of, panels_of, striped_subject, tables_of
from recorded_runs import write_run
from tiny_data import write_striped_folder

from lenswork.data.open import open_data
from lenswork.errors import UsageError
from lenswork.look.forgot import forget_part
from lenswork.look.pictures import Shown
from lenswork.look.quiz import cost as cost_module
from lenswork.look.quiz.channels import channels
from lenswork.look.quiz.cost import cost
from lenswork.look.quiz.folders import folders
from lenswork.look.quiz.overfitting import overfitting
from lenswork.look.quiz.rescale import rescale
from lenswork.look.quiz.short import TIMED_STEPS
from lenswork.look.quiz.shown import Curves
from lenswork.look.quiz.subject import Subject
from lenswork.training.recipe import Recipe


@pytest.fixture(scope="module")
def subject(tmp_path_factory: pytest.TempPathFactory) -> Subject:
    return striped_subject(tmp_path_factory.mktemp("home"))


def test_the_net_and_its_likes_are_timed_on_real_pictures(subject: Subject) -> None:
    shown = cost(subject, {})
    timed, own = tables_of(shown)
    assert [row[0] for row in timed.rows] == [
        "yours", "one more convolution", "one more, before all others", "no convolution"
    ]  # fmt: skip  # the last map is 1x1, which nothing can pool
    assert timed.rows[0][5] == "1.00"
    assert all(float(row[4].removesuffix(" ms")) > 0 for row in timed.rows)
    assert [row[0] for row in own.rows] == ["mine"]


def test_slower_and_faster_are_said_as_measured(
    subject: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    def steps(recipe: Recipe, _: object) -> list[float]:
        net = recipe.net or ""
        fastest = 0.010
        if "same" in net:
            fastest = 0.020 if net.startswith("conv 4 same") else 0.008
        elif "conv" not in net:
            fastest = 0.005
        return [1.4 * fastest, fastest]

    monkeypatch.setattr(cost_module, "step_seconds", steps)
    said = cost(subject, {}).said
    assert said[0] == "One more convolution: a step takes 20% less time."
    assert said[1] == "One more, before all others: a step takes 2.00 times as long."
    assert said[2] == "No convolution: a step takes 50% less time."
    assert said[3].startswith("So it depends: on where it stands")
    assert said[3].endswith("The slowest takes 4.0 times as long as no convolution.")
    assert not any("busy" in one for one in said)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (0.015, "Here none saves more behind it than it costs"),
        (0.005, "Here each saves more behind it than it costs"),
        (0.0101, "Here none of them makes a difference that can be told."),
    ],
)
def test_where_all_layers_do_alike_it_is_said_so(
    subject: Subject, monkeypatch: pytest.MonkeyPatch, more: float, words: str
) -> None:
    def steps(recipe: Recipe, _: object) -> list[float]:
        return [more if "same" in (recipe.net or "") else 0.010]

    monkeypatch.setattr(cost_module, "step_seconds", steps)
    assert cost(subject, {}).said[3].startswith(words)


def test_a_busy_machine_is_told(subject: Subject, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cost_module, "step_seconds", lambda *_: [0.010, 0.016])
    said = cost(subject, {}).said
    assert said[0] == "One more convolution: a step takes as long, within 5%."
    assert said[3].startswith("This machine is busy: your own steps took from 10.0 to 16.0 ms")


def test_the_golden_pictures_are_enough_to_time(subject: Subject) -> None:
    assert len(tables_of(cost(replace(subject, data=None), {}))) == 2


def test_every_label_is_compared_with_its_directory(subject: Subject, tmp_path: Path) -> None:
    data = open_data(write_striped_folder(tmp_path / "stripes"))
    shown = folders(replace(subject, data=data), {})
    assert "36 of 36 labels are that name" in shown.said[0]
    [table] = tables_of(shown)
    assert table.rows[0] == ("train/high/", "train", "12", "high", "0")
    assert len(panels_of(shown)) == 2
    assert "Tried now: expected a folder with one sub-folder of pictures a class" in shown.said[1]


def test_data_without_directories_is_answered_with_the_sample(subject: Subject) -> None:
    shown = folders(subject, {})
    assert "comes as two arrays" in shown.said[0]
    assert "1,283 of 1,283 labels are that name" in shown.said[1]


def test_the_accuracy_without_the_division_is_that_of_forgot(subject: Subject) -> None:
    shown = rescale(subject, {})
    part = forget_part(subject.classifier, subject.held_out, "rescale")
    assert part.describe() in shown.said[1]
    assert "to 0.9" in shown.said[0]
    picture = subject.held_out.source.read(0)[np.newaxis]
    right = subject.classifier.probabilities(picture)[0]
    bars = dict(bars_of(shown).rows)
    for name, value in zip(subject.classifier.classes, right, strict=True):
        assert bars[name][0] == pytest.approx(value)


def test_the_channels_of_a_picture_and_of_one_pixel(subject: Subject) -> None:
    picture = noise((20, 30, 3))
    own = replace(subject, own=Shown("cat.png", picture))
    shown = channels(own, {"row": "4", "column": "29"})
    red, green, blue = picture[4, 29].tolist()
    assert shown.said[0].endswith("20 x 30 x 3 = 1,800 numbers.")
    assert shown.said[1] == (
        f"The pixel in row 4, column 29 is red {red}, green {green}, blue {blue}."
    )
    assert "is given 12x12x1: 144 numbers, one grey number a pixel" in shown.said[2]
    whole, *alone = panels_of(shown)[0].panels
    assert np.array_equal(sum(panel.picture.astype(int) for panel in alone), whole.picture)


def test_a_grey_picture_is_replaced_by_one_of_the_sample(subject: Subject) -> None:
    shown = channels(subject, {})
    assert shown.said[0] == "The pictures of mine are grey, so one of the embedded sample is shown."
    assert "150 x 150 x 3 = 67,500 numbers" in shown.said[1]


def test_a_large_picture_is_shown_smaller(subject: Subject) -> None:
    shown = channels(replace(subject, own=Shown("wide.png", noise((100, 600, 3)))), {})
    assert "50 x 300 x 3" in shown.said[0]


def recorded(
    home: Path,
    accuracies: list[tuple[float, float, float]],
    right: int,
    *,
    kept: int | None = None,
    **fields: Any,
) -> Subject:
    """A run by hand: (training accuracy, validation accuracy, validation loss) by epoch."""
    truth = [0, 1] * 50
    answers = [truth[place] if place < right else 1 - truth[place] for place in range(100)]
    run = write_run(home / "run", answers, truth, classes=("a", "b"), part="validation",
                    **fields)  # fmt: skip
    lines = [json.loads(line) for line in (run.path / "history.jsonl").read_text().splitlines()]
    epochs = [
        {"event": "epoch", "epoch": epoch, "train_seconds": 1, "evaluate_seconds": 1,
         "metrics": {"accuracy": accuracy, "loss": 1 / epoch, "val_accuracy": val,
                     "val_loss": loss}}
        for epoch, (accuracy, val, loss) in enumerate(accuracies, 1)
    ]  # fmt: skip
    end = {**lines[-1], "kept_epoch": kept}
    text = "".join(f"{json.dumps(line)}\n" for line in (lines[0], *epochs, end))
    (run.path / "history.jsonl").write_text(text, "utf-8")
    return Subject(type(run)(run.path), classifier_of("flatten, dense classes"), None, home)


def test_a_gap_that_chance_does_not_explain_is_called_overfitting(tmp_path: Path) -> None:
    subject = recorded(tmp_path, [(0.8, 0.7, 0.5), (0.9, 0.75, 0.4), (0.99, 0.7, 0.9)], right=70)
    shown = overfitting(subject, {})
    words = "The gap is 29.0 points, more than chance explains: this network overfits."
    assert words in shown.said[0]
    assert "Or the validation pictures are of another kind" in shown.said[0]
    assert "lowest, 0.4000, after epoch 2 and is 0.9000 now" in shown.said[1]


def test_pictures_set_aside_from_the_training_ones_are_of_their_kind(tmp_path: Path) -> None:
    subject = recorded(tmp_path, [(0.99, 0.7, 0.9)], right=70, validation=0.2)
    assert overfitting(subject, {}).said[0].endswith("this network overfits.")


def test_the_gap_is_that_of_the_epoch_whose_weights_were_kept(tmp_path: Path) -> None:
    epochs = [(0.75, 0.7, 0.4), (0.99, 0.6, 0.9)]
    said = overfitting(recorded(tmp_path, epochs, right=70, kept=1), {}).said[0]
    assert said.startswith("In number 1, whose weights were kept, of 2 epochs 75.0%")
    assert "The gap of 5.0 points is within what 100 pictures can tell" in said


def test_a_gap_within_chance_is_not(tmp_path: Path) -> None:
    subject = recorded(tmp_path, [(0.8, 0.7, 0.5), (0.75, 0.7, 0.4)], right=70)
    shown = overfitting(subject, {})
    assert "within what 100 pictures can tell: no overfitting is to be seen" in shown.said[0]
    assert "it was still falling" in shown.said[1]


def test_no_gap_is_said_with_its_reason(tmp_path: Path) -> None:
    subject = recorded(tmp_path, [(0.6, 0.7, 0.5)], right=70)
    assert "There is no gap." in overfitting(subject, {}).said[0]


def test_the_curves_are_those_of_the_run(subject: Subject) -> None:
    shown = overfitting(subject, {})
    accuracy = shown.parts[0]
    assert isinstance(accuracy, Curves)
    assert [curve.label for curve in accuracy.curves] == ["training", "validation"]
    found = [row["metrics"]["val_accuracy"] for row in subject.run.history]
    assert list(accuracy.curves[1].values) == found


def test_a_run_without_held_out_pictures_can_show_no_gap(tmp_path: Path) -> None:
    subject = recorded(tmp_path, [], right=70)
    with pytest.raises(UsageError, match="was trained without validation or test pictures"):
        overfitting(subject, {})


def test_a_slow_net_is_timed_once_and_not_three_times(
    subject: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cost_module, "PATIENCE_SECONDS", 0.0)
    timed, _ = tables_of(cost(subject, {}))
    assert timed.title == f"Timed now on 60 of your pictures: the fastest of {TIMED_STEPS} steps"
