"""The parts of `lenswork mistakes` and `lenswork compare` that judge classifiers on --data."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lenswork.cli.predict import open_classifier
from lenswork.data.open import open_data
from lenswork.errors import UsageError
from lenswork.kinds import SplitName
from lenswork.look.compare import Compared
from lenswork.look.judged_on import compare_on, judge_on
from lenswork.look.mistakes import Judged


def judged_model(
    name: str,
    data: str,
    home: Path | None,
    data_home: Path | None,
    part: SplitName | None,
    given: Mapping[str, Any],
) -> Judged:
    """The answers of a classifier's file or of a run to these pictures.

    Raises `UsageError` for options among `given` that need a run's record.
    """
    refuse_others(given)
    return _judged([name], data, home, data_home, part)[0]


def compared_models(
    names: Sequence[str],
    data: str,
    home: Path | None,
    data_home: Path | None,
    part: SplitName | None,
    given: Mapping[str, Any],
) -> Compared:
    """Classifiers' files or runs, compared by their answers to these pictures."""
    refuse_others(given)
    return compare_on(_judged(names, data, home, data_home, part))


def refuse_others(given: Mapping[str, Any]) -> None:
    """Raise `UsageError` that names the first option that was given."""
    for name, value in given.items():
        if value:
            raise UsageError(
                f"--{name.replace('_', '-')} needs what a run has recorded, and with --data "
                "pictures are answered anew: leave one of the two out"
            )


def _judged(
    names: Sequence[str],
    data: str,
    home: Path | None,
    data_home: Path | None,
    part: SplitName | None,
) -> list[Judged]:
    called = [_called(name) for name in names]
    if len(set(called)) < len(called):  # as of a run and the file that came of it
        called = list(names)
    opened = [(name, open_classifier(path, home)) for name, path in zip(called, names, strict=True)]
    pictures = open_data(data, data_home=data_home)
    return [judge_on(classifier, name, pictures, part) for name, classifier in opened]


def _called(name: str) -> str:
    """A file's name without its ending, or a run's own."""
    path = Path(name)
    return path.stem if path.is_file() else path.name
