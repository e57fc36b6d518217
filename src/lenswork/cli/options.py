"""Options that several commands share."""

import json
from pathlib import Path

import click
from rich.console import Console

from lenswork.record.json_ready import json_ready

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


def print_json(value: object) -> None:
    """Print a value as JSON to standard output."""
    click.echo(json.dumps(json_ready(value), indent=2, default=str, allow_nan=False))


def table_console() -> Console:
    """Where tables go: as wide as the terminal, or as wide as they need in a file or pipe."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=200)
