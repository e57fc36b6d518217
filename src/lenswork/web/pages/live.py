"""A run in the making: what it says as it goes, and what it can be asked for."""

from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from lenswork.record.live import ask_to_stop
from lenswork.web.events import stream
from lenswork.web.jobs import resume_training
from lenswork.web.live import watch_of, watching
from lenswork.web.named import run_named
from lenswork.web.processes import job_of
from lenswork.web.settings import Settings


async def events(request: Request) -> Response:
    """Everything that happens to the run, until it is over."""
    return stream(watching(watch_of(request.app.state.settings, request.path_params["run"])))


def stop(request: Request) -> Response:
    """Have the run end after its step; a process that has no run yet ends at once."""
    settings: Settings = request.app.state.settings
    name = request.path_params["run"]
    job = job_of(settings, "runs", name)
    if job is not None and not (settings.home / name).is_dir():
        job.end()
        return RedirectResponse("/", HTTPStatus.SEE_OTHER)
    ask_to_stop(run_named(settings, name))
    return RedirectResponse(f"/runs/{name}", HTTPStatus.SEE_OTHER)


def resume(request: Request) -> Response:
    """Go on with a run that was left unfinished."""
    settings: Settings = request.app.state.settings
    run = run_named(settings, request.path_params["run"])
    resume_training(settings, run)
    return RedirectResponse(f"/runs/{run.name}", HTTPStatus.SEE_OTHER)
