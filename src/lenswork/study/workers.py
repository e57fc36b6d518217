"""Who carries out a study's trials: the contract, and processes on this machine.

Every kind of worker takes the same tasks and leaves the same thing behind: a run's folder
`task.folder / task.name` for each trial that ended well, and one `Outcome` for each task.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from lenswork.cores import available_cores
from lenswork.data.dataset import Dataset
from lenswork.model.contract import output_count
from lenswork.model.describe import describe
from lenswork.model.memory import available_bytes
from lenswork.study.processes import answers, go_on
from lenswork.training.choose import choose
from lenswork.training.needs import needs_of
from lenswork.training.recipe import Recipe

PROCESS_BYTES = 450_000_000  # a worker that has not yet read a picture, torch 2.13 on Linux


@dataclass(frozen=True)
class Task:
    """One trial to be done: train `recipe` and leave the run in `folder` under `name`."""

    name: str
    recipe: Recipe
    folder: Path
    data_home: Path | None = None


@dataclass(frozen=True)
class Outcome:
    """How a task ended: `reason` is None when its run is recorded, or else why there is none."""

    name: str
    reason: str | None = None


class Workers(Protocol):
    """Carries out tasks, several at a time."""

    def run(self, tasks: Sequence[Task], stop: Callable[[], bool] = go_on) -> Iterator[Outcome]:
        """Yield one outcome a task, in the order in which they end.

        To leave the loop is to stop the work. So is a yes of `stop`, which is asked every second
        or oftener while trials run. A task whose outcome was not yielded may leave an unfinished
        folder.
        """
        ...

    def at_once(self) -> int:
        """How many trials are trained at the same time."""
        ...

    def describe(self) -> str:
        """Who works, in a few words for the table's head."""
        ...


@dataclass(frozen=True)
class LocalWorkers:
    """`count` processes on this machine with `threads` threads each.

    One that dies takes its task with it and is replaced.
    """

    count: int
    threads: int = 1

    def run(self, tasks: Sequence[Task], stop: Callable[[], bool] = go_on) -> Iterator[Outcome]:
        """Yield one outcome a task, in the order in which they end, until `stop` says yes."""
        questions = [_question("train", task) for task in tasks]
        for index, answer in answers(questions, self.count, self.threads, stop=stop):
            yield Outcome(tasks[index].name, answer["reason"])

    def paces(self, tasks: Sequence[Task], seconds: float) -> list[float | None]:
        """The seconds that each task will take, measured for `seconds` each; None if it failed."""
        questions = [{**_question("time", task), "seconds": seconds} for task in tasks]
        found = dict(answers(questions, self.count, self.threads))
        return [found[index].get("seconds") for index in range(len(tasks))]

    def at_once(self) -> int:
        """As many as there are processes."""
        return self.count

    def describe(self) -> str:
        """Who works, in a few words."""
        one = self.count == 1
        return (
            f"{self.count} process{'' if one else 'es'} with {self.threads} "
            f"thread{'' if self.threads == 1 else 's'}{'' if one else ' each'}"
        )


def local_workers(
    recipes: Sequence[Recipe], data: Sequence[Dataset], most: int | None = None
) -> LocalWorkers:
    """As many workers of one thread as there are cores, trials and memory for.

    `data` are those of the `recipes`; `most` is what the user allows. Where memory allows fewer
    workers than there are cores, each takes a larger share of them. One thread each does more
    small trainings an hour than one process with all threads (docs/benchmarks.md).
    """
    cores = available_cores()
    largest = max(_bytes(recipe, one) for recipe, one in zip(recipes, data, strict=True))
    fitting = max(1, available_bytes() // largest)
    count = max(1, min(cores if most is None else most, fitting))
    return LocalWorkers(count, max(1, cores // count))


def _bytes(recipe: Recipe, data: Dataset) -> int:
    """What one worker needs for a training, at the least."""
    choice = choose(recipe, data)
    outputs = output_count(choice.output, len(data.classes))
    needs = needs_of(describe(choice.recipe.net or "", choice.preprocess.input_shape, outputs))
    return PROCESS_BYTES + needs.bytes_for(choice.recipe, data)


def _question(do: str, task: Task) -> dict[str, Any]:
    return {
        "do": do,
        "name": task.name,
        "recipe": task.recipe.to_toml(),
        "folder": str(task.folder),
        "data_home": None if task.data_home is None else str(task.data_home),
    }
