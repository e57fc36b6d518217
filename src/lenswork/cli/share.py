"""`lenswork share`: recorded runs and studies for TensorBoard and MLflow."""

from pathlib import Path

import click

from lenswork.cli.options import home_option
from lenswork.cli.sink_options import sink_options, sinks_of
from lenswork.errors import RunError, UsageError
from lenswork.record.home import home_folder
from lenswork.record.index import open_run
from lenswork.record.run import Run
from lenswork.study.folder import Study, list_studies, open_study
from lenswork.use.share import share_run, share_study


@click.command()
@click.argument("names", metavar="RUN_OR_STUDY...", nargs=-1, required=True)
@sink_options
@click.option("--classifier", is_flag=True, help="Give MLflow the classifiers' files too.")
@home_option
def command(
    names: tuple[str, ...],
    tensorboard: Path | None,
    mlflow: str | None,
    experiment: str | None,
    classifier: bool,
    home: Path | None,
) -> None:
    """Tell runs and studies to the boards that a team looks at.

    A name is that of a run or a study, `last`, or the path of its folder. What was shared before
    is brought up to date, never doubled; runs without an end are shared as far as they went.
    """
    if tensorboard is None and mlflow is None:
        raise UsageError("say where to: --tensorboard FOLDER, --mlflow ADDRESS, or both")
    if classifier and mlflow is None:
        raise UsageError("--classifier is for MLflow, TensorBoard keeps no files: give --mlflow")
    opened = [_opened(name, home) for name in names]
    sinks = sinks_of(tensorboard, mlflow, experiment)
    places = " and ".join(sink.address for sink in sinks)
    for one in opened:
        if isinstance(one, Study):
            count = sum(1 for _ in share_study(one, sinks, classifier=classifier))
            click.echo(f"study {one.name}, {count} trials: {places}")
        else:
            share_run(one, sinks, classifier=classifier)
            click.echo(f"run {one.name}: {places}")


def _opened(name: str, home: Path | None) -> Run | Study:
    try:
        run = open_run(name, home_folder(home))
    except RunError as error:
        try:
            return open_study(name, home)
        except RunError as other:
            raise RunError(f"{error}. And {other}") from error
    if not Path(name).is_dir() and name in list_studies(home):
        raise UsageError(f"{name} is a run and a study: give the path of the folder that is meant")
    return run
