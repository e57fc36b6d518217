"""`lenswork train`: pictures to a recorded classifier."""

import math
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event as Flag
from types import FrameType
from typing import Any

import click

from lenswork.cli.options import (
    data_home_option,
    home_option,
    json_option,
    print_json,
)
from lenswork.cli.recipe_options import recipe_options
from lenswork.errors import LensworkError, UsageError
from lenswork.model.presets import PRESETS
from lenswork.record.home import home_folder
from lenswork.record.progress import format_seconds, shown
from lenswork.record.run import Run
from lenswork.record.train import open_for
from lenswork.record.writer import Recorder
from lenswork.training.fit import fit
from lenswork.training.recipe import Recipe


@click.command(no_args_is_help=False)
@click.argument("data", required=False)
@click.option("--preset", type=click.Choice(list(PRESETS)), help="A net of the notes by name.")
@click.option(
    "--recipe-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A recipe in TOML; other options change it.",
)
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda or mps.")
@click.option("--name", help="A name for the run in place of the next number.")
@home_option
@data_home_option
@json_option
@recipe_options
def command(
    data: str | None,
    preset: str | None,
    recipe_file: Path | None,
    device: str,
    name: str | None,
    home: Path | None,
    data_home: Path | None,
    as_json: bool,
    **fields: Any,
) -> None:
    """Train on DATA: a folder with one sub-folder of pictures a class, or a known data set.

    Left out, DATA is the embedded sample of horses or humans. Ctrl-C ends after the current
    step with everything recorded.
    """
    if preset and fields["net"]:
        raise UsageError("give --preset or --net, not both")
    said = {key: value for key, value in fields.items() if value not in (None, ())}
    said |= {key: value for key, value in (("data", data), ("net", preset)) if value}
    recipe = Recipe.read(recipe_file).changed(**said) if recipe_file else Recipe(**said)
    recorder = Recorder(home_folder(home), name)
    recipe, opened = open_for(recipe, data_home)
    for note in opened.notes:
        click.echo(f"note: {note}", err=True)
    stop = Flag()
    with stop_on_interrupt(stop):
        for _ in shown(recorder.record(fit(recipe, opened, device=device, stop=stop))):
            pass
    _report(recorder.run, as_json)


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
    click.echo(f"run {run.name}, {format_seconds(seconds)}: {run.path}")
    click.echo(f"  lenswork show {run.name}")
    click.echo(f"  lenswork predict {run.classifier_path} PICTURE ...")
