"""Which files the cures may move away: never so many that the data is worse than before.

Each finding lists what it would move by itself. Together, in the order in which they matter, no
class is left with too few pictures; of pictures with the same pixels one stays, and of nearly the
same ones the one that is asked; and no more than half of a class is moved because it is elsewhere
too: where more is, the part is a copy, and there is another cure.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace

from lenswork.data.doctor.files import LIST
from lenswork.data.doctor.finding import Finding
from lenswork.data.doctor.groups import group_option
from lenswork.data.folder import SPLIT_FOLDERS

COPIES = ("two-labels", "copies-across", "copies")  # the findings whose groups have equal pixels
# What is moved for its series is no copy any more of what stays, so copies come later
ORDER = ("series-cut", "one-colour", "copies-across", "near-copies-across", "copies")
FROM_HALF = ORDER[:-1]  # copies inside a class can be most of it: one of each stays


def settled(
    findings: Sequence[Finding], sound: Collection[str], *, cut: bool, place: str
) -> list[Finding]:
    """The findings with only such files to move as can be spared.

    `sound` are the ids of the pictures that training can read; `cut` says that validation is cut
    from them, so that a class needs two. `place` is the data as a shell takes it.
    """
    spared = _Spared(findings, sound, cut=cut)
    settle = {at: finding for at, finding in enumerate(findings) if finding.move}
    for at in sorted(settle, key=lambda at: (_rank(settle[at]), -at)):
        settle[at] = _settle(settle[at], spared, place)
    return [settle.get(at, finding) for at, finding in enumerate(findings)]


class _Spared:
    """What is moved so far, and what is left of each class and each group of copies."""

    def __init__(self, findings: Sequence[Finding], sound: Collection[str], *, cut: bool) -> None:
        self.cut = cut
        self.least = 2 if cut else 1
        self.sound = set(sound)
        self.gone: set[str] = set()
        self.had = Counter(map(_folder_of, sound))
        self.left = self.had.copy()
        self.alike = {
            name: set(group)
            for finding in findings
            if finding.code in COPIES
            for group in finding.groups
            for name in group
        }

    def bad(self, name: str) -> bool:
        """Whether the class of a file that training cannot read can do without it."""
        return self.had[_folder_of(name)] >= self.least

    def more_than_half(self, names: Collection[str]) -> bool:
        """Whether these and what is moved already are more than half of a class."""
        more = Counter(_folder_of(name) for name in names if name in self.sound - self.gone)
        return any(
            2 * (self.had[folder] - self.left[folder] + count) > self.had[folder]
            for folder, count in more.items()
        )

    def take(self, name: str) -> bool:
        """Move a picture, if its class and its copies can do without; False where they cannot."""
        if name in self.gone or name not in self.sound:  # what lies in no class is missed by none
            return True
        folder, copies = _folder_of(name), self.alike.get(name, set()) - {name}
        if self.left[folder] <= self.least or (copies and copies <= self.gone):
            return False
        self.left[folder] -= 1
        self.gone.add(name)
        return True


def _rank(finding: Finding) -> int:
    return ORDER.index(finding.code) if finding.code in ORDER else -1


def _folder_of(name: str) -> str:
    return name.rpartition("/")[0]


def _settle(finding: Finding, spared: _Spared, place: str) -> Finding:
    if finding.severity == "refuse":
        return _moving(finding, [name for name in finding.move if spared.bad(name)], place)
    near = finding.code == "near-copies-across"
    wanted = _near_what_stays(finding, spared.gone) if near else finding.move
    if finding.code in FROM_HALF and spared.more_than_half(wanted):
        return replace(finding, move=(), cure=_in_place_of_moving(finding, spared, place))
    return _moving(finding, [name for name in wanted if spared.take(name)], place)


def _near_what_stays(finding: Finding, gone: Collection[str]) -> list[str]:
    """The pictures whose near copy, the first of a group, is not moved itself."""
    asked = {group[0] for group in finding.groups}
    near = {name for group in finding.groups if group[0] not in gone for name in group[1:]}
    named = {name for group in finding.groups for name in group[1:]}
    # a long group does not name all of its pictures
    return [n for n in finding.move if n in near or (n not in named and asked.isdisjoint(gone))]


def _moving(finding: Finding, names: Sequence[str], place: str) -> Finding:
    if names and "--fix-list" not in finding.cure:
        listing = LIST.replace("DATA", place)
        finding = replace(finding, cure=f"{finding.cure}; this writes the names:\n{listing}")
    left_out = len(finding.move) - len(names)
    if not left_out:
        return finding
    why = "their class would be left with too few pictures"
    if finding.severity != "refuse":
        why = f"a copy of them is in it, or {why}"
    cure = f"{finding.cure}\nthe list of --fix-list leaves out {left_out:,} of them: {why}"
    return replace(finding, move=tuple(names), cure=cure)


def _in_place_of_moving(finding: Finding, spared: _Spared, place: str) -> str:
    """The cure where moving would take more than half of a class."""
    if finding.code == "one-colour":
        return "look at them: they are most of a class, and none is listed to be moved"
    learnt = finding.move[0].partition("/")[0]
    trained = [name for name in spared.sound if spared.cut or name.startswith(f"{learnt}/")]
    group = group_option(trained)
    hint = "" if group else ", with --group PATTERN where pictures come in series"
    if spared.cut:
        return f"keep copies together when validation is cut{hint}:\nlenswork train {place}{group}"
    again = f"lenswork train {place} --validation 0.2{group}"
    if finding.code == "series-cut":
        return f"put all pictures under train/ and have whole series set aside{hint}:\n{again}"
    asked = next(part for name in finding.files if (part := name.partition("/")[0]) != learnt)
    copy = f"{asked}/ is a copy of {learnt}/, or most of a class is: put {asked}/ away"
    if SPLIT_FOLDERS.get(asked.lower()) != "validation":
        return f"{copy} and bring other pictures for it"
    return f"{copy}, out of the data, and have a part cut{hint}:\n{again}"
