"""`lenswork train`: pictures to a recorded classifier."""

import math
import shlex
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from threading import Event as Flag
from types import FrameType
from typing import Any, Self

import click

from lenswork.cli.find_rate import check_alone, find_and_say, find_rate_options
from lenswork.cli.options import (
    data_home_option,
    home_option,
    json_option,
    print_json,
)
from lenswork.cli.recipe_options import recipe_options
from lenswork.cli.sink_options import sink_options, sinks_of
from lenswork.data.doctor.told import told
from lenswork.data.shards.names import BETWEEN_SHARDS, names_shards
from lenswork.errors import LensworkError, UsageError
from lenswork.model.presets import PRESETS
from lenswork.record.durations import format_seconds
from lenswork.record.home import home_folder
from lenswork.record.index import open_run
from lenswork.record.progress import shown
from lenswork.record.resume import Training, recorded, refuse_unfit
from lenswork.record.run import Run
from lenswork.record.sinks import followed
from lenswork.record.train import open_for
from lenswork.record.writer import CHECKPOINT_SECONDS, Recorder
from lenswork.training.on_ray import train_on_ray
from lenswork.training.recipe import Recipe
from lenswork.use.share import pictures_of
from lenswork.visible import visible

RAY_WORKERS = 2
NAMED = {"data": "data", "net": "preset"}  # the recipe's fields that have options of other names
RECORDING = ("ray", "name", "resume", "fresh", "home", "tensorboard", "mlflow")
BEGINNING = ("name", "fresh", "ray", "recipe_file")  # what only a new run can be told


@click.command(no_args_is_help=False)
@click.argument("data", nargs=-1)
@click.option("--preset", type=click.Choice(list(PRESETS)), help="A net of the notes by name.")
@click.option(
    "--recipe-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A recipe in TOML; other options change it.",
)
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda or mps.")
@find_rate_options
@click.option("--ray", metavar="ADDRESS", help="Train on this Ray cluster (extra `ray`).")
@click.option("--workers", type=click.IntRange(1), help="With --ray: its processes [default: 2].")
@click.option("--name", help="A name for the run in place of the next number.")
@click.option("--resume", metavar="RUN", help="Go on with this unfinished run, as it was begun.")
@click.option("--fresh", is_flag=True, help="Begin a new run where one could be gone on with.")
@click.option(
    "--checkpoint-seconds",
    type=click.FloatRange(0),
    default=CHECKPOINT_SECONDS,
    show_default=True,
    help="Within long epochs, keep the run's state this often.",
)
@sink_options
@home_option
@data_home_option
@json_option
@recipe_options
def command(**options: Any) -> None:
    """Train on DATA: a folder of class folders, a known data set, or tar shards.

    Left out, DATA is the embedded sample of horses or humans. Ctrl-C ends after the current
    step with everything recorded. After a kill or a crash the same command goes on from the last
    checkpoint.
    """
    asked = Asked.of(options)
    asked.refuse_contradictions()
    if asked.find_rate:
        recipe = _recipe(asked.recipe_file, asked.said)
        find_and_say(recipe, asked.data_home, asked.device, asked.out, as_json=asked.as_json)
        return
    home = home_folder(asked.home)
    run = None if asked.resume is None else _run_to_go_on(asked, home)
    recipe = run.recipe if run else _recipe(asked.recipe_file, asked.said)
    trained = _train(asked, recipe, run, home)
    by_name = asked.home is None and trained.path.parent == home.resolve()
    _report(trained, trained.name if by_name else str(trained.path), as_json=asked.as_json)


@dataclass(frozen=True)
class Asked:
    """The options of `lenswork train`; `said` are the recipe's fields among them."""

    data: str | None
    preset: str | None
    recipe_file: Path | None
    device: str
    find_rate: bool
    out: Path | None
    ray: str | None
    workers: int | None
    name: str | None
    resume: str | None
    fresh: bool
    checkpoint_seconds: float
    tensorboard: Path | None
    mlflow: str | None
    experiment: str | None
    home: Path | None
    data_home: Path | None
    as_json: bool
    said: Mapping[str, Any]

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Self:
        """Sort the command's options; raises `UsageError` where a net is said twice."""
        own = {field.name for field in fields(cls)} - {"said"}
        options = {**options, "data": _one_data(options["data"])}
        given = {name: value for name, value in options.items() if value not in (None, ())}
        if {"preset", "net"} <= given.keys():
            raise UsageError("give --preset or --net, not both")
        said = {name: value for name, value in given.items() if name not in own}
        said |= {name: given[option] for name, option in NAMED.items() if option in given}
        return cls(**{name: options[name] for name in own}, said=said)

    def refuse_contradictions(self) -> None:
        """Raise `UsageError` for options that do not go together."""
        if self.workers is not None and self.ray is None:
            raise UsageError("--workers are processes of a cluster: say which with --ray ADDRESS")
        if self.ray is not None and self.device != "auto":
            raise UsageError("--ray trains on the cluster's CPUs: leave --device out")
        recording = {f"--{name}": getattr(self, name) for name in RECORDING}
        check_alone(self.find_rate, self.out, recording)
        if self.resume is not None:
            others = [f"--{name}" for name in BEGINNING if getattr(self, name)]
            if said := [*(_option(name) for name in self.said), *others]:
                raise UsageError(
                    "--resume goes on with a run as it was begun: leave out "
                    f"{', '.join(said).replace('_', '-')}"
                )


