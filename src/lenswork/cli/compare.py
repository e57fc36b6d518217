"""`lenswork compare`: which is better, what differs, and which pictures change sides."""

import importlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, cast

import click
from rich.markup import escape

from lenswork.cli.mistakes_wanted import plain_table
from lenswork.cli.model_files import CLASSIFIER, ONNX
from lenswork.cli.options import (
    data_home_option,
    home_option,
    json_option,
    print_json,
    table_console,
)
from lenswork.cli.outputs import check_output
from lenswork.errors import RunError, UsageError
from lenswork.kinds import SplitName
from lenswork.look.compare import Compared, as_dict, compare
from lenswork.look.flips import Answered, Flips, shown_of
from lenswork.look.flips_text import count, head_lines, percent, share_words
from lenswork.look.settings import Setting, are_one_recipe, is_trial, settings_of
from lenswork.record.home import home_folder
from lenswork.record.index import open_run
from lenswork.study.words import lines

LISTED = 24  # flips, unless told otherwise
MOST_ROWS = 12  # classes in a table


@click.command()
@click.argument("names", nargs=-1, metavar="RUN RUN...")
@click.option("--study", help="Compare settings of this study; RUN is then a setting's name.")
@click.option("--part", type=click.Choice(["validation", "test"]),
              help="[default: test if all runs have it]")  # fmt: skip
@click.option("--common", is_flag=True,
              help="Compare runs of other pictures on those that all share.")  # fmt: skip
@click.option("--most", type=click.IntRange(1),
              help="Flips to list and to draw.  [default: 24; 500 in an HTML page]")  # fmt: skip
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False),
              help="Draw the flips: FILE.png, or FILE.html to explore.")  # fmt: skip
@click.option("--data", help="Compare runs, or classifiers' files, on these pictures instead.")
@home_option
@data_home_option
@json_option
def command(
    names: tuple[str, ...],
    study: str | None,
    part: str | None,
    common: bool,
    most: int | None,
    out: Path | None,
    data: str | None,
    home: Path | None,
    data_home: Path | None,
    as_json: bool,
) -> None:
    """Compare runs: the verdict, what differs in their recipes, and the pictures that flip.

    RUN is a name, the path of a run's folder, or `last`. Runs whose recipes differ in the seed
    only are taken together as one setting; one run of each compares two trained networks, not
    two recipes. Pictures are read for --out only. With --data, a folder or a known data set, RUN
    may be a classifier's file too, and all answer these pictures anew.
    """
    wanted = cast("SplitName | None", part)
    if data is not None:
        others = {"study": study, "common": common, "out": out}
        on_data = _later("cli.judged_models", "compared_models")
        compared = on_data(names, data, home, data_home, wanted, others)
    else:
        if out is not None:
            check_output(out, "--out", (".png", ".html"))
        compared = compare(_settings(names, study, home, out), wanted, common=common)
    if as_json:
        print_json(as_dict(compared, most or LISTED))
    else:
        _print_all(compared, most or LISTED)
    if out is not None:
        click.echo(_draw(compared, out, most, data_home), err=as_json)


def _settings(
    names: tuple[str, ...], study: str | None, home: Path | None, out: Path | None
) -> list[Setting]:
    """The settings; raises `UsageError` for more than the two whose flips can be drawn."""
    settings = _opened(names, study, home)
    if out is not None and len(settings) > 2:
        raise UsageError(
            f"--out draws the flips between two settings, and here are {len(settings)}: "
            f"{', '.join(setting.name for setting in settings)}; name the runs of two"
        )
    return settings


