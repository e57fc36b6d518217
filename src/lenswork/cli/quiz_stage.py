"""Whose network shows the quiz's answers: chosen before the first question, loaded at need.

PyTorch is loaded with the first demonstration, so that the first question is there at once.
"""

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, cast

import click

from lenswork.data.known import SAMPLE
from lenswork.errors import UsageError
from lenswork.look.quiz.questions import Question
from lenswork.record.home import home_folder
from lenswork.record.index import list_runs, open_run
from lenswork.record.run import Run
from lenswork.visible import visible

TRAINED = ("finished", "stopped")


@dataclass(frozen=True)
class Asked:
    """The options that say what is shown; `wanted` are the settings by name."""

    run: str | None
    data: str | None
    image: Path | None
    demonstration: bool
    wanted: Mapping[str, str]
    out: Path
    home: Path
    data_home: Path | None
    alone: bool

    @classmethod
    def of(cls, options: Mapping[str, Any], *, questions: int) -> Self:
        """Sort the command's options; `questions` is how many were named.

        Raises `UsageError` for options that do not go together.
        """
        run, data, image, settings = (options[key] for key in ("run", "data", "image", "settings"))
        if run is not None and data is not None:
            raise UsageError("give --run or --data, not both: a run has its own data")
        if settings and questions != 1:
            raise UsageError("--set changes one demonstration: say which with one --question N")
        shows = {"--run": run, "--data": data, "--image": image, "--set": settings}
        if options["no_demonstration"] and (given := [key for key in shows if shows[key]]):
            raise UsageError(f"{', '.join(given)}: nothing is shown with --no-demonstration")
        return cls(
            run=run,
            data=data,
            image=image,
            demonstration=not options["no_demonstration"],
            wanted=dict(map(_setting, settings)),
            out=options["out"],
            home=home_folder(options["home"]),
            data_home=options["data_home"],
            alone=questions == 1,
        )


class Stage:
    """Where the demonstrations are given, one after another, by one network."""

    def __init__(self, asked: Asked, *, may_ask: bool) -> None:
        self._asked = asked
        self._may_ask = may_ask
        self._run: Run | None = None
        self._subject: object | None = None
        self._empty = not asked.demonstration

    def choose(self) -> None:
        """Find the network that was asked for, or train it where --data says of what.

        Raises `RunError` and `DataError` for what is not there, before anything is asked.
        """
        asked = self._asked
        if self._empty:
            return
        if asked.run is not None:
            self._run = open_run(asked.run, asked.home)
            return
        self._run = newest(asked.home, asked.data)
        if self._run is None and asked.data is not None:
            self._run = self._trained(asked.data)

    def show(self, one: Question) -> None:
        """Print a question's demonstration, and draw what is drawn of it."""
        if self._opened():
            _shown("show")(one, self._subject, self._asked)

    def as_dict(self, one: Question) -> dict[str, object]:
        """The same for JSON; nothing where there is no network."""
        if not self._opened():
            return {}
        told: dict[str, object] = _shown("told")(one, self._subject, self._asked)
        return told

    def _opened(self) -> bool:
        """Whether there is a network to show anything with; opens it the first time."""
        if self._empty or self._subject is not None:
            return not self._empty
        run = self._run or self._first()
        if run is None:
            self._empty = True
            return False
        click.echo(f"opening {visible(run.name, lines=False)} …", err=True)
        asked = self._asked
        subject_of = _shown("subject_of")
        self._subject = subject_of(run, asked.home, asked.data_home, asked.image)
        return True

    def _first(self) -> Run | None:
        """A first network, if the reader wants one."""
        none = f"there is no trained network in {self._asked.home} to show this with"
        train = f"lenswork quiz --data {SAMPLE.name}"
        if not self._may_ask:
            click.echo(f"{none}: {train} trains one in about half a minute", err=True)
            return None
        click.echo(f"\n{none}")
        if not click.confirm(f"train one now on {SAMPLE.name}, in about half a minute?", True):
            return None
        return self._trained(SAMPLE.name)

    def _trained(self, data: str) -> Run:
        run: Run = _shown("train_first")(data, self._asked.home, self._asked.data_home)
        return run


def newest(home: Path, data: str | None) -> Run | None:
    """The newest trained run of a home; of these pictures where `data` says which."""
    names = None if data is None else _names(data)
    for summary in list_runs(home)[0]:
        run = Run(home / summary.name)
        is_of = names is None or summary.data in names
        if is_of and summary.status in TRAINED and run.classifier_path.is_file():
            return run
    return None


def _names(data: str) -> set[str]:
    """What a recipe may call these pictures: a known name, or a folder's whole path."""
    try:
        return {data, str(Path(data).expanduser().resolve())}
    except RuntimeError:  # the home of a user who does not exist
        return {data}


def _setting(said: str) -> tuple[str, str]:
    name, equals, value = said.partition("=")
    if not equals or not name.strip():
        raise UsageError(f"--set: expected NAME=VALUE such as side=300, got {said!r}")
    return name.strip(), value.strip()


def _shown(name: str) -> Callable[..., Any]:
    module = importlib.import_module("lenswork.cli.quiz_shown")
    return cast("Callable[..., Any]", getattr(module, name))
