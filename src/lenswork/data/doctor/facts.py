"""The facts of each picture: small numbers, from one reading and one decoding of its file."""

import hashlib
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from lenswork.cores import available_cores
from lenswork.data.decode import PIXEL_LIMIT
from lenswork.data.doctor.finding import Candidate
from lenswork.data.doctor.heard import Heard
from lenswork.data.doctor.measures import (
    MEASURES,
    as_image,
    hashes_of,
    kept_of,
    measures_of,
    square_side,
    squares_of,
    squares_of_many,
)
from lenswork.data.doctor.opened import Opened, Problem, open_picture
from lenswork.data.doctor.same import digest_of, digests_of
from lenswork.kinds import Picture, Pictures, SplitName

FILES_AT_ONCE = 32  # measured together, so that numpy's overhead is shared
PICTURES_AT_ONCE = 1024
ONE_COLOUR_RANGE = 3  # of 255: what a lossy format makes of one colour
MAYBE_ONE_COLOUR = 8  # of 255, in the small square
NO_MEASURES = np.full(len(MEASURES), np.nan, np.float32)

Told = Callable[[int, int], None]  # how many pictures are done, and of how many


@dataclass(frozen=True, slots=True, eq=False)
class Facts:
    """What is known of one picture; about two kilobytes, whatever the size of its file.

    `digest` is the same for pictures with the same pixels and only for those, also in two lossless
    formats, in grey or in colour; `hash` is a perceptual hash of 64 bits, `square`
    and `colours` are what `kept_of` gives, and `measures` what MEASURES names. These are empty
    where training would refuse the file: `problem` is its kind and `error` the sentence. For a
    picture in an array, `format` is "".
    """

    candidate: Candidate
    byte_count: int = 0
    format: str = ""
    mode: str = ""
    width: int = 0
    height: int = 0
    frames: int = 1
    see_through: float = 0.0
    grey_below: float = 0.0
    unwritten: float = 0.0
    orientation: int = 1
    warnings: tuple[str, ...] = ()
    problem: Problem | None = None
    error: str = ""
    one_colour: bool = False
    digest: bytes = b""
    hash: int = 0
    square: bytes = b""
    colours: bytes = b""
    measures: NDArray[np.float32] = field(default_factory=lambda: NO_MEASURES, repr=False)

    @property
    def id(self) -> str:
        """The picture's name for good."""
        return self.candidate.id

    @property
    def split(self) -> SplitName:
        """The part it belongs to."""
        return self.candidate.split

    @property
    def label(self) -> str:
        """Its class."""
        return self.candidate.label

    @property
    def readable(self) -> bool:
        """Whether training can read it."""
        return self.problem is None


def facts_of(
    candidates: Sequence[Candidate],
    *,
    pixel_limit: int = PIXEL_LIMIT,
    size: tuple[int, int] | None = None,
    progress: Told | None = None,
    threads: int | None = None,
) -> list[Facts]:
    """The facts of files, in their order; each is read once and decoded once.

    Only files that look exactly alike are read a second time, to see if they are the same.

    `size` is the network's input, (height, width): measures are taken no finer than it. Threads
    and not processes: Pillow decodes without the interpreter's lock, and processes were no faster.
    """
    side = square_side(size)
    chunks = [
        candidates[start : start + FILES_AT_ONCE]
        for start in range(0, len(candidates), FILES_AT_ONCE)
    ]
    found: list[Facts] = []
    threads = threads or available_cores()
    with Heard() as heard, ThreadPoolExecutor(max_workers=threads) as pool:
        waiting: deque[Future[list[Facts]]] = deque()

        def collect() -> None:
            found.extend(waiting.popleft().result())
            if progress is not None:
                progress(len(found), len(candidates))

        for chunk in chunks:  # never more under way than memory should hold
            waiting.append(pool.submit(_facts_of_chunk, chunk, pixel_limit, side, heard))
            if len(waiting) > 2 * threads:
                collect()
        while waiting:
            collect()
        _tell_apart(found, pixel_limit, pool)
    return found


