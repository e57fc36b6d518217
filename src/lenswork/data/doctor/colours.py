"""Pictures whose files keep colours another way than the others."""

from collections import Counter
from collections.abc import Sequence

from lenswork.amounts import counted
from lenswork.data.doctor.content_codes import seen
from lenswork.data.doctor.facts import Facts
from lenswork.data.doctor.finding import Finding

ONE_KIND = 0.9  # of a class in grey, and as much of another in colour: the class can be told by it
OTHER_MODELS = ("CMYK", "YCbCr", "LAB", "HSV")  # as Pillow calls those that are not grey nor RGB


def colour_findings(facts: Sequence[Facts]) -> list[Finding]:
    """Grey pictures beside colour ones, and colours for print beside those of screens."""
    return [*_grey(facts), *_other_models(facts)]


def _grey(facts: Sequence[Facts]) -> list[Finding]:
    grey = [one for one in facts if _is_grey(one)]
    if not grey or len(grey) == len(facts):
        return []
    few = grey if 2 * len(grey) <= len(facts) else [one for one in facts if not _is_grey(one)]
    title = (
        counted(len(grey), "picture is", "pictures are")
        + f" grey, {len(facts) - len(grey):,} in colour"
    )
    totals = Counter(one.label for one in facts)
    counts = Counter(one.label for one in grey)
    shares = {name: counts[name] / total for name, total in totals.items()}
    most, least = max(shares, key=shares.__getitem__), min(shares, key=shares.__getitem__)
    if shares[most] >= ONE_KIND and shares[least] <= 1 - ONE_KIND:
        return [
            seen(
                "colour-tells-class",
                f"{title}: {shares[most]:.0%} of {most} are grey, {shares[least]:.0%} of {least}",
                "the network can tell these classes by colour alone, and will",
                "bring both kinds for every class, or train in grey: --colours grey",
                files=[one.id for one in few],
            )
        ]
    return [
        seen(
            "mixed-colours",
            title,
            "all are brought to the colours of the recipe: a grey picture has three equal channels",
            "nothing, if both kinds will be asked about; else train in grey: --colours grey",
            files=[one.id for one in few],
        )
    ]


def _is_grey(facts: Facts) -> bool:
    return facts.mode in ("1", "L", "LA", "La") or facts.mode.startswith("I;16")


def _other_models(facts: Sequence[Facts]) -> list[Finding]:
    ones = [one for one in facts if one.mode in OTHER_MODELS]
    if not ones or len(ones) == len(facts):
        return []
    models = " and ".join(sorted({one.mode for one in ones}))
    return [
        seen(
            "mixed-models",
            counted(len(ones), "picture keeps", "pictures keep") + f" colours as {models}, "
            f"{len(facts) - len(ones):,} do not",
            "they are brought to RGB without the colour profile of their printer or camera, so "
            "that their colours can be others than a viewer shows",
            "save them as RGB from a program that knows their profile",
            files=[one.id for one in ones],
        )
    ]
