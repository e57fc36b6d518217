"""How long a training would take on this machine, measured in a process of its own."""

from pathlib import Path

from lenswork.cores import available_cores
from lenswork.errors import RecipeError
from lenswork.study.pace import Pace
from lenswork.study.processes import DiedError, Process
from lenswork.training.recipe import Recipe

MEASURED_SECONDS = 1.5  # of steps


def estimate(
    recipe: Recipe, data_home: Path | None = None, seconds: float = MEASURED_SECONDS
) -> Pace:
    """Time a few real steps of `recipe`, with all cores, beside whatever else runs now.

    A known set that is not on this machine would be fetched. Raises `RecipeError` with the reason
    why it cannot be trained.
    """
    process = Process(available_cores())
    question = {
        "do": "pace",
        "recipe": recipe.to_toml(),
        "data_home": None if data_home is None else str(data_home),
        "seconds": seconds,
    }
    try:
        answer = process.ask(question)
    except DiedError as error:
        raise RecipeError(f"this could not be timed: {error}") from error
    finally:
        process.close()
    if answer["reason"] is not None:
        raise RecipeError(answer["reason"])
    return Pace(**answer["pace"])
