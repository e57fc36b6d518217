"""Options that several commands share."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from lenswork.training.recipe import FieldRow, recipe_fields

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

home_option = click.option(
    "--home",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where runs are kept (LENSWORK_HOME, or ./runs).",
)
data_home_option = click.option(
    "--data-home",
    type=click.Path(path_type=Path),
    help="Where known data sets are looked for first (LENSWORK_DATA).",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def recipe_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """One option a field of the recipe, from the recipe's own table."""
    for row in reversed([row for row in recipe_fields() if row.name != "data"]):
        command = _option(row)(command)
    return command


def print_json(value: object) -> None:
    """Print a value as JSON to standard output."""
    click.echo(json.dumps(value, indent=2, default=str))


def table_console() -> Console:
    """Where tables go: as wide as the terminal, or as wide as they need in a file or pipe."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=200)


def _option(row: FieldRow) -> Decorator:
    flag = "--" + row.name.replace("_", "-")
    if row.kind is bool:
        return click.option(f"{flag}/--no-{flag[2:]}", row.name, default=None, help=_help(row))
    kind: Any = click.Choice(row.choices) if row.choices else row.kind
    metavar = None if row.choices or not row.unit else row.unit.upper()
    return click.option(
        flag, row.name, type=kind, multiple=row.many, metavar=metavar, help=_help(row)
    )


def _help(row: FieldRow) -> str:
    if row.default in (None, ()) or row.many:
        return row.help
    default = {True: "yes", False: "no"}.get(row.default, row.default)  # type: ignore[call-overload]
    return f"{row.help} [default: {default}]"
