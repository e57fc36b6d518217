"""Suspect labels as a contact sheet."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from lenswork.kinds import Picture
from lenswork.look.contact_sheet import Block, Caption, contact_sheet
from lenswork.look.labels import Suspects


def suspects_blocks(
    suspects: Suspects, ids: Sequence[str], classes: Sequence[str], most: int = 40
) -> list[Block]:
    """The `most` suspect labels, likeliest to be wrong first, all in one block."""
    captions = tuple(
        Caption(number, f"{classes[given]} → {classes[seen]}?", ids[number])
        for number, given, seen in zip(
            suspects.numbers[:most].tolist(), suspects.given, suspects.seen, strict=False
        )
    )
    return [Block("label → what it seems to be", captions)] if captions else []


def suspects_sheet(
    suspects: Suspects, blocks: Sequence[Block], pictures: Sequence[Picture], title: str
) -> Figure:
    """A contact sheet of suspect labels; `pictures` as `numbers_of(blocks)` orders them."""
    note = (
        f"{len(pictures):,} of {len(suspects):,} suspects among {suspects.pictures:,} pictures, "
        "likeliest to be wrong first, by networks that had not seen them (confident learning); "
        "below each picture its id"
    )
    return contact_sheet(f"Suspected wrong labels: {title}", note, blocks, pictures)
