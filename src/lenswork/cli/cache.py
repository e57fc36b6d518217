"""`lenswork cache`: the decoded pictures that are kept on disk."""

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from rich.filesize import decimal
from rich.table import Table

from lenswork.amounts import counted
from lenswork.cli.options import json_option, print_json, table_console
from lenswork.cli.pictures_bar import pictures_bar
from lenswork.data.cache.check import Checked, check_entry
from lenswork.data.cache.entry import Entry
from lenswork.data.cache.home import (
    VARIABLE,
    cache_folder,
    entries_in,
    remove_leftovers,
    size_limit,
    size_of,
)
from lenswork.data.cache.write import remove_entry
from lenswork.errors import UsageError

DAY_SECONDS = 86_400
KEY_SHOWN = 8  # digits of a key, which tell entries apart
OTHERS_SHOWN = 10


@click.group(name="cache")
def command() -> None:
    """Look after the decoded pictures that are kept on disk."""


@command.command(name="list")
@json_option
def list_entries(as_json: bool) -> None:
    """List what is kept.

    Each entry has the pictures of one part of a data set under one preprocessing: how many there
    are, their size on the disk, when they were used last, how they were brought to size, and
    where they came from.
    """
    folder = _folder()
    entries = entries_in(folder)
    if as_json:
        facts = [_facts(entry) for entry in entries]
        print_json({"folder": str(folder), "limit_bytes": size_limit(folder), "entries": facts})
        return
    if entries:
        table_console().print(_table(entries))
        click.echo()
    total = sum(size_of(entry) for entry in entries)
    click.echo(
        f"{_counted(entries)}, {decimal(total)} of at most {decimal(size_limit(folder))}, "
        f"in {folder}"
    )


@command.command(name="clear")
@click.option(
    "--older-than",
    "days",
    type=click.FloatRange(min=0),
    help="Only what has not been used for so many days.",
    metavar="DAYS",
)
@json_option
def clear(days: float | None, as_json: bool) -> None:
    """Remove what is kept.

    It is decoded again when it is needed. A training that is reading from it goes on undisturbed.
    """
    folder = _folder()
    latest = time.time() - (days or 0) * DAY_SECONDS
    chosen = [one for one in entries_in(folder) if days is None or one.last_used < latest]
    sizes = {one: size_of(one) for one in chosen}
    removed = [one for one in chosen if remove_entry(one.folder)]
    remove_leftovers(folder)
    freed = sum(sizes[one] for one in removed)
    if as_json:
        print_json({"removed": [one.facts.key for one in removed], "freed_bytes": freed})
    else:
        click.echo(f"removed {_counted(removed)}, {decimal(freed)}, from {folder}")
    if len(removed) < len(chosen):
        click.echo(f"could not remove {_counted(chosen[len(removed) :])}", err=True)


@command.command(name="verify")
@json_option
@click.pass_context
def verify(context: click.Context, as_json: bool) -> None:
    """Compare what is kept with its files.

    Every row and every file is compared with what was noted when it was decoded. This finds what
    a training cannot see in passing: a file whose bytes were changed while its size and time
    stayed, and rows that the disk has damaged. Such entries are removed, and the exit code is 1.
    """
    folder = _folder()
    checked = []
    for entry in entries_in(folder):
        with pictures_bar(f"checking {entry.facts.key[:KEY_SHOWN]}") as told:
            checked.append(check_entry(entry, told))
    wrong = [one for one in checked if not one.right]
    for one in wrong:
        remove_entry(one.entry.folder)
    if as_json:
        print_json([_verdict(one) for one in checked])
    else:
        for one in checked:
            click.echo(_said(one))
        click.echo(f"{_counted([one.entry for one in checked])} checked in {folder}")
    context.exit(1 if wrong else 0)


def _folder() -> Path:
    folder = cache_folder()
    if folder is None:
        raise UsageError(f"the cache is off, as {VARIABLE} says: unset {VARIABLE} to look at it")
    return folder


def _table(entries: list[Entry]) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("entry", no_wrap=True)
    table.add_column("pictures", justify="right", no_wrap=True)
    table.add_column("size", justify="right", no_wrap=True)
    table.add_column("last used", no_wrap=True)
    table.add_column("brought to", overflow="fold")
    table.add_column("from", overflow="fold")
    for entry in entries:
        facts = entry.facts
        count = f"{facts.count:,}" if facts.complete else f"{facts.filled:,} of {facts.count:,}"
        table.add_row(
            facts.key[:KEY_SHOWN],
            count,
            decimal(size_of(entry)),
            f"{datetime.fromtimestamp(entry.last_used):%Y-%m-%d %H:%M}",
            facts.pixels.partition(", decoder")[0],
            facts.place,
        )
    return table


def _facts(entry: Entry) -> dict[str, Any]:
    facts = entry.facts
    return {
        "key": facts.key,
        "pictures": facts.count,
        "decoded": facts.filled,
        "bytes": size_of(entry),
        "shape": facts.shape,
        "preprocessing": facts.pixels,
        "from": facts.place,
        "made_at": facts.made_at,
        "last_used": datetime.fromtimestamp(entry.last_used, UTC).isoformat(timespec="seconds"),
    }


def _verdict(one: Checked) -> dict[str, Any]:
    return {
        "key": one.entry.facts.key,
        "from": one.entry.facts.place,
        "rows": one.rows,
        "right": one.right,
        "damaged_rows": one.damaged,
        "files_with_other_bytes": one.other_bytes,
        "files_gone_or_changed": one.left,
    }


def _said(one: Checked) -> str:
    facts = one.entry.facts
    lines = [f"{facts.key[:KEY_SHOWN]}  {counted(facts.count, 'picture')} of {facts.place}: "]
    if one.right:
        lines[0] += "right"
    if one.damaged:
        are = "row is not as it was" if one.damaged == 1 else "rows are not as they were"
        lines[0] += f"{one.damaged:,} {are} written; removed"
    elif one.other_bytes:
        lines[0] += (
            counted(len(one.other_bytes), "file has", "files have")
            + " the same size and time but other bytes than what was decoded; the entry is "
            "removed, so that the next training decodes again"
        )
    lines += [f"  {name}" for name in one.other_bytes[:OTHERS_SHOWN]]
    if len(one.other_bytes) > OTHERS_SHOWN:
        lines.append(f"  and {len(one.other_bytes) - OTHERS_SHOWN:,} more")
    if one.left:
        are = counted(one.left, "file is", "files are")
        changed = "has" if one.left == 1 else "have"
        lines.append(f"  {are} not there any more or {changed} been changed since")
    return "\n".join(lines)


def _counted(entries: list[Entry]) -> str:
    return f"{len(entries)} {'entry' if len(entries) == 1 else 'entries'}"
