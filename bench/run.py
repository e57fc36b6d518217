"""Measure Lenswork beside its peers, side by side in one run.

    python bench/run.py                     every part
    python bench/run.py equal to-accuracy   the two groups of tables
    python bench/run.py equal-conv-32x2 start --seeds 3    some parts, three rounds of each
    python bench/run.py --list              what there is
    python bench/run.py equal --quick       one short round, to see that all works
    python bench/run.py honesty             simulated studies, a page of their own

Every peer gets an environment of its own under .bench/, made when it is first needed from the
exact versions in bench/peers/. Results are printed and go to bench/results/PART.json (those of
--quick to .bench/quick/), and `python bench/report.py` makes docs/benchmarks.md of them. Of
PyTorch, pip takes the build that its configuration offers; which one it was is recorded. A part
whose data set is not on this machine is left out, and says so.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import honesty
from environments import HOME
from folders import folder_of
from lenswork.data.sources import VARIABLE, locate
from machine import this_machine
from part import Part
from parts import GROUPS, PARTS
from pictures import MissingDataError, arrays_of
from report import RESULTS, section
from results import document, write
from rounds import MeasurementError, Round, Settings, run_rounds
from turns import turn

DEBIAN_FOLDER = Path("/usr/share/datasets/fashion-mnist")  # package dataset-fashion-mnist
QUICK_PICTURES = 3_200
HONESTY = "honesty"  # no programs side by side, so no `Part`
NAMES = (*PARTS, HONESTY)
MEMBERS = {group: [one.name for one in PARTS.values() if one.group == group] for group in GROUPS}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the parts that were asked for, one after the other."""
    parser = _parser()
    asked = parser.parse_args(arguments)
    unknown = [name for name in asked.parts if name not in {*NAMES, *GROUPS}]
    if unknown:
        known = ", ".join((*NAMES, *GROUPS))
        parser.error(f"no part is called {', '.join(unknown)}; there are {known}")
    if asked.list:
        list_parts()
        return 0
    if asked.data:
        search_first(asked.data.resolve())
    settings = Settings(
        epochs=asked.epochs or (2 if asked.quick else 3),
        pictures=QUICK_PICTURES if asked.quick else asked.pictures,
        data=_fashion_mnist().resolve(),
        most_other_percent=asked.most_other,
        lock=asked.lock,
    )
    for name in chosen_names(asked.parts):
        try:
            _run_one(name, asked, settings)
        except MeasurementError as error:
            print(f"error: part {name} stopped, nothing written: {error}", file=sys.stderr)
            return 1
    return 0


def chosen_names(asked: Sequence[str]) -> list[str]:
    """The parts that `asked` names, a group standing for its parts; all of them for nothing."""
    return [name for one in asked or NAMES for name in MEMBERS.get(one, [one])]


def list_parts() -> None:
    """Print one line a part."""
    for part in PARTS.values():
        print(f"{part.name:22} {part.title}, {part.rounds} rounds: {_names(part)}")
    print(f"{HONESTY:22} Simulated studies with known truth, {honesty.SIMULATIONS:,} a cell")
    for group, members in MEMBERS.items():
        print(f"{group:22} all of {', '.join(members)}")


def search_first(folder: Path) -> None:
    """Have data looked for in `folder`, a data home or the folder of a data set in one."""
    home = folder.parent if folder.name == DEBIAN_FOLDER.name else folder
    before = os.environ.get(VARIABLE)
    os.environ[VARIABLE] = f"{home}{os.pathsep}{before}" if before else str(home)


def _run_one(name: str, asked: argparse.Namespace, settings: Settings) -> None:
    """Run one part as it was asked for, or say why it is left out."""
    if name == HONESTY:
        honesty.main(["--simulations", "100"] if asked.quick else [])
        return
    part = PARTS[name]
    rounds = asked.seeds or (1 if asked.quick else part.rounds)
    try:
        settings = _with_pictures(part, settings, quick=asked.quick)
    except MissingDataError as error:
        print(f"{name}: left out: {error}", file=sys.stderr)
        return
    folder = HOME / "quick" if asked.quick else RESULTS
    run_part(part, settings, rounds, folder / f"{name}.json")


def _with_pictures(part: Part, settings: Settings, *, quick: bool) -> Settings:
    """The settings with the pictures that the part is about, which are made where they can be."""
    if part.folder:
        with turn(settings.lock):
            settings = replace(settings, folder=folder_of(part.folder, quick=quick))
    if part.pictures:
        settings = replace(settings, arrays=arrays_of(part.pictures))
        if quick:
            settings = replace(settings, pictures=part.pictures.quick)
    return settings


def run_part(part: Part, settings: Settings, rounds: int, path: Path) -> None:
    """Measure `part`, write its result to `path` and print its tables.

    After each round the result so far is kept under .bench/unfinished/, so that a long run that
    is stopped is not lost; only a finished one replaces the last result.
    """
    machine = this_machine()
    unfinished = HOME / "unfinished" / path.name
    done: list[Round] = []
    print(f"{part.name}: {part.title}, {rounds} rounds of {_names(part)}", file=sys.stderr)
    for one in run_rounds(part, settings, rounds):
        done.append(one)
        write(document(part, settings, machine, done), unfinished)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished.replace(path)
    print(f"{part.name}: written to {path}", file=sys.stderr)
    print(section(document(part, settings, machine, done)))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join((*NAMES, *GROUPS)))
    parser.add_argument("--seeds", type=_count, metavar="N", help="rounds, each its own seed")
    parser.add_argument(
        "--epochs", type=_several, metavar="N", help="epochs in a process, 2 or more (default 3)"
    )
    parser.add_argument(
        "--pictures",
        type=_count,
        default=0,
        metavar="N",
        help="training pictures of an epoch (default all)",
    )
    parser.add_argument(
        "--data", type=Path, metavar="FOLDER", help="where data sets are looked for first"
    )
    parser.add_argument(
        "--most-other",
        type=float,
        metavar="PERCENT",
        help="run a round again if other work took more of the cores' time than this",
    )
    parser.add_argument(
        "--lock",
        type=Path,
        metavar="FILE",
        help="measure only while this file's lock is held: start other work with flock FILE",
    )
    parser.add_argument("--quick", action="store_true", help="one round, 2 epochs, few pictures")
    parser.add_argument("--list", action="store_true", help="list the parts and stop")
    return parser


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("expected 1 or more")
    return number


def _several(text: str) -> int:
    if _count(text) < 2:
        raise argparse.ArgumentTypeError("expected 2 or more: the first epoch is warming up")
    return int(text)


def _fashion_mnist() -> Path:
    found = locate("fashion-mnist")
    return found.folder if found else DEBIAN_FOLDER


def _names(part: Part) -> str:
    return ", ".join(contender.name for contender in part.contenders)


if __name__ == "__main__":
    sys.exit(main())
