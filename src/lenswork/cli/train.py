"""`lenswork train`: pictures to a recorded classifier."""

import math
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event as Flag
from types import FrameType
from typing import Any

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


@click.command(no_args_is_help=False)
@click.argument("data", required=False)
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
def command(
    data: str | None,
    preset: str | None,
    recipe_file: Path | None,
    device: str,
    find_rate: bool,
    out: Path | None,
    ray: str | None,
    workers: int | None,
    name: str | None,
    resume: str | None,
    fresh: bool,
    checkpoint_seconds: float,
    tensorboard: Path | None,
    mlflow: str | None,
    experiment: str | None,
    home: Path | None,
    data_home: Path | None,
    as_json: bool,
    **fields: Any,
) -> None:
    """Train on DATA: a folder with one sub-folder of pictures a class, or a known data set.

    Left out, DATA is the embedded sample of horses or humans. Ctrl-C ends after the current
    step with everything recorded. After a kill or a crash the same command goes on from the last
    checkpoint.
    """
    if preset and fields["net"]:
        raise UsageError("give --preset or --net, not both")
    if workers is not None and ray is None:
        raise UsageError("--workers are processes of a cluster: say which with --ray ADDRESS")
    if ray is not None and device != "auto":
        raise UsageError("--ray trains on the cluster's CPUs: leave --device out")
    said = {key: value for key, value in fields.items() if value not in (None, ())}
    said |= {key: value for key, value in (("data", data), ("net", preset)) if value}
    recorded_only: dict[str, object] = {
        "--ray": ray,
        "--name": name,
        "--resume": resume,
        "--fresh": fresh,
    }
    told: dict[str, object] = {"--home": home, "--tensorboard": tensorboard, "--mlflow": mlflow}
    check_alone(find_rate, out, recorded_only | told)
    if find_rate:
        find_and_say(_recipe(recipe_file, said), data_home, device, out, as_json=as_json)
        return
    folder = home_folder(home)
    goes_on = None
    if resume is not None:
        others = {"--name": name, "--fresh": fresh, "--ray": ray, "--recipe-file": recipe_file}
        goes_on = _run_to_go_on(
            resume, folder, [*said, *(o for o, value in others.items() if value)]
        )
        recipe = goes_on.recipe
    else:
        recipe = _recipe(recipe_file, said)
    sinks = sinks_of(tensorboard, mlflow, experiment)
    anew = fresh or ray is not None
    recorder = Recorder(folder, name, resume=not anew, checkpoint_seconds=checkpoint_seconds)
    recipe, opened = open_for(recipe, data_home)
    for note in opened.notes:
        click.echo(f"note: {note}", err=True)
    stop = Flag()
    with stop_on_interrupt(stop):
        if ray is None:
            training = Training(recipe, opened, device=device, stop=stop)
            events = recorded(training, recorder, run=goes_on, resume=not fresh, tell=_tell)
        else:
            events = recorder.record(train_on_ray(recipe, opened, ray, workers or 2, stop=stop))
        for _ in shown(followed(events, recorder, sinks, pictures_of, _complain)):
            pass
    _report(recorder.run, as_json)


def _recipe(file: Path | None, said: dict[str, Any]) -> Recipe:
    return Recipe.read(file).changed(**said) if file else Recipe(**said)


def _run_to_go_on(name: str, home: Path, said: Sequence[str]) -> Run:
    """The run that --resume names; refuses whatever else was `said` of it."""
    if said:
        options = ["DATA" if one == "data" else f"--{one.lstrip('-')}" for one in said]
        raise UsageError(
            "--resume goes on with a run as it was begun: leave out "
            f"{', '.join(options).replace('_', '-')}"
        )
    run = open_run(name, home)
    refuse_unfit(run, None)
    return run


def _tell(text: str) -> None:
    click.echo(text, err=True)


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
    click.echo(f"note: {text}. The run is recorded; lenswork share tells it later", err=True)


def _report(run: Run, as_json: bool) -> None:
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
    click.echo(f"  lenswork show {run.name}")
    click.echo(f"  lenswork predict {run.classifier_path} PICTURE ...")
