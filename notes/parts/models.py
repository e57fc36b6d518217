"""The nets: exact parameter counts, and the summary that the notes annotate."""

from lenswork.model.describe import Description, describe
from lenswork.model.presets import PRESETS
from lenswork.model.shapes import Shape, format_shape
from notes.desk import Desk
from notes.part import Drawn, Found, Part, Table
from notes.parts.data import conditions_now
from notes.parts.inside import train_missing

NETS = {  # preset -> the parameters that the notes count
    "dense-128": 101_770,
    "dense-512": 407_050,
    "conv-64x2-512": 862_410,
    "conv-64x2": 243_786,
    "conv-32x1": 693_962,
    "conv-32x2": 113_386,
    "conv-32x3": 24_330,
    "horses-300": 40_165_409,
    "horses-300-deep": 1_704_097,
    "horses-150": 9_494_561,
}
FIGURE = "notes-net.png"
SUMMARY: tuple[tuple[Shape, int], ...] = (  # of horses-300, as the notes annotate it
    ((298, 298, 16), 448),
    ((149, 149, 16), 0),
    ((147, 147, 32), 4_640),
    ((73, 73, 32), 0),
    ((71, 71, 64), 18_496),
    ((35, 35, 64), 0),
    ((78_400,), 0),
    ((512,), 40_141_312),
    ((1,), 513),
)


def measure(desk: Desk) -> Found:
    """Count the parameters of all ten nets, and print the annotated one."""
    train_missing(desk)  # one of these nets, whose layers are drawn
    nets = {name: described(name) for name in NETS}
    large = nets["horses-300"]
    same = tuple((row.output_shape, row.parameters) for row in large.rows) == SUMMARY
    return Found(
        verdicts=(
            _agreement(nets),
            (
                f"The summary of the first 300x300 net {'is' if same else 'is not'} the "
                "annotated one, row for row. What looks like a bug at first is the filter that "
                f"must lie wholly on the picture: {large.rows[0].reason}."
            ),
        ),
        shown=(
            desk.lenswork("net horses-300"),
            desk.lenswork(f"look horses --sizes --out {FIGURE}"),
        ),
        conditions=conditions_now(),
        figures=(
            Drawn(desk.drawn(FIGURE), "Each layer's size in words: run horses, 150x150 pixels."),
        ),
        tables=(_table(nets),),
        facts={"parameters": {name: one.parameters for name, one in nets.items()}},
    )


def described(name: str) -> Description:
    """A preset's net, layer by layer."""
    preset = PRESETS[name]
    return describe(preset.net, preset.input_shape, preset.outputs)


def _agreement(nets: dict[str, Description]) -> str:
    others = [name for name, count in NETS.items() if nets[name].parameters != count]
    if others:
        return f"Other counts than in the notes: {', '.join(others)}."
    return f"All {len(NETS)} nets have the parameters that the notes count, to the last one."


def _table(nets: dict[str, Description]) -> Table:
    rows = tuple(
        (
            name,
            one.net,
            format_shape(one.input_shape),
            f"{NETS[name]:,}",
            f"{one.parameters:,}",
        )
        for name, one in nets.items()
    )
    return Table("", ("preset", "net", "input", "in the notes", "here"), rows)


PART = Part(
    name="models",
    title="The nets",
    question="How large are the nets?",
    rows=("ten nets with their parameters", "the annotated summary"),
    said="ten nets, each with its number of parameters; of the first one for 300x300 pictures the "
    "whole summary is annotated, whose shapes shrink by 2 at every convolution.",
    measure=measure,
)