def _one_data(words: Sequence[str]) -> str | None:
    """DATA as one text: there are several words where the shell has expanded {000..009}."""
    if len(words) > 1 and not all(map(names_shards, words)):
        raise UsageError(
            f"expected one DATA, or several tar shards of one data set, got {', '.join(words)}"
        )
    return BETWEEN_SHARDS.join(words) or None


def _option(field: str) -> str:
    return "DATA" if field == "data" else f"--{field}"


def _train(asked: Asked, recipe: Recipe, run: Run | None, home: Path) -> Run:
    """Train and record, or go on with `run`."""
    sinks = sinks_of(asked.tensorboard, asked.mlflow, asked.experiment)
    anew = asked.fresh or asked.ray is not None
    stop = Flag()
    recorder = Recorder(
        home,
        asked.name,
        resume=not anew,
        checkpoint_seconds=asked.checkpoint_seconds,
        stop=stop,
    )
    recipe, opened = open_for(recipe, asked.data_home)
    for line in (*(f"note: {note}" for note in opened.notes), *told(opened)):
        _tell(line)
    with stop_on_interrupt(stop):
        if asked.ray is None:
            training = Training(recipe, opened, device=asked.device, stop=stop)
            events = recorded(training, recorder, run=run, resume=not asked.fresh, tell=_tell)
        else:
            workers = asked.workers or RAY_WORKERS
            events = recorder.record(train_on_ray(recipe, opened, asked.ray, workers, stop=stop))
        for _ in shown(followed(events, recorder, sinks, pictures_of, _complain)):
            pass
    return recorder.run


def _recipe(file: Path | None, said: Mapping[str, Any]) -> Recipe:
    return Recipe.read(file).changed(**said) if file else Recipe(**said)


def _run_to_go_on(asked: Asked, home: Path) -> Run:
    """The run that --resume names, if it can be gone on with."""
    run = open_run(asked.resume or "", home)
    refuse_unfit(run, None)
    return run


def _tell(text: str) -> None:
    click.echo(visible(text), err=True)


@contextmanager
def stop_on_interrupt(stop: Flag) -> Iterator[None]:
    """Have the first Ctrl-C set `stop`, and a second one break off as usual."""

    def ask(signal_number: int, frame: FrameType | None) -> None:  # noqa: ARG001
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()
        print("\nstopping after this step (Ctrl-C again breaks off)", file=sys.stderr)

    before = signal.signal(signal.SIGINT, ask)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _complain(text: str) -> None:
    _tell(f"note: {text}. The run is recorded; lenswork share tells it later")


def _report(run: Run, place: str, *, as_json: bool) -> None:
    """Say what came of a run, which commands find by `place`."""
    if as_json:
        print_json({"path": str(run.path), **run.summary().as_dict()})
        return
    if not all(math.isfinite(value) for value in run.metrics.values()):
        raise LensworkError(
            f"run {run.name} has diverged, its classifier cannot be used: {run.end['stopped']}"
        )
    if run.answers:
        click.echo(f"{run.held_out()} accuracy {run.accuracy()}")
    seconds = sum(row["train_seconds"] + row["evaluate_seconds"] for row in run.history)
    if kept := run.end.get("kept_epoch"):
        click.echo(f"its weights are those after epoch {kept}, which has the lowest val_loss")
    click.echo(f"run {run.name}, {format_seconds(seconds)}: {run.path}")
    click.echo(f"  lenswork show {shlex.quote(place)}")
    click.echo(f"  lenswork predict {shlex.quote(str(run.classifier_path))} PICTURE ...")
