"""The result of a part as one JSON file: every number of the page comes from these."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter

from lenswork.files import write_bytes
from lenswork.record.json_ready import json_ready
from notes.part import Found

Form = Literal["full", "short"]


@dataclass(frozen=True)
class Result:
    """What a part has found, when, in which form, and how long that took here."""

    part: str
    form: Form
    date: str
    minutes: float
    found: Found


def write(result: Result, folder: Path) -> Path:
    """Write `result` to `folder`, whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{result.part}.json"
    content = json.dumps(json_ready(asdict(result)), indent=1, ensure_ascii=False)
    write_bytes(path, f"{content}\n".encode())
    return path


def read_all(folder: Path) -> dict[str, Result]:
    """Every result in `folder`, by its part."""
    adapter = TypeAdapter(Result)
    found = [adapter.validate_json(path.read_bytes()) for path in sorted(folder.glob("*.json"))]
    return {one.part: one for one in found}
