"""Runs for TensorBoard: one folder a run, with one file of events that is written anew each time.

The file's name has no machine in it (TensorBoard's own writer puts one there), and the same record
gives the same bytes, so that a TensorBoard that is open reads on where it was.
"""

import io
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lenswork.record.extras import needed_by
from lenswork.record.home import refuse_unwritable
from lenswork.record.run import Run
from lenswork.record.sinks import (
    Group,
    Pictures,
    Row,
    fields_of,
    identity,
    report_of,
    rows_of,
    started_at,
)

EVENTS = "events.out.tfevents"  # TensorBoard reads the files that have this in their names
PARTS = {"val_": "validation", "test_": "test"}
TAGS = {"train_seconds": "seconds/train", "evaluate_seconds": "seconds/evaluate"}


class TensorBoard:
    """Writes runs below `folder`; a study's trials lie in a folder of its name.

    Raises `UsageError` when tensorboard is not installed or the folder cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        self.address = str(folder)
        self.folder = folder
        self._protocol = _Protocol()
        self._file = folder  # of the run that was begun
        self._pending = io.BytesIO()  # its events that are not in the file yet
        refuse_unwritable(folder)

    def begin(self, run: Run, group: Group | None = None) -> None:
        """Empty the run's file and write the recipe."""
        home = self.folder / group.study if group else self.folder
        self._open(home, run.name, identity(run), started_at(run))
        recipe = f"```toml\n{run.recipe.to_toml()}```"
        self._write(self._protocol.text("recipe", recipe), 0, started_at(run))

    def row(self, row: Row) -> None:
        """Write one epoch."""
        for name, value in row.values.items():
            self._write(self._protocol.scalar(tag_of(name), value), row.epoch, row.ended)
        self._flush()

    def end(self, run: Run, pictures: Pictures, files: Sequence[Path] = ()) -> None:  # noqa: ARG002
        """Write the final network's metrics, the report and the pictures, and close the file.

        TensorBoard keeps no files: `files` are left out.
        """
        rows = rows_of(run)
        epoch, moment = (rows[-1].epoch, rows[-1].ended) if rows else (0, started_at(run))
        for name, value in run.metrics.items():
            self._write(self._protocol.scalar(f"final/{name}", value), epoch, moment)
        for name, content in pictures.items():
            self._write(self._protocol.picture(Path(name).stem, content), epoch, moment)
        self._write(self._protocol.text("report", report_of(run)), epoch, moment)
        for summary in self._protocol.settings(fields_of(run)):
            self._write(summary, epoch, moment)
        self._flush()

    def note(self, group: Group, text: str, moment: float) -> None:
        """Write a study's findings into the folder of its name."""
        self._open(self.folder, group.study, group.plan, moment)
        self._write(self._protocol.text("verdict", text), 0, moment)
        self._flush()

    def _open(self, home: Path, name: str, key: str, moment: float) -> None:
        file = f"{EVENTS}.lenswork-{key}"
        folder = home / name
        there = [path.name for path in folder.glob(f"{EVENTS}*")]
        if there and file not in there:  # another run of the same name, or another program's
            folder = home / f"{name}-{key[:6]}"
        folder.mkdir(parents=True, exist_ok=True)
        self._file = folder / file
        self._file.write_bytes(b"")
        self._pending = io.BytesIO()
        self._put(self._protocol.version(moment))

    def _write(self, summary: Any, step: int, moment: float) -> None:
        self._put(self._protocol.event(summary, step, moment))

    def _put(self, event: bytes) -> None:
        self._protocol.records(self._pending).write(event)

    def _flush(self) -> None:
        with self._file.open("ab") as file:
            file.write(self._pending.getvalue())
        self._pending = io.BytesIO()


def tag_of(name: str) -> str:
    """A value's place on the board: training, validation and test side by side."""
    if name in TAGS:
        return TAGS[name]
    for prefix, part in PARTS.items():
        if name.startswith(prefix):
            return f"{name.removeprefix(prefix)}/{part}"
    return f"{name}/train" if name in ("loss", "accuracy") else name


class _Protocol:
    """TensorBoard's messages, by its own classes."""

    def __init__(self) -> None:
        with needed_by("--tensorboard", "tensorboard", "tensorboard"):
            from tensorboard.compat.proto import event_pb2, summary_pb2
            from tensorboard.summary.writer.record_writer import RecordWriter
            from torch.utils.tensorboard import summary
        self.records: Any = RecordWriter
        self._events: Any = event_pb2
        self._summaries: Any = summary_pb2
        self._make: Any = summary

    def version(self, moment: float) -> bytes:
        """What a file of events begins with."""
        event = self._events.Event(wall_time=moment, file_version="brain.Event:2")
        return bytes(event.SerializeToString())

    def event(self, summary: Any, step: int, moment: float) -> bytes:
        """A summary with its step and time."""
        event = self._events.Event(wall_time=moment, step=step, summary=summary)
        return bytes(event.SerializeToString(deterministic=True))

    def scalar(self, tag: str, value: float) -> Any:
        """One number; what is no number is drawn as a triangle."""
        return self._make.scalar(tag, value if math.isfinite(value) else math.nan)

    def text(self, tag: str, markdown: str) -> Any:
        """Text that the board shows as Markdown."""
        return self._make.text(tag, markdown)

    def picture(self, tag: str, png: bytes) -> Any:
        """A PNG file as it is; its size stands at bytes 16 to 24 (PNG specification, 11.2.2)."""
        width, height = (int.from_bytes(png[at : at + 4], "big") for at in (16, 20))
        image = self._summaries.Summary.Image(
            height=height, width=width, colorspace=4, encoded_image_string=png
        )
        value = self._summaries.Summary.Value(tag=tag, image=image)
        return self._summaries.Summary(value=[value])

    def settings(self, fields: dict[str, bool | float | str]) -> tuple[Any, Any]:
        """A row of the hyperparameters' table.

        The table's columns are left for TensorBoard to gather from all runs: where a run names
        them, the columns of one hold for all.
        """
        _, start, end = self._make.hparams(fields, {})
        return start, end
