"""Write docs/benchmarks.md from bench/results/*.json: no figure in it is typed by hand.

Run as `python bench/report.py`; with `--check` it writes nothing and only says whether the page
is what the results come to.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from parts import PARTS
from results import Document, read_all

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "bench" / "results"
PAGE = ROOT / "docs" / "benchmarks.md"
TRIED = ROOT / "bench" / "tried.md"

_HEAD = """\
# Benchmarks

Made by `python bench/report.py` from the files in `bench/results/`, which `python bench/run.py`
wrote; change neither by hand (the last section, on what was tried, is `bench/tried.md`). A figure
is the median over n rounds, in bold, with the smallest and the largest behind it. In a round all
programs of a table run one after the other, and a ratio is taken within its round, so what slows
the machine for minutes slows both sides; the median of such ratios need not be the ratio of the
medians.
"""


def page(results: Sequence[Document]) -> str:
    """The whole page, in the order in which the parts are listed."""
    order = list(PARTS)
    ranked = sorted(results, key=lambda one: order.index(one["part"]))
    return "\n".join([_HEAD, *(section(result) for result in ranked), TRIED.read_text("utf-8")])


def section(result: Document) -> str:
    """One part: what it is, its tables, and the conditions it was measured under."""
    blocks = [
        f"## {result['title']}",
        result["about"],
        _values_table(result),
        _targets_table(result),
        _conditions(result),
    ]
    return "\n\n".join(block for block in blocks if block) + "\n"


def _values_table(result: Document) -> str:
    measures = result["measures"]
    n = len(result["rounds"])
    head = [f"n = {n}", *(_headed(measure) for measure in measures)]
    rows = [
        [
            f"{one['name']}: {one['what']}",
            *(_spread(one["figures"][measure["name"]], measure["digits"]) for measure in measures),
        ]
        for one in result["contenders"]
    ]
    return _table(head, rows)


def _targets_table(result: Document) -> str:
    measures = {measure["name"]: measure for measure in result["measures"]}
    rows = [_target_row(target, measures[target["measure"]]) for target in result["targets"]]
    return _table(["ratio or figure", "measured", "target", "rounds within it"], rows)


def _target_row(target: Document, measure: Document) -> list[str]:
    limit = target["at_most"]
    if target["to"] is None:
        name, unit = f"{target['of']}, {measure['title']}", f" {measure['unit']}".rstrip()
        measured = _spread(target["figures"], measure["digits"]) + unit
    else:
        name, unit = f"{target['of']} / {target['to']}, {measure['title']}", ""
        measured = _spread(target["figures"], 3)
    if limit is None:
        return [name, measured, "none", ""]
    within = sum(value <= limit for value in target["values"])
    verdict = "met" if target["figures"]["median"] <= limit else "**missed**"
    promise = f"at most {limit:g}{unit}: {verdict}"
    return [name, measured, promise, f"{within} of {len(target['values'])}"]


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
    return [f"{settings['epochs']} epochs in a process, {pictures} training pictures."]


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


def _spread(found: Document, digits: int) -> str:
    median, least, most = (f"{found[key]:,.{digits}f}" for key in ("median", "min", "max"))
    return f"**{median}** ({least} to {most})"


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
