"""`lenswork look`: what a network makes of pictures."""

from pathlib import Path
from typing import Any, get_args

import click
from click.core import ParameterSource

from lenswork.cli.look_subject import FIRST_PICTURES
from lenswork.cli.look_views import VIEWS, Looked, View
from lenswork.cli.options import data_home_option, home_option, json_option, print_json
from lenswork.cli.outputs import check_output
from lenswork.errors import UsageError
from lenswork.kinds import SPLIT_NAMES
from lenswork.look.attribution_methods import METHODS
from lenswork.look.feature_maps import Scale, save_arrays
from lenswork.look.forgot import WHATS
from lenswork.record.style import COLOUR_MAPS, save_figure

NUMBERS = ",".join(map(str, FIRST_PICTURES))
EVERYWHERE = {"run", "home", "data_home", "as_json"}  # parameters that every view uses


@click.command()
@click.argument("run", default="last")
@click.option(
    "--pictures", metavar="N,N", help=f"Numbers in the part, from 0 [default: {NUMBERS}]."
)
@click.option("--image", type=click.Path(path_type=Path), help="A picture of your own instead.")
@click.option("--part", type=click.Choice(SPLIT_NAMES), help="Where the pictures are from.")
@click.option(
    "--channel",
    type=int,
    help="Which channel of each layer, or unit of a vector; with --filters, which input channel "
    "[default: 0].",
)
@click.option("--all-channels", is_flag=True, help="Every channel of every layer, one picture.")
@click.option("--layers", metavar="L,L", help="Which layers, by number from 1 or by their words.")
@click.option("--colours", type=click.Choice(list(COLOUR_MAPS)), help="Colours of the maps.")
@click.option("--scale", type=click.Choice(get_args(Scale)), help="One scale a layer, or a map.")
@click.option(
    "--arrays",
    type=click.Path(path_type=Path),
    metavar="FILE.npz",
    help="Also write the maps' numbers: an array a layer, under its name.",
)
@click.option(
    "--filters",
    is_flag=True,
    help="A layer's filters and their strongest patches; writes a second file beside the first, "
    "*-weights.png.",
)
@click.option("--attribution", type=click.Choice(METHODS), help="The pixels that decided.")
@click.option("--class", "class_name", help="For --attribution: which class, not the answer.")
@click.option("--forgot", type=click.Choice(WHATS), help="The answers with a wrong preprocessing.")
@click.option("--sizes", is_flag=True, help="Each layer's output size, derived in words, drawn.")
@click.option("--sees", metavar="LAYER:ROW,COLUMN", help="The receptive field of one number.")
@click.option("--value", metavar="LAYER:CHANNEL,ROW,COLUMN", help="The arithmetic of one number.")
@click.option(
    "--augmented",
    metavar="[WORDS]",
    is_flag=False,
    flag_value="",
    help="Training pictures as training changes them: with the run's own words or these, such as "
    "'flip, turn 10'. RUN may be a folder of pictures or a known data set.",
)
@click.option("--out", type=click.Path(path_type=Path), help="Where the figure goes.")
@home_option
@data_home_option
@json_option
@click.pass_context
def command(
    context: click.Context,
    /,
    run: str,
    home: Path | None,
    data_home: Path | None,
    as_json: bool,
    **asked: Any,
) -> None:
    """Look inside RUN (a name, a folder, `last`, or a classifier's file).

    Without another word: the maps of one channel, pictures by layers, as in the notes. Options
    that a view does not use are refused.
    """
    given = [
        name
        for name in context.params
        if context.get_parameter_source(name) == ParameterSource.COMMANDLINE
    ]
    chosen = _chosen(given)
    _refuse_unused(chosen, given)
    _check_values(chosen, asked)
    looked = VIEWS[chosen].look(run, home, data_home, asked)
    view, name = looked.view, chosen.replace("_", "-")
    figures = _save(view, asked["out"] or Path(f"{looked.name}-{name}.png"))
    arrays = []
    if view.maps is not None and asked["arrays"] is not None:
        save_arrays(view.maps, asked["arrays"])
        arrays.append(asked["arrays"])
    if as_json:
        print_json(_content(looked, name, figures, arrays))
        return
    for line in (*looked.changes, *view.lines):
        click.echo(line)
    for what, files in (("drawn", figures), ("numbers", arrays)):
        for file in files:
            click.echo(f"{what} in {file}")


def _chosen(given: list[str]) -> str:
    """The name of the one view that was asked for."""
    chosen = [name for name in VIEWS if name in given]
    if len(chosen) > 1:
        flags = " and ".join(map(_flag, chosen))
        raise UsageError(f"one look at a time: give {flags} in calls of their own")
    return chosen[0] if chosen else "maps"


def _refuse_unused(chosen: str, given: list[str]) -> None:
    """Raise `UsageError` for an option that the view does not use, naming the views that do."""
    for name in given:
        if name in EVERYWHERE or name in VIEWS or name in VIEWS[chosen].uses:
            continue
        using = [_said(view) for view, kind in VIEWS.items() if name in kind.uses]
        raise UsageError(
            f"{_flag(name)} does nothing in {_said(chosen)}; it is for {', '.join(using)}"
        )


def _check_values(chosen: str, asked: dict[str, Any]) -> None:
    """Raise `UsageError` for values that no view takes, before anything is opened."""
    if asked["image"] is not None and asked["pictures"] is not None:
        raise UsageError("give --pictures or --image, not both")
    if asked["image"] is not None and asked["part"] and not VIEWS[chosen].part_beside_image:
        raise UsageError("give --part or --image, not both: a picture of your own is in no part")
    if asked["channel"] is not None and asked["channel"] < 0:
        raise UsageError(f"--channel: numbers count from 0, got {asked['channel']}")
    if asked["out"] is not None:
        check_output(asked["out"], "--out", spared=asked["image"])
    if asked["arrays"] is not None:
        check_output(asked["arrays"], "--arrays", (".npz",), spared=asked["image"])


def _said(view: str) -> str:
    return "the maps (the look without another word)" if view == "maps" else _flag(view)


def _flag(name: str) -> str:
    return "--class" if name == "class_name" else f"--{name.replace('_', '-')}"


def _content(
    looked: Looked, name: str, figures: list[Path], arrays: list[Path]
) -> dict[str, object]:
    return {
        "view": name,
        "pictures": looked.pictures,
        "content": looked.view.content,
        "figures": [str(file) for file in figures],
        "arrays": [str(file) for file in arrays],
    }


def _save(view: View, out: Path) -> list[Path]:
    files = []
    for name, figure in view.figures.items():
        file = out.with_stem(f"{out.stem}-{name}") if name else out
        save_figure(figure, file)
        files.append(file)
    return files
