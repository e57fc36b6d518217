"""Series in the files' names, such as horse01-0 and horse01-1, and whether the split cuts them.

A name tells of a series if, before its ending, a number stands last and what stands before it
holds a number too: horse01-0 and img007_aug2 do, cat.12 and 0001 do not. A class is made of
series if at least half of its pictures lie in at least three series of two pictures or more.
Fewer than three may be two cameras, or the years of two collections; and where few pictures have
company, the names are numbers only.

In the parts that the data brings, a series is cut if some of its numbers are on one side and
others on the other. Numbers that are on both sides say that each side was counted anew, so that
the same name does not mean the same series. Names are compared as they are written: horse1 and
horse01 are two series, as they are in horses-or-humans.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

from lenswork.data.doctor.codes import found
from lenswork.data.doctor.finding import Finding
from lenswork.kinds import SPLIT_NAMES, SplitName

FEWEST_SERIES = 3
SHARE_IN_SERIES = 0.5
SHOWN_SERIES = 3
_DIGIT = re.compile("[0-9]")
_SEPARATED = re.compile(r"[-_. (]+[A-Za-z]{0,6}$")
# Simple ones first; the last fits every name. The first that gives the same series is proposed.
PATTERNS = (
    r"^[^-]+",
    r"^[^_]+",
    r"^.+(?=-)",
    r"^.+(?=_)",
    r"^.*?(?=[-_. (]+[A-Za-z]{0,6}\d+\)?\.\w+$)|^.+",
)

Key = tuple[str, str]  # class and series
Named = tuple[SplitName, str, str]  # the part, class and id of a picture
Sides = Mapping[SplitName, Mapping[str, str]]  # of one series: part -> number in it -> id


def series_of(name: str) -> tuple[str, str] | None:
    """The series that a picture's id tells of and its number in it, or None."""
    stem = name[name.rfind("/") + 1 : max(name.rfind("."), 0)]
    counted_in = stem.removesuffix(")")
    head = counted_in.rstrip("0123456789")
    separated = _SEPARATED.search(head)
    if len(head) == len(counted_in) or separated is None:
        return None
    series = head[: separated.start()]
    return (series, counted_in[len(head) :]) if _DIGIT.search(series) else None


def series_findings(pictures: Iterable[Named], *, cut: bool, place: str) -> list[Finding]:
    """Series that lie on both sides of the split.

    `cut` says that the validation part was cut from the training pictures, one by one; `place` is
    the data as a shell takes it.
    """
    members: dict[str, dict[str, dict[SplitName, dict[str, str]]]] = {}
    sizes: Counter[tuple[SplitName, str]] = Counter()
    trained: list[str] = []  # the names that a group pattern must fit
    for split, label, name in pictures:
        sizes[split, label] += 1
        if split == "train" or (cut and split == "validation"):
            trained.append(name)
        if read := series_of(name):
            sides = members.setdefault(label, {}).setdefault(read[0], {})
            sides.setdefault(split, {})[read[1]] = name
    told = _in_series(members, sizes)
    findings = []
    if cut:
        halved = {
            key: sides for key, sides in told.items() if {"train", "validation"} <= set(sides)
        }
        if halved:
            findings.append(_in_cut(halved, len(told), _pattern(trained), place))
    held_out: list[SplitName] = ["test"] if cut else ["validation", "test"]
    shared = {
        split: {key: sides for key, sides in told.items() if _is_cut(sides, split)}
        for split in held_out
    }
    findings += [
        _across(its, split, sizes, _pattern(trained), place) for split, its in shared.items() if its
    ]
    return findings


