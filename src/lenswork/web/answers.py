"""What runs have answered, opened once and kept while it is fresh."""

from lenswork.kinds import SplitName
from lenswork.look.mistakes import Judged, judge
from lenswork.record.run import PREDICTIONS, Run
from lenswork.web.opened import Shelf

_JUDGED: Shelf[Judged] = Shelf(6)
_IDS: Shelf[tuple[str, ...]] = Shelf(6)


def judged_of(run: Run, part: SplitName | None = None) -> Judged:
    """A run's recorded answers for a part (test if there is one, else validation).

    Raises `RunError` for a run without any, saying what to do.
    """
    return _JUDGED.get((*stamp_of(run), part), lambda: judge(run, part))


def ids_of(run: Run, part: SplitName) -> tuple[str, ...]:
    """The pictures of a held-out part in the run's order; empty where it has recorded none."""
    return _IDS.get((*stamp_of(run), part), lambda: _ids(run, part))


def _ids(run: Run, part: SplitName) -> tuple[str, ...]:
    if not (run.path / PREDICTIONS).is_file() or part not in run.answers:
        return ()
    return run.answers[part].ids


def stamp_of(run: Run) -> tuple[object, ...]:
    """What changes when the run has other answers."""
    try:
        status = (run.path / PREDICTIONS).stat()
    except OSError:
        return (run.path, 0, 0)
    return (run.path, status.st_size, status.st_mtime_ns)
