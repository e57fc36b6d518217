"""Put verdicts to the test on simulated studies whose truth is known.

    python bench/honesty.py                       all worlds: bench/honesty.json and the page
    python bench/honesty.py --simulations 200     a quick look, nothing written
    python bench/honesty.py --check               writes nothing; 1 if the page is out of date

Single thread. Every simulated study draws its own test pictures, trains its own networks (see
`lenswork.study.simulate`) and is judged by the functions that judge real studies.
"""

import argparse
import json
import math
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from honesty_page import page
from lenswork.study.advice import seeds_needed
from lenswork.study.crossed import setting_result
from lenswork.study.intervals import LEVEL
from lenswork.study.pairs import Variances, compare
from lenswork.study.simulate import Drawn, World, draw
from lenswork.study.verdict import holm

ROOT = Path(__file__).resolve().parents[1]
RESULT, PAGE = ROOT / "bench" / "honesty.json", ROOT / "docs" / "honesty.md"
PICTURES, ACCURACIES, SEEDS = (256, 1_000, 10_000), (0.85, 0.95, 0.99), (3, 5, 10)
EFFECTS = (0.0, 0.1)
MOST_EXTENDED = 20  # seeds to which an undecided study is extended at most
SIMULATIONS = 2_000
ALL_PICTURES = 400_000  # stand for all there could be
Row = dict[str, Any]
EXACT = ("coverage", "false_verdicts", "following")  # the others' medians need fewer simulations


@dataclass(frozen=True)
class Cell:
    """One kind of study: its world's settings and how many seeds each has."""

    pictures: int
    accuracy: float
    seeds: int
    effect: float

    def world(self, settings: int, likeness: float, lead: float = 0.0) -> World:
        """`settings` of this accuracy, the first better by `lead`."""
        accuracies = (self.accuracy + lead, *[self.accuracy] * (settings - 1))
        return World(self.pictures, accuracies, self.effect, likeness=likeness)

    def chance(self, purpose: int) -> np.random.Generator:
        """Each cell's own stream."""
        key = [self.pictures, round(self.accuracy * 1000), self.seeds, round(self.effect * 1000)]
        return np.random.default_rng([purpose, *key])


def coverage(cell: Cell, simulations: int) -> Row:
    """How often each 95% interval holds its truth, in percent."""
    world, chance = cell.world(2, likeness=0.95), cell.chance(1)
    held: Counter[str] = Counter()
    for _ in range(simulations):
        pictures = draw(world, chance)
        here = pictures.truths
        first, second = pictures.train(cell.seeds, chance)
        result, pair = setting_result("first", first), compare(first, second)
        if result.over_seeds and result.on_new_pictures and pair.here:
            held["over_seeds"] += here[0] in result.over_seeds
            held["on_new_pictures"] += cell.accuracy in result.on_new_pictures
            held["pair_here"] += here[0] - here[1] in pair.here.interval
        else:
            held["over_pictures"] += cell.accuracy in result.over_pictures
        held["pair_anew"] += 0.0 in pair.anew.interval
    return _percents(held, simulations)


def false_verdicts(cell: Cell, simulations: int) -> Row:
    """How often equal settings are told apart, in percent: one pair, and any of three by Holm."""
    world, chance = cell.world(3, likeness=1.0), cell.chance(2)
    names = ["one_anew", "any_anew", *(["one_here", "any_here"] if cell.seeds > 1 else [])]
    found: Counter[str] = Counter(dict.fromkeys(names, 0))
    for _ in range(simulations):
        tables = draw(world, chance).train(cell.seeds, chance)
        pairs = [compare(one, other) for one, other in combinations(tables, 2)]
        found["one_anew"] += pairs[0].anew.p <= LEVEL
        found["any_anew"] += min(holm([pair.anew.p for pair in pairs])) <= LEVEL
        here = [pair.here.p for pair in pairs if pair.here]
        if here:
            found["one_here"] += here[0] <= LEVEL
            found["any_here"] += min(holm(here)) <= LEVEL
    return _percents(found, simulations)


def advice(cell: Cell, simulations: int) -> Row:
    """The seeds advised for the difference found, over those that the true variances need.

    Only studies that could not tell count, and only where truth needs no more than 1,000.
    """
    lead = 0.1 * (1 - cell.accuracy)
    world, chance = cell.world(2, likeness=0.95, lead=lead), cell.chance(3)
    in_all: list[float] = []
    more: list[float] = []
    for _ in range(simulations):
        pictures = draw(world, chance)
        one = compare(*pictures.train(cell.seeds, chance))
        if not one.here or not one.variances or one.here.p <= LEVEL or not one.difference:
            continue
        true = seeds_needed(one.difference, true_variances(pictures, 0.0), LEVEL, anew=False)
        if true is None or true <= cell.seeds:
            continue
        said = seeds_needed(one.difference, one.variances, LEVEL, anew=False) or 2 * 1_000
        in_all.append(said / true)
        more.append((said - cell.seeds) / (true - cell.seeds))
    if not in_all:
        return {"undecided": 0, "ratio": None, "ratio_more": None, "typical_factor": None}
    return {
        "undecided": len(in_all),
        "ratio": round(median(in_all), 2),
        "ratio_more": round(median(more), 2),
        "typical_factor": round(math.exp(median(abs(math.log(ratio)) for ratio in in_all)), 2),
    }


