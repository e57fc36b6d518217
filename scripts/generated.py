"""Pages that a program writes: put down, or compared with what it would write now."""

import argparse
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"


def write_or_check(
    page: Path, text: str, about: str, arguments: Sequence[str] | None = None
) -> int:
    """Write `text` to `page`, or with --check only say by the exit code whether it stands there."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--check", action="store_true", help="write nothing; 1 if out of date")
    if parser.parse_args(arguments).check:
        return 0 if page.is_file() and page.read_text("utf-8") == text else 1
    page.write_text(text, "utf-8")
    return 0


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in Markdown; a bar within a cell is escaped, so that it ends none."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(
        "| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines
    )
