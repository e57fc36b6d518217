"""Home: all runs, with their curves in miniature."""

import hashlib
import math
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from http import HTTPStatus
from pathlib import Path
from threading import Lock
from typing import Self

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from lenswork.data.shards.names import shown_source
from lenswork.record.index import list_runs
from lenswork.record.listing import matches, reported, sorted_runs
from lenswork.record.run import RunSummary
from lenswork.web.marks import Miniature, miniature
from lenswork.web.processes import starting
from lenswork.web.render import address, page
from lenswork.web.settings import Settings
from lenswork.web.short import short_data, short_net
from lenswork.web.whole import whole

A_PAGE = 50  # rows: a thousand would weigh more than what is looked at
MOST_PAGES = 10**6
COLUMNS = (
    # the key to sort by, the column's title
    ("name", "Run"),
    ("data", "Data"),
    ("net", "Net"),
    ("reported", "Accuracy"),
    ("parameters", "Parameters"),
    ("train_seconds", "Time"),
    ("status", "Status"),
    ("started", "Started"),
)
STATUSES = ("running", "finished", "stopped", "failed", "killed")
FRESH_SECONDS = 1.0  # twenty open pages read the index once a second, not twenty times

_LISTED: dict[Path, tuple[float, tuple[list[RunSummary], list[str]]]] = {}
_LOCK = Lock()


@dataclass(frozen=True)
class Asked:
    """What the address says is to be shown; all else is as it is left out."""

    text: str = ""
    status: str = ""
    data: str = ""
    sort: str = "started"
    turned: bool = False
    page: int = 1

    @classmethod
    def of(cls, query: QueryParams) -> Self:
        """Read the query; what means nothing counts as left out."""
        status, sort, number = (query.get(name, "") for name in ("status", "sort", "page"))
        return cls(
            text=query.get("text", "").strip()[:200],
            status=status if status in STATUSES else "",
            data=query.get("data", ""),
            sort=sort if sort in dict(COLUMNS) else "started",
            turned=query.get("turned") == "1",
            page=whole(number, MOST_PAGES) or 1,
        )

    @property
    def address(self) -> str:
        """The address that asks for this, its defaults left out."""
        return address("/", **self._said)

    def again(self, seen: str) -> str:
        """The address that asks for the same rows, should they look otherwise than was seen."""
        return address("/", **self._said, seen=seen)

    @property
    def _said(self) -> dict[str, object]:
        asked = {**asdict(self), "turned": int(self.turned)}
        plain = {**asdict(Asked()), "turned": 0}
        return {key: value for key, value in asked.items() if value and value != plain[key]}

    def sorted_by(self, column: str) -> str:
        """The address that a column's title leads to: sorted by it, or turned round."""
        turned = not self.turned if column == self.sort else False
        return replace(self, sort=column, turned=turned, page=1).address

    def at_page(self, number: int) -> str:
        """The address of another page of the same rows."""
        return replace(self, page=number).address


@dataclass(frozen=True)
class Row:
    """A run as the table shows it."""

    run: RunSummary
    net: str
    data: str
    source: str
    part: str
    accuracy: float | None
    curve: Miniature


def show(request: Request) -> Response:
    """The runs of the home; their table alone for a request of its own."""
    settings: Settings = request.app.state.settings
    asked = Asked.of(request.query_params)
    runs, problems = _listed(settings.home, FRESH_SECONDS if "seen" in request.query_params else 0)
    begun = starting(settings)
    chosen = sorted_runs(
        [run for run in runs if _is_asked_for(run, asked)], asked.sort, reverse=asked.turned
    )
    pages = max(1, -(-len(chosen) // A_PAGE))
    asked = replace(asked, page=min(asked.page, pages))
    shown = chosen[(asked.page - 1) * A_PAGE : asked.page * A_PAGE]
    digest = _digest(shown, len(runs), len(chosen), problems, begun)
    if request.query_params.get("seen") == digest:
        return Response(status_code=HTTPStatus.NO_CONTENT)
    answer = page(
        request,
        "_runs.html" if _wants_table(request) else "home.html",
        asked=asked,
        rows=[_row(run) for run in shown],
        first=(asked.page - 1) * A_PAGE + 1,
        pages=pages,
        chosen=len(chosen),
        total=len(runs),
        problems=problems,
        begun=begun,
        sources=_sources(runs),
        columns=COLUMNS,
        statuses=STATUSES,
        digest=digest,
        seconds=3 if begun or any(run.status == "running" for run in runs) else 10,
    )
    if _wants_table(request) and "seen" not in request.query_params:
        answer.headers["hx-replace-url"] = asked.address
    return answer


def _listed(home: Path, age_seconds: float) -> tuple[list[RunSummary], list[str]]:
    """All runs, as they are now or were so many seconds ago: open pages ask again and again."""
    with _LOCK:
        at, found = _LISTED.get(home, (-math.inf, ([], [])))
        if time.monotonic() - at >= age_seconds:
            found = list_runs(home)
            _LISTED[home] = (time.monotonic(), found)
        return found


def _wants_table(request: Request) -> bool:
    return request.headers.get("hx-target") == "runs"


def _is_asked_for(run: RunSummary, asked: Asked) -> bool:
    return (
        asked.status in ("", run.status)
        and asked.data in ("", shown_source(run.data))
        and matches(run, asked.text.split())
    )


def _row(run: RunSummary) -> Row:
    found = reported(run)
    part, accuracy = found or ("", None)
    return Row(
        run=run,
        net=short_net(run.net),
        data=short_data(run.data),
        source=shown_source(run.data),
        part={"train": "training"}.get(part, part),
        accuracy=accuracy,
        curve=miniature(run.train_curve, run.held_out_curve),
    )


def _sources(runs: Sequence[RunSummary]) -> dict[str, str]:
    """The data that runs were trained on, in short, by what they are asked for with."""
    found = {shown_source(run.data): short_data(run.data) for run in runs}
    return dict(sorted(found.items(), key=lambda one: one[1]))


def _digest(shown: Sequence[RunSummary], *others: object) -> str:
    """What changes when the table would look otherwise."""
    return hashlib.sha256(repr((shown, others)).encode()).hexdigest()[:12]
