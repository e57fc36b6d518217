"""Settings compared: which is better, what differs in them, and which pictures change sides."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from lenswork.kinds import SplitName
from lenswork.look.flips import Flips, flips_of, shown_of
from lenswork.look.flips_text import flips_dict
from lenswork.look.settings import (
    Difference,
    Setting,
    are_one_recipe,
    differences,
    seed_of,
)
from lenswork.look.sides import Side, judge_alike
from lenswork.study.verdict import StudyVerdict, verdicts


@dataclass(frozen=True)
class Compared:
    """Everything that a comparison says; `flips` are those of every pair of settings."""

    settings: tuple[Setting, ...]
    sides: tuple[Side, ...]
    verdict: StudyVerdict
    differences: tuple[Difference, ...]
    flips: tuple[Flips, ...]


def compare(
    settings: Sequence[Setting], part: SplitName | None = None, *, common: bool = False
) -> Compared:
    """Judge all runs on the same pictures and compare every pair of settings."""
    sides = judge_alike(settings, part, common=common)
    rows = differences(settings)
    if are_one_recipe(settings):  # a row that is shown for its own sake shows nothing of these
        rows = [row for row in rows if len(set(row.values)) > 1]
    return Compared(
        settings=tuple(settings),
        sides=tuple(sides),
        verdict=verdicts({side.name: side.correct for side in sides}),
        differences=tuple(rows),
        flips=tuple(flips_of(a, b) for a, b in itertools.combinations(sides, 2)),
    )


def as_dict(compared: Compared, most: int) -> dict[str, object]:
    """Everything that is printed, for JSON."""
    names = [setting.name for setting in compared.settings]
    return {
        "part": compared.sides[0].judged[0].part,
        "pictures": len(compared.sides[0].judged[0]),
        "settings": [
            {
                "name": setting.name,
                "runs": [
                    {"name": run.name, "path": str(run.path), "seed": seed_of(run)}
                    for run in setting.runs
                ],
            }
            for setting in compared.settings
        ],
        "one_recipe": are_one_recipe(compared.settings),
        "verdict": compared.verdict.as_dict(),
        "differences": [
            {"field": row.field, "values": dict(zip(names, row.values, strict=True))}
            for row in compared.differences
        ],
        "flips": [flips_dict(flips, shown_of(flips, most)) for flips in compared.flips],
    }
