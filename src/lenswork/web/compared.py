"""A comparison that a request asks for: opened once, and kept while its runs are as they were."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self, cast

from starlette.datastructures import QueryParams

from lenswork.errors import LensworkError, UsageError
from lenswork.kinds import SplitName
from lenswork.look.compare import Compared, compare
from lenswork.look.compare_study import settings_of_study
from lenswork.look.flips import Flip, Way, flips_like
from lenswork.look.settings import Setting, settings_of
from lenswork.record.run import HISTORY, PREDICTIONS, Run
from lenswork.web.named import run_named
from lenswork.web.opened import Shelf
from lenswork.web.render import address
from lenswork.web.settings import Settings
from lenswork.web.study_named import study_named
from lenswork.web.whole import whole

MOST_RUNS = 100
A_PAGE = 48  # flips
MOST_PAGES = 10**6


@dataclass(frozen=True)
class Asked:
    """What the address of a comparison says; the last four fields are of its flips."""

    runs: tuple[str, ...] = ()
    study: str = ""
    settings: tuple[str, ...] = ()
    part: str = ""
    common: bool = False
    way: str = ""
    truth: str = ""
    every: bool = False
    page: int = 1

    @classmethod
    def of(cls, query: QueryParams) -> Self:
        """Read the query; what means nothing counts as left out. Raises `UsageError`."""
        runs = tuple(dict.fromkeys(query.getlist("run")))
        if len(runs) > MOST_RUNS:
            raise UsageError(
                f"expected at most {MOST_RUNS} runs to compare, got {len(runs):,}: select fewer"
            )
        part, way, number = (query.get(name, "") for name in ("part", "way", "page"))
        return cls(
            runs=runs,
            study=query.get("study", ""),
            settings=tuple(dict.fromkeys(query.getlist("setting"))),
            part=part if part in ("validation", "test") else "",
            common=query.get("common") == "1",
            way=way if way in ("a", "b") else "",
            truth=query.get("truth", ""),
            every=query.get("every") == "1",
            page=whole(number, MOST_PAGES) or 1,
        )

    def address(self, path: str = "/compare", **other: object) -> str:
        """The address that asks for this with `other` fields changed; defaults are left out."""
        asked = replace(self, **other)  # type: ignore[arg-type]  # fields of our own
        said = {
            "run": asked.runs,
            "study": asked.study,
            "setting": asked.settings,
            "part": asked.part,
            "common": int(asked.common),
            "way": asked.way,
            "truth": asked.truth,
            "every": int(asked.every),
            "page": 0 if asked.page == 1 else asked.page,
        }
        return address(path, **{name: value for name, value in said.items() if value})


@dataclass(frozen=True)
class Opened:
    """A comparison, and where the first run has each picture among its recorded answers."""

    compared: Compared
    places: Mapping[str, int]


_OPENED: Shelf[Opened] = Shelf(3)


def settings_asked_for(settings: Settings, asked: Asked) -> list[Setting]:
    """The settings that a comparison is of; raises `UsageError` where they are none to compare."""
    if asked.study:
        study = study_named(settings, asked.study)
        return settings_of_study(str(study.path), asked.settings)
    return settings_of(runs_asked_for(settings, asked))


def runs_asked_for(settings: Settings, asked: Asked) -> list[Run]:
    """The runs that are named; raises `RunError` for one that is not there."""
    return [run_named(settings, name) for name in asked.runs]


def opened(groups: list[Setting], asked: Asked) -> Opened:
    """The comparison of `groups`; raises `LensworkError` where they cannot be compared."""
    part = cast("SplitName | None", asked.part or None)
    runs = tuple((run.path, *_stamp(run)) for group in groups for run in group.runs)
    names = tuple((group.name, len(group.runs)) for group in groups)
    return _OPENED.get(
        (runs, names, part, asked.common), lambda: _open(groups, part, common=asked.common)
    )


def shares_some_pictures(groups: list[Setting], asked: Asked) -> bool:
    """Whether runs that were judged on other pictures could be compared on those they share."""
    if asked.common:
        return False
    try:
        opened(groups, replace(asked, common=True))
    except LensworkError:
        return False
    return True


def flips_asked_for(compared: Compared, asked: Asked) -> tuple[list[Flip], int, int]:
    """The flips on the page that is asked for, that page's number, and how many flips there are."""
    found = flips_like(
        compared.flips[0],
        cast("Way | None", asked.way or None),
        asked.truth or None,
        every=asked.every,
    )
    number = min(asked.page, max(1, -(-len(found) // A_PAGE)))
    return found[(number - 1) * A_PAGE : number * A_PAGE], number, len(found)


def _open(groups: list[Setting], part: SplitName | None, *, common: bool) -> Opened:
    compared = compare(groups, part, common=common)
    first = groups[0].runs[0]
    ids = first.answers[compared.sides[0].judged[0].part].ids
    return Opened(compared, {name: place for place, name in enumerate(ids)})


def _stamp(run: Run) -> tuple[int, ...]:
    """What changes when the run's record does."""
    found: list[int] = []
    for name in (HISTORY, PREDICTIONS):
        path = run.path / name
        status = path.stat() if path.is_file() else None
        found += [0, 0] if status is None else [status.st_size, status.st_mtime_ns]
    return tuple(found)
