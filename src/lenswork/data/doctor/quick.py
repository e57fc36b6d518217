"""The quick part of an examination: names, sizes and kinds of files; none is opened."""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from lenswork.data.dataset import Dataset, FileSource
from lenswork.data.decode import printable
from lenswork.data.doctor.balance import balance_findings
from lenswork.data.doctor.codes import found, quoted
from lenswork.data.doctor.files import passed_by_findings, trouble_findings, troubles_in
from lenswork.data.doctor.finding import Candidate, Finding
from lenswork.data.doctor.groups import Named, series_findings
from lenswork.data.doctor.names import class_name_findings, name_findings
from lenswork.data.doctor.report import counts_of
from lenswork.data.doctor.structure import structure_findings
from lenswork.data.doctor.survey import Survey, Trouble, survey, trouble_of
from lenswork.errors import DataError
from lenswork.kinds import SplitName

HINT = ". You probably meant "  # how the reading of folders begins its advice


@dataclass(frozen=True)
class Quick:
    """What is known before a file is opened.

    `troubles` are the files that cannot be read, by their ids. `surveyed` is the folder, where
    one was looked at; `opened` the data as training gets it, or None where it is refused.
    """

    findings: list[Finding]
    pictures: dict[SplitName, dict[str, int]]
    troubles: dict[str, Trouble]
    surveyed: Survey | None
    opened: Dataset | None

    def readable(self) -> list[Candidate]:
        """The files that are worth opening, with the part that each is in."""
        if self.opened is not None:
            files = _files_of(self.opened)
        else:
            files = [] if self.surveyed is None else self.surveyed.candidates()
        return [one for one in files if one.id not in self.troubles]

    def paths(self, wanted: Iterable[str]) -> dict[str, Path]:
        """The files with the ids `wanted`, as far as these are files."""
        ids = set(wanted)
        if not ids:
            return {}
        if self.surveyed is not None:
            return {
                name: path
                for folder in self.surveyed.top.within()
                for name, path in folder.paths(ids)
            }
        files = [] if self.opened is None else _files_of(self.opened)
        return {one.id: one.path for one in files if one.id in ids}


def quick_of_folder(
    data: str, folder: Path, opened: Dataset | None, refusal: DataError | None
) -> Quick:
    """What a folder says; `refusal` is why it was not `opened`."""
    surveyed, place = survey(folder), quoted(data)
    troubles = troubles_in(surveyed)
    pictures = _counted(surveyed) if opened is None else counts_of(opened)
    findings = [
        *structure_findings(surveyed, _meant(refusal)),
        *trouble_findings(troubles, place),
        *passed_by_findings(surveyed, place),
        *name_findings(surveyed),
        *_class_names(surveyed),
        *balance_findings(pictures.get("train", {}), place),
        *series_findings(
            _names_of(opened) if opened is not None else _names_in(surveyed),
            cut=opened is not None and opened.cut is not None,
            place=place,
        ),
    ]
    if refusal is not None and not any(finding.severity == "refuse" for finding in findings):
        findings.append(_refused(refusal, place))
    return Quick(findings, pictures, troubles, surveyed, opened)


def quick_of_dataset(data: Dataset) -> Quick:
    """What an opened data set says by itself; its files are only asked for their sizes."""
    place = quoted(data.source or data.name)
    troubles = {
        name: trouble
        for part in data.parts.values()
        if isinstance(part.source, FileSource)
        for name, path in zip(part.ids, part.source.files, strict=True)
        if (trouble := trouble_of(os.fspath(path))) is not None
    }
    pictures = counts_of(data)
    findings = [
        *trouble_findings(troubles, place),
        *class_name_findings(data.classes),
        *balance_findings(pictures["train"], place),
        *series_findings(
            _names_of(data), cut=data.cut is not None and data.cut.group is None, place=place
        ),
    ]
    return Quick(findings, pictures, troubles, None, data)


def _files_of(data: Dataset) -> list[Candidate]:
    return [
        Candidate(path, name, split, data.classes[label])
        for split, part in data.parts.items()
        if isinstance(part.source, FileSource)
        for path, name, label in zip(part.source.files, part.ids, part.labels.tolist(), strict=True)
    ]


def _names_of(data: Dataset) -> Iterator[Named]:
    for split, part in data.parts.items():
        for name, label in zip(part.ids, part.labels.tolist(), strict=True):
            yield split, data.classes[label], name


def _names_in(surveyed: Survey) -> Iterator[Named]:
    for split, folder in surveyed.classes():
        label = printable(Path(folder.name))
        for name in folder.pictures:
            yield split, label, folder.id_of(name)


def _class_names(surveyed: Survey) -> list[Finding]:
    """Class names that are alike, told once if all parts have them."""
    findings: dict[str, Finding] = {}
    for part in surveyed.parts.values():
        names = [folder.name for folder in part.folders]
        for finding in class_name_findings(names, part.folders):
            findings.setdefault(finding.code + finding.title, finding)
    return list(findings.values())


def _counted(surveyed: Survey) -> dict[SplitName, dict[str, int]]:
    counts: dict[SplitName, dict[str, int]] = {}
    for split, folder in surveyed.classes():
        counts.setdefault(split, {})[printable(Path(folder.name))] = len(folder.pictures)
    return counts


def _meant(refusal: DataError | None) -> Sequence[str]:
    """The paths that a refusal says were probably meant."""
    hint = str(refusal).partition(HINT)[2] if refusal else ""
    paths = hint.split(" or ") if hint else []
    return paths if all(Path(path).exists() for path in paths) else [hint]


def _refused(refusal: DataError, place: str) -> Finding:
    return found(
        "refused",
        str(refusal),
        "training refuses it",
        f"mend it and ask again:\nlenswork doctor {place}",
    )
