"""The options that name the boards a run is told to."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from lenswork.errors import UsageError
from lenswork.record.sink_mlflow import MLflow
from lenswork.record.sink_tensorboard import TensorBoard
from lenswork.record.sinks import Sink

F = TypeVar("F", bound=Callable[..., Any])

_OPTIONS = (
    click.option(
        "--tensorboard",
        type=click.Path(path_type=Path, file_okay=False),
        help="A folder of logs to write to (tensorboard --logdir shows it).",
    ),
    click.option(
        "--mlflow",
        metavar="ADDRESS",
        help="An MLflow server or database: http://host:5000, sqlite:///mlflow.db.",
    ),
    click.option(
        "--experiment",
        metavar="NAME",
        help="MLflow's experiment [default: the name of the data or study].",
    ),
)


def sink_options(command: F) -> F:
    """Add --tensorboard, --mlflow and --experiment to a command."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def sinks_of(tensorboard: Path | None, mlflow: str | None, experiment: str | None) -> list[Sink]:
    """The boards that were asked for, each known to answer; raises `UsageError`, `SinkError`."""
    if experiment is not None and mlflow is None:
        raise UsageError("--experiment names an experiment of MLflow: give --mlflow ADDRESS too")
    sinks: list[Sink] = []
    if tensorboard is not None:
        sinks.append(TensorBoard(tensorboard))
    if mlflow is not None:
        sinks.append(MLflow(mlflow, experiment))
    return sinks
