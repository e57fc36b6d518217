"""Hand-made filters: read from text, or taken from a table of known ones."""

import difflib
import math
import re
from dataclasses import dataclass
from functools import cached_property
from math import comb

import numpy as np
from numpy.typing import NDArray

from lenswork.errors import UsageError

Rows = tuple[tuple[float, ...], ...]

LARGEST_SIZE = 9
LARGEST_NUMBER = 1_000_000
NEAR_NAMES = 4  # suggested for a name that is none
BLUR_SIZES = (3, 5, 7, 9)
EXAMPLE = '"0 1 0 / 1 -4 1 / 0 1 0"'

_NUMBER = r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
_NUMBER_OR_FRACTION = re.compile(rf"({_NUMBER})(?:/({_NUMBER}))?")


@dataclass(frozen=True)
class Kernel:
    """A square of numbers that is laid on a picture; sums of products are multiplied by `weight`.

    Raises `UsageError` where the rows are not a square of 1 to 9, or a number is beyond a million.
    """

    rows: Rows
    weight: float = 1.0
    name: str = "your kernel"
    meaning: str = ""

    def __post_init__(self) -> None:
        _refuse_oblong(self.rows)
        _refuse_large("a kernel's weight", self.weight)
        for place, row in enumerate(self.rows, start=1):
            for number in row:
                _refuse_large(f"each number in row {place} of the kernel", number)

    @property
    def size(self) -> int:
        """Rows, and columns."""
        return len(self.rows)

    @cached_property
    def array(self) -> NDArray[np.float64]:
        """The numbers without the weight, (size, size)."""
        return np.array(self.rows, dtype=np.float64)

    def text(self) -> str:
        """The numbers as `parse_kernel` reads them."""
        return " / ".join(" ".join(format_number(number) for number in row) for row in self.rows)


def parse_kernel(text: str) -> Kernel:
    """A kernel from rows of numbers: "0 1 0 / 1 -4 1 / 0 1 0", with fractions as 1/9.

    Rows end at a slash with a space beside it, a semicolon or a new line; "[[0,1,0],[1,-4,1],
    [0,1,0]]" is read as well. Raises `UsageError` naming the row and what is wrong with it.
    """
    plain = text.replace("\N{MINUS SIGN}", "-")
    plain = re.sub(r"\]\s*,?\s*\[", ";", plain).strip("[] \t\r\n")
    rows = re.split(r"\s*[;\n]\s*|\s+/\s*|/\s+", plain)
    if len(rows) == 1 and len(_words(plain)) > 1:  # "0 1 0/1 -4 1/0 1 0": no fractions, but rows
        rows = plain.split("/")
    return Kernel(tuple(_parse_row(row, place) for place, row in enumerate(rows, start=1)))


def parse_number(text: str, what: str) -> float:
    """A number or a fraction, such as -0.5 or 1/9; `what` names it in the error."""
    match = _NUMBER_OR_FRACTION.fullmatch(text.strip().replace("\N{MINUS SIGN}", "-"))
    if not match:
        raise UsageError(f"{what} must be a number or a fraction such as -0.5 or 1/9, got {text!r}")
    over, under = float(match[1]), float(match[2] or 1)
    if under == 0:
        raise UsageError(f"{what} must be a number, but {text!r} divides by zero")
    return over / under


def preset(name: str) -> Kernel:
    """A known kernel by its name; raises `UsageError` that lists the names."""
    found = PRESETS.get(name.strip().lower())
    if found is None:
        near = difflib.get_close_matches(name.lower(), PRESETS, n=NEAR_NAMES, cutoff=0.5)
        words = " or ".join(filter(None, (", ".join(near[:-1]), *near[-1:])))
        hint = f"Did you mean {words}? " if words else ""
        raise UsageError(f"there is no preset {name!r}. {hint}Known are {', '.join(PRESETS)}")
    return found


