"""One option a field of the recipe, from the recipe's own table."""

from collections.abc import Callable
from typing import Any

import click

from lenswork.training.recipe import FieldRow, recipe_fields

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def recipe_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """One option a field of the recipe, from the recipe's own table."""
    for row in reversed([row for row in recipe_fields() if row.name != "data"]):
        command = _option(row)(command)
    return command


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
    default = row.default
    if isinstance(default, bool):
        default = "yes" if default else "no"
    return f"{row.help} [default: {default}]"
