"""A run's checkpoints: the newest state and the one before it, each one safetensors file.

checkpoint.safetensors         the newest
checkpoint-before.safetensors  the one before, for when that is cut short or damaged

A file's metadata holds the facts of the state and a checksum of all that it says. No code in it is
ever run. Both go when the run is finished.
"""

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from lenswork.errors import LensworkError
from lenswork.files import sync, written_whole
from lenswork.record.left import BEFORE as BEFORE
from lenswork.record.left import CHECKPOINT as CHECKPOINT
from lenswork.record.left import has_checkpoint as has_checkpoint
from lenswork.training.events import Started
from lenswork.training.state import State

FACTS, CHECKSUM = "facts", "checksum"
SHORTEST_PAUSE_SECONDS, PAUSE_FACTOR = 1.0, 20


class CheckpointError(LensworkError):
    """A checkpoint that is damaged."""


def write_checkpoint(folder: Path, state: State) -> None:
    """Write a state beside the last one, which is kept until the one after this is whole.

    Raises `OSError` when the disk takes no more; the states that were there are then as before.
    """
    tensors = _plain(state.tensors)
    facts = json.dumps(state.facts, sort_keys=True, allow_nan=False)
    metadata = {FACTS: facts, CHECKSUM: _checksum(facts, tensors)}
    newest, before = folder / CHECKPOINT, folder / BEFORE
    with written_whole(newest) as temporary:
        temporary.write_bytes(save(tensors, metadata))
        sync(temporary)  # before the last one moves: at every moment one of them is whole
        if newest.exists():
            newest.replace(before)


def read_checkpoint(folder: Path, tell: Callable[[str], None]) -> State | None:
    """The newest whole state, None if there is none; `tell` is given a sentence on a damaged one.

    That is taken away: the next to be written would put it in the place of the whole one. Raises
    `CheckpointError` when there are only damaged ones, which stay.
    """
    damaged: list[Path] = []
    for path in (folder / CHECKPOINT, folder / BEFORE):
        if not path.is_file():
            continue
        try:
            state = _read(path)
        except CheckpointError as error:
            tell(str(error))
            damaged.append(path)
        else:
            for other in damaged:
                other.unlink()
            return state
    if damaged:
        raise CheckpointError(
            f"expected a whole checkpoint in {folder}, got {len(damaged)} damaged: there is "
            f"nothing to go on from; delete {' and '.join(path.name for path in damaged)} there "
            "to train the run from its beginning, or train a new one with --fresh"
        )
    return None


def remove_checkpoints(folder: Path) -> None:
    """Take away what only a run that goes on needs."""
    for name in (CHECKPOINT, BEFORE):
        (folder / name).unlink(missing_ok=True)


def _read(path: Path) -> State:
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise CheckpointError(f"{path} is cut short or damaged ({error})") from error
    facts = metadata.get(FACTS, "")
    if metadata.get(CHECKSUM) != _checksum(facts, tensors):
        raise CheckpointError(f"{path} is damaged: its checksum is not that of its content")
    return State(_facts(path, facts), tensors)


def _facts(path: Path, text: str) -> dict[str, Any]:
    """What a state says in words, which has to be how far it is at the least."""
    try:
        facts = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CheckpointError(f"{path} is damaged: its facts are no JSON ({error})") from error
    counts = [facts.get(name) for name in ("epochs", "step")] if isinstance(facts, dict) else [None]
    if not all(isinstance(count, int) and count >= 0 for count in counts):
        raise CheckpointError(f"{path} is damaged: it does not say how far the training was")
    return dict(facts)


def _plain(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors as a file holds them: on the CPU, in plain order, none in another's memory."""
    found: dict[str, Tensor] = {}
    memory: set[int] = set()
    for name, tensor in tensors.items():
        plain = tensor.detach().cpu().contiguous()
        address = plain.untyped_storage().data_ptr()
        found[name] = plain.clone() if address in memory else plain
        memory.add(address)
    return found


def _checksum(facts: str, tensors: Mapping[str, Tensor]) -> str:
    content = hashlib.sha256(facts.encode())
    for name, tensor in sorted(tensors.items()):
        content.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        content.update(tensor.flatten().view(torch.uint8).numpy().data)
    return content.hexdigest()


class Checkpoints:
    """Writes a run's checkpoints in time: after epochs, and `every_seconds` within long ones.

    An epoch that ends within a second of the last checkpoint, or within 20 times what that took,
    gets none of its own: a kill then costs that moment, and short epochs do not wait for the disk.
    While pictures are still being read no step waits for the others: there is none before.
    """

    def __init__(self, every_seconds: float) -> None:
        self.every_seconds = every_seconds
        self._state: Callable[[], State] | None = None
        self._all_read: Callable[[], bool] | None = None
        self._last = time.perf_counter()
        self._pause = 0.0

    def begin(self, started: Started) -> None:
        """Start with the run; one that does not tell its state gets no checkpoints."""
        self._state, self._all_read = started.state, started.all_read
        self._last = time.perf_counter()
        self._pause = min(SHORTEST_PAUSE_SECONDS, self.every_seconds)

    def after_epoch(self, folder: Path) -> None:
        """Write one unless the last is too young."""
        if self._state is not None and time.perf_counter() - self._last >= self._pause:
            self._write(folder, self._state)

    def after_step(self, folder: Path) -> None:
        """Write one when the last is old, and all pictures have been read."""
        if self._state is None or time.perf_counter() - self._last < self.every_seconds:
            return
        if self._all_read is None or self._all_read():
            self._write(folder, self._state)

    def _write(self, folder: Path, state: Callable[[], State]) -> None:
        began = time.perf_counter()
        write_checkpoint(folder, state())
        self._last = time.perf_counter()
        least = max(SHORTEST_PAUSE_SECONDS, PAUSE_FACTOR * (self._last - began))
        self._pause = min(least, self.every_seconds)