def _in_series(
    members: Mapping[str, Mapping[str, Sides]], sizes: Mapping[tuple[SplitName, str], int]
) -> dict[Key, Sides]:
    """The series of two pictures or more in the classes that are made of series."""
    told: dict[Key, Sides] = {}
    for label, its in members.items():
        size = sum(sizes.get((split, label), 0) for split in SPLIT_NAMES)
        lengths = {series: sum(map(len, sides.values())) for series, sides in its.items()}
        several = [series for series, length in lengths.items() if length > 1]
        inside = sum(lengths[series] for series in several)
        if len(several) >= FEWEST_SERIES and inside >= SHARE_IN_SERIES * size:
            told |= {(label, series): its[series] for series in several}
    return told


def _is_cut(sides: Sides, held_out: SplitName) -> bool:
    train, other = sides.get("train", {}), sides.get(held_out, {})
    return bool(train and other) and not set(train) & set(other)


def _pattern(ids: Sequence[str]) -> str:
    """The first pattern that puts the names into the series that they tell of, and no others."""
    files = [name.rsplit("/", 1)[-1] for name in ids]
    series = [read[0] if (read := series_of(name)) else None for name in files]
    for pattern in PATTERNS[:-1]:
        matches = list(map(re.compile(pattern).search, files))
        pairs = {
            (one, match[0]) for one, match in zip(series, matches, strict=True) if match and one
        }
        alone = [match[0] for one, match in zip(series, matches, strict=True) if match and not one]
        texts = [text for _, text in pairs]
        one_to_one = len(texts) == len(set(texts)) == len({one for one, _ in pairs})
        if all(matches) and one_to_one and len(set(alone)) == len(alone):
            return pattern
    return PATTERNS[-1]


def group_option(ids: Sequence[str]) -> str:
    """What keeps the series that most of these names tell of together, "" where they do not."""
    told = sum(series_of(name) is not None for name in ids)
    return f" --group '{_pattern(ids)}'" if told and told >= SHARE_IN_SERIES * len(ids) else ""


def _example(keys: Iterable[Key]) -> str:
    names = sorted({series for _, series in keys})
    more = ", …" if len(names) > SHOWN_SERIES else ""
    return ", ".join(names[:SHOWN_SERIES]) + more


def _grouped(
    shared: Mapping[Key, Sides],
    wanted: Callable[[SplitName], bool],
) -> list[list[str]]:
    return [
        sorted(name for split, ids in parts.items() if wanted(split) for name in ids.values())
        for _, parts in sorted(shared.items())
    ]


def _in_cut(halved: Mapping[Key, Sides], count: int, regex: str, place: str) -> Finding:
    return found(
        "series-in-cut",
        f"the cut of a validation part goes through {len(halved):,} of "
        f"{count:,} series of pictures: {_example(halved)}",
        "if these are shots of one thing, validation shows what training has seen, and its "
        "accuracy will be higher than with new pictures",
        f"lenswork train {place} --group '{regex}'",
        groups=_grouped(halved, lambda split: split != "test"),
    )


def _across(
    shared: Mapping[Key, Sides],
    split: SplitName,
    sizes: Mapping[tuple[SplitName, str], int],
    regex: str,
    place: str,
) -> Finding:
    leaked = [name for parts in shared.values() for name in parts[split].values()]
    lost = Counter(label for label, series in shared for _ in shared[label, series][split])
    few = all(2 * count <= sizes[split, label] for label, count in lost.items())
    total = sum(count for (its, _), count in sizes.items() if its == split)
    again = f"lenswork train {place} --validation 0.2 --group '{regex}'"
    return found(
        "series-cut",
        f"{len(shared):,} series of pictures {'lies' if len(shared) == 1 else 'lie'} both in train "
        f"and in {split}: {_example(shared)}",
        f"if these are shots of one thing, {split} shows what training has seen: "
        f"{len(leaked):,} of its {total:,} pictures, and its accuracy is higher than with new "
        "pictures",
        f"take these out of {split}; this writes the names:\n"
        f"lenswork doctor {place} --fix-list FILE"
        if few
        else f"put all pictures under train/ and have whole series set aside:\n{again}",
        groups=_grouped(shared, lambda name: name in ("train", split)),
        move=sorted(leaked) if few else [],
    )
