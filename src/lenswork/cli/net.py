"""`lenswork net`: a net before it is trained."""

import re

import click
from rich.table import Table

from lenswork.cli.options import json_option, print_json, table_console
from lenswork.errors import UsageError
from lenswork.model.describe import Description, describe, format_bytes
from lenswork.model.presets import PRESETS
from lenswork.model.shapes import format_shape


@click.command()
@click.argument("net", required=False)
@click.option("--input", "input_shape", metavar="HxWxC", help="The input, such as 28x28x1.")
@click.option("--outputs", type=click.IntRange(1, 100_000), help="What `classes` stands for.")
@click.option("--presets", is_flag=True, help="List the nets that have a name.")
@json_option
def command(
    net: str | None, input_shape: str | None, outputs: int | None, presets: bool, as_json: bool
) -> None:
    """Show what a NET would be: shapes, parameters, work, memory and sight of every layer.

    NET is a line of text such as "conv 32, pool, flatten, dense 128, dense classes" or the
    name of a preset.
    """
    if presets:
        _list_presets(as_json)
        return
    if net is None:
        raise UsageError(
            "give a net, such as 'conv 32, pool, flatten, dense classes', or --presets"
        )
    preset = PRESETS.get(net)
    shape = parse_shape(input_shape) if input_shape else (28, 28, 1)
    if preset and not input_shape:
        shape = preset.input_shape
    count = outputs or (preset.outputs if preset else 10)
    description = describe(net, shape, count)
    if as_json:
        print_json(description.as_dict())
    else:
        _print(description)


def parse_shape(text: str) -> tuple[int, int, int]:
    """(height, width, channels) from "28x28x1"; raises `UsageError`."""
    match = re.fullmatch(r"([0-9]{1,5})x([0-9]{1,5})x([0-9]{1,5})", text.strip().lower())
    if match is None:
        raise UsageError(f"--input must be HEIGHTxWIDTHxCHANNELS such as 28x28x1, got {text!r}")
    height, width, channels = (int(side) for side in match.groups())
    if not (min(height, width) >= 1 and max(height, width) <= 4096 and channels in (1, 3)):
        raise UsageError(f"--input needs sides of 1 to 4096 and 1 or 3 channels, got {text!r}")
    return height, width, channels


def _print(description: Description) -> None:
    table = Table(box=None, header_style="bold", pad_edge=False, show_edge=False)
    for name in ("layer", "output"):
        table.add_column(name, no_wrap=True)
    for name in ("parameters", "multiply-adds", "memory", "sees"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("why this size", style="dim", overflow="fold")
    table.add_row("input", format_shape(description.input_shape), "", "", "", "1x1", "")
    for cells in description.cells():
        table.add_row(*cells)
    console = table_console()
    console.print(table)
    console.print(
        f"\n{description.parameters:,} parameters, {description.multiply_adds:,} multiply-adds and "
        f"{format_bytes(description.activation_bytes)} of feature maps a picture"
    )


def _list_presets(as_json: bool) -> None:
    rows = {
        name: describe(preset.net, preset.input_shape, preset.outputs)
        for name, preset in PRESETS.items()
    }
    if as_json:
        print_json({name: row.as_dict() for name, row in rows.items()})
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("preset", no_wrap=True)
    table.add_column("input", no_wrap=True)
    table.add_column("parameters", justify="right", no_wrap=True)
    table.add_column("net", overflow="fold")
    for name, row in rows.items():
        table.add_row(name, format_shape(row.input_shape), f"{row.parameters:,}", row.net)
    table_console().print(table)
