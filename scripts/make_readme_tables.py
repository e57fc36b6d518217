"""Write the measured figures and outputs into README.md, between the marks that name them.

Run as `python scripts/make_readme_tables.py`; with `--check` it writes nothing, and its exit code
is 1 where README says something else than bench/results/*.json and docs/outputs/readme.json.
Nothing between the marks is typed by hand: measure again with `make bench`, or run
`python scripts/make_outputs.py`, then this.
"""

import json
import re
import sys
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from generated import ROOT, table, write_or_check
from readme_outputs import shown

README = ROOT / "README.md"
RESULTS = ROOT / "bench" / "results"
MARKED = re.compile(
    r"(?P<begin><!-- (?P<kind>measured|shown): (?P<name>[a-z-]+) -->\n).*?(?P<end><!-- end -->)",
    re.DOTALL,
)
DATA = {"mnist": "MNIST", "fashion-mnist": "Fashion-MNIST"}
LONGEST_NET = 40  # characters of a net that a row of the table can hold
Result = Mapping[str, Any]


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the figures, or check them."""
    text = filled(README.read_text("utf-8"), RESULTS)
    return write_or_check(README, text, "Write README's measured figures.", arguments)


def filled(text: str, results: Path) -> str:
    """`text` with what stands between its marks made anew; `results` holds what was measured."""

    def anew(found: re.Match[str]) -> str:
        name = found["name"]
        if found["kind"] == "shown":
            return f"{found['begin']}{shown(name)}\n{found['end']}"
        if name not in BLOCKS:
            raise SystemExit(f"README marks {name!r}, and there is {', '.join(BLOCKS)}")
        return f"{found['begin']}{BLOCKS[name](results)}\n{found['end']}"

    return MARKED.sub(anew, text)


def first_training(results: Path) -> str:
    """How long the first training takes, in a sentence."""
    seconds = read(results / "demo.json")["contenders"][0]["figures"]["wall_seconds"]
    return (
        f"The training itself takes {seconds['median']:.0f} s on two cores (n = {seconds['n']}, "
        "[conditions](docs/benchmarks.md#the-first-training)), fetching and installing before it a "
        "minute or two."
    )


def time_to_accuracy(results: Path) -> str:
    """Both data sets in one table: means, with standard deviation and number of seeds."""
    found = {
        data: read(results / f"to-accuracy-{data.removesuffix('-mnist')}.json") for data in DATA
    }
    rows = [
        accuracy_row(result, one, data)
        for data, result in found.items()
        for one in result["contenders"]
    ]
    head = ["program", "seconds of training", "test accuracy", "of the course's time"]
    return f"{table(head, rows)}\n\n{conditions(found.values())}"


def accuracy_row(result: Result, one: Result, data: str) -> list[str]:
    """A program, its time, its accuracy, and what part of the course's time it takes."""
    seconds = one["figures"]["train_seconds"]
    accuracy = one["figures"]["test_accuracy_percent"]
    ratio = ratio_to(result, one["name"], "course", "train_seconds")
    if one["name"] == "course":
        program = f"the course's program on {DATA[data]}, in Keras: {one['what']}"
    else:
        program = command_of(data, one["what"])
    return [
        f"{program}, n = {seconds['n']}",
        with_deviation(seconds, 1 if seconds["mean"] < 100 else 0),
        with_deviation(accuracy, 2, "%"),
        "1" if ratio is None else part_of_one(ratio["mean"]),
    ]


def command_of(data: str, what: str) -> str:
    """The command that trains by a result's recipe; a long net is mentioned, not written out."""
    written = re.search(r"`(.*)`", what)
    if written is None:
        return what
    fields = tomllib.loads(f"recipe = {{ {written[1]} }}")["recipe"]
    own_net = len(str(fields.get("net", ""))) > LONGEST_NET
    options = [
        option(name, value)
        for name, value in fields.items()
        if (name, value) != ("recipe", "fast") and not (own_net and name == "net")
    ]
    command = " ".join(["lenswork train", data, *options])
    return f"`{command}`" + (", with a net of its own" if own_net else "")


def option(name: str, value: object) -> str:
    """A field of the recipe as an option of the command."""
    flag = "--" + name.replace("_", "-")
    if isinstance(value, bool):
        return flag if value else f"--no-{flag[2:]}"
    text = str(value)
    return f'{flag} "{text}"' if " " in text else f"{flag} {text}"


def equal_work(results: Path) -> str:
    """An epoch of the same net here, in the course's program, and in the fastest other one."""
    result = read(results / "equal-conv-32x2.json")
    rows = []
    for one in result["contenders"]:
        ratio = ratio_to(result, "lenswork", one["name"], "epoch_seconds")
        if ratio is None and one["name"] != "lenswork":
            continue  # docs/benchmarks.md has all of them
        seconds = with_range(one["figures"]["epoch_seconds"], 1)
        rows.append([one["what"], seconds, "1" if ratio is None else with_range(ratio, 2)])
    head = [f"program, n = {len(result['rounds'])}", "seconds an epoch", "Lenswork takes of it"]
    return f"{table(head, rows)}\n\n{conditions([result])}"


def conditions(results: Iterable[Result]) -> str:
    """Machine, versions and dates of results that were measured on one machine, in brackets."""
    versions: dict[str, str] = {}
    machines, dates = [], set()
    for result in results:
        machines.append(result["machine"])
        dates.add(result["date"])
        for one in result["contenders"]:
            versions |= {name: str(number) for name, number in one["versions"].items()}
    if len({(one["processor"], one["cores_given"]) for one in machines}) > 1:
        raise SystemExit("results of several machines do not belong into one table of README")
    versions.pop("lenswork", None)
    said = ", ".join(f"{name} {number}" for name, number in sorted(versions.items()))
    where = machines[0]
    return (
        f"({where['processor']}, {where['cores_given']} cores, {where['system']}, Python "
        f"{where['python']}, {said}; {', '.join(sorted(dates))}.)"
    )


def ratio_to(result: Result, of: str, to: str, measure: str) -> Result | None:
    """The figures of the ratio of two programs, where the result has one."""
    for target in result["targets"]:
        if (target["of"], target["to"], target["measure"]) == (of, to, measure):
            figures: Result = target["figures"]
            return figures
    return None


def with_deviation(found: Result, digits: int, unit: str = "") -> str:
    """A mean, with the standard deviation where there are several values."""
    mean = f"{found['mean']:,.{digits}f}{unit}"
    return mean if found["deviation"] is None else f"{mean} (sd {found['deviation']:.{digits}f})"


def with_range(found: Result, digits: int) -> str:
    """A median, with the smallest and the largest."""
    middle, least, most = (f"{found[name]:,.{digits}f}" for name in ("median", "min", "max"))
    return f"{middle} ({least} to {most})"


def part_of_one(ratio: float) -> str:
    """A small part as 1/24, any other with two digits."""
    return f"1/{1 / ratio:.0f}" if ratio < 0.4 else f"{ratio:.2f}"


def read(path: Path) -> Result:
    """One result."""
    result: Result = json.loads(path.read_text("utf-8"))
    return result


BLOCKS: Mapping[str, Callable[[Path], str]] = {
    "first-training": first_training,
    "time-to-accuracy": time_to_accuracy,
    "equal-work": equal_work,
}


if __name__ == "__main__":
    sys.exit(main())
