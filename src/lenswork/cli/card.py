"""`lenswork card`: a classifier's model card."""

from pathlib import Path

import click

from lenswork.amounts import counted
from lenswork.cli.model_files import model_file
from lenswork.cli.options import data_home_option, home_option
from lenswork.cli.outputs import check_output
from lenswork.cli.pictures_bar import pictures_bar
from lenswork.model.classifier import load
from lenswork.record.home import home_folder
from lenswork.record.index import open_run
from lenswork.use.card import Card, card_of_classifier, card_of_run
from lenswork.use.card_page import HTML, MARKDOWN, write_card


@click.command()
@click.argument("model", default="last")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), multiple=True,
              help="FILE.html or FILE.md, or both.  [default: both, by the name]")  # fmt: skip
@click.option("--quick", is_flag=True, help="Have the doctor look at names and sizes alone.")
@home_option
@data_home_option
def command(
    model: str, out: tuple[Path, ...], quick: bool, home: Path | None, data_home: Path | None
) -> None:
    """Write the model card of MODEL, a run (or a classifier's file, of which less is known).

    It says what the data are and their licence, the recipe, accuracy with its interval by class,
    calibration, known mistakes with pictures, the doctor's findings, and how to repeat it.
    Intended use and limits are left for a person to fill in.
    """
    for path in out:
        check_output(path, "--out", (HTML, MARKDOWN))
    card = _card(model, home, data_home, quick=quick)
    for path in out or tuple(Path(f"{card.name}-card{suffix}") for suffix in (HTML, MARKDOWN)):
        written = write_card(card, path)
        more = counted(len(written) - 1, "picture")
        beside = f" and {more} beside it" if len(written) > 1 else ""
        click.echo(f"card: {path}{beside}")
    for sentence in card.missing:
        click.echo(f"note: {sentence}", err=True)


def _card(model: str, home: Path | None, data_home: Path | None, *, quick: bool) -> Card:
    path = model_file(model)
    if path is not None:
        return card_of_classifier(load(path), path.stem)
    run = open_run(model, home_folder(home))
    with pictures_bar("examining") as told:
        return card_of_run(run, data_home, thoroughly=not quick, progress=told)
