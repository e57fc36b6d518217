"""A recorded run: one folder that can be zipped and sent.

recipe.toml             the recipe with every field filled in
environment.json        machine, versions, time
history.jsonl           one line an event: started, epochs, how it ended
predictions.npz         ids, truth and probabilities of the validation and test pictures
classifier.safetensors  the classifier

A run that is not finished has checkpoints in place of the last two (`record/checkpoint.py`), and
while it is trained it says in hidden files how far it is (`record/live.py`).

Nothing here loads torch or matplotlib before a classifier, a recipe or a drawing is asked for, so
that reports from the record start in a moment.
"""

from __future__ import annotations

import functools
import importlib
import json
import math
import shlex
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import lenswork
from lenswork.amounts import counted
from lenswork.errors import RunError
from lenswork.files import read_bytes
from lenswork.kinds import SplitName
from lenswork.locks import is_held
from lenswork.record.accuracy import Accuracy, accuracy_of
from lenswork.record.checked import checked_conditions, checked_line
from lenswork.record.home import RECIPE as RECIPE
from lenswork.record.left import what_helps
from lenswork.record.predictions import RecordedAnswers, read_predictions
from lenswork.record.summary import RunSummary as RunSummary
from lenswork.record.summary import Status as Status
from lenswork.record.summary import curve_of

if TYPE_CHECKING:
    from lenswork.model.classifier import Classifier
    from lenswork.training.recipe import Recipe

ENVIRONMENT, HISTORY = "environment.json", "history.jsonl"
PREDICTIONS, CLASSIFIER, LOCK = "predictions.npz", "classifier.safetensors", ".running"


