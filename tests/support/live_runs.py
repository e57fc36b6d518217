"""Runs in the making, held at any moment that a test wants to look at."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tiny_data import write_striped_folder

from lenswork.record.resume import Training, recorded
from lenswork.record.run import Run
from lenswork.record.train import open_for
from lenswork.record.writer import Recorder
from lenswork.training.events import EpochDone, Event, Started
from lenswork.training.recipe import Recipe

FIELDS: dict[str, Any] = {"net": "conv 4, pool, flatten, dense classes", "batch": 4}


class Held:
    """A run of a folder's pictures that goes on only when it is told to."""

    def __init__(self, home: Path, folder: Path, name: str = "held", **fields: Any) -> None:
        if not folder.exists() or not any(folder.iterdir()):
            write_striped_folder(folder)
        recipe, data = open_for(Recipe(data=str(folder), **{**FIELDS, "epochs": 4, **fields}))
        self.recorder = Recorder(home, name, checkpoint_seconds=0.0)
        self.events: Iterator[Event] = recorded(Training(recipe, data, device="cpu"), self.recorder)
        self.until(Started)

    @property
    def run(self) -> Run:
        """Its record as it is now."""
        return Run(self.recorder.run.path)

    def until(self, kind: type[Event], times: int = 1) -> Event:
        """Go on until so many events of a kind have come."""
        for event in self.events:
            times -= isinstance(event, kind)
            if times == 0:
                return event
        raise RuntimeError(f"the run ended before {kind.__name__}")

    def epochs(self, count: int = 1) -> None:
        """Go on for so many epochs."""
        self.until(EpochDone, count)

    def finish(self) -> Run:
        """Go on to its end."""
        for _ in self.events:
            pass
        return self.run

    def kill(self) -> Run:
        """Leave it without a word, as a kill does."""
        self.recorder._fail = lambda *_: None  # type: ignore[method-assign]
        self.events.close()  # type: ignore[attr-defined]
        return self.run
