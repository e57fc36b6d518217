"""What the doctor finds: how bad it is, which files, what it means, and the cure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

from lenswork.kinds import SplitName

Severity = Literal["refuse", "warn", "note"]
SEVERITIES: tuple[Severity, ...] = ("refuse", "warn", "note")  # the worst first


@dataclass(frozen=True)
class Candidate:
    """A file that training would read as a picture of class `label`; `id` names it for good."""

    path: Path
    id: str
    split: SplitName
    label: str


@dataclass(frozen=True)
class Finding:
    """One thing that was found.

    `code` names its kind for programs; `title` says what was found, `meaning` what it does to
    training, `cure` what to do now: a command or an action. `groups` are the files concerned, by
    their ids, those that belong together (duplicates of one another) in one group, others alone.
    `move` are the files that the cure would move away, if it moves any.
    """

    code: str
    severity: Severity
    title: str
    meaning: str
    cure: str
    groups: tuple[tuple[str, ...], ...] = ()
    move: tuple[str, ...] = ()

    @property
    def files(self) -> tuple[str, ...]:
        """All files concerned, in order."""
        return tuple(name for group in self.groups for name in group)

    def to_json(self) -> dict[str, Any]:
        """The same as a dictionary."""
        return {
            "code": self.code,
            "severity": self.severity,
            "title": self.title,
            "meaning": self.meaning,
            "cure": self.cure,
            "groups": [list(group) for group in self.groups],
            "move": list(self.move),
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        """Read what `to_json` gave."""
        groups = tuple(tuple(group) for group in content["groups"])
        return cls(**{**content, "groups": groups, "move": tuple(content["move"])})


def alone(files: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """Each file as a group of its own."""
    return tuple((name,) for name in files)
