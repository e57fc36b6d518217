"""The doctor's report: what was looked at, what there is, and what was found."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from lenswork.data.dataset import Dataset
from lenswork.data.decode import decode_file, printable
from lenswork.data.doctor.finding import SEVERITIES, Finding, Severity
from lenswork.kinds import Picture, SplitName


@dataclass(frozen=True)
class Report:
    """What an examination found, the worst first.

    `pictures[split][class]` counts the files that training would read. `paths` gives the file of
    each id that a finding names, if it is one; `opened` is the data as training gets it, or None
    where it is refused. `quick` says that no file was opened.
    """

    name: str
    findings: tuple[Finding, ...]
    pictures: Mapping[SplitName, Mapping[str, int]]
    looked_at: str
    seconds: float
    quick: bool = False
    location: Path | None = None
    paths: Mapping[str, Path] = field(default_factory=dict, repr=False)
    opened: Dataset | None = field(default=None, repr=False)

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes' names, of all parts, in alphabetical order."""
        return tuple(sorted({name for counts in self.pictures.values() for name in counts}))

    @property
    def refused(self) -> bool:
        """Whether training would refuse the data."""
        return any(finding.severity == "refuse" for finding in self.findings)

    def count(self, severity: Severity) -> int:
        """The number of findings that are so bad."""
        return sum(finding.severity == severity for finding in self.findings)

    def picture(self, name: str) -> Picture:
        """The picture whose id is `name`; raises `PictureError` where it cannot be read.

        Raises `KeyError` for an id that the data does not have.
        """
        if name in self.paths:
            return decode_file(self.paths[name])
        for part in () if self.opened is None else self.opened.parts.values():
            if name in part.ids:
                return part.source.read(part.ids.index(name))
        raise KeyError(name)

    def move(self) -> tuple[str, ...]:
        """The files that the cures would move away, each once, in alphabetical order."""
        return tuple(sorted({name for finding in self.findings for name in finding.move}))

    def to_json(self) -> dict[str, Any]:
        """The same as a dictionary."""
        return {
            "name": self.name,
            "location": None if self.location is None else printable(self.location),
            "refused": self.refused,
            "pictures": {split: dict(counts) for split, counts in self.pictures.items()},
            "findings": [finding.to_json() for finding in self.findings],
            "looked_at": self.looked_at,
            "quick": self.quick,
            "seconds": self.seconds,
        }

    @classmethod
    def from_json(
        cls, content: Mapping[str, Any], paths: Mapping[str, str], opened: Dataset | None
    ) -> Self:
        """Read what `to_json` gave; `paths` and `opened` are what it leaves out."""
        place = content["location"]
        return cls(
            name=content["name"],
            findings=tuple(map(Finding.from_json, content["findings"])),
            pictures=content["pictures"],
            looked_at=content["looked_at"],
            seconds=content["seconds"],
            quick=content["quick"],
            location=None if place is None else Path(place),
            paths={name: Path(path) for name, path in paths.items()},
            opened=opened,
        )


def worst_first(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """By severity; within one the finding with the most files first."""
    return tuple(
        sorted(findings, key=lambda one: (SEVERITIES.index(one.severity), -len(one.files)))
    )


def counts_of(data: Dataset) -> dict[SplitName, dict[str, int]]:
    """The pictures of each class in each part of an opened data set."""
    counts: dict[SplitName, dict[str, int]] = {}
    for split, part in data.parts.items():
        found = Counter(part.labels.tolist())
        counts[split] = {name: found[label] for label, name in enumerate(data.classes)}
    return counts
