"""The same picture twice: in a class, in two classes, and on both sides of a split."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import combinations

from lenswork.amounts import counted
from lenswork.data.doctor.content_codes import seen
from lenswork.data.doctor.facts import Facts
from lenswork.data.doctor.finding import Finding
from lenswork.data.doctor.near import near_pairs
from lenswork.kinds import SPLIT_NAMES, SplitName

MOST_IN_GROUP = 4  # near copies that are named with a picture


def duplicate_findings(facts: Sequence[Facts]) -> list[Finding]:
    """Pictures with exactly the same pixels, whatever the format and name of their files.

    Pictures of one colour are left out: they say so by themselves.
    """
    groups = _same_pixels(facts)
    two_labels = [group for group in groups if len(_labels(group)) > 1]
    across = [group for group in groups if len(_splits(group)) > 1]
    within = [group for group in groups if len(_splits(group)) == len(_labels(group)) == 1]
    findings = []
    if two_labels:
        findings.append(_two_labels(two_labels))
    findings += _across(across, facts)
    if within:
        findings.append(_within(within))
    return findings


def near_findings(facts: Sequence[Facts]) -> list[Finding]:
    """Pictures that are nearly the same on both sides of a split, or anywhere if there is none."""
    parts: dict[SplitName, list[Facts]] = {
        split: [one for one in facts if one.split == split and one.readable and not one.one_colour]
        for split in SPLIT_NAMES
    }
    parts = {split: ones for split, ones in parts.items() if ones}
    if len(parts) == 1:
        return _near_within(next(iter(parts.values())))
    return [
        finding
        for learnt, asked in combinations(parts, 2)
        for finding in _near_across(parts[learnt], parts[asked])
    ]


def _same_pixels(facts: Sequence[Facts]) -> list[list[Facts]]:
    by_digest: dict[bytes, list[Facts]] = defaultdict(list)
    for one in facts:
        if one.readable and not one.one_colour:
            by_digest[one.digest].append(one)
    return [group for group in by_digest.values() if len(group) > 1]


def _two_labels(groups: Sequence[Sequence[Facts]]) -> Finding:
    classes = " and ".join(_labels(groups[0])[:3])
    return seen(
        "two-labels",
        counted(len(groups), "picture has", "pictures have") + f" two labels, such as {classes}",
        "one of the labels is wrong, or the classes are no either-or: the network is taught both "
        "answers to one question, and one of them counts as a mistake",
        "decide for each which class it belongs to, and move the other copies away",
        groups=_names(groups),
    )


def _across(groups: Sequence[Sequence[Facts]], facts: Sequence[Facts]) -> list[Finding]:
    findings = []
    totals = Counter(one.split for one in facts)
    for learnt, asked in combinations(SPLIT_NAMES, 2):
        both = [group for group in groups if {learnt, asked} <= set(_splits(group))]
        pictures = sum(one.split == asked for group in both for one in group)
        if not both:
            continue
        findings.append(
            seen(
                "copies-across",
                counted(pictures, f"{asked} picture is", f"{asked} pictures are")
                + f" also in {learnt}",
                f"what was learnt by heart counts as known: accuracy on {asked} can be up to "
                f"{_points(pictures / totals[asked])} too high",
                f"move the copies in {learnt} away, so that the pictures to be judged by stay the "
                "same",
                groups=_names(both),
                move=[
                    one.id for group in both for one in group if one.split == learnt and one.format
                ],
            )
        )
    return findings


def _within(groups: Sequence[Sequence[Facts]]) -> Finding:
    extra = sum(len(group) - 1 for group in groups)
    return seen(
        "copies",
        counted(extra, "picture is a copy", "pictures are copies")
        + " of another one in the same class",
        "a picture that is there twice counts twice; a split that is cut at random can put one on "
        "either side",
        "move all copies but one away",
        groups=_names(groups),
        move=[one.id for group in groups for one in group[1:] if one.format],
    )


def _near_across(learnt: Sequence[Facts], asked: Sequence[Facts]) -> list[Finding]:
    pairs = near_pairs(asked, learnt)
    near: dict[int, list[int]] = defaultdict(list)  # the likest first
    for first, second in zip(pairs.first.tolist(), pairs.second.tolist(), strict=True):
        near[first].append(second)
    if not near:
        return []
    split, other = asked[0].split, learnt[0].split
    differ = sum(
        any(learnt[at].label != asked[one].label for at in ats) for one, ats in near.items()
    )
    copies = [learnt[at] for ats in near.values() for at in ats]
    labels = f"; {differ:,} of them with another label" if differ else ""
    least = "" if pairs.complete else "at least "
    return [
        seen(
            "near-copies-across",
            least
            + counted(len(near), f"{split} picture is", f"{split} pictures are")
            + f" nearly the same as one in {other}{labels}",
            f"saved again, resized, brightened or trimmed, a picture is still known by heart: "
            f"accuracy on {split} can be up to {_points(len(near) / len(asked))} too high",
            f"look at the pairs; move those in {other} away, or keep pictures of one series "
            "together: --group PATTERN",
            groups=[
                (asked[one].id, *(learnt[at].id for at in ats[:MOST_IN_GROUP]))
                for one, ats in near.items()
            ],
            move=sorted({copy.id for copy in copies if copy.format}),
        )
    ]


def _near_within(facts: Sequence[Facts]) -> list[Finding]:
    pairs = near_pairs(facts)
    if not len(pairs):
        return []
    groups = _joined(pairs.first.tolist(), pairs.second.tolist())
    pictures = sum(len(group) for group in groups)
    return [
        seen(
            "near-copies",
            f"{pictures:,} pictures are nearly the same as another one, in "
            + counted(len(groups), "group", "groups"),
            "a validation part that is cut at random has one and training the other, so that what "
            "was learnt by heart counts as known",
            "keep pictures of one series together when validation is cut: --group PATTERN",
            groups=[[facts[at].id for at in group] for group in groups],
        )
    ]


def _joined(first: Sequence[int], second: Sequence[int]) -> list[list[int]]:
    """The groups that pairs hang together in."""
    leader: dict[int, int] = {}

    def lead(one: int) -> int:
        while leader.setdefault(one, one) != one:
            leader[one] = leader[leader[one]]
            one = leader[one]
        return one

    for a, b in zip(first, second, strict=True):
        leader[max(lead(a), lead(b))] = min(lead(a), lead(b))
    groups: dict[int, list[int]] = defaultdict(list)
    for one in sorted(leader):
        groups[lead(one)].append(one)
    return list(groups.values())


def _splits(group: Sequence[Facts]) -> list[SplitName]:
    own = {one.split for one in group}
    return [split for split in SPLIT_NAMES if split in own]


def _labels(group: Sequence[Facts]) -> list[str]:
    return sorted({one.label for one in group})


def _names(groups: Sequence[Sequence[Facts]]) -> list[list[str]]:
    return [[one.id for one in group] for group in groups]


def _points(share: float) -> str:
    return f"{100 * share:.1f} points" if share >= 0.001 else "0.1 points"
