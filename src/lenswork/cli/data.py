"""`lenswork data`: which known data sets there are, where they are, and fetching them."""

import json
from pathlib import Path
from typing import Any

import click
from rich.console import Console, JustifyMethod
from rich.filesize import decimal
from rich.table import Table

from lenswork.cli.options import data_home_option, json_option
from lenswork.data.known import KnownSet
from lenswork.data.sources import Location, Search, get, survey

COLUMNS: tuple[tuple[str, JustifyMethod], ...] = (
    ("name", "left"),
    ("pictures", "right"),
    ("classes", "right"),
    ("size", "right"),
    ("to fetch", "right"),
    ("licence", "left"),
)


@click.group(name="data")
def command() -> None:
    """List and fetch the known data sets."""


@command.command(name="list")
@data_home_option
@json_option
def list_sets(data_home: Path | None, as_json: bool) -> None:
    """List the known data sets: size, licence, and where they are on this machine."""
    found = survey(data_home)
    if as_json:
        click.echo(json.dumps([_found_facts(each) for each in found], indent=2))
        return
    Console().print(_table(found))
    click.echo()
    width = max(len(each.known.name) for each in found)
    for each in found:  # not in the table, which would break a long path
        where = each.folder or f"not here: lenswork data get {each.known.name}"
        click.echo(f"{each.known.name:<{width}}  {where}")
        for reason in each.skipped:
            click.echo(f"{'':<{width}}  skipped: {reason}")


@command.command(name="get")
@click.argument("name")
@data_home_option
@json_option
def get_set(name: str, data_home: Path | None, as_json: bool) -> None:
    """Fetch the data set NAME, unless it is here already.

    It goes to the folder --data-home, or else to the user's cache.
    """
    location = get(name, data_home, elsewhere=data_home is None)
    if as_json:
        click.echo(json.dumps(_location_facts(location), indent=2))
        return
    verb = "is now" if location.fetched else "is already"
    click.echo(f"{location.known.name} {verb} in {location.folder}")
    if not location.fetched:
        for reason in location.skipped:
            click.echo(f"skipped: {reason}")


def _table(found: tuple[Search, ...]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading, justify in COLUMNS:
        table.add_column(heading, justify=justify, no_wrap=True)
    for each in found:
        known = each.known
        table.add_row(
            known.name,
            f"{sum(known.pictures.values()):,}",
            str(len(known.classes)),
            f"{known.side}x{known.side}",
            decimal(known.download_bytes) if known.files else "built in",
            known.licence,
        )
    return table


def _facts(known: KnownSet) -> dict[str, Any]:
    return {
        "name": known.name,
        "description": known.description,
        "pictures": dict(known.pictures),
        "classes": list(known.classes),
        "side_pixels": known.side,
        "download_bytes": known.download_bytes,
        "licence": known.licence,
        "attribution": known.attribution,
    }


def _found_facts(found: Search) -> dict[str, Any]:
    folder = None if found.folder is None else str(found.folder)
    return {**_facts(found.known), "location": folder, "skipped": list(found.skipped)}


def _location_facts(location: Location) -> dict[str, Any]:
    return {
        **_facts(location.known),
        "location": str(location.folder),
        "skipped": list(location.skipped),
        "fetched": location.fetched,
    }
