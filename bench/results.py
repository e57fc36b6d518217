"""The result of a part as one JSON document: every figure of the page comes from here."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from figures import figures, paired_ratios
from machine import Machine
from parts import Contender, Part, Target
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
        "targets": [_target(target, rounds) for target in part.targets],
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
    return [float(one.answers[contender]["measures"][measure]) for one in rounds]


def _contender(contender: Contender, part: Part, rounds: Sequence[Round]) -> Document:
    answers = [one.answers[contender.name] for one in rounds]
    samples = {
        measure.name: _values(rounds, contender.name, measure.name) for measure in part.measures
    }
    return {
        "name": contender.name,
        "what": contender.what,
        "versions": answers[-1].get("versions", {}),
        "threads": answers[-1].get("threads"),
        "figures": {name: figures(values).to_json() for name, values in samples.items()},
        "answers": answers,
    }


def _target(target: Target, rounds: Sequence[Round]) -> Document:
    values = _values(rounds, target.of, target.measure)
    if target.to is not None:
        values = paired_ratios(values, _values(rounds, target.to, target.measure))
    return {**asdict(target), "values": values, "figures": figures(values).to_json()}
