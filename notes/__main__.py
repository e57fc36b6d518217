"""`make notes`: measure the notes' questions, and compose docs/notes.md.

    python -m notes                  every part
    python -m notes filters sizes    some of them
    python -m notes --list           what there is
    python -m notes --short          few pictures, epochs and seeds, to .notes/short
    python -m notes --page           the page alone, from the results that are there

What is trained is kept in the home (.figures, or --home) and not trained again: the same command
goes on where it was stopped. The full form takes under three hours on two cores, the short one
under fifteen minutes. The data sets are fetched where they are not on this machine.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from lenswork.errors import LensworkError
from lenswork.files import write_bytes
from notes.desk import ROOT, Desk
from notes.page import page
from notes.part import Part
from notes.parts import PARTS
from notes.results import Form, Result, read_all, write

INTERRUPTED = 130  # as a shell has it for Ctrl-C


@dataclass(frozen=True)
class Places:
    """Where everything of a form is: what was trained, the results, the figures, the page."""

    home: Path
    results: Path
    figures: Path
    page: Path


def main(
    arguments: Sequence[str] | None = None,
    *,
    root: Path = ROOT,
    parts: Sequence[Part] = PARTS,
) -> int:
    """Measure the parts that were asked for, one after the other, and write the page."""
    parser = _parser(parts)
    asked = parser.parse_args(arguments)
    known = {part.name: part for part in parts}
    unknown = [name for name in asked.parts if name not in known]
    if unknown:
        parser.error(f"no part is called {', '.join(unknown)}; there are {', '.join(known)}")
    if asked.list:
        for part in parts:
            print(f"{part.name:<10} {part.title}: {', '.join(part.rows)}")
        return 0
    places = places_of(root, asked.home, short=asked.short)
    desk = Desk(places.home, places.figures, asked.short)
    wanted = [] if asked.page else [known[name] for name in asked.parts or known]
    try:
        failed = [part.name for part in wanted if not _measure(part, desk, places.results)]
    except KeyboardInterrupt:
        print("stopped: what was trained is kept, the same command goes on", file=sys.stderr)
        return INTERRUPTED
    text = page(parts, read_all(places.results))
    places.page.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(places.page, text.encode())
    print(f"written to {places.page}", file=sys.stderr)
    if failed:
        print(f"not measured: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def places_of(root: Path, home: Path | None, *, short: bool) -> Places:
    """The short form touches nothing of the full one."""
    if short:
        base = root / ".notes" / "short"
        return Places(home or base / "runs", base / "results", base / "figures", base / "notes.md")
    docs = root / "docs"
    results = root / "notes" / "results"
    return Places(home or root / ".figures", results, docs / "figures", docs / "notes.md")


def _measure(part: Part, desk: Desk, folder: Path) -> bool:
    """Measure one part and write its result, or say why it could not be done."""
    print(f"\n{part.name}: {part.title}", file=sys.stderr)
    began = time.perf_counter()
    try:
        found = part.measure(desk)
    except LensworkError as error:
        print(f"error: part {part.name}: {error}", file=sys.stderr)
        return False
    minutes = round((time.perf_counter() - began) / 60, 1)
    today = datetime.now(UTC).date().isoformat()
    form: Form = "short" if desk.short else "full"
    path = write(Result(part.name, form, today, minutes, found), folder)
    print(f"{part.name}: {minutes} min, written to {path}", file=sys.stderr)
    return True


def _parser(parts: Sequence[Part]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m notes",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    names = ", ".join(part.name for part in parts)
    parser.add_argument("parts", nargs="*", metavar="PART", help=names)
    parser.add_argument("--short", action="store_true", help="few pictures, epochs and seeds")
    parser.add_argument("--home", type=Path, metavar="FOLDER", help="where runs are kept")
    parser.add_argument("--page", action="store_true", help="compose the page only")
    parser.add_argument("--list", action="store_true", help="list the parts and stop")
    return parser


if __name__ == "__main__":
    sys.exit(main())
