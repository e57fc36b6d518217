"""`lenswork doctor`: what is wrong with the data, before an hour is lost to it."""

import importlib
import os
import shlex
import sys
import textwrap
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from lenswork.amounts import counted
from lenswork.cli.options import data_home_option, json_option, print_json
from lenswork.cli.outputs import check_output
from lenswork.data.decode import PIXEL_LIMIT
from lenswork.data.doctor.codes import quoted
from lenswork.data.doctor.examine import examine
from lenswork.data.doctor.finding import SEVERITIES, Finding, Severity
from lenswork.data.doctor.report import Report
from lenswork.data.doctor.wording import COMMANDS
from lenswork.data.open import SAMPLE
from lenswork.errors import UsageError
from lenswork.files import write_bytes
from lenswork.kinds import SPLIT_NAMES
from lenswork.model.preprocess import parse_size
from lenswork.paths import typed
from lenswork.visible import visible

SHOWN_FILES = 5
SHOWN_OF_A_GROUP = 3
MARGIN = 8  # columns, as wide as the longest severity and two spaces
CURE = "cure: "
COLOURS: dict[Severity, str] = {"refuse": "red", "warn": "yellow", "note": "cyan"}
file_option = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.argument("data", default=SAMPLE)
@click.option("--quick", is_flag=True, help="Names and sizes only: open no picture.")
@click.option("--size", help="What pictures will be brought to, such as 150 or 200x300.")
@click.option(
    "--pixel-limit",
    type=click.IntRange(1, PIXEL_LIMIT),
    default=PIXEL_LIMIT,
    show_default=True,
    help="Pixels of the largest picture to unpack.",
)
@click.option("--fix-list", type=file_option, help="Write the files that the cures move away.")
@click.option("--html", type=file_option, help="Write the report as a page with the pictures.")
@data_home_option
@json_option
def command(
    data: str,
    quick: bool,
    size: str | None,
    pixel_limit: int,
    fix_list: Path | None,
    html: Path | None,
    data_home: Path | None,
    as_json: bool,
) -> None:
    """Examine DATA and say what is wrong with it, what that does to training, and the cure.

    DATA is a folder or a known data set; left out, the embedded sample. Nothing is ever moved,
    changed or deleted. Ends with 2 where training would refuse the data, else with 0.
    """
    wanted = None if size is None else parse_size(size)
    if html is not None:
        check_output(html, "--html", (".html",))
        _check_outside(html, "--html", data)
    if fix_list is not None:
        check_output(fix_list, "--fix-list", (fix_list.suffix.lower(),))
        _check_outside(fix_list, "--fix-list", data)
    with _progress() as told:
        report = examine(
            data,
            quick=quick,
            size=wanted,
            pixel_limit=pixel_limit,
            data_home=data_home,
            progress=told,
        )
    if as_json:
        print_json(report.to_json())
    else:
        _print(report)
    if fix_list is not None:
        for line in write_fix_list(report, fix_list):
            click.echo(line, err=as_json)
    if html is not None:
        page = importlib.import_module("lenswork.look.doctor_page")
        page.write_page(report, html)
        click.echo(f"written to {html}", err=as_json)
    if report.refused:
        click.get_current_context().exit(2)


def write_fix_list(report: Report, path: Path) -> list[str]:
    """Write the files that the cures move away, as paths from the data's folder.

    One a line, as the bytes that their names are; where a name holds a line break, each ends in a
    zero byte in place of it. Gives what there is to say, with a command that moves them.
    """
    place = report.location
    files = [report.paths[name] for name in report.move() if name in report.paths]
    if place is None or not files:
        write_bytes(path, b"")
        return [f"no file is to be moved: {path} is empty"]
    names = [os.fsencode(file.relative_to(place)) for file in files]
    end = b"\0" if any(b"\n" in name for name in names) else b"\n"
    write_bytes(path, b"".join(name + end for name in names))
    aside = path.resolve().parent / "aside"
    mark = ", each ended by a zero byte" if end == b"\0" else ""
    count = f"{counted(len(files), 'file', 'files')} to move in {path}{mark}"
    them = "it" if len(files) == 1 else "them"
    move = _move_listed(place.resolve(), path.resolve(), quoted(aside), zero=end == b"\0")
    return [f"{count}; this moves {them} to {quoted(aside)}:", f"  {move}"]


