"""Every address of the studio, and the function that answers it.

A page's module is imported when it is first asked for: the first page is there before torch is.
"""

import functools
import importlib
import inspect
from collections.abc import Callable
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

ADDRESSES: tuple[tuple[str, str, str], ...] = (
    # method, address, module.function in pages/
    ("GET", "/", "home.show"),
    # compare
    ("GET", "/compare", "compare.show"),
    ("GET", "/compare/flips", "compare.flips"),
    # studies
    ("GET", "/studies", "studies.show_all"),
    ("GET", "/studies/new", "study_new.show"),
    ("POST", "/studies/new", "study_new.create"),
    ("POST", "/studies/new/check", "study_new.check"),
    ("POST", "/studies/new/time", "study_new.foretell"),
    ("GET", "/studies/{study}", "studies.show"),
    ("GET", "/studies/{study}/picture", "studies.picture"),
    ("GET", "/studies/{study}/report", "studies.report"),
    ("POST", "/studies/{study}/again", "studies.again"),
    ("POST", "/studies/{study}/stop", "studies.stop"),
    # data
    ("GET", "/data", "data.show"),
    ("GET", "/data/sheet", "data.sheet"),
    ("GET", "/data/look", "data.look"),
    ("GET", "/data/picture", "data.picture"),
    ("GET", "/data/findings", "doctor.show"),
    ("POST", "/data/findings", "doctor.examine"),
    ("GET", "/data/report", "doctor.report"),
    # new run
    ("GET", "/new", "new_run.show"),
    ("POST", "/new", "new_run.start"),
    ("POST", "/new/net", "new_run.chosen"),
    ("POST", "/new/estimate", "new_run.measured"),
    # one run, live and finished
    ("GET", "/runs/{run}", "run.show"),
    ("GET", "/runs/{run}/events", "live.events"),
    ("POST", "/runs/{run}/stop", "live.stop"),
    ("POST", "/runs/{run}/resume", "live.resume"),
    ("GET", "/runs/{run}/classifier", "run.classifier"),
    ("GET", "/runs/{run}/recipe", "run.recipe"),
    ("GET", "/runs/{run}/picture", "picture.show"),
    ("GET", "/runs/{run}/mistakes", "mistakes.show"),
    ("GET", "/runs/{run}/cell", "mistakes.cell"),
    ("GET", "/runs/{run}/calibration", "calibration.show"),
    ("GET", "/runs/{run}/filters", "filters.show"),
    ("GET", "/runs/{run}/filters/seen", "filters.seen"),
    # inside
    ("GET", "/runs/{run}/inside", "inside.show"),
    ("GET", "/runs/{run}/inside/examples", "inside.examples"),
    ("GET", "/runs/{run}/inside/maps", "inside.example_maps"),
    ("POST", "/runs/{run}/inside/maps", "inside.sent_maps"),
    ("GET", "/runs/{run}/inside/value", "inside.value"),
    ("GET", "/runs/{run}/inside/attribution", "inside.attribution"),
    # filter lab
    ("GET", "/lab", "lab.show"),
    ("POST", "/lab/filter", "lab.filtered"),
    ("GET", "/lab/preset", "lab.preset_picture"),
    # predict
    ("GET", "/predict", "predict.choose"),
    ("GET", "/runs/{run}/predict", "predict.show"),
    ("POST", "/runs/{run}/predict", "predict.answer"),
    ("POST", "/runs/{run}/predict/many", "predict.answer_many"),
    ("GET", "/runs/{run}/predict/golden", "predict.golden"),
    # learn
    ("GET", "/learn", "learn.index"),
    ("POST", "/learn/train", "learn_shown.train"),
    ("GET", "/learn/network", "learn.network"),
    ("GET", "/learn/{number}", "learn.lesson"),
    ("POST", "/learn/{number}/answer", "learn.answer"),
    ("POST", "/learn/{number}/demonstration", "learn_shown.demonstration"),
)


def routes() -> list[Route]:
    """The table as Starlette wants it."""
    return [
        Route(address, _answer(place), methods=[method], name=f"{method} {place}")
        for method, address, place in ADDRESSES
    ]


def _answer(place: str) -> Callable[[Request], Any]:
    """What imports the page's function at the first request; plain functions get a thread."""

    async def answer(request: Request) -> Response:
        function = await run_in_threadpool(_function, place)
        if inspect.iscoroutinefunction(function):
            response = await function(request)
        else:
            response = await run_in_threadpool(function, request)
        if not isinstance(response, Response):
            raise TypeError(f"{place} gave {type(response).__name__}, not a response")
        if request.method == "HEAD" and isinstance(response, StreamingResponse):
            return Response(None, response.status_code, response.headers)  # it may never end
        return response

    return answer


@functools.cache
def _function(place: str) -> Callable[[Request], Any]:
    module, name = place.split(".")
    function: Callable[[Request], Any] = getattr(
        importlib.import_module(f"lenswork.web.pages.{module}"), name
    )
    return function