def format_number(number: float) -> str:
    """A text that `parse_number` reads back as the same number, such as 3, -0.5, 1/9 or 0.123."""
    if number == round(number):
        return str(round(number))
    short = f"{number:g}"
    if abs(number) > 0.09 and round(number, 1) == number:
        return short
    under = round(1 / number) if abs(number) > 1 / LARGEST_NUMBER else 0
    if under and 1 / under == number:
        return f"1/{under}" if under > 0 else f"-1/{-under}"
    return short if float(short) == number else repr(float(number))


def _words(row: str) -> list[str]:
    return row.replace(",", " ").split()


def _parse_row(row: str, place: int) -> tuple[float, ...]:
    words = _words(row)
    if not words:
        raise UsageError(f"row {place} of the kernel is empty; write rows such as {EXAMPLE}")
    return tuple(parse_number(word, f"each number in row {place} of the kernel") for word in words)


def _refuse_oblong(rows: Rows) -> None:
    count = len(rows)
    for place, row in enumerate(rows, start=1):
        if len(row) != count:
            raise UsageError(
                f"a kernel must be a square such as {EXAMPLE}, but this one has {_rows(count)} "
                f"and row {place} has {len(row)} number{'' if len(row) == 1 else 's'}"
            )
    if not 1 <= count <= LARGEST_SIZE:
        raise UsageError(
            f"a kernel may be 1x1 to {LARGEST_SIZE}x{LARGEST_SIZE}, got {count}x{count}: leave out "
            "its outer rows and columns"
            if count
            else f"a kernel needs rows such as {EXAMPLE}, got none"
        )


def _refuse_large(what: str, number: float) -> None:
    if not abs(number) <= LARGEST_NUMBER:  # also where it is not a number
        raise UsageError(
            f"{what} must be from -{LARGEST_NUMBER:,} to {LARGEST_NUMBER:,}, got {number:g}"
        )


def _rows(count: int) -> str:
    return f"{count} row" if count == 1 else f"{count} rows"


def _box(size: int) -> Kernel:
    rows = ((1.0,) * size,) * size
    return Kernel(rows, 1 / size**2, f"box-{size}", "the mean of the window, a blur")


def _gaussian(size: int) -> Kernel:
    """Binomial numbers, which near a Gaussian of variance (size - 1) / 4; exact in floats."""
    line = [comb(size - 1, place) for place in range(size)]
    rows = tuple(tuple(float(a * b) for b in line) for a in line)
    sigma = math.sqrt(size - 1) / 2
    meaning = f"a soft blur, binomial, near a Gaussian of sigma {sigma:.2g}"
    return Kernel(rows, 1 / 4 ** (size - 1), f"gaussian-{size}", meaning)


def _named(name: str, text: str, meaning: str) -> Kernel:
    return Kernel(parse_kernel(text).rows, 1.0, name, meaning)


def _presets() -> dict[str, Kernel]:
    down, right = "-1 -2 -1 / 0 0 0 / 1 2 1", "-1 0 1 / -2 0 2 / -1 0 1"
    kernels = [
        _named("laplacian", "0 1 0 / 1 -4 1 / 0 1 0", "edges of every direction"),
        _named("horizontal-edges", down, "edges that are dark above and light below"),
        _named("vertical-edges", right, "edges that are dark at left and light at right"),
        _named("sobel-x", right, "the slope along x, the same numbers as vertical-edges"),
        _named("sobel-y", down, "the slope along y, the same numbers as horizontal-edges"),
        _named("prewitt-x", "-1 0 1 / -1 0 1 / -1 0 1", "the slope along x, all rows alike"),
        _named("prewitt-y", "-1 -1 -1 / 0 0 0 / 1 1 1", "the slope along y, all columns alike"),
        *(_box(size) for size in BLUR_SIZES),
        *(_gaussian(size) for size in BLUR_SIZES),
        _named("sharpen", "0 -1 0 / -1 5 -1 / 0 -1 0", "the picture minus its laplacian"),
        _named("emboss", "-2 -1 0 / -1 1 1 / 0 1 2", "relief, as if lit from one corner"),
        _named("identity", "0 0 0 / 0 1 0 / 0 0 0", "changes nothing"),
    ]
    return {kernel.name: kernel for kernel in kernels}


PRESETS = _presets()
