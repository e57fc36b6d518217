"""Runs that were left before their end: which of them can be gone on with, and by whom."""

from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout

from lenswork.errors import LensworkError, RunError, UsageError
from lenswork.kinds import SPLIT_NAMES
from lenswork.locks import is_held
from lenswork.record.checkpoint import remove_checkpoints
from lenswork.record.index import list_runs
from lenswork.record.left import place_of
from lenswork.record.live_writer import remove_live
from lenswork.record.run import HISTORY, LOCK, RECIPE, Run
from lenswork.training.events import Started
from lenswork.training.recipe import Recipe
from lenswork.training.state import OtherPicturesError, StateError

LOCK_SECONDS = 0.5  # a report that asks whether a run is in the making holds its lock for a moment


def locked(path: Path) -> FileLock:
    """The lock of a run's folder, held; raises `UsageError` when another process has it.

    The system takes it from a process that dies.
    """
    lock = FileLock(path / LOCK)
    try:
        lock.acquire(timeout=LOCK_SECONDS)
    except Timeout:
        raise UsageError(
            f"run {path.name} is being trained by another process: wait for it or stop it; or "
            "train a run of your own beside it with --fresh, without its name"
        ) from None
    return lock


def refuse_finished(run: Run) -> None:
    """Raise `UsageError` unless `run` was left unfinished by a training that tells its state.

    Raises `RunError` when its recipe or its history is lost.
    """
    problem = _recipe_problem(run) or _history_problem(run)
    if problem is not None:
        raise RunError(
            f"the run's {problem}: {run.path} cannot go on; begin anew with another name, or with "
            "--fresh and no name"
        )
    if run.end.get("event") == "finished":
        raise UsageError(
            f"there is a run {run.name} in {run.path.parent} already, and it is {run.status} after "
            f"{len(run.history)} epochs: nothing of it is left to do; name another"
        )
    if not run.start.get("resumable"):
        raise UsageError(
            f"there is a run {run.name} in {run.path.parent} already, and it cannot be gone on "
            "with: it was trained on a cluster or by an older version, which keep no checkpoints; "
            "name another"
        )


def _recipe_problem(run: Run) -> str | None:
    try:
        said = bool((run.path / RECIPE).read_bytes().strip()) and bool(run.recipe)
    except (OSError, LensworkError) as error:
        return f"{RECIPE} is empty or damaged ({error})"
    return None if said else f"{RECIPE} is empty or damaged (it says nothing)"


def _history_problem(run: Run) -> str | None:
    if not (run.path / HISTORY).is_file():
        return f"{HISTORY} is missing"
    try:
        started = run.start
    except LensworkError as error:
        return f"{HISTORY} is empty or damaged ({error})"
    return None if started else f"{HISTORY} is empty or damaged (it does not say how it began)"


def refuse_other_training(run: Run, started: Started) -> None:
    """Raise `StateError` when a training would not go on with the run's own net and data.

    What is in the pictures is known only once they have been read; a state compares that.
    """
    begun = run.start
    if begun.get("device") != started.device:
        raise StateError(
            f"run {run.name} was begun on {begun.get('device')}, and this training is on "
            f"{started.device}: go on there, as with --device {begun.get('device')}, or begin anew"
        )
    for what, ours in (("net", started.net), ("classes", list(started.classes))):
        if ours != (theirs := begun.get(what)):
            other = "another net" if what == "net" else f"other {what}"
            raise StateError(
                f"run {run.name} was begun with {other}: it has {theirs}, this training has "
                f"{ours}; bring back what it was begun with, or begin anew"
            )
    counts: dict[str, int] = begun.get("pictures", {})
    now = started.pictures
    if parts := [part for part in SPLIT_NAMES if counts.get(part, 0) != now.get(part, 0)]:
        raise OtherPicturesError(f"run {run.name} was begun with other pictures", parts)


def refuse_other_recipe(run: Run, recipe: Recipe) -> None:
    """Raise `UsageError` that says what differs unless `recipe`, filled in, is the run's own."""
    differences = [
        f"{field} {_said(getattr(run.recipe, field))}, now {_said(getattr(recipe, field))}"
        for field in Recipe.model_fields
        if getattr(run.recipe, field) != getattr(recipe, field)
    ]
    if differences:
        raise UsageError(
            f"run {run.name} was left after {len(run.history)} epochs with another recipe "
            f"({'; '.join(differences)}): name another, or go on with it as it was with "
            f"lenswork train --resume {place_of(run)}"
        )


def find_unfinished(home: Path, recipe: Recipe, device: str) -> Run | None:
    """The newest run in `home` that was left unfinished with this recipe, filled in."""
    for summary in list_runs(home)[0]:
        if summary.status not in ("killed", "failed") or summary.recipe_hash != recipe.hash:
            continue
        run = Run(home / summary.name)
        if run.resumable and run.recipe == recipe and run.start.get("device") == device:
            return run
    return None


def tidy_finished(home: Path) -> None:
    """Take away what a kill has left in the runs of `home` that were over: nobody needs it."""
    for lock in home.glob(f"*/{LOCK}"):  # the last that a run takes away
        folder = lock.parent
        with suppress(OSError, LensworkError):  # it is damaged, or another's
            if Run(folder).end.get("event") == "finished" and not is_held(lock):
                remove_checkpoints(folder)
                remove_live(folder)
                remove_parts(folder)
                lock.unlink()


def remove_parts(path: Path) -> None:
    """Take away files of which a kill left a part."""
    for part in path.glob(".*.part"):
        part.unlink()


def own_module_wanted(run: Run) -> RunError:
    """The error for a run whose net no record can build."""
    net = run.start.get("net", "")
    return RunError(
        f"run {run.name} trains a torch module of your own ({net}), which is not in its record: go "
        f"on with it from Python, lenswork.train(net={net}(...), resume={run.name!r})"
    )


def _said(value: object) -> str:
    return "unsaid" if value in (None, ()) else str(value)
