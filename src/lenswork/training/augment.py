"""Changes of the training pictures that do not change what they show, as a line of words.

    flip, turn 10, zoom 0.2, light 0.3, erase 0.3

Each picture is changed by chance, anew whenever it is met. All chance comes from the run's seed
and the number of the step, so that a run that is resumed sees the same pictures.
"""

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

from lenswork.errors import RecipeError
from lenswork.seeds import stream_seed
from lenswork.training import recolour, reshape

Amounts = Mapping[str, float]


@dataclass(frozen=True)
class Word:
    """A word of the line, what its number means, how large it may be, and what it is unsaid.

    `also` is another word for the same; `mixes` says that pictures are changed by one another.
    """

    name: str
    says: str
    most: float = 1.0
    whole: bool = False
    default: float | None = None
    also: str = ""
    mixes: bool = False


WORDS = {
    word.name: word
    for word in (
        Word("shift", "pixels that a whole batch is moved each way", 1000, whole=True),
        Word("flip", "the part of the pictures that is mirrored", default=0.5, also="mirror"),
        Word("turn", "degrees either way", 180, also="rotate"),
        Word("zoom", "how much larger or smaller, 0.2 for a fifth", 10),
        Word("stretch", "how much wider or higher, 0.2 for a fifth", 10),
        Word("move", "the part of a side that each picture is moved", 1),
        Word("background", "the part of the pictures that get another background", mixes=True),
        Word("texture", "the part of the pictures that goes through a filter of chance"),
        Word("light", "how much lighter, darker, harder or softer, 0.2 for a fifth", 10),
        Word("colour", "how strongly colours are mixed", also="color"),
        Word("grey", "the part of the pictures that loses its colours", also="gray"),
        Word("brightness", "how many times brighter or darker, 0.2 for a fifth", 10),
        Word("contrast", "how much harder or softer, 0.2 for a fifth", 10),
        Word("erase", "the side of a rectangle that is wiped out, 0.3 for three tenths"),
    )
}

_SAID = {said: word for word in WORDS.values() for said in (word.name, word.also) if said}

# In this order, whatever the order of the line; each is called if one of its words is said.
CHANGES: tuple[tuple[tuple[str, ...], Callable[[Tensor, Amounts, torch.Generator], Tensor]], ...]
CHANGES = (
    (("shift",), reshape.shift),
    (("flip", "turn", "zoom", "stretch", "move"), reshape.warp),
    (("background",), recolour.replace_background),
    (("texture",), recolour.filter_by_chance),
    (("light", "colour", "grey"), recolour.recolour),
    (("brightness", "contrast"), recolour.relight),
    (("erase",), reshape.erase),
)


@dataclass(frozen=True)
class Augmentation:
    """The words with their numbers, in the order in which they are carried out."""

    amounts: Amounts

    @classmethod
    def parse(cls, line: str) -> Self:
        """Read a line of words; raises `RecipeError` with what there is."""
        said: dict[str, float] = {}
        for parts in (part.split() for part in line.lower().split(",") if part.strip()):
            name, amount = _read(parts, line)
            if name in said:
                raise RecipeError(f"augment: {name} is said twice in {line!r}: say it once")
            said[name] = amount
        return cls({name: said[name] for name in WORDS if name in said})

    @property
    def mixes(self) -> bool:
        """Whether what becomes of a picture depends on the others of its batch."""
        return any(WORDS[name].mixes for name in self.amounts)

    def __str__(self) -> str:
        return ", ".join(
            name if amount == WORDS[name].default else f"{name} {amount:g}"
            for name, amount in self.amounts.items()
        )

    def __call__(self, pictures: Tensor, seed: int, step: int) -> Tensor:
        """Changed copies of 8-bit pictures (batch, height, width, channels), 8-bit or float."""
        chance = torch.Generator().manual_seed(stream_seed(seed, f"augment {step}"))
        for names, change in CHANGES:
            amounts = {name: self.amounts[name] for name in names if name in self.amounts}
            if amounts:
                pictures = change(pictures, amounts, chance)
        return pictures


def _read(parts: list[str], line: str) -> tuple[str, float]:
    word = _SAID.get(parts[0])
    if word is None or len(parts) > 2:
        said = " ".join(parts)
        near = "" if word else _near(parts[0])
        raise RecipeError(
            f"augment: expected words of {', '.join(map(_told, WORDS.values()))}, got {said!r} in "
            f"{line!r}{near}"
        )
    if len(parts) == 1 and word.default is not None:
        return word.name, word.default
    return word.name, _amount(word, parts[1] if len(parts) == 2 else "nothing")


def _told(word: Word) -> str:
    return f"{word.name}{word.also and f' or {word.also}'} ({word.says})"


def _near(said: str) -> str:
    near = difflib.get_close_matches(said, _SAID, n=1)
    return f": did you mean {near[0]}?" if near else ""


def _amount(word: Word, text: str) -> float:
    try:
        amount = float(text)
    except ValueError:
        amount = float("nan")
    if not 0 < amount <= word.most or (word.whole and not amount.is_integer()):
        sort = "a whole number" if word.whole else "a number"
        raise RecipeError(
            f"augment: {word.name} takes {sort} above 0 and up to {word.most:g}, {word.says}; "
            f"got {text!r}"
        )
    return amount
