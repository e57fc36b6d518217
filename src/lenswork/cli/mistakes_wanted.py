"""What `lenswork mistakes` was asked for, and what its modules share."""

from dataclasses import dataclass, field
from pathlib import Path

import click
from rich.table import Table

from lenswork.cli.outputs import check_output
from lenswork.errors import UsageError
from lenswork.kinds import SplitName
from lenswork.record.run import Run

KINDS = {"embedding": (".png", ".html"), "calibrated": (".safetensors",)}


@dataclass(frozen=True)
class Wanted:
    """The options of the command, and the run that it is about."""

    run: Run
    data_home: Path | None
    as_json: bool
    part: SplitName | None
    most: int | None
    out: Path | None
    matrix: Path | None
    calibration: Path | None
    calibrated: Path | None
    embedding: Path | None
    labels: bool
    labels_out: Path | None
    predict: bool
    said: list[str] = field(default_factory=list)

    def asks_for(self, name: str) -> bool:
        """Whether a figure, file or list was asked for; `labels_out` asks for `labels`."""
        return bool(getattr(self, name)) or (name == "labels" and self.labels_out is not None)

    def say(self, line: str) -> None:
        """Keep a line for `tell`."""
        self.said.append(line)

    def tell(self) -> None:
        """Print the lines that were kept; with JSON they go to standard error."""
        while self.said:
            click.echo(self.said.pop(0), err=self.as_json)

    def check_files(self) -> None:
        """Refuse what cannot be written, and two outputs in one file, before anything is done."""
        seen: dict[Path, str] = {}
        for name in ("out", "matrix", "calibration", "calibrated", "embedding", "labels_out"):
            path = getattr(self, name)
            if path is None:
                continue
            option = f"--{name.replace('_', '-')}"
            check_output(path, option, KINDS.get(name, (".png",)))
            if path.absolute() in seen:
                raise UsageError(f"{seen[path.absolute()]} and {option} name the same file {path}")
            seen[path.absolute()] = option


def plain_table(*headings: str) -> Table:
    """A table without lines."""
    table = Table(box=None, header_style="bold", pad_edge=False, title_justify="left")
    for heading in headings:
        table.add_column(heading)
    return table
