"""Whether a run is right as often as it says it is."""

from starlette.requests import Request
from starlette.responses import Response

from lenswork.errors import UsageError
from lenswork.kinds import SplitName
from lenswork.look.calibration import Calibration, calibration_of
from lenswork.look.temperature import Temperature, temperature_of
from lenswork.record.predictions import HELD_OUT
from lenswork.record.run import Run
from lenswork.web.answers import judged_of, stamp_of
from lenswork.web.diagram import diagram_of
from lenswork.web.named import run_named
from lenswork.web.opened import Shelf
from lenswork.web.render import page

_MEASURED: Shelf[Calibration] = Shelf(8)


def show(request: Request) -> Response:
    """The reliability diagram of a held-out part, its numbers and what they say."""
    run = run_named(request.app.state.settings, request.path_params["run"])
    asked = request.query_params.get("part")
    part: SplitName | None = next((name for name in HELD_OUT if name == asked), None)
    if asked is not None and part is None:
        raise UsageError(f"expected a part, {' or '.join(HELD_OUT)}, got {asked!r}")
    judged = judged_of(run, part)
    measured = _MEASURED.get(
        (*stamp_of(run), judged.part), lambda: calibration_of(judged.truth, judged.probabilities)
    )
    return page(
        request,
        "run_calibration.html",
        run=run,
        part=judged.part,
        parts=tuple(run.answers),
        measured=measured,
        diagram=diagram_of(measured),
        temperature=_temperature(run),
    )


def _temperature(run: Run) -> Temperature | None:
    """What would make it as sure as it is right; None where nothing can be fitted."""
    if "validation" not in run.answers:
        return None
    try:
        return temperature_of(run)
    except UsageError:
        return None
