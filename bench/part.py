"""What a part of the bench is made of, as data.

Adding a program is adding a `Contender`; adding a table is adding a `Part`. Arguments in
braces are filled in for each measurement (see `rounds.py`).
"""

from dataclasses import dataclass
from typing import Literal

PROJECT = "project"  # the environment that Lenswork itself is installed in


@dataclass(frozen=True)
class Contender:
    """One program that is measured: a script in `peers/`, in an environment of its own.

    With `rounds` it runs in that many of the part's rounds only, spread over them.
    """

    name: str
    what: str
    environment: str  # PROJECT, or NAME for the exact versions in peers/NAME.txt
    script: str
    arguments: tuple[str, ...] = ()
    rounds: int | None = None


@dataclass(frozen=True)
class Measure:
    """One number in the answers of a part; `digits` are those shown after the point."""

    name: str
    title: str
    unit: str = ""
    digits: int = 2


@dataclass(frozen=True)
class Target:
    """A promise about one measure: of one contender, or as a ratio `of` to `to`.

    `fastest` names several instead of `to`: it becomes the one with the smallest median.
    """

    of: str
    measure: str
    at_most: float | None = None
    to: str | None = None
    at_least: float | None = None
    fastest: tuple[str, ...] = ()


@dataclass(frozen=True)
class Pictures:
    """A known data set, decoded at (height, width, channels); `quick` pictures with --quick."""

    data: str
    shape: tuple[int, int, int]
    quick: int = 3_200


@dataclass(frozen=True)
class Work:
    """A net whose training the part times, to set its rate beside that of a matrix product.

    The contender called `matmul` measures the latter; the others answer with `epoch_seconds`.
    """

    net: str  # a preset of Lenswork
    matmul: str = "matmul"


@dataclass(frozen=True)
class Group:
    """Parts that share a heading, an explanation and conditions."""

    title: str
    about: str
    conditions: tuple[str, ...]


@dataclass(frozen=True)
class Part:
    """One table: the contenders that run side by side in every round, and what was promised.

    `rehearsals` are rounds that are run first and thrown away. With `spread` "mean" a figure is
    a mean with its standard deviation, and a ratio is one of means. `agrees` names a measure in
    which the contenders should not differ. `folder` is one of picture files (see `folders.py`).
    """

    name: str
    title: str
    about: str
    conditions: tuple[str, ...]
    contenders: tuple[Contender, ...]
    measures: tuple[Measure, ...]
    targets: tuple[Target, ...]
    rounds: int = 5
    rehearsals: int = 0
    group: str = ""  # a name in GROUPS of `parts.py`
    pictures: Pictures | None = None
    folder: str = ""
    work: Work | None = None
    spread: Literal["median", "mean"] = "median"
    agrees: str | None = None
