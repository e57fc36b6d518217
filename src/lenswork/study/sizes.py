"""How large the pictures need be, with what a size does kept apart from what its net does.

A smaller picture is often given another net as well, and then nobody knows which of the two made
the difference. Here every size is trained with the net of the largest (the size changed, the net
held), and with a net of its own (the net changed, the size held). Where the largest one's net does
not fit, the largest size is trained with the smaller one's net instead: the same two comparisons.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from lenswork.data.dataset import Dataset
from lenswork.errors import NetError, PlanError
from lenswork.model.preprocess import parse_size
from lenswork.record.writer import slug
from lenswork.study.plan import LONGEST_NAME, Plan
from lenswork.study.results import Results
from lenswork.training.choose import choose
from lenswork.training.recipe import Recipe

SEEDS = 3
SAME_NET, OWN_NET = "same net", "own net"

Change = Literal["size", "net"]


@dataclass(frozen=True)
class Moved:
    """The pictures that `size` gets wrong in most seeds and `largest` right, and the reverse.

    Both are settings' names. `lost` and `won` are numbers of held-out pictures, those first in
    which the seeds agree most; `right` and `right_largest` are the parts of the seeds that answer
    a picture right, (pictures,). As many won as lost is what chance alone would do.
    """

    size: str
    largest: str
    lost: tuple[int, ...]
    won: tuple[int, ...]
    right: NDArray[np.float64]
    right_largest: NDArray[np.float64]

    @property
    def surely_lost(self) -> int:
        """How many of the lost all seeds agree on: right in each before, wrong in each now."""
        lost = list(self.lost)
        agreed = (self.right_largest[lost] == 1) & (self.right[lost] == 0)
        return int(agreed.sum())

    def sentence(self) -> str:
        """What the size loses and wins, in words."""
        kept = int((self.right_largest > 0.5).sum())
        return (
            f"Of {len(self.right):,} pictures, {self.largest} gets {kept:,} right in most seeds; "
            f"{self.size} loses {len(self.lost):,} of those ({self.surely_lost:,} in all seeds) "
            f"and wins {len(self.won):,}."
        )


class _Grid:
    """Settings by name, each size and net once, and the pairs to judge."""

    def __init__(self) -> None:
        self.settings: dict[str, dict[str, str]] = {}
        self.pairs: list[tuple[str, str]] = []

    def add(self, name: str, shape: tuple[int, int], net: str) -> str:
        """The name under which this size and net are trained."""
        fields = {"size": _text(shape), "net": net}
        for there, known in self.settings.items():
            if known == fields:
                return there
        self.settings[name] = fields
        return name


def sizes_plan(
    data: Dataset,
    sizes: Sequence[str | int],
    *,
    net: str | None = None,
    seeds: int = SEEDS,
    name: str | None = None,
    **fields: Any,
) -> Plan:
    """The study of these picture sizes ("150x150", or 150 for a square).

    The net held is `net`, or the one that the recipe chooses for the largest size. Raises
    `PlanError` for fewer than two sizes, and `NetError` where the net does not fit the largest, or
    no net fits a size.
    """
    shapes = sorted({parse_size(str(size)) for size in sizes}, key=_area, reverse=True)
    if len(shapes) < 2:
        raise PlanError(
            f"sizes: expected at least two different ones such as 300,150,75, got "
            f"{', '.join(map(str, sizes)) or 'none'}"
        )
    recipe = Recipe(**{"data": data.source or data.name, **fields})
    largest = size_name(shapes[0])
    held = _net_for(recipe, data, shapes[0], net)
    grid = _Grid()
    first = grid.add(largest, shapes[0], held)
    for shape in shapes[1:]:
        words, fits = size_name(shape), _fits(recipe, data, shape, held)
        if fits:
            same = grid.add(f"{words} ({SAME_NET})", shape, held)
            grid.pairs.append((same, first))
        chosen = _net_for(recipe, data, shape, None)
        own = grid.add(f"{words} ({OWN_NET})", shape, chosen)
        if fits:
            grid.pairs.append((own, same))
        else:
            swapped = grid.add(f"{largest} (net of {words})", shapes[0], chosen)
            grid.pairs += [(own, swapped), (swapped, first)]
    plan = Plan(
        name=name or f"sizes-{slug(data.source or data.name)}"[:LONGEST_NAME],
        question="How large need the pictures be?",
        seeds=seeds,
        pairs=tuple(dict.fromkeys(pair for pair in grid.pairs if pair[0] != pair[1])),
        base={"data": data.source or data.name},
        axes={"setting": grid.settings},
    )
    return plan.with_base(**fields)


def size_name(shape: tuple[int, int]) -> str:
    """A size in words."""
    height, width = shape
    return f"{height} pixels" if height == width else f"{height}x{width} pixels"


def size_pairs(plan: Plan) -> tuple[tuple[str, str], ...]:
    """The pairs of which only the size was changed: a smaller one's setting, the largest one's."""
    return tuple(pair for pair in plan.compared() if change_between(plan, pair) == "size")


def change_between(plan: Plan, pair: tuple[str, str]) -> Change:
    """What a pair of settings differs in: never in both."""
    one, other = (plan.axes["setting"][name] for name in pair)
    return "size" if one["net"] == other["net"] else "net"


def moved_pictures(results: Results, size: str, largest: str) -> Moved:
    """The pictures that change sides between two settings in most of their seeds."""
    right, right_largest = (results.settings[name].correct.mean(axis=0) for name in (size, largest))
    lost = np.flatnonzero((right_largest > 0.5) & (right < 0.5))
    won = np.flatnonzero((right_largest < 0.5) & (right > 0.5))
    change = right - right_largest
    return Moved(
        size=size,
        largest=largest,
        lost=tuple(lost[np.argsort(change[lost], kind="stable")].tolist()),
        won=tuple(won[np.argsort(-change[won], kind="stable")].tolist()),
        right=right,
        right_largest=right_largest,
    )


def _area(shape: tuple[int, int]) -> tuple[int, int]:
    return shape[0] * shape[1], shape[0]


def _text(shape: tuple[int, int]) -> str:
    return f"{shape[0]}x{shape[1]}"


def _net_for(recipe: Recipe, data: Dataset, shape: tuple[int, int], net: str | None) -> str:
    """The net as a line of text, once it is known to fit."""
    return choose(recipe.changed(size=_text(shape), net=net), data).recipe.net or ""


def _fits(recipe: Recipe, data: Dataset, shape: tuple[int, int], net: str | None) -> bool:
    try:
        _net_for(recipe, data, shape, net)
    except NetError:
        return False
    return True
