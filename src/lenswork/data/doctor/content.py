"""The long part of an examination: every picture is opened once."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lenswork.amounts import counted
from lenswork.data.dataset import ArraySource, Dataset, FileSource, Part
from lenswork.data.doctor.content_codes import seen
from lenswork.data.doctor.duplicates import duplicate_findings, near_findings
from lenswork.data.doctor.facts import Facts, facts_of, facts_of_arrays
from lenswork.data.doctor.finding import Candidate, Finding
from lenswork.data.doctor.pictures import picture_findings
from lenswork.data.doctor.worlds import world_findings


@dataclass(frozen=True)
class Pictures:
    """The pictures to open: files, or the arrays of `opened`; and what they are held against."""

    files: list[Candidate]
    opened: Dataset | None
    size: tuple[int, int] | None
    pixel_limit: int


def can_be_opened(part: Part) -> bool:
    """Whether a part's pictures are looked at: files and arrays are, shards are not."""
    return isinstance(part.source, FileSource | ArraySource)


def look_at(pictures: Pictures, progress: Callable[[int, int], None] | None) -> list[Finding]:
    """What the pictures themselves say."""
    facts = facts_of(
        pictures.files,
        pixel_limit=pictures.pixel_limit,
        size=pictures.size,
        progress=progress,
    )
    facts += _of_arrays(pictures)
    return [
        *picture_findings(facts, pictures.size, pixel_limit=pictures.pixel_limit),
        *duplicate_findings(facts),
        *near_findings(facts),
        *world_findings(facts),
        *_not_opened(pictures.opened),
    ]


def _not_opened(data: Dataset | None) -> list[Finding]:
    parts = [] if data is None else data.parts.values()
    count = sum(len(part) for part in parts if not can_be_opened(part))
    if not count:
        return []
    return [
        seen(
            "not-opened",
            counted(count, "picture lies in shards and was", "pictures lie in shards and were")
            + " not opened",
            "only the names were looked at: what is damaged, empty or there twice is not found",
            "examine the folder before it is packed",
        )
    ]


def _of_arrays(pictures: Pictures) -> list[Facts]:
    data = pictures.opened
    if data is None:
        return []
    facts: list[Facts] = []
    for split, part in data.parts.items():
        if isinstance(part.source, ArraySource):
            labels = [data.classes[label] for label in part.labels]
            facts += facts_of_arrays(
                part.source.pictures,
                part.ids,
                labels,
                split,
                location=data.location or Path(),
                size=pictures.size,
            )
    return facts
