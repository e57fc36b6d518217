"""The sanity check of attribution: a map must change when the network forgets what it learned.

Adebayo et al. 2018, "Sanity checks for saliency maps", section 3.1 (all weights drawn anew) and
their measure, the rank correlation of two maps with signs and without.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.stats import spearmanr

from lenswork.look.attribution_methods import Map, Numbers

Verdict = Literal["learned", "partly", "picture", "unknown"]
# A correlation's square is the part of the ranks' variance that both maps share: from half of it
# on, a network that learned nothing draws the better part of the map; under a quarter it does not.
UNCHANGED, CHANGED = 0.7, 0.5
THRESHOLDS = (
    "Correlations are the mean size of the rank correlations with the re-drawn networks, in "
    f"brackets their range. A map hardly changes from {UNCHANGED:g} on (it then shares half the "
    "variance of its ranks with networks that learned nothing), and depends on what was learned "
    f"up to {CHANGED:g} (a quarter)."
)


@dataclass(frozen=True)
class Sanity:
    """One picture's map beside the same map of networks with re-drawn weights.

    `values`, (height, width), is the map of re-drawn network number `chosen` (from 0): the one
    whose correlation without signs is nearest the median, so neither the best nor the worst, and
    flat only where all are. Of the map's own `places`, `zeros` are 0 in all maps, as a pixel that
    equals the baseline is for any network: they would make any two maps alike and are left out.
    Over the others `correlations` has Spearman's rank correlation for each network and `absolute`
    the same of the sizes without their signs, NaN where either map is the same everywhere. `flat`
    says that the network's own map is.
    """

    values: Numbers
    chosen: int
    correlations: tuple[float, ...]
    absolute: tuple[float, ...]
    places: int
    zeros: int
    flat: bool

    @property
    def signed(self) -> bool:
        """Whether some map has values below 0, so that signs are a question of their own."""
        return not np.array_equal(self.absolute, self.correlations, equal_nan=True)

    @property
    def usual(self) -> bool:
        """Whether `values` was chosen among enough for a median to have a nearest."""
        return int(np.isfinite(self.absolute).sum()) > 2

    @property
    def verdict(self) -> Verdict:
        """What the map shows by the correlations without signs: where it is strong."""
        return verdict_of(self.absolute)

    def sentence(self) -> str:
        """The verdict in words, with its numbers and thresholds."""
        if self.verdict == "unknown":
            whose = "this map" if self.flat else "the map of every re-drawn network"
            return f"Nobody can tell whether it depends on what was learned: {whose} is flat."
        if not self.signed:
            numbers = f"rank correlation {_judged(self.absolute)}{self._over()}"
            return f"{_WHOLE[self.verdict]} ({numbers}).{self._of_zeros()}"
        signs = verdict_of(self.correlations)
        said = _SIGNS_TOO if signs == self.verdict == "learned" else _SIGNS[signs]
        return (
            f"{_WHERE[self.verdict]} (rank correlation without signs "
            f"{_judged(self.absolute)}{self._over()}); "
            f"{said} (with signs {_judged(self.correlations)}).{self._of_zeros()}"
        )

    def lines(self) -> list[str]:
        """The correlations, mean size and range over the re-drawn networks, and the verdict."""
        return [*self.numbers(), self.sentence()]

    def numbers(self) -> list[str]:
        """The correlations alone, in short lines."""
        said = [_spread(self.absolute)]
        if self.signed:
            said = [f"without signs {said[0]}", f"with signs {_spread(self.correlations)}"]
        flat = int(np.isnan(self.correlations).sum())
        left_out = f" ({flat} flat)" if 0 < flat < len(self.correlations) else ""
        count = len(self.correlations)
        what = "mean (range) over" if count - flat > 1 else "with"
        of = f"{self.places - self.zeros:,} of " if self.zeros else ""
        return [
            "size of rank correlation",
            *said,
            f"{what} {count} re-drawn{left_out}",
            f"at {of}{self.places:,} places",
        ]

    def as_dict(self) -> dict[str, object]:
        """For JSON, which knows no NaN."""
        return {
            "verdict": self.verdict,
            "sentence": self.sentence(),
            "thresholds": {"unchanged_from": UNCHANGED, "changed_up_to": CHANGED},
            "rank_correlation": known(self.correlations),
            "rank_correlation_without_signs": known(self.absolute),
            "places": self.places,
            "places_0_in_all": self.zeros,
            "shown": self.chosen,
        }

    def _over(self) -> str:
        if not self.zeros:
            return ""
        return f", over the {self.places - self.zeros:,} places that are not 0 in every map"

    def _of_zeros(self) -> str:
        if not self.zeros:
            return ""
        return (
            f" At the other {self.zeros:,} of {self.places:,} places every network's map is 0, "
            "trained or not."
        )


_WHOLE: dict[Verdict, str] = {
    "learned": "This map depends on what was learned",
    "partly": "This map depends only in part on what was learned",
    "picture": "This map hardly changes when the weights are re-drawn: it shows the picture, not "
    "what was learned",
}
_WHERE: dict[Verdict, str] = {
    "learned": "Where this map is strong depends on what was learned",
    "partly": "Where this map is strong depends only in part on what was learned",
    "picture": "Where this map is strong hardly changes when the weights are re-drawn: it shows "
    "the picture, not what was learned",
}
_SIGNS: dict[Verdict, str] = {
    "learned": "what speaks for and what against depends on what was learned",
    "partly": "what speaks for and what against depends on it only in part",
    "picture": "what speaks for and what against hardly changes either, or changes sides as one",
}
_SIGNS_TOO = "so does what speaks for and what against"


def sanity_of(made: Map, others: Sequence[Map]) -> Sanity | None:
    """Compare a map with those of re-drawn networks; None where there are none."""
    if not others:
        return None
    zero = np.all([one.own == 0 for one in (made, *others)], axis=0)
    own, *redrawn = (one.own[~zero] for one in (made, *others))
    absolute = tuple(rank_correlation(np.abs(own), np.abs(other)) for other in redrawn)
    chosen = typical([other.own for other in others], absolute)
    return Sanity(
        values=others[chosen].values,
        chosen=chosen,
        correlations=tuple(rank_correlation(own, other) for other in redrawn),
        absolute=absolute,
        places=zero.size,
        zeros=int(zero.sum()),
        flat=is_flat(own),
    )


def typical(maps: Sequence[Numbers], correlations: Sequence[float]) -> int:
    """Which map to show: nearest the median correlation, the first of equals, flat if all are."""
    known_ones = [value for value in correlations if not np.isnan(value)]
    if not known_ones:
        return next((number for number, one in enumerate(maps) if not is_flat(one)), 0)
    away = np.abs(np.asarray(correlations) - np.median(known_ones))
    return int(np.nanargmin(away))


def rank_correlation(first: Numbers, second: Numbers) -> float:
    """Spearman's rank correlation of two maps, NaN when one is the same everywhere."""
    if is_flat(first) or is_flat(second):
        return float("nan")
    return float(spearmanr(first.ravel(), second.ravel()).statistic)


