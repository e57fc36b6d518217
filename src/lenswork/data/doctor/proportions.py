"""Pictures whose size or proportions are far from those of the network's input."""

from collections.abc import Sequence
from statistics import median

from lenswork.amounts import counted
from lenswork.data.doctor.content_codes import seen
from lenswork.data.doctor.facts import Facts
from lenswork.data.doctor.finding import Finding

# CleanVision 0.3 calls an aspect ratio odd where the shorter side is less than 0.35 of the longer
MOST_STRETCH = 1 / 0.35
LEAST_SCALE = 0.5  # of the input's side: fewer than one pixel in four of it is a picture's own
MOST_SCALE = 16.0  # of the input's side: of 256 pixels one is left


def size_findings(facts: Sequence[Facts], size: tuple[int, int] | None) -> list[Finding]:
    """Readable pictures that `size`, (height, width), stretches, enlarges or shrinks by far.

    Without a size the proportions are held against those of the middle size.
    """
    if not facts:
        return []
    if size is None:
        middle = (median(one.height for one in facts), median(one.width for one in facts))
        return _stretched(facts, middle, "one size")
    return [*_stretched(facts, size, f"{size[1]} x {size[0]}"), *_scaled(facts, size)]


def _stretched(facts: Sequence[Facts], size: tuple[float, float], to: str) -> list[Finding]:
    def stretch(one: Facts) -> float:
        ratio = (one.width / one.height) / (size[1] / size[0])
        return max(ratio, 1 / ratio)

    ones = sorted((one for one in facts if stretch(one) > MOST_STRETCH), key=stretch, reverse=True)
    if not ones:
        return []
    worst = ones[0]
    return [
        seen(
            "stretched",
            counted(len(ones), "picture is", "pictures are")
            + f" stretched to {MOST_STRETCH:.1f} times its proportions or more, "
            f"{worst.width:,} x {worst.height:,} pixels for one",
            f"every picture is brought to {to} whatever its proportions: shapes "
            "in these are hardly the same shapes",
            "crop them to what matters, or choose a --size of their proportions",
            files=_names(ones),
        )
    ]


def _scaled(facts: Sequence[Facts], size: tuple[int, int]) -> list[Finding]:
    findings = []
    small = [one for one in facts if min(_scales(one, size)) < LEAST_SCALE]
    if small:
        least = min(small, key=lambda one: one.width * one.height)
        findings.append(
            seen(
                "enlarged",
                counted(len(small), "picture is", "pictures are")
                + f" less than half as large as {size[1]} x {size[0]}, "
                f"{least.width:,} x {least.height:,} pixels the smallest",
                "enlarging adds no detail, and costs as much time as pictures that have it; where "
                "one class has the small ones, blur alone tells it",
                "bring larger ones, or train with a smaller --size",
                files=_names(small),
            )
        )
    large = [one for one in facts if min(_scales(one, size)) > MOST_SCALE]
    if large:
        most = max(large, key=lambda one: one.width * one.height)
        findings.append(
            seen(
                "shrunk",
                counted(len(large), "picture is", "pictures are")
                + f" more than {MOST_SCALE:.0f} times as large as {size[1]} x {size[0]} on each "
                f"side, up to {most.width:,} x {most.height:,} pixels",
                "of 256 pixels one is left: small things in them vanish, and reading takes long",
                "crop them to what matters, or train with a larger --size",
                files=_names(large),
            )
        )
    return findings


def _scales(one: Facts, size: tuple[int, int]) -> tuple[float, float]:
    return one.height / size[0], one.width / size[1]


def _names(facts: Sequence[Facts]) -> tuple[str, ...]:
    return tuple(one.id for one in facts)
