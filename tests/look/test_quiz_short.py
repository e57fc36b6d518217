"""Questions 8 and 13: what only another training can answer."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from quiz_subjects import striped_subject, tables_of
from tiny_data import striped_data

from lenswork.data.open import SAMPLE, open_data
from lenswork.errors import UsageError
from lenswork.look.quiz import apart, rescale, short
from lenswork.look.quiz.apart import BOTH, HELD, REMOVED, SMALLER, one_less, settings_of
from lenswork.look.quiz.first_network import FIRST_NETWORK, first_network
from lenswork.look.quiz.short import TIMED_STEPS, short_recipe, short_training, step_seconds
from lenswork.look.quiz.smaller import smaller
from lenswork.look.quiz.subject import Subject, subject_of
from lenswork.model.spec import parse_net
from lenswork.record.accuracy import accuracy_of
from lenswork.training.recipe import Recipe

NET = "conv 4, pool, conv 6, flatten, dense classes"  # fits on 12 and on 8 pixels
STEPS = 8


@pytest.fixture(scope="module")
def subject(tmp_path_factory: pytest.TempPathFactory) -> Subject:
    return striped_subject(tmp_path_factory.mktemp("home"), net=NET)


@pytest.fixture
def few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "steps_in_time", lambda *_: STEPS)
    monkeypatch.setattr(rescale, "steps_in_time", lambda *_: STEPS)


def test_a_step_is_timed_without_the_first() -> None:
    data = striped_data(validation=0)
    recipe = Recipe(net="flatten, dense classes", epochs=1, steps_per_epoch=8, batch=8)
    assert [0 < seconds < 5 for seconds in step_seconds(recipe, data)] == [True] * TIMED_STEPS


def test_a_short_training_takes_its_steps_and_repeats(subject: Subject) -> None:
    recipe, data = short_recipe(subject)
    once, again = (short_training(recipe, data, STEPS) for _ in range(2))
    assert len(once.losses) == STEPS
    assert once.losses == again.losses
    assert once.last_loss == pytest.approx(np.mean(once.losses[-5:]))
    picture = subject.held_out.source.read(0)[np.newaxis]
    np.testing.assert_array_equal(
        once.classifier.probabilities(picture), again.classifier.probabilities(picture)
    )


@pytest.mark.parametrize(
    ("seconds", "steps"), [(0.001, 60), (0.06, 60), (0.2, 30), (0.3, 20), (0.31, 0), (60.0, 0)]
)
def test_no_more_steps_are_taken_than_a_reader_waits_for(
    subject: Subject, monkeypatch: pytest.MonkeyPatch, seconds: float, steps: int
) -> None:
    monkeypatch.setattr(short, "PATIENCE_SECONDS", 12.0)
    monkeypatch.setattr(short, "step_seconds", lambda *_: [2 * seconds, seconds])
    recipe, data = short_recipe(subject)
    assert short.steps_in_time([recipe, recipe], data) == steps


def test_size_and_net_are_each_changed_while_the_other_is_held(subject: Subject) -> None:
    found = {one.name: (str(one.net), one.height) for one in settings_of(subject, 8)}
    less = "conv 4, pool, flatten, dense classes"
    assert found == {HELD: (NET, 12), SMALLER: (NET, 8), REMOVED: (less, 12), BOTH: (less, 8)}
    assert [one.name for one in settings_of(subject, 5)] == [HELD, REMOVED, BOTH]


@pytest.mark.parametrize(
    ("net", "less"),
    [
        ("conv 4, flatten, dense classes", "conv 4, flatten, dense classes"),
        ("conv 4, pool, conv 6, pool, flatten, dense classes",
         "conv 4, pool, flatten, dense classes"),
        ("conv 4, conv 6, pool avg global, dense classes",
         "conv 4, pool avg global, dense classes"),
    ],
)  # fmt: skip
def test_the_last_convolution_goes_with_the_pooling_behind_it(net: str, less: str) -> None:
    assert str(one_less(parse_net(net))) == less


@pytest.mark.usefixtures("few_steps")
def test_every_setting_is_trained_and_asked_the_same_pictures(subject: Subject) -> None:
    shown = smaller(subject, {"side": "8", "train": "yes"})
    trained, _ = tables_of(shown)
    assert [row[:2] for row in trained.rows] == [
        (HELD, "12x12x1"), (SMALLER, "8x8x1"), (REMOVED, "12x12x1"), (BOTH, "8x8x1")
    ]  # fmt: skip
    recipe, data = short_recipe(subject)
    classifier = short_training(recipe, data, STEPS).classifier
    part = subject.held_out
    pictures = classifier.contract.preprocess.read_all(part.source)
    right = accuracy_of(part.labels, classifier.probabilities(pictures)).fraction
    assert trained.rows[0][3] == f"{right:.1%}"
    assert shown.said[1].startswith("Both changes apart, each net trained anew for 8 steps")
    assert [said.split(":")[0] for said in shown.said[2:5]] == [
        "The size alone", "The net alone", "Both, as in the notes"
    ]  # fmt: skip


@pytest.mark.usefixtures("few_steps")
def test_a_change_of_nothing_loses_and_wins_nothing(subject: Subject) -> None:
    said = smaller(subject, {"side": "12", "train": "yes"}).said[2]
    assert said.endswith("it loses 0 pictures and wins 0, which chance alone can do.")


@pytest.mark.usefixtures("few_steps")
def test_the_division_is_tried_in_training_where_it_is_asked_for(subject: Subject) -> None:
    recipe, data = short_recipe(subject)
    trained = [
        short_training(recipe.changed(normalise=normalise), data, STEPS)
        for normalise in (True, False)
    ]
    with_it, without = (one.last_loss for one in trained)
    part = subject.held_out
    given = np.stack([part.source.read(place) for place in range(len(part))])
    right = [
        f"{accuracy_of(part.labels, one.classifier.probabilities(given)).fraction:.1%}"
        for one in trained
    ]
    said = rescale.rescale(subject, {"train": "yes"}).said[-1]
    assert "for 8 steps on 60 training pictures" in said
    assert f"at {with_it:.3f} with the division and at {without:.3f} without it" in said
    assert f"of 30 held-out pictures it then has {right[0]} and {right[1]} right" in said
    assert "Trained anew" not in " ".join(rescale.rescale(subject, {}).said)


def test_a_net_that_is_too_slow_is_not_trained_and_what_does_it_is_named(
    subject: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(short, "step_seconds", lambda *_: [9.0])
    assert "lenswork sizes does it" in smaller(subject, {"side": "8", "train": "yes"}).said[1]
    assert "lenswork study normalise does" in rescale.rescale(subject, {"train": "yes"}).said[-1]


def test_without_data_nothing_is_trained_and_it_is_said(subject: Subject) -> None:
    alone = replace(subject, data=None)
    for said in (
        smaller(alone, {"side": "8", "train": "yes"}).said[1],
        rescale.rescale(alone, {"train": "yes"}).said[-1],
    ):
        assert said == "Its data cannot be opened here, so nothing was trained anew."


def test_whether_to_train_is_yes_or_no(subject: Subject) -> None:
    with pytest.raises(UsageError, match="train must be no or yes, got 'perhaps'"):
        smaller(subject, {"train": "perhaps"})


def test_a_loss_that_is_no_number_is_called_so(
    subject: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rescale, "steps_in_time", lambda *_: STEPS)
    broken = short.Short(subject.classifier, (math.nan,))
    monkeypatch.setattr(rescale, "short_training", lambda *_: broken)
    said = rescale.rescale(subject, {"train": "yes"}).said[-1]
    assert "at no number with the division" in said
    assert "Its loss fell as soon both ways." in said


@pytest.mark.parametrize(
    ("divided", "plain", "verdict"),
    [
        (0.3, 0.6, "Its loss fell sooner with it."),
        (0.6, 0.3, "Its loss fell sooner without it."),
        (0.5, 0.51, "Its loss fell as soon both ways."),
        (0.5, math.nan, "Its loss fell sooner with it."),
    ],
)
def test_what_the_division_did_is_said_as_it_came_out(
    subject: Subject, monkeypatch: pytest.MonkeyPatch, divided: float, plain: float, verdict: str
) -> None:
    def trained(recipe: Recipe, *_: object) -> short.Short:
        return short.Short(subject.classifier, (divided if recipe.normalise else plain,))

    monkeypatch.setattr(rescale, "steps_in_time", lambda *_: STEPS)
    monkeypatch.setattr(rescale, "short_training", trained)
    assert verdict in rescale.rescale(subject, {"train": "yes"}).said[-1]


def test_the_first_network_of_the_sample_is_the_one_that_the_studio_trains() -> None:
    assert first_network(open_data(SAMPLE)).model_dump() == FIRST_NETWORK.model_dump()


def test_the_first_network_of_other_pictures_is_as_large_as_they_are_within_limits() -> None:
    tiny = first_network(striped_data())
    assert (tiny.data, tiny.size, tiny.train_pictures) == ("stripes", "28x28", None)
    many = first_network(striped_data(1300))
    assert many.train_pictures == 1200


def test_a_subject_without_its_data_has_the_golden_pictures(tmp_path: Path) -> None:
    subject = striped_subject(tmp_path)  # its data were in memory, and have no name to open
    opened = subject_of(subject.run, tmp_path)
    assert opened.data is None
    assert len(opened.held_out) == 3