def _opened(names: tuple[str, ...], study: str | None, home: Path | None) -> list[Setting]:
    if study is not None:
        opened = _later("look.compare_study", "settings_of_study")(study, names, home)
        return cast("list[Setting]", opened)
    for name in names:
        if Path(name).suffix.lower() in (CLASSIFIER, ONNX):
            raise UsageError(
                f"{name} is a file, which has no recorded answers: say with --data which pictures "
                "all shall answer"
            )
    folder = home_folder(home)
    runs = [open_run(name, folder) for name in names]
    if not any(map(is_trial, runs)):
        return settings_of(runs)
    return settings_of(runs, _later("look.compare_study", "names_in_studies")(runs))


def _draw(compared: Compared, out: Path, most: int | None, data_home: Path | None) -> str:
    try:
        return str(_later("cli.compare_beside", "draw_flips")(compared, out, most, data_home))
    except RunError as error:
        raise RunError(f"the comparison stands, but no flips were drawn: {error}") from error


def _later(module: str, function: str) -> Callable[..., Any]:
    """A function that loads torch, matplotlib or both, which takes seconds."""
    loaded = importlib.import_module(f"lenswork.{module}")
    return cast("Callable[..., Any]", getattr(loaded, function))


def _print_all(compared: Compared, most: int) -> None:
    for setting in compared.settings:
        runs = ", ".join(run.name for run in setting.runs)
        if len(setting.runs) > 1:
            click.echo(f"{setting.name}: {len(setting.runs)} runs that differ in the seed: {runs}")
    shared = compared.sides[0].judged[0]
    every = (run for setting in compared.settings for run in setting.runs)
    if any(len(run.answers[shared.part].ids) > len(shared) for run in every):
        click.echo(f"compared on the {len(shared):,} {shared.part} pictures that all runs share")
    if are_one_recipe(compared.settings):
        click.echo("These runs are of one recipe: whatever tells them apart is chance.")
    for line in lines(compared.verdict):
        click.echo(line)
    click.echo()
    _print_differences(compared)
    if len(compared.flips) > 1:
        _print_pairs(compared.flips)
        return
    flips = compared.flips[0]
    for line in head_lines(flips):
        click.echo(line)
    click.echo()
    _print_classes(flips)
    _print_flips(flips, most)


def _print_differences(compared: Compared) -> None:
    if not compared.differences:
        return
    table = plain_table("what differs", *(escape(one.name) for one in compared.settings))
    for row in compared.differences:
        table.add_row(row.field, *map(escape, row.values))
    table_console().print(table, "")


def _print_pairs(every: Sequence[Flips]) -> None:
    table = plain_table("A", "B", "only A right", "only B right", "two seeds of A", "of B")
    for flips in every:
        churn = ("" if one is None else count(one) for one in flips.churn)
        only = (count(flips.a_only), count(flips.b_only))
        table.add_row(escape(flips.a), escape(flips.b), *only, *churn)
    table_console().print("flips, on average between two runs", table)
    click.echo("name the runs of two settings to see which pictures flip")


def _print_classes(flips: Flips) -> None:
    rows = [row for row in flips.classes if row.a_only or row.b_only]
    if not rows:
        return
    titles = ("true class", "pictures", f"only {flips.a} right", f"only {flips.b} right")
    table = plain_table(*map(escape, titles))
    for row in rows[:MOST_ROWS]:
        only = (count(row.a_only), count(row.b_only))
        table.add_row(escape(row.name), f"{row.pictures:,}", *only)
    table_console().print(table, "")


def _print_flips(flips: Flips, most: int) -> None:
    shown = shown_of(flips, most)
    if not shown:
        return
    order = "surest first" if flips.seeds == (1, 1) else "most stable first"
    said = f"{len(shown):,} of {len(flips.flips):,} flips, {order}"
    table = plain_table(said, "truth", escape(flips.a), escape(flips.b))
    for flip in shown:
        table.add_row(*map(escape, (flip.id, flip.truth, _answer(flip.a), _answer(flip.b))))
    table_console().print(table)


def _answer(answered: Answered) -> str:
    share = share_words(answered)
    return f"{answered.answer} {percent(answered.probability)}" + (f", {share}" if share else "")