def is_flat(values: Numbers) -> bool:
    """Whether a map is the same everywhere, as one of no places is."""
    return values.size == 0 or bool(np.ptp(values) == 0)


def verdict_of(correlations: Sequence[float]) -> Verdict:
    """The verdict by the mean size of some correlations: a mirrored map is no other map."""
    size = _size(correlations)
    if np.isnan(size):
        return "unknown"
    if size >= UNCHANGED:
        return "picture"
    return "learned" if size <= CHANGED else "partly"


def known(values: Sequence[float]) -> list[float | None]:
    """Numbers for JSON: None for NaN."""
    return [None if np.isnan(value) else value for value in values]


def _size(values: Sequence[float]) -> float:
    sizes = [abs(value) for value in values if not np.isnan(value)]
    return float(np.mean(sizes)) if sizes else float("nan")


def _judged(values: Sequence[float]) -> str:
    """The mean size of some correlations beside the threshold that it keeps."""
    size = _size(values)
    if size >= UNCHANGED:
        return f"{size:.2f}, at least {UNCHANGED:g}"
    kept = f"at most {CHANGED:g}" if size <= CHANGED else f"between {CHANGED:g} and {UNCHANGED:g}"
    return f"{size:.2f}, {kept}"


def _spread(values: Sequence[float]) -> str:
    """Mean and range of the sizes of the numbers among `values`."""
    sizes = [abs(value) for value in values if not np.isnan(value)]
    if not sizes:
        return "unknown: flat map"
    spread = f" ({min(sizes):.2f} to {max(sizes):.2f})" if len(sizes) > 1 else ""
    return f"{np.mean(sizes):.2f}{spread}"
