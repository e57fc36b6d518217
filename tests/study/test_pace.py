"""How long a training will take: measured on a few pictures, reckoned up to all."""

from pathlib import Path

import pytest
from tiny_data import striped_data, write_striped_folder

from lenswork.errors import RecipeError
from lenswork.study import pace as module
from lenswork.study.estimate import estimate
from lenswork.study.pace import Pace, _held_out, _Measured, pace_on_sample
from lenswork.training.recipe import Recipe

NET = "conv 4, pool, flatten, dense classes"


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> _Measured:
    """A machine on which a trained picture takes 2 s, an evaluated one 1 s."""
    known = _Measured(each_trained=2.0, each_evaluated=1.0, steps=7)
    monkeypatch.setattr(module, "_measure", lambda *_: known)
    return known


def test_the_time_is_that_of_all_pictures_of_all_epochs(measured: _Measured) -> None:
    data = striped_data(60, validation=30, test=12)
    pace = pace_on_sample(Recipe(net=NET, epochs=5), data, 1.0)
    once_more = 42 * 1.0  # the answers at the end
    assert pace.train_seconds == pytest.approx(5 * (60 * 2.0 + 42 * 1.0) + once_more)
    assert (pace.epochs, pace.steps) == (5, 7)


def test_fewer_steps_and_pictures_take_less_time(measured: _Measured) -> None:
    data = striped_data(60, validation=30)
    few = Recipe(
        net=NET, epochs=2, batch=4, steps_per_epoch=3, validation_steps=2, validation_batch=5
    )
    assert pace_on_sample(few, data, 1.0).train_seconds == pytest.approx(
        2 * (3 * 4 * 2.0 + 2 * 5 * 1.0) + 30
    )
    part = Recipe(net=NET, epochs=1, train_pictures=15)
    assert pace_on_sample(part, data, 1.0).train_seconds == pytest.approx(15 * 2.0 + 30 + 30)


def test_all_of_a_part_is_evaluated_unless_steps_say_otherwise() -> None:
    data = striped_data(60, validation=30, test=12)
    assert _held_out(data, Recipe()) == 42
    assert _held_out(data, Recipe(validation_steps=100, validation_batch=5)) == 42
    assert _held_out(data, Recipe(validation_steps=1, validation_batch=5)) == 17


@pytest.mark.parametrize(
    ("pace", "said"),
    [
        (
            Pace(250.0, 0.1, 5, 37),
            "about 4 min 10 s: 5 epochs of 50 s; 37 steps were timed on this machine now",
        ),
        (
            Pace(0.4, 0.0, 2, 1),
            "about 0.4 s: 2 epochs of 0.2 s; 1 step was timed on this machine now",
        ),
        (
            Pace(60.0, 20.0, 1, 9),
            (
                "about 1 min 0 s: 1 epoch of 1 min 0 s; 9 steps were timed on this machine now. "
                "Reading the pictures takes about 20 s before that, unless they were read at "
                "this size before"
            ),
        ),
    ],
)
def test_it_is_said_in_one_sentence(pace: Pace, said: str) -> None:
    assert pace.sentence() == said


@pytest.mark.parametrize(
    "recipe",
    [
        Recipe(net=NET),
        Recipe(net=NET, keep="best", stop_when="val_accuracy > 0.9", patience=1),
        Recipe(net="conv 4, batchnorm, flatten, dense classes", average=0.9, views="shift 1"),
        Recipe(net=NET, class_weights="balanced", augment="flip", optimizer="sgd"),
    ],
)
def test_every_kind_of_recipe_can_be_timed(recipe: Recipe) -> None:
    pace = pace_on_sample(recipe, striped_data(), 0.02)
    assert pace.steps > 0
    assert 0 < pace.train_seconds < 60


@pytest.mark.slow
def test_it_is_measured_in_a_process_of_its_own_and_leaves_nothing(tmp_path: Path) -> None:
    folder = write_striped_folder(tmp_path / "stripes")
    before = sorted(tmp_path.rglob("*"))
    recipe = Recipe(data=str(folder), net=NET, epochs=3)
    pace = estimate(recipe, seconds=0.1)
    assert pace.epochs == 3
    assert pace.train_seconds > 0
    assert sorted(tmp_path.rglob("*")) == before
    with pytest.raises(RecipeError, match="cannot be laid on a map of 12x12x1"):
        estimate(recipe.changed(net="conv 4 20x20, flatten, dense classes"), seconds=0.1)