class Run:
    """A run folder, read as it is asked for."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path).resolve()
        if not (self.path / RECIPE).is_file():
            raise RunError(f"expected a run folder with {RECIPE} in it, found none at {self.path}")

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.path.name

    @functools.cached_property
    def recipe(self) -> Recipe:
        """The recipe with every field filled in."""
        return lenswork.Recipe.read(self.path / RECIPE)

    @functools.cached_property
    def environment(self) -> dict[str, Any]:
        """Machine, versions and time."""
        try:
            return checked_conditions(json.loads(read_bytes(self.path / ENVIRONMENT)))
        except (OSError, ValueError, RecursionError) as error:
            raise RunError(f"{self.path / ENVIRONMENT} cannot be read: {error}") from error

    @functools.cached_property
    def _lines(self) -> list[dict[str, Any]]:
        """The history's whole lines; a line that a kill cut short is left out."""
        path = self.path / HISTORY
        try:
            texts = read_bytes(path).decode().split("\n")[:-1]
            return [checked_line(json.loads(text)) for text in texts]
        except (OSError, ValueError, RecursionError) as error:
            raise RunError(f"{path} is damaged: {error}") from error

    @property
    def start(self) -> dict[str, Any]:
        """What was known at the start: classes, pictures, net, parameters, device, reasons."""
        return next((line for line in self._lines if line["event"] == "started"), {})

    @property
    def digests(self) -> dict[SplitName, str]:
        """What tells the pictures and labels of each part from others; none where it is unsaid."""
        said = [line for line in self._lines if line["event"] in ("read", "started")]  # once
        return next((line["digests"] for line in said if line.get("digests")), {})

    @property
    def unread(self) -> int:
        """The training pictures that had not been read when it ended, within its first epoch."""
        return next((line.get("unread", 0) for line in self._lines if line["event"] == "read"), 0)

    @property
    def history(self) -> list[dict[str, Any]]:
        """One row an epoch: its number, metrics, learning rate and times in seconds."""
        return [
            {**line, "metrics": _numbers(line["metrics"])}
            for line in self._lines
            if line["event"] == "epoch"
        ]

    @property
    def end(self) -> dict[str, Any]:
        """How it ended: the event `finished` or `failed`, or nothing while it has not."""
        return next((line for line in self._lines if line["event"] in ("finished", "failed")), {})

    @property
    def status(self) -> Status:
        """finished, stopped (before its last epoch), failed, running, or killed."""
        if self.end.get("event") == "failed":
            return "failed"
        if self.end:
            return "stopped" if self.end["stopped"] else "finished"
        return "running" if is_held(self.path / LOCK) else "killed"

    @property
    def resumable(self) -> bool:
        """Whether it was left unfinished and can be gone on with."""
        return bool(self.start.get("resumable")) and self.status in ("killed", "failed")

    @property
    def metrics(self) -> dict[str, float]:
        """The final network's metrics, with the last epoch's for the training pictures."""
        last: Mapping[str, Any] = self.history[-1]["metrics"] if self.history else {}
        return {**last, **_numbers(self.end.get("metrics", {}))}

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes in the order of the probabilities."""
        return tuple(self.start.get("classes", ()))

    @functools.cached_property
    def classifier(self) -> Classifier:
        """The trained classifier, its golden pictures checked."""
        self._need(CLASSIFIER, "classifier")
        return lenswork.load(self.path / CLASSIFIER)

    @property
    def classifier_path(self) -> Path:
        """Where the classifier's file is."""
        return self.path / CLASSIFIER

    @functools.cached_property
    def answers(self) -> dict[SplitName, RecordedAnswers]:
        """The final network's answer to every held-out picture, by part."""
        self._need(PREDICTIONS, "predictions")
        try:
            return read_predictions(self.path / PREDICTIONS, len(self.classes))
        except RunError as error:
            raise RunError(f"{error}. {self._again()}") from error

    def accuracy(self, part: SplitName | None = None) -> Accuracy:
        """Accuracy on a held-out part (the test part if there is one) with its 95% interval."""
        if part is None:
            part = self.held_out()
        if part not in self.answers:
            raise RunError(
                f"run {self.name} has no {part} pictures; it has {', '.join(self.answers)}"
            )
        answers = self.answers[part]
        return accuracy_of(answers.truth, answers.probabilities)

    def held_out(self) -> SplitName:
        """The part that a report speaks of: test, or else validation."""
        if not self.answers:
            raise RunError(f"run {self.name} was trained without validation or test pictures")
        return "test" if "test" in self.answers else "validation"

    def summary(self) -> RunSummary:
        """The run in one row."""
        metrics = self.metrics
        return RunSummary(
            name=self.name,
            status=self.status,
            data=self.recipe.data,
            recipe=self.recipe.recipe,
            net=self.start.get("net", ""),
            parameters=self.start.get("parameters", 0),
            seed=self.recipe.seed,
            epochs=len(self.history),
            accuracy=metrics.get("accuracy"),
            val_accuracy=metrics.get("val_accuracy"),
            test_accuracy=metrics.get("test_accuracy"),
            train_seconds=sum(row["train_seconds"] for row in self.history),
            started=self.environment.get("started", ""),
            recipe_hash=self.recipe.hash,
            reason=str(self.end.get("stopped") or self.end.get("reason") or ""),
            planned_epochs=self.recipe.epochs,
            train_curve=curve_of(self.history, "accuracy"),
            held_out_curve=curve_of(self.history, "val_accuracy", "test_accuracy"),
        )

    @property
    def _epochs(self) -> str:
        return counted(len(self.history), "epoch")

    def __repr__(self) -> str:
        shown = ", ".join(f"{key} {value:.4f}" for key, value in self.metrics.items())
        return f"Run({self.name}: {self.status} after {self._epochs}; {shown})"

    def _repr_html_(self) -> str:
        metrics = "".join(
            f"<tr><td>{escape(key)}</td><td style='text-align:right'>{value:.4f}</td></tr>"
            for key, value in self.metrics.items()
        )
        curves = (
            f"<img alt='curves of {escape(self.name)}' src='{_curves(self.history)}'>"
            if self.history
            else ""
        )
        return (
            f"<div><strong>{escape(self.name)}</strong> {self.status} after "
            f"{self._epochs}<br><code>{escape(self.start.get('net', ''))}</code>"
            f"<table>{metrics}</table>{curves}</div>"
        )

    def _need(self, file: str, what: str) -> None:
        if not (self.path / file).is_file():
            raise RunError(
                f"run {self.name} ({self.status}) has no {what}: they are written when a run "
                f"ends. {self._again(file)}"
            )

    def _again(self, file: str = PREDICTIONS) -> str:
        """How to make a missing file: from the classifier if that is there, or by training."""
        recipe, here = (shlex.quote(str(path)) for path in (self.path / RECIPE, self.path))
        if self.resumable:
            helps = what_helps(self)
            return f"{helps[0].upper()}{helps[1:]}"
        train = f"lenswork train --recipe-file {recipe}"
        if file == PREDICTIONS and (self.path / CLASSIFIER).is_file():
            make = f"lenswork mistakes {here} --predict"
            return f"Make them from its classifier: {make}; or train again: {train}"
        return f"Train again: {train}"


def _curves(history: list[dict[str, Any]]) -> str:
    """The curves as a `data:` address, drawn by a module that takes matplotlib to load."""
    drawing = importlib.import_module("lenswork.record.curves")
    return str(drawing.curves_data_uri(history))


def _numbers(metrics: Mapping[str, Any]) -> dict[str, float]:
    """Metrics with null read as what it stood for."""
    return {name: math.nan if value is None else float(value) for name, value in metrics.items()}