def facts_of_arrays(
    pictures: Pictures,
    ids: Sequence[str],
    labels: Sequence[str],
    split: SplitName,
    *,
    location: Path,
    size: tuple[int, int] | None = None,
) -> list[Facts]:
    """The facts of pictures in memory, (count, height, width, 1 or 3); `labels` are class names.

    `location` is where their file is.
    """
    side = min(square_side(size), max(8, *pictures.shape[1:3]))
    found: list[Facts] = []
    for start in range(0, len(pictures), PICTURES_AT_ONCE):
        some = np.ascontiguousarray(pictures[start : start + PICTURES_AT_ONCE])
        flat = some.reshape(len(some), -1, some.shape[3])
        even = (np.ptp(flat, axis=1) <= ONE_COLOUR_RANGE).all(axis=1)
        grey, colours = squares_of_many(some, side)
        looks = _looks(grey, colours)
        for at, picture in enumerate(some):
            name = ids[start + at]
            found.append(
                Facts(
                    Candidate(location, name, split, labels[start + at]),
                    byte_count=picture.nbytes,
                    mode="L" if picture.shape[2] == 1 else "RGB",
                    width=picture.shape[1],
                    height=picture.shape[0],
                    one_colour=bool(even[at]),
                    digest=digest_of(picture),
                    **looks[at],
                )
            )
    return found


class _Look(TypedDict):
    hash: int
    square: bytes
    colours: bytes
    measures: NDArray[np.float32]


@dataclass(slots=True)
class _Seen:
    """A file between its decoding and its measures; the pixels are gone already."""

    candidate: Candidate
    opened: Opened
    byte_count: int
    one_colour: bool = False
    grey: Picture | None = None
    colours: Picture | None = None


def _facts_of_chunk(
    candidates: Sequence[Candidate], pixel_limit: int, side: int, heard: Heard
) -> list[Facts]:
    seen = [_look(candidate, pixel_limit, side, heard) for candidate in candidates]
    grey = [one.grey for one in seen if one.grey is not None]
    colours = [one.colours for one in seen if one.colours is not None]
    looks = iter(_looks(np.stack(grey), np.stack(colours)) if grey else ())
    return [_facts(one, None if one.grey is None else next(looks)) for one in seen]


def _looks(grey: Pictures, colours: Pictures) -> list[_Look]:
    """What is computed for many pictures at once, by picture."""
    measures = measures_of(grey, colours)
    squares, small = kept_of(grey, colours)
    hashes = hashes_of(squares).tolist()
    return [
        _Look(hash=value, square=square.tobytes(), colours=few.tobytes(), measures=row)
        for value, square, few, row in zip(hashes, squares, small, measures, strict=True)
    ]


def _look(candidate: Candidate, pixel_limit: int, side: int, heard: Heard) -> _Seen:
    opened = open_picture(candidate.path, pixel_limit, heard)
    seen = _Seen(candidate, opened, len(opened.content))
    if opened.picture is not None:
        seen.grey, seen.colours = squares_of(opened.image or as_image(opened.picture), side)
        seen.one_colour = _one_colour(opened.picture, seen.grey)
    opened.content, opened.picture, opened.image = b"", None, None
    return seen


def _facts(seen: _Seen, look: _Look | None) -> Facts:
    opened = seen.opened
    facts = Facts(
        seen.candidate,
        byte_count=seen.byte_count,
        format=opened.format,
        mode=opened.mode,
        width=opened.width,
        height=opened.height,
        frames=opened.frames,
        see_through=opened.see_through,
        grey_below=opened.grey_below,
        unwritten=opened.unwritten,
        orientation=opened.orientation,
        warnings=opened.warnings,
        problem=opened.problem,
        error=opened.error,
        one_colour=seen.one_colour,
    )
    if look is None:
        return facts
    shape = f"{opened.height} {opened.width} ".encode()
    digest = hashlib.sha256(shape + look["square"] + look["colours"]).digest()
    return replace(facts, digest=digest, **look)


def _tell_apart(found: list[Facts], pixel_limit: int, pool: ThreadPoolExecutor) -> None:
    """Give pictures that look the same, and so have one digest, those of their pixels."""
    alike: dict[bytes, list[int]] = defaultdict(list)
    for at, one in enumerate(found):
        if one.readable and not one.one_colour:
            alike[one.digest].append(at)
    groups = [ats for ats in alike.values() if len(ats) > 1]

    def digests(ats: list[int]) -> list[bytes]:
        return digests_of([found[at].candidate for at in ats], pixel_limit)

    for ats, values in zip(groups, pool.map(digests, groups), strict=True):
        for at, value in zip(ats, values, strict=True):
            found[at] = replace(found[at], digest=value)


def _one_colour(picture: Picture, grey: Picture) -> bool:
    if np.ptp(grey) > MAYBE_ONE_COLOUR:  # nearly always, and much sooner known
        return False
    flat = picture.reshape(-1, picture.shape[2])
    return bool((np.ptp(flat, axis=0) <= ONE_COLOUR_RANGE).all())
