"""`lenswork sizes`: how large the pictures need be, and which ones a smaller size loses."""

from pathlib import Path
from typing import Any

import click

from lenswork.cli.ask_study import HowToRun, carried_out, opened_for, said_of, study_options
from lenswork.cli.options import print_json, table_console
from lenswork.cli.outputs import check_output
from lenswork.cli.study_verdict import failure_lines, print_tables
from lenswork.record.style import save_figure
from lenswork.study.results import Results
from lenswork.study.sizes import SEEDS, Change, Moved, change_between, sizes_plan
from lenswork.study.sizes_seen import lost_figure, moved_in
from lenswork.study.summary import Summary, pair_sentences, summarise
from lenswork.study.words import notes

HEADS: dict[Change, str] = {
    "size": "The size changed, the net held:",
    "net": "The net changed, the size held:",
}


@click.command()
@click.option(
    "--sizes", "wanted", required=True, help="Sizes with commas between them, such as 300,150,75."
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Where to draw the lost pictures (PNG).",
)
@study_options(SEEDS)
def command(
    data: str | None,
    wanted: str,
    seeds: int,
    name: str | None,
    out: Path | None,
    how: HowToRun,
    as_json: bool,
    **fields: Any,
) -> None:
    """Train DATA at several picture sizes: what each loses in accuracy, and which pictures.

    Every size is trained with the net of the largest (--net, or what the recipe chooses for it)
    and with the net that the recipe would choose for it, so that the size and the net are judged
    apart; where that net does not fit, the largest size is trained with the smaller one's. Given
    again, the command does only what is missing.
    """
    target = None if out is None else check_output(out, "--out")
    said = said_of(fields)
    net = said.pop("net", None)
    opened = opened_for(data, how, said)
    plan = sizes_plan(opened, wanted.split(","), net=net, seeds=seeds, name=name, **said)
    study = carried_out(plan, how)
    summary = summarise(study)
    moved = moved_in(summary)
    if target is not None:
        save_figure(lost_figure(study, summary.results, moved, opened), target)
    if as_json:
        print_json(sizes_dict(summary, moved))
        return
    _print(summary, moved)
    click.echo(f"study {study.name}: {study.path}")
    if target is not None:
        click.echo(f"drawn in {target}")


def sizes_dict(summary: Summary, moved: list[Moved]) -> dict[str, Any]:
    """The study's summary, what each pair changed, and the pictures that each size loses."""
    found = summary.as_dict()
    changes = [change_between(summary.plan, (p.first, p.second)) for p in summary.verdict.pairs]
    pairs = [
        {**pair, "changed": change} for pair, change in zip(found["pairs"], changes, strict=True)
    ]
    lost = [
        {
            "setting": one.size,
            "from": one.largest,
            "lost": _named(one, one.lost, summary.results),
            "won": _named(one, one.won, summary.results),
            "lost_in_all_seeds": one.surely_lost,
        }
        for one in moved
    ]
    return {**found, "pairs": pairs, "moved": lost}


def _named(moved: Moved, numbers: tuple[int, ...], results: Results) -> list[dict[str, Any]]:
    return [
        {
            "id": results.ids[number],
            "right_before": float(moved.right_largest[number]),
            "right": float(moved.right[number]),
        }
        for number in numbers
    ]


def _print(summary: Summary, moved: list[Moved]) -> None:
    """What each size loses, then the verdicts in the groups of what was changed, then numbers."""
    for one in moved:
        click.echo(one.sentence())
    for change, head in HEADS.items():
        pairs = [
            pair
            for pair in summary.verdict.pairs
            if change_between(summary.plan, (pair.first, pair.second)) == change
        ]
        if pairs:
            click.echo(f"\n{head}")
        for sentence in (said for pair in pairs for said in pair_sentences(pair, summary.results)):
            click.echo(f"- {sentence}")
    for sentence in summary.without_verdict:
        click.echo(f"- {sentence}")
    click.echo("")
    print_tables(table_console(), summary)
    for setting in summary.plan.settings:
        click.echo(f"{setting.name}: {setting.fields['net']}")
    for note in notes(summary.verdict):
        click.echo(note)
    for failure in failure_lines(summary):
        click.echo(failure, err=True)
