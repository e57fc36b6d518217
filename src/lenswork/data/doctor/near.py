"""Pictures that are nearly the same: found by their hashes, confirmed by a small copy of each.

A hash alone would find thousands of similar digits; what is reported are pictures whose small
copies correlate as only a saved-again, resized, brightened or trimmed copy does.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lenswork.data.doctor.facts import Facts
from lenswork.data.doctor.measures import HASH_BITS, KEPT_COLOURS, Hashes

MOST_BITS = 7  # that the hashes of a picture and of its trimmed copy differ in
BANDS = 4
BAND_BITS = HASH_BITS // BANDS
LEAST_CONTRAST = 0.02  # standard deviation of 0 to 1: below it there is nothing to compare
# The likest two different digits of MNIST's 10,000 x 60,000 pairs reach 0.992 at their own size;
# larger pictures show more in their small copy, and are trimmed, which alignment cannot quite undo
LEAST_CORRELATION = 0.997
LEAST_ALIGNED = 0.99
LEAST_UNALIGNED = 0.9  # below it alignment is not tried
MOST_TRIMMED = 1.0  # pixels of the small copy, 3% of the picture's side
ALIGNED_FROM = 64  # pixels of the shorter side: smaller pictures are not trimmed by a few pixels
MOST_CHROMA = 12.0  # of 255, mean difference of colour without brightness
PAIRS_AT_ONCE = 8192
PAIRS_PROBED_AT_ONCE = 1 << 20
MOST_PROBED = 1_000_000_000  # pairs, half a minute: only a set of nothing but one scene has more

Indices = NDArray[np.int64]


@dataclass(frozen=True)
class NearPairs:
    """Pairs (first, second) of pictures that are nearly the same, (pairs,) each.

    `correlation` is that of their small copies. `complete` is False where the search was given
    up because the hashes of nearly all pictures are alike.
    """

    first: Indices
    second: Indices
    correlation: NDArray[np.float32]
    complete: bool = True

    def __len__(self) -> int:
        return len(self.first)


def near_pairs(first: Sequence[Facts], second: Sequence[Facts] | None = None) -> NearPairs:
    """The near-duplicates between two lists, or within one when `second` is None.

    Pictures with the same pixels are no near-duplicates of each other.
    """
    within = second is None
    others = first if second is None else second
    a, b = _usable(first), _usable(others)
    found: list[tuple[Indices, Indices, NDArray[np.float32]]] = []
    left = MOST_PROBED
    hashes = _hashes(first, a), _hashes(others, b)
    for probed, i, j in probe(*hashes):
        left -= probed
        if left < 0:
            break
        i, j = a[i], b[j]
        if within:
            i, j = i[i < j], j[i < j]
        for start in range(0, len(i), PAIRS_AT_ONCE):
            some_i, some_j = i[start : start + PAIRS_AT_ONCE], j[start : start + PAIRS_AT_ONCE]
            found.append(_confirmed(first, others, some_i, some_j))
    if not found:
        none = np.zeros(0, np.int64)
        return NearPairs(none, none, np.zeros(0, np.float32), left >= 0)
    columns = [np.concatenate(column) for column in zip(*found, strict=True)]
    order = np.argsort(-columns[2], kind="stable")
    return NearPairs(columns[0][order], columns[1][order], columns[2][order], left >= 0)


def probe(
    first: Hashes, second: Hashes, most_bits: int = MOST_BITS
) -> Iterator[tuple[int, Indices, Indices]]:
    """All pairs of hashes that differ in at most `most_bits` (up to 7), each once, in blocks.

    Gives the number of pairs that were compared, and the pairs. Multi-index hashing (Norouzi,
    Punjani and Fleet 2012, "Fast search in Hamming space with multi-index hashing"): of four
    bands of 16 bits at least one differs in at most one bit, so that 17 look-ups a band in a
    sorted table find them all.
    """
    flips = np.array([0, *(1 << bit for bit in range(BAND_BITS))], np.int64)
    for band in range(BANDS):
        keys = _band(second, band)
        order = np.argsort(keys, kind="stable")
        starts = np.searchsorted(keys[order], np.arange((1 << BAND_BITS) + 1))
        wanted = _band(first, band)
        for flip in flips:
            key = wanted ^ flip
            counts = starts[key + 1] - starts[key]
            for rows in _blocks(counts):
                i, place = _expanded(counts[rows], starts[key[rows]])
                i, j = i + rows.start, order[place]
                different = first[i] ^ second[j]
                keep = np.bitwise_count(different) <= most_bits
                for earlier in range(band):  # that pair was found there
                    keep &= np.bitwise_count(_band(different, earlier)) > 1
                yield len(i), i[keep], j[keep]


def _band(hashes: Hashes, band: int) -> Indices:
    mask = np.uint64((1 << BAND_BITS) - 1)
    return ((hashes >> np.uint64(band * BAND_BITS)) & mask).astype(np.int64)


def _blocks(counts: Indices) -> Iterator[slice]:
    """Rows whose counts together are about what memory should hold."""
    ends = np.cumsum(counts)
    start = 0
    while start < len(counts):
        before = ends[start - 1] if start else 0
        stop = int(np.searchsorted(ends, before + PAIRS_PROBED_AT_ONCE, side="right"))
        stop = max(stop, start + 1)
        if ends[stop - 1] > before:
            yield slice(start, stop)
        start = stop


def _expanded(counts: Indices, starts: Indices) -> tuple[Indices, Indices]:
    """For each row as often as it counts: its number, and the places from its start on."""
    rows = np.repeat(np.arange(len(counts)), counts)
    within = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
    return rows, starts[rows] + within


def _hashes(facts: Sequence[Facts], use: Indices) -> Hashes:
    return np.array([facts[at].hash for at in use], np.uint64)


def _usable(facts: Sequence[Facts]) -> Indices:
    """The pictures that have something to compare: not those of one even colour."""
    return np.array(
        [at for at, one in enumerate(facts) if one.measures[1] >= LEAST_CONTRAST], np.int64
    )


def _confirmed(
    first: Sequence[Facts], second: Sequence[Facts], i: Indices, j: Indices
) -> tuple[Indices, Indices, NDArray[np.float32]]:
    a = np.frombuffer(b"".join(first[at].square for at in i), np.uint8).reshape(len(i), -1)
    b = np.frombuffer(b"".join(second[at].square for at in j), np.uint8).reshape(len(j), -1)
    left, right = _centred(a), _centred(b)
    correlation = np.einsum("ij,ij->i", left, right) / np.sqrt(
        np.einsum("ij,ij->i", left, left) * np.einsum("ij,ij->i", right, right)
    )
    large = [
        at
        for at in np.flatnonzero(correlation >= LEAST_UNALIGNED)
        if min(_shorter(first[i[at]]), _shorter(second[j[at]])) >= ALIGNED_FROM
    ]
    least = np.full(len(i), LEAST_CORRELATION)
    least[large] = LEAST_ALIGNED
    unlike = [at for at in large if correlation[at] < LEAST_ALIGNED]
    if unlike:
        correlation[unlike] = aligned_correlation(left[unlike], right[unlike])
    keep = [
        at
        for at in np.flatnonzero(correlation >= least)
        if first[i[at]].digest != second[j[at]].digest
        and _chroma(first[i[at]], second[j[at]]) <= MOST_CHROMA
    ]
    return i[keep], j[keep], correlation[keep]


def aligned_correlation(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float32]:
    """The correlation of pairs of centred squares, (pairs, side * side), once they are aligned.

    To first order a trimmed copy is the picture plus its slope times the shift of each place,
    which grows evenly from side to side: a least-squares fit of six numbers (Lucas and Kanade
    1981, "An iterative image registration technique"). 0 where it would shift by more than
    MOST_TRIMMED.
    """
    count, side = len(a), round(a.shape[1] ** 0.5)
    pictures = a.reshape(count, side, side)
    down, right = (_slope(pictures, axis) for axis in (1, 2))
    place = np.linspace(-1, 1, side, dtype=np.float32)
    columns: list[NDArray[np.float32]] = [
        pictures,
        np.ones_like(pictures),
        down,
        down * place[:, None],
        right,
        right * place,
    ]
    design = np.stack(columns, axis=-1).reshape(count, side * side, len(columns))
    turned = design.transpose(0, 2, 1)  # (pairs, 6, side * side)
    normal = turned @ design
    ridge = np.eye(len(columns)) * (np.trace(normal, axis1=1, axis2=2)[:, None, None] * 1e-7 + 1e-6)
    fit = np.linalg.solve(normal + ridge, turned @ b[..., None])
    rest = b - (design @ fit)[..., 0]
    explained = 1 - np.square(rest).sum(axis=1) / np.square(b).sum(axis=1)
    gain = np.maximum(fit[:, 0, 0], 1e-3)
    shift = (
        np.maximum(
            np.abs(fit[:, 2, 0]) + np.abs(fit[:, 3, 0]), np.abs(fit[:, 4, 0]) + np.abs(fit[:, 5, 0])
        )
        / gain
    )
    fits: NDArray[np.bool_] = (shift <= MOST_TRIMMED) & (fit[:, 0, 0] > 0)
    return np.where(fits, np.sqrt(explained.clip(0, 1)), 0).astype(np.float32)


def _slope(pictures: NDArray[np.float32], axis: int) -> NDArray[np.float32]:
    return np.asarray(np.gradient(pictures, axis=axis), np.float32)


def _centred(squares: NDArray[np.uint8]) -> NDArray[np.float32]:
    values = squares.astype(np.float32)
    values -= values.mean(axis=1, keepdims=True)
    return values


def _shorter(facts: Facts) -> int:
    return min(facts.width, facts.height)


def _chroma(first: Facts, second: Facts) -> float:
    """How far two pictures' colours are apart, brightness left out, of 255."""
    shape = (KEPT_COLOURS, KEPT_COLOURS, 3)
    pair = [np.frombuffer(one.colours, np.uint8).reshape(shape) for one in (first, second)]
    a, b = (one - one.mean(axis=2, keepdims=True) for one in pair)
    return float(np.abs(a - b).mean())
