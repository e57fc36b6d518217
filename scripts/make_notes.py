"""Make docs/notes.md: the questions of the course's notes, asked as studies.

Run as `python scripts/make_notes.py [HOME]`: carries out what is missing of the studies in HOME
(default .figures/, which git ignores), then writes the page and its figures. Five seeds of each
take about an hour on two cores.
"""

import re
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from lenswork.study.builtin import BUILTIN
from lenswork.study.conduct import run_study
from lenswork.study.folder import STUDIES, Study
from lenswork.study.report import write_report

ROOT = Path(__file__).resolve().parents[1]
PAGE, FIGURES = ROOT / "docs" / "notes.md", ROOT / "docs" / "figures"


@dataclass(frozen=True)
class Question:
    """A built-in study, and what the notes said from one training of each setting."""

    plan: str
    said: str


QUESTIONS = (
    Question(
        "filters",
        "The notes trained 16, 32 and 64 filters once each, read 98.99%, 99.22% and 99.16% on the "
        "test pictures, and concluded that 32 are best; of the time they say: 16 seems the "
        "fastest, but I did not measure it.",
    ),
    Question(
        "depth",
        "The notes read 98.76%, 99.22% and 98.51% for one, two and three convolutions of 32.",
    ),
    Question("epochs", "The notes trained for 5 or 10 epochs and ask what more would do."),
)
HEAD = """# The notes' questions, as studies

Made by `python scripts/make_notes.py` from recorded studies; every number below is measured. The
notes of the course asked these questions with one training each. Here every setting is trained
with several seeds, and the verdict says what follows ([how](statistics.md)). Two trials ran at a
time, one thread each, and the machine did other work besides, so times are to be compared within a
table only. The trials of two convolutions in the second study are those of 32 filters in the first;
their times are left out there.
"""


def main() -> None:
    """Do what is missing, then write the page."""
    home = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / ".figures").resolve()
    sections = [HEAD]
    for question in QUESTIONS:
        name = f"{question.plan}-mnist"
        plan = BUILTIN[question.plan].changed(name=name)
        there = home / STUDIES / name
        study = Study(there) if there.is_dir() else run_study(plan, home=home)
        sections.append(section(question, study))
    PAGE.write_text("\n".join(sections), "utf-8")


def section(question: Question, study: Study) -> str:
    """The study's report one heading lower, its figures in docs/figures."""
    with tempfile.TemporaryDirectory() as folder:
        page, *figures = write_report(study, Path(folder) / f"notes-{question.plan}.md")
        text = page.read_text("utf-8")
        for figure in figures:
            (FIGURES / figure.name).write_bytes(figure.read_bytes())
            text = text.replace(f"({figure.name})", f"(figures/{figure.name})")
    text = re.sub(r"^#", "##", text, flags=re.MULTILINE)
    head, rest = text.split("\n", 1)
    return f"{head}\n\n{question.said}\n{rest}"


if __name__ == "__main__":
    main()
