"""The result of a part as one JSON document: every figure of the page comes from here."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from agreement import agreement
from figures import figures, paired_ratios, ratios_to_mean
from machine import Machine
from part import Contender, Part, Target
from rounds import Round, Settings

Document = dict[str, Any]


def document(part: Part, settings: Settings, machine: Machine, rounds: Sequence[Round]) -> Document:
    """All that is known about a part after `rounds`, with the raw answers."""
    return {
        "part": part.name,
        "title": part.title,
        "about": part.about,
        "conditions": list(part.conditions),
        "date": datetime.now(UTC).date().isoformat(),
        "machine": machine.to_json(),
        "settings": _settings(part, settings),
        "most_other_percent": settings.most_other_percent,
        "rounds": [_round(one) for one in rounds],
        "measures": [asdict(measure) for measure in part.measures],
        "contenders": [_contender(contender, part, rounds) for contender in part.contenders],
        "targets": [_target(target, part, rounds) for target in part.targets],
        "group": part.group,
        "spread": part.spread,
        "agreement": _agreement(part, rounds),
    }


def write(result: Document, path: Path) -> None:
    """Write `result` whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_suffix(".half")
    half.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")
    half.replace(path)


def read_all(folder: Path) -> list[Document]:
    """Every result in `folder`, by name."""
    return [json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))]


def _round(one: Round) -> Document:
    return {
        "seed": one.seed,
        "other_work_percent": one.other_work_percent,
        "load_before": one.load_before,
        "thrown_away": one.thrown_away,
    }


def _settings(part: Part, settings: Settings) -> Document:
    if not any("{epochs}" in contender.arguments for contender in part.contenders):
        return {}
    return {"epochs": settings.epochs, "pictures": settings.pictures or "all"}


def _values(rounds: Sequence[Round], contender: str, measure: str) -> list[float]:
    """One value for each round that the contender took part in; none if it has no such measure."""
    measured = [one.answers[contender]["measures"] for one in rounds if contender in one.answers]
    return [float(measures[measure]) for measures in measured if measure in measures]


def _contender(contender: Contender, part: Part, rounds: Sequence[Round]) -> Document:
    answers = [one.answers[contender.name] for one in rounds if contender.name in one.answers]
    samples = {
        measure.name: _values(rounds, contender.name, measure.name) for measure in part.measures
    }
    return {
        "name": contender.name,
        "what": contender.what,
        "versions": answers[-1].get("versions", {}),
        "threads": answers[-1].get("threads"),
        "figures": {name: figures(values).to_json() for name, values in samples.items() if values},
        "answers": answers,
    }


def _target(target: Target, part: Part, rounds: Sequence[Round]) -> Document:
    to = target.to or _fastest(target, rounds)
    if to is None:
        values = _values(rounds, target.of, target.measure)
    elif part.spread == "median":
        both = [one for one in rounds if target.of in one.answers and to in one.answers]
        values = paired_ratios(
            _values(both, target.of, target.measure), _values(both, to, target.measure)
        )
    else:
        values = ratios_to_mean(
            _values(rounds, target.of, target.measure), _values(rounds, to, target.measure)
        )
    found = figures(values).to_json()
    return {
        **asdict(target),
        "fastest": list(target.fastest),
        "to": to,
        "values": values,
        "figures": found,
    }


def _fastest(target: Target, rounds: Sequence[Round]) -> str | None:
    """Of those that `target` names, the one with the smallest median."""
    medians = {
        name: figures(_values(rounds, name, target.measure)).median for name in target.fastest
    }
    return min(medians, key=medians.__getitem__, default=None)


def _agreement(part: Part, rounds: Sequence[Round]) -> Document | None:
    if part.agrees is None:
        return None
    samples = {one.name: _values(rounds, one.name, part.agrees) for one in part.contenders}
    apart = agreement({name: values for name, values in samples.items() if values})
    return {"measure": part.agrees, **apart.to_json()}
