"""`lenswork filter`: a hand-made filter and pooling, on any picture."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import get_args

import click
from rich.table import Table

from lenswork.cli.options import json_option, print_json, table_console
from lenswork.cli.outputs import check_output
from lenswork.data.decode import decode_file
from lenswork.errors import UsageError
from lenswork.look.kernels import PRESETS, Kernel, format_number, parse_kernel, parse_number, preset
from lenswork.look.lab import PHOTOGRAPH, Filtered, FilterLab, Padding, PoolMethod, photograph
from lenswork.look.lab_figure import lab_figure, sheet_figure
from lenswork.look.stored import changed_by_reading
from lenswork.record.style import save_figure

ALL = "all"
FIRST = "laplacian"


@click.command()
@click.argument("image", required=False, type=click.Path(path_type=Path))
@click.option("--kernel", metavar="ROWS", help='Its rows, such as "0 1 0 / 1 -4 1 / 0 1 0".')
@click.option(
    "--preset",
    "name",
    metavar="NAME",
    help=f"A known kernel, see --list; `{ALL}` draws one sheet of them. [default: {FIRST}]",
)
@click.option(
    "--weight", default="1", metavar="W", help="Multiplies the sums: 0.5, 1/9. [default: 1]"
)
@click.option("--stride", default=1, show_default=True, help="Pixels from window to window.")
@click.option(
    "--padding",
    type=click.Choice(get_args(Padding)),
    default="none",
    show_default=True,
    help="What is added around the picture, so that it keeps its size.",
)
@click.option("--flip", is_flag=True, help="Turn the kernel by 180°: convolve, not correlate.")
@click.option(
    "--clip/--no-clip",
    default=True,
    show_default=True,
    help="Cut values off at 0 and 255, or show them all with black and white further apart.",
)
@click.option("--pool", default=2, show_default=True, help="Side of the pooling window; 1: none.")
@click.option(
    "--pool-method",
    type=click.Choice(get_args(PoolMethod)),
    default="max",
    show_default=True,
    help="Keep the maximum or the mean of a window.",
)
@click.option("--colour/--grey", help="Filter red, green and blue each, or grey. [default: grey]")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The PNG file to draw [default: PICTURE-PRESET.png in this folder].",
)
@click.option("--list", "listed", is_flag=True, help="List the presets.")
@json_option
def command(
    image: Path | None,
    kernel: str | None,
    name: str | None,
    weight: str,
    stride: int,
    padding: Padding,
    flip: bool,
    clip: bool,
    pool: int,
    pool_method: PoolMethod,
    colour: bool,
    out: Path | None,
    listed: bool,
    as_json: bool,
) -> None:
    """Lay a small kernel on an IMAGE, pool the result, and draw all three side by side.

    Without IMAGE a photograph is taken that comes with lenswork. Networks correlate: the kernel
    is laid on as written; --flip turns it first, which is what mathematics calls a convolution.
    """
    if listed:
        _list_presets(as_json)
        return
    label, kernels = chosen_kernels(kernel, name, parse_number(weight, "--weight"))
    target = _target(out, image, label)
    picture = photograph() if image is None else decode_file(image)
    reading = "" if image is None else changed_by_reading(image)
    results = [
        FilterLab(chosen, stride, padding, flip, clip, pool, pool_method, colour).apply(picture)
        for chosen in kernels
    ]
    figure = sheet_figure(results) if label == ALL else lab_figure(results[0])
    save_figure(figure, target)
    if as_json:
        rows = [as_dict(result) for result in results]
        content = {"kernels": rows} if label == ALL else rows[0]
        read = {"image": str(image or PHOTOGRAPH), "changed_by_reading": reading or None}
        print_json({**read, **content, "out": str(target)})
    else:
        if reading:
            click.echo(f"{image}: {reading}")
        _print(results, target)


def chosen_kernels(text: str | None, name: str | None, weight: float) -> tuple[str, list[Kernel]]:
    """What to call the choice, and its kernels with their weights multiplied by `weight`."""
    if text is not None and name is not None:
        raise UsageError("give --kernel or --preset, not both")
    if text is not None:
        label, kernels = "filter", [parse_kernel(text)]
    elif name == ALL:
        label, kernels = ALL, list(PRESETS.values())
    else:
        kernels = [preset(FIRST if name is None else name)]
        label = kernels[0].name
    return label, [replace(kernel, weight=kernel.weight * weight) for kernel in kernels]


def as_dict(result: Filtered) -> dict[str, object]:
    """The settings, sizes and range of values, for JSON."""
    lab = result.lab
    below, above = result.beyond
    return {
        "kernel": lab.kernel.name,
        "rows": lab.kernel.rows,
        "weight": lab.kernel.weight,
        "stride": lab.stride,
        "padding": lab.padding,
        "flip": lab.flip,
        "clip": lab.clip,
        "pool": lab.pool,
        "pool_method": lab.pool_method,
        "colour": lab.colour,
        "colours": result.colours,
        "sizes": result.sizes,
        "shapes": {
            "given": result.given_shape,
            "original": result.original.shape,
            "filtered": result.filtered.shape,
            "pooled": result.pooled.shape,
        },
        "lowest": float(result.values.min()),
        "highest": float(result.values.max()),
        "below_0": below,
        "above_255": above,
        "scale": result.scale,
    }


def _target(out: Path | None, image: Path | None, label: str) -> Path:
    target = out or Path(f"{Path(image or PHOTOGRAPH).stem}-{label}.png")
    return check_output(target, "--out", spared=image)


def _print(results: Sequence[Filtered], target: Path) -> None:
    if len(results) == 1:
        _print_one(results[0])
    else:
        first = results[0]
        size = first.sizes["original"]
        click.echo(f"{len(results)} kernels on a picture of {size}, {first.colours}")
    click.echo(f"{results[0].lab.manner}\ndrawn in {target}")


def _print_one(result: Filtered) -> None:
    kernel = result.lab.kernel
    rows = Table.grid(padding=(0, 1))
    for cells in kernel.rows:
        rows.add_row(*(format_number(number) for number in cells))
    for column in rows.columns:
        column.justify = "right"
    table = Table.grid(padding=(0, 2))
    table.add_row("kernel", rows)
    table.add_row("", f"{kernel.name}, weight {format_number(kernel.weight)}")
    for name, words in result.sizes.items():
        table.add_row(name, f"{words}, {result.colours}" if name == "original" else words)
    table_console().print(table)
    click.echo(result.effect)


def _list_presets(as_json: bool) -> None:
    if as_json:
        print_json(
            {
                kernel.name: {
                    "rows": kernel.rows,
                    "weight": kernel.weight,
                    "meaning": kernel.meaning,
                }
                for kernel in PRESETS.values()
            }
        )
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for heading in ("preset", "size", "weight"):
        table.add_column(heading, no_wrap=True)
    table.add_column("what it does", overflow="fold")
    table.add_column("kernel", overflow="fold")
    for kernel in PRESETS.values():
        text = kernel.text() if kernel.size <= 3 else ""
        size = f"{kernel.size}x{kernel.size}"
        table.add_row(kernel.name, size, format_number(kernel.weight), kernel.meaning, text)
    table_console().print(table)
