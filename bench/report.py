"""Write docs/benchmarks.md from bench/results/*.json: no figure in it is typed by hand.

Run as `python bench/report.py`; with `--check` it writes nothing and only says whether the page
is what the results come to.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from parts import GROUPS, PARTS
from results import Document, read_all

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "bench" / "results"
PAGE = ROOT / "docs" / "benchmarks.md"
TRIED = ROOT / "bench" / "tried.md"
CLOSE = 0.05  # of an accuracy: half of an interval that is wider tells nothing of agreement

_HEAD = """\
# Benchmarks

Made by `python bench/report.py` from the files in `bench/results/`, which `python bench/run.py`
wrote; change neither by hand (the last section, on what was tried, is `bench/tried.md`). A figure
is the median over n rounds (under *Time to accuracy* the mean), in bold, with the smallest and the
largest behind it. In a round all programs of a table run one after the other, and a ratio is taken
within its round, so what slows the machine for minutes slows both sides; the median of such ratios
need not be the ratio of the medians.
"""


def page(results: Sequence[Document]) -> str:
    """The whole page, in the order in which the parts are listed; groups have one heading."""
    order = list(PARTS)
    ranked = sorted(results, key=lambda one: order.index(one["part"]))
    blocks, group = [_HEAD], ""
    for result in ranked:
        if _group(result) not in ("", group):
            blocks.append(_group_heading(_group(result)))
        group = _group(result)
        blocks.append(section(result))
    return "\n".join([*blocks, *_not_measured(ranked), TRIED.read_text("utf-8")])


def _not_measured(results: Sequence[Document]) -> list[str]:
    """The parts that have no result, so that a missed promise is not one that nobody sees."""
    done = {result["part"] for result in results}
    rows = [f"- {part.title} (`{name}`)" for name, part in PARTS.items() if name not in done]
    if not rows:
        return []
    lines = "\n".join(rows)
    return [
        (
            "## Not measured\n\nThese parts of the bench have no result, so nothing is claimed of "
            f"what they promise; `make bench PARTS=NAME` measures one.\n\n{lines}\n"
        )
    ]


def section(result: Document) -> str:
    """One part: what it is, its tables, and the conditions it was measured under."""
    blocks = [
        f"{'###' if _group(result) else '##'} {result['title']}",
        result["about"],
        _values_table(result),
        _targets_table(result),
        _agreement(result),
        _conditions(result),
    ]
    return "\n\n".join(block for block in blocks if block) + "\n"


def _group(result: Document) -> str:
    return str(result.get("group", ""))  # results of before there were groups have none


def _group_heading(name: str) -> str:
    group = GROUPS[name]
    lines = "\n".join(f"- {line}" for line in group.conditions)
    return f"## {group.title}\n\n{group.about}\n\nConditions of all of them:\n\n{lines}\n"


def _values_table(result: Document) -> str:
    measures, spread = result["measures"], result.get("spread", "median")
    counts = {len(one["answers"]) for one in result["contenders"]}
    same = len(counts) == 1
    n = len(result["rounds"])
    head = [f"n = {n}" if same else "program", *(_headed(measure) for measure in measures)]
    rows = [
        [
            f"{one['name']}: {one['what']}" + ("" if same else f" (n = {len(one['answers'])})"),
            *(_value(one["figures"], measure, spread) for measure in measures),
        ]
        for one in result["contenders"]
    ]
    return _table(head, rows)


def _value(found: Document, measure: Document, spread: str) -> str:
    name = measure["name"]
    return _spread(found[name], measure["digits"], spread) if name in found else ""


def _targets_table(result: Document) -> str:
    measures = {measure["name"]: measure for measure in result["measures"]}
    rows = [
        _target_row(target, measures[target["measure"]], result.get("spread", "median"))
        for target in result["targets"]
    ]
    rounds = "rounds within it"
    return _table(["ratio or figure", "measured", "target", rounds], rows)


def _target_row(target: Document, measure: Document, spread: str) -> list[str]:
    found, unit = target["figures"], ""
    if target["to"] is None:
        name, unit = f"{target['of']}, {measure['title']}", f" {measure['unit']}".rstrip()
        measured = _spread(found, measure["digits"], spread) + unit
    else:
        to = target["to"] + (" (the fastest other)" if target.get("fastest") else "")
        name = f"{target['of']} / {to}, {measure['title']}"
        measured = _spread(found, 3 if spread == "median" else 4, spread)
    most, least = target["at_most"], target.get("at_least")
    if most is None and least is None:
        return [name, measured, "none", ""]
    within = [_within(value, most, least) for value in target["values"]]
    verdict = "met" if _within(found[spread], most, least) else "**missed**"
    promise = " and ".join(
        f"{word} {limit:.4g}{unit}"
        for word, limit in (("at most", most), ("at least", least))
        if limit is not None
    )
    return [name, measured, f"{promise}: {verdict}", f"{sum(within)} of {len(within)}"]


def _within(value: float, most: float | None, least: float | None) -> bool:
    return (most is None or value <= most) and (least is None or value >= least)


def _agreement(result: Document) -> str:
    """Whether the programs ended equally good, in a sentence."""
    found = result.get("agreement")
    if not found:
        return ""
    title = next(one["title"] for one in result["measures"] if one["name"] == found["measure"])
    said = (
        f"Largest difference between the means of two programs, {title}: "
        f"{found['difference']:.4f} ({found['first']} above {found['second']})"
    )
    if found["holds"] is None:
        return f"{said}; one round has no interval."
    return (
        f"{said}, interval {found['low']:.4f} to {found['high']:.4f}: {_verdict(found)}. (Welch's "
        f"t, 95% for all {found['pairs']} differences together, by Bonferroni.)"
    )


def _verdict(found: Document) -> str:
    if not found["holds"]:
        return "**they differ**"
    if found["high"] - found["low"] > 2 * CLOSE:
        return "no difference is shown, and the interval is too wide to show that they agree"
    return "they agree"


def _conditions(result: Document) -> str:
    lines = [
        *result["conditions"],
        *_asked(result["settings"]),
        _machine(result),
        *(f"{one['name']}: {_made_with(one)}." for one in result["contenders"]),
    ]
    return "Conditions:\n\n" + "\n".join(f"- {line}" for line in lines)


def _asked(settings: Document) -> list[str]:
    """What a training part was asked for; other parts have no settings."""
    if not settings:
        return []
    pictures = settings["pictures"]
    amount = pictures if pictures == "all" else f"{pictures:,}"
    return [f"{settings['epochs']} epochs in a process, {amount} training pictures."]


def _machine(result: Document) -> str:
    machine = result["machine"]
    return (
        f"{result['date']}, {machine['processor']}, {machine['cores_given']} of "
        f"{machine['cores_present']} cores, {machine['memory_gib']} GiB, {machine['system']}, "
        f"Python {machine['python']}.{_other_work(result)}"
    )


def _other_work(result: Document) -> str:
    shares = [one["other_work_percent"] for one in result["rounds"]]
    if None in shares:
        return ""
    mean = sum(shares) / len(shares)
    text = (
        f" Other work took {mean:.1f}% of the cores' time meanwhile, {max(shares):.1f}% in the "
        "worst round."
    )
    limit = result["most_other_percent"]
    if limit is not None:
        lost = sum(one["thrown_away"] for one in result["rounds"])
        text += f" Rounds with more than {limit:g}% were thrown away unseen and repeated: {lost}."
    return text


def _made_with(contender: Document) -> str:
    versions = ", ".join(f"{name} {number}" for name, number in contender["versions"].items())
    threads = contender["threads"]
    return versions + ("" if threads is None else f", {threads} threads")


def _headed(measure: Document) -> str:
    return f"{measure['title']}, {measure['unit']}" if measure["unit"] else str(measure["title"])


def _spread(found: Document, digits: int, kind: str = "median") -> str:
    """The median, or the mean and standard deviation, with the smallest and the largest."""
    middle, least, most = (f"{found[key]:,.{digits}f}" for key in (kind, "min", "max"))
    deviation = found["deviation"] if kind == "mean" else None
    sd = "" if deviation is None else f"sd {deviation:,.{digits}f}, "
    return f"**{middle}** ({sd}{least} to {most})"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    if not rows:
        return ""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the page, or check it."""
    parser = argparse.ArgumentParser(description="Write docs/benchmarks.md from the results.")
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--page", type=Path, default=PAGE)
    parser.add_argument("--check", action="store_true", help="write nothing; 1 if out of date")
    asked = parser.parse_args(arguments)
    text = page(read_all(asked.results))
    if asked.check:
        return 0 if asked.page.exists() and asked.page.read_text() == text else 1
    asked.page.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
