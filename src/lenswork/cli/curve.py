"""`lenswork curve`: whether more pictures would help."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import click
from rich.table import Table

from lenswork.cli.ask_study import HowToRun, carried_out, opened_for, said_of, study_options
from lenswork.cli.options import print_json, table_console
from lenswork.cli.outputs import check_output
from lenswork.errors import UsageError
from lenswork.record.style import save_figure
from lenswork.study.curve import SEEDS, Answer, answer, curve_plan, points_of
from lenswork.study.curve_figure import curve_figure
from lenswork.study.folder import Study
from lenswork.study.results import Results, results_of


@click.command()
@click.option(
    "--fractions",
    help="Parts of the training pictures, such as 1/8,1/4,1/2,1 [default: 1/16 to 1].",
)
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="Where to draw the curve (PNG)."
)
@study_options(SEEDS)
def command(
    data: str | None,
    fractions: str | None,
    seeds: int,
    name: str | None,
    out: Path | None,
    how: HowToRun,
    as_json: bool,
    **fields: Any,
) -> None:
    """Train on growing parts of DATA and say whether twice as many pictures would help.

    The smaller parts lie within the larger and have the same share of each class. What the recipe
    leaves open is chosen for each number of pictures anew. Given again, the command does only what
    is missing; the trainings are a study that `lenswork study` can read.
    """
    target = None if out is None else check_output(out, "--out")
    said = said_of(fields)
    opened = opened_for(data, how, said)
    parts = None if fractions is None else parse_fractions(fractions)
    plan = curve_plan(opened, fractions=parts, seeds=seeds, name=name, **said)
    study = carried_out(plan, how)
    results = results_of(study)
    found = answer(points_of(study.plan, results))
    if target is not None:
        save_figure(curve_figure(found, opened.name, results.part), target)
    if as_json:
        print_json(curve_dict(study, results, found))
        return
    _print(study, results, found)
    if target is not None:
        click.echo(f"drawn in {target}")


def parse_fractions(text: str) -> list[Fraction]:
    """The numbers of "1/8, 0.25, 1"; raises `UsageError`."""
    try:
        return [Fraction(word.strip()) for word in text.split(",")]
    except (ValueError, ZeroDivisionError):
        raise UsageError(
            "--fractions: expected parts with commas between them such as 1/8,1/4,1/2,1, "
            f"got {text!r}"
        ) from None


def curve_dict(study: Study, results: Results, found: Answer) -> dict[str, Any]:
    """The answer for JSON; errors and gains are fractions."""
    points, law = found.points, found.law
    sizes = zip(points.pictures, points.errors, points.seed_errors, strict=True)
    return {
        "study": study.name,
        "part": results.part,
        "test_pictures": points.tests,
        "verdict": found.verdict,
        "answer": found.sentence(),
        "notes": found.notes(),
        "gain": found.gain._asdict(),
        "pictures": law.pictures,
        "error": found.error._asdict(),
        "error_with_twice": law.error_at(2 * law.pictures)._asdict(),
        "law": law.numbers(),
        "check": None
        if found.check is None
        else {
            "before": found.check.before,
            "after": found.check.after,
            "foretold": found.check.foretold._asdict(),
            "measured": found.check.measured,
        },
        "sizes": [
            {"pictures": int(pictures), "error": float(mean), "seeds": [float(e) for e in errors]}
            for pictures, mean, errors in sizes
        ],
        "failed": study.failures(),
    }


def _print(study: Study, results: Results, found: Answer) -> None:
    points = found.points
    click.echo(found.sentence())
    if found.check is not None:
        click.echo(found.check.sentence())
    for note in found.notes():
        click.echo(note)
    table = Table(box=None, header_style="bold", pad_edge=False)
    for heading in ("pictures", f"{results.part} error", "each seed"):
        table.add_column(heading, justify="left" if heading == "each seed" else "right")
    for pictures, mean, errors in zip(
        points.pictures, points.errors, points.seed_errors, strict=True
    ):
        table.add_row(f"{pictures:,}", f"{mean:.2%}", "  ".join(f"{e:.2%}" for e in errors))
    twice = 2 * found.law.pictures
    middle, low, high = found.law.error_at(twice)
    table.add_row(f"{twice:,}", f"{middle:.2%}", f"foretold, {low:.2%} to {high:.2%}")
    table_console().print(table)
    click.echo(f"{found.law.formula()}; 95% intervals, {points.tests:,} {results.part} pictures")
    for failed, reason in study.failures().items():
        click.echo(f"failed: {failed}: {reason}", err=True)
    click.echo(f"study {study.name}: {study.path}")
