"""Looking inside: three pictures by layers, and every channel for a picture of one's own."""

from collections.abc import Mapping

from lenswork.data.open import open_data
from lenswork.look.grid import all_channel_maps
from lenswork.look.pictures import part_of, some_pictures
from notes.desk import Desk
from notes.made import write_picture
from notes.part import Drawn, Found, Part, Table
from notes.tables import conditions_of_runs

NETS = {  # run -> what it is trained on in full, and its words in the short form
    "mnist": (
        "mnist --preset conv-32x2 --recipe notes --epochs 3",
        "mnist --preset conv-32x2 --recipe notes --epochs 1 --train-pictures 3000",
    ),
    "fashion": (
        "fashion-mnist --preset conv-32x2 --recipe notes --epochs 3 --validation 0.1",
        "fashion-mnist --preset conv-32x2 --recipe notes --epochs 1 --train-pictures 3000",
    ),
    "horses": (
        "horses-or-humans --preset horses-150 --recipe notes --epochs 8",
        "horses-or-humans --preset horses-150 --recipe notes --epochs 2",
    ),
}
PICTURES = {"mnist": "0,7,26", "fashion": "0,7,26", "horses": "0,23,28"}  # the notes' own numbers
OWN = "own-picture.png"
OWN_PLACE = 130  # of the validation pictures: a human


def measure(desk: Desk) -> Found:
    """Draw what the notes draw, of three networks, and count the channels that are dead."""
    train_missing(desk)
    shown, figures = [], []
    for name, numbers in PICTURES.items():
        file = f"notes-maps-{name}.png"
        line = f"look {name} --pictures {numbers} --channel 1 --out {file}"
        shown.append(desk.lenswork(line))
        caption = f"Run {name}: pictures {numbers} by its first four layers, channel 1."
        figures.append(Drawn(desk.drawn(file), caption))
    own = write_picture(
        open_data("horses-or-humans"), "validation", OWN_PLACE, desk.folder("own") / OWN
    )
    file = "notes-every-channel.png"
    line = f"look horses --image {own.resolve()} --all-channels --layers 1,2,3,4 --out {file}"
    shown.append(desk.lenswork(line))
    caption = f"Every channel of four layers of run horses, for {OWN}; dead ones say so."
    figures.append(Drawn(desk.drawn(file), caption))
    dead = {name: dead_channels(desk, name) for name in NETS}
    return Found(
        verdicts=(_verdict(dead),),
        shown=tuple(shown),
        conditions=conditions_of_runs([desk.run(name) for name in NETS]),
        figures=tuple(figures),
        tables=(_table(dead),),
        facts={"dead": dead},
    )


def train_missing(desk: Desk) -> None:
    """Train the three networks that are looked at, unless they are there."""
    for name, (full, short) in NETS.items():
        if not desk.has(name):
            desk.trained(name, short if desk.short else full)


def dead_channels(desk: Desk, name: str) -> dict[str, tuple[int, int]]:
    """Of each convolution and pooling layer: channels that are 0 all over a picture, and all.

    The picture is the first that the notes look at.
    """
    run = desk.run(name)
    preprocess = run.classifier.contract.preprocess
    [shown] = some_pictures(part_of(run), [0], run.classes, preprocess)
    maps = all_channel_maps(run.classifier, shown)
    return {
        layer.name: (len(layer.dead), len(layer.numbers))
        for layer in maps.layers
        if layer.vector is None
    }


def _verdict(dead: Mapping[str, Mapping[str, tuple[int, int]]]) -> str:
    counts = [pair for layers in dead.values() for pair in layers.values()]
    none, every = sum(pair[0] for pair in counts), sum(pair[1] for pair in counts)
    return (
        f"Of {every} maps of the first picture's layers in the three networks {none} are 0 "
        "everywhere, so the usual code, which divides by a map's standard deviation, would divide "
        "by 0 there; here they are drawn as dead."
    )


def _table(dead: Mapping[str, Mapping[str, tuple[int, int]]]) -> Table:
    rows = tuple(
        (name, layer, str(zero), str(every))
        for name, layers in dead.items()
        for layer, (zero, every) in layers.items()
    )
    return Table("Picture 0, channel by channel:", ("run", "layer", "dead", "channels"), rows)


PART = Part(
    name="inside",
    title="Looking inside",
    question="What do the layers see?",
    rows=("three pictures by layers", "every channel of one's own picture", "dead filters"),
    said="three test pictures (0, 7 and 26; of horses and humans 0, 23 and 28) by the first four "
    'convolutions and poolings, one channel, in the colours "inferno"; for a picture that one '
    "uploads every channel of every layer, with a division by a standard deviation that is 0 for a "
    "dead filter.",
    measure=measure,
)