def advice_anew(cell: Cell, simulations: int) -> Row:
    """The same for new pictures, where it may be that no number of seeds would do."""
    lead = 0.2 * (1 - cell.accuracy)
    world, chance = cell.world(2, likeness=0.95, lead=lead), cell.chance(6)
    all_pictures = draw(replace(world, pictures=ALL_PICTURES), chance)
    lasting = float(np.var(np.subtract(*all_pictures.shares))) / cell.pictures
    ratios: list[float] = []
    agreed = undecided = unreachable = 0
    for _ in range(simulations):
        pictures = draw(world, chance)
        one = compare(*pictures.train(cell.seeds, chance))
        if one.anew.p <= LEVEL or not one.variances or not one.difference:
            continue
        true = seeds_needed(one.difference, true_variances(pictures, lasting), LEVEL, anew=True)
        said = seeds_needed(one.difference, one.variances, LEVEL, anew=True)
        undecided += 1
        unreachable += true is None
        agreed += (true is None) == (said is None)
        if true and said:
            ratios.append(said / true)
    return {
        "undecided": undecided,
        "unreachable": _percent(unreachable, undecided),
        "agreed": _percent(agreed, undecided),
        "both_reachable": len(ratios),
        "ratio": round(median(ratios), 2) if ratios else None,
    }


def power_at_advised(cell: Cell, simulations: int) -> Row:
    """How often a difference shows with the seeds that should show it 4 times of 5."""
    chance = cell.chance(4)
    pictures = draw(cell.world(2, likeness=0.95, lead=0.15 * (1 - cell.accuracy)), chance)
    difference = pictures.truths[0] - pictures.truths[1]
    seeds = seeds_needed(difference, true_variances(pictures, 0.0), LEVEL, anew=False)
    if seeds is None or seeds > 200:
        return {"advised": seeds, "power": None}
    shown = 0
    for _ in range(simulations):
        answer = compare(*pictures.train(seeds, chance)).here
        shown += answer is not None and answer.p <= LEVEL
    return {"advised": seeds, "power": _percent(shown, simulations)}


def following_advice(cell: Cell, simulations: int) -> Row:
    """False verdicts when undecided equals are given the advised seeds and asked again."""
    chance = cell.chance(5)
    found = 0
    for _ in range(simulations):
        first, second = draw(cell.world(2, likeness=1.0), chance).train(MOST_EXTENDED, chance)
        one = compare(first[: cell.seeds], second[: cell.seeds])
        if one.here and one.variances and one.here.p > LEVEL:
            said = seeds_needed(one.difference, one.variances, LEVEL, anew=False) or MOST_EXTENDED
            one = compare(first[:said], second[:said])
        found += one.here is not None and one.here.p <= LEVEL
    return {"false": _percent(found, simulations)}


def true_variances(pictures: Drawn, lasting: float) -> Variances:
    """What `compare` estimates for two settings, from the world itself."""
    first, second = (pictures.variance_of_a_seed(setting) for setting in (0, 1))
    freedom = (first + second) ** 2 / (first**2 + second**2)
    return Variances(math.nan, math.nan, first + second, freedom, lasting, len(pictures.levels[0]))


def _percents(counts: Counter[str], simulations: int) -> Row:
    return {name: _percent(count, simulations) for name, count in counts.items()}


def _percent(count: int, of: int) -> float | None:
    return round(100 * count / of, 1) if of else None


def cells(seeds: Sequence[int], effects: Sequence[float] = EFFECTS) -> Iterator[Cell]:
    """Every test size, accuracy and seeds' effect with these numbers of seeds."""
    for pictures in PICTURES:
        for accuracy in ACCURACIES:
            for count in seeds:
                for effect in effects:
                    yield Cell(pictures, accuracy, count, effect)


def measure(simulations: int) -> Row:
    """Everything on the page."""
    plan = {
        "coverage": (coverage, [*cells(SEEDS), *cells((2,), (0.1,)), *cells((1,), (0.0,))]),
        "false_verdicts": (false_verdicts, [*cells((3, 10), (0.1,)), *cells((1,), (0.0,))]),
        "advice": (advice, list(cells((3, 5), (0.1,)))),
        "advice_anew": (advice_anew, list(cells((3, 5), (0.1,)))),
        "power": (power_at_advised, list(cells((3,), (0.0,)))),
        "following": (following_advice, [Cell(1_000, 0.95, seeds, 0.1) for seeds in SEEDS]),
    }
    start, done = time.perf_counter(), {}
    for name, (function, planned) in plan.items():
        rows = []
        for cell in planned:
            number = simulations if name in EXACT else max(10, simulations // 4)
            row = {**vars(cell), **function(cell, number)}
            print(f"{time.perf_counter() - start:5.0f} s {name} {row}", file=sys.stderr, flush=True)
            rows.append(row)
        done[name] = rows
    return {"simulations": simulations, "numpy": np.__version__, **done}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and write, or check the page."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--simulations", type=int, metavar="N", help="a quick look")
    parser.add_argument("--check", action="store_true", help="write nothing; 1 if out of date")
    asked = parser.parse_args(arguments)
    if asked.check:
        text = page(json.loads(RESULT.read_text("utf-8")))
        return 0 if PAGE.exists() and PAGE.read_text("utf-8") == text else 1
    result = measure(asked.simulations or SIMULATIONS)
    if asked.simulations:
        print(page(result))
    else:
        RESULT.write_text(json.dumps(result, indent=1) + "\n", "utf-8")
        PAGE.write_text(page(result), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
