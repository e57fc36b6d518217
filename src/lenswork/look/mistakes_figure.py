"""The worst mistakes as a contact sheet, by class pair."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from lenswork.kinds import Picture
from lenswork.look.contact_sheet import Block, Caption, contact_sheet, packed
from lenswork.look.mistakes import ClassPair, Judged, Mistake

NO_BREAK = "\N{NO-BREAK SPACE}"


def mistakes_blocks(pairs: Sequence[ClassPair], most: int) -> list[Block]:
    """At most `most` of the surest mistakes, a block a class pair, frequent pairs first.

    A rarer pair may come earlier where it fills a row. Every pair gets one picture before any
    gets a second; with more pairs than `most`, the most frequent have one each.
    """
    shown = _shares([pair.count for pair in pairs], most)
    blocks = [
        Block(_heading(pair), tuple(_caption(mistake) for mistake in pair.mistakes[:count]))
        for pair, count in zip(pairs, shown, strict=True)
        if count
    ]
    return packed(blocks)


def mistakes_sheet(
    judged: Judged, blocks: Sequence[Block], pictures: Sequence[Picture], pairs: int
) -> Figure:
    """A contact sheet of mistakes; `pictures` as `numbers_of(blocks)` orders them.

    `pairs` is how many class pairs were confused at all.
    """
    wrong = int((judged.truth != judged.answer).sum())
    note = (
        f"{len(pictures):,} of {wrong:,} mistakes among {len(judged):,} {judged.part} pictures, "
        f"{len(blocks):,} of {pairs:,} class pairs (truth → answer, how many of the class), "
        "frequent ones first, and of each the surest mistakes; above each picture the probability "
        "of the wrong answer, below it its id"
    )
    if not wrong:
        note = f"0 of 0 mistakes among {len(judged):,} {judged.part} pictures: all were right"
    return contact_sheet(f"Mistakes of {judged.run}", note, blocks, pictures)


def _shares(counts: Sequence[int], most: int) -> list[int]:
    """`most` places dealt out one by one, round after round, to those that have some left."""
    shares = [0] * len(counts)
    left = min(most, sum(counts))
    while left:
        for place, count in enumerate(counts):
            if left and shares[place] < count:
                shares[place] += 1
                left -= 1
    return shares


def _heading(pair: ClassPair) -> str:
    share = pair.share
    counts = f"{share.correct:,} of {share.n:,}".replace(" ", NO_BREAK)
    return f"{pair.truth} → {pair.answer}, {counts}"


def _caption(mistake: Mistake) -> Caption:
    return Caption(mistake.number, _percent(mistake.confidence), mistake.id)


def _percent(probability: float) -> str:
    """A probability that is not 1 is never written as 100%."""
    text = f"{probability:.1%}"
    return ">99.9%" if text == "100.0%" else text
