"""Where the notes are measured: the home of the runs, the folder of the figures, and commands.

What was trained once is kept in the home and not trained again, so that a part that was stopped
goes on where it was.
"""

import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from lenswork.errors import LensworkError, RunError
from lenswork.files import write_bytes
from lenswork.record.run import Run
from lenswork.record.style import save_figure
from lenswork.study.folder import Study, open_study
from lenswork.study.report import figures_of
from lenswork.study.summary import Summary
from notes.printed import Shown, plain_lines

ROOT = Path(__file__).resolve().parents[1]
PRINTED = "printed"  # in the home: what commands said that are not run again
LARGE_BYTES = 150_000  # of a figure: beyond it, 256 colours are enough for a page
COLUMNS = "100"
FIGURES = ("accuracy", "cost", "way")  # of a study

# words, folder to run in, environment, whether progress belongs to the output -> exit code, text
Runner = Callable[[Sequence[str], Path, Mapping[str, str], bool], tuple[int, str]]


class CommandError(LensworkError):
    """A command ended otherwise than it should."""


def in_a_process(
    words: Sequence[str], folder: Path, environment: Mapping[str, str], progress: bool
) -> tuple[int, str]:
    """Run `lenswork` with these words; what it says meanwhile is seen as it goes."""
    process = subprocess.Popen(
        [sys.executable, "-m", "lenswork", *words],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT if progress else None,
        text=True,
        encoding="utf-8",
    )
    lines = []
    try:
        for line in process.stdout or ():
            lines.append(line)
            if progress:
                sys.stderr.write(line)
        return process.wait(), "".join(lines)
    except KeyboardInterrupt:  # the command has heard it too, and keeps what it has done
        process.wait()
        raise


@dataclass(frozen=True)
class Desk:
    """The home of runs and studies, where figures go, and whether it is the short form."""

    home: Path
    figures: Path
    short: bool = False
    runner: Runner = in_a_process

    def only(self, words: str) -> str:
        """Words of a command, a blank before them, in the short form only."""
        return f" {words}" if self.short else ""

    def folder(self, name: str) -> Path:
        """A folder in the home for what a part makes itself."""
        path = self.home / name
        path.mkdir(parents=True, exist_ok=True)
        return path

    def lenswork(
        self, line: str, *, code: int = 0, progress: bool = False, folder: Path | None = None
    ) -> Shown:
        """Run a command line in the folder of the figures, or in `folder`.

        `progress` has what it says on the way in the output. Raises `CommandError` when it ends
        with another code than `code`.
        """
        place = (folder or self.figures).resolve()
        place.mkdir(parents=True, exist_ok=True)
        home = self.home.resolve()
        print(f"$ lenswork {line}", file=sys.stderr, flush=True)
        environment = {**os.environ, "LENSWORK_HOME": str(home), "COLUMNS": COLUMNS}
        names = [(f"{place}/", ""), (str(home), "runs")]
        ended, text = self.runner(shlex.split(line), place, environment, progress or code != 0)
        lines = plain_lines(text, names)
        if ended != code:
            said = "; ".join(lines[-3:]) or "nothing"
            raise CommandError(
                f"lenswork {line}: expected it to end with {code}, got {ended}; it said {said}"
            )
        return Shown(plain_lines(f"lenswork {line}", names)[0], lines)

    def trained(self, name: str, words: str, *, folder: Path | None = None) -> Shown:
        """Train and record the run `name`, or show what was recorded."""
        kept = self.home / PRINTED / f"{name}.txt"
        line = f"train {words} --name {name}"
        if not self.has(name):
            shown = self.lenswork(line, progress=True, folder=folder)
            kept.parent.mkdir(parents=True, exist_ok=True)
            write_bytes(kept, "\n".join(shown.lines).encode())
            return shown
        if kept.is_file():
            return Shown(f"lenswork {line}", tuple(kept.read_text("utf-8").splitlines()))
        return self.lenswork(f"show {name}")

    def has(self, name: str) -> bool:
        """Whether the run is there and finished."""
        try:
            return Run(self.home / name).status in ("finished", "stopped")
        except RunError:
            return False

    def has_study(self, name: str) -> bool:
        """Whether there is a study of this name, finished or not."""
        try:
            open_study(name, self.home)
        except RunError:
            return False
        return True

    def run(self, name: str) -> Run:
        """A recorded run."""
        return Run(self.home / name)

    def study(self, name: str) -> Study:
        """A study that was carried out."""
        return open_study(name, self.home)

    def drawn(self, file: str) -> str:
        """The name of a figure that a command has drawn, once it is small enough for a page."""
        path = self.figures / file
        if path.stat().st_size > LARGE_BYTES:
            with Image.open(path) as figure:
                figure.convert("RGB").quantize(256).save(path, optimize=True)
        return file

    def draw_study(
        self, study: Study, summary: Summary, stem: str, wanted: Collection[str] = FIGURES
    ) -> dict[str, str]:
        """The `wanted` figures of a study's report, as files: by what they show."""
        files = {}
        for what, figure in figures_of(study, summary).items():
            if what not in wanted:
                continue
            file = f"notes-{stem}-{what}.png"
            save_figure(figure, self.figures / file)
            files[what] = self.drawn(file)
        return files