def _move_listed(data: Path, listed: Path, aside: str, *, zero: bool) -> str:
    """The shell command that moves what is listed; not every shell can read up to a zero byte."""
    to = '"$0"' if zero else aside
    move = f'mkdir -p {to}/"$(dirname -- "$f")" && mv -n -- "$f" {to}/"$f"'
    each = f"while IFS= read -r f; do {move}; done"
    if zero:
        each = f"xargs -0 sh -c {shlex.quote(f'for f do {move}; done')} {aside}"
    return f"cd {quoted(data)} && {each} < {quoted(listed)}"


def _check_outside(path: Path, option: str, data: str) -> None:
    """Refuse to write into the data, which training reads and the list's command moves."""
    folder = Path(os.path.realpath(typed(data)))  # `resolve` raises for a link in a circle
    if folder.is_dir() and path.resolve().is_relative_to(folder):
        raise UsageError(f"{option}: {path} lies in the data; give a path outside {data}")


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    """A bar on standard error, if that is a terminal, for pictures done and all pictures."""
    console = Console(stderr=True)
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TextColumn("{task.completed:,.0f}/{task.total:,.0f}"),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    with bar:
        task = bar.add_task("looking at pictures", total=None, visible=False)

        def told(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total, visible=True)
            if done == total:  # what comes now is quick but for very many pictures
                bar.update(task, description="comparing them")

        yield told


def _print(report: Report) -> None:
    click.echo(_heading(report))
    width = min(100, Console().width) if sys.stdout.isatty() else 100
    for finding in report.findings:
        click.echo()
        for line in _lines(finding, width):
            click.echo(line)
    click.echo()
    click.echo(_summary(report))
    click.echo(f"looked at {report.looked_at}, in {report.seconds:.1f} s")


def _heading(report: Report) -> str:
    sizes = ", ".join(
        f"{sum(report.pictures[split].values()):,} {split}"
        for split in SPLIT_NAMES
        if split in report.pictures
    )
    classes = len(report.classes)
    if not any(sum(counts.values()) for counts in report.pictures.values()):
        return f"{report.name}: no pictures where training looks for them"
    return f"{report.name}: {classes} class{'' if classes == 1 else 'es'}, {sizes}"


def _lines(finding: Finding, width: int) -> Iterator[str]:
    """Title, files, meaning and cure; commands are left whole, to be copied."""
    head = click.style(f"{finding.severity:<{MARGIN}}", fg=COLOURS[finding.severity], bold=True)
    title, *rest = _wrapped(finding.title, width - MARGIN)
    yield head + click.style(title, bold=True)
    yield from (" " * MARGIN + click.style(line, bold=True) for line in rest)
    for group in finding.groups[:SHOWN_FILES]:
        yield " " * (MARGIN + 2) + _one_line(group, width - MARGIN - 2)
    if (more := len(finding.groups) - SHOWN_FILES) > 0:
        yield " " * (MARGIN + 2) + click.style(f"and {more:,} more", dim=True)
    yield from (" " * MARGIN + line for line in _wrapped(finding.meaning, width - MARGIN))
    first, *others = _cure_lines(finding.cure, width - MARGIN - len(CURE))
    yield " " * MARGIN + click.style(CURE, fg="green") + first
    yield from (" " * (MARGIN + len(CURE)) + line for line in others)


def _cure_lines(cure: str, width: int) -> Iterator[str]:
    for line in cure.splitlines():
        if line.startswith(COMMANDS):
            yield visible(line, lines=False)
        else:
            yield from _wrapped(line, width)


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(visible(text, lines=False), width, break_on_hyphens=False)


def _one_line(group: Sequence[str], width: int) -> str:
    """The first names of a group, as many as fit, and how many more."""
    names = [visible(name, lines=False) for name in group[:SHOWN_OF_A_GROUP]]
    while len(names) > 1 and len("  ".join(names)) + len(" and 1,000 more") > width:
        names.pop()
    more = len(group) - len(names)
    return "  ".join(names) + (f" and {more:,} more" if more else "")


def _summary(report: Report) -> str:
    if not report.findings:
        return click.style("nothing found", fg="green")
    counts = {severity: report.count(severity) for severity in SEVERITIES}
    said = ", ".join(f"{count} {severity}" for severity, count in counts.items() if count)
    return f"{said}: training " + ("refuses this data" if report.refused else "takes this data")
