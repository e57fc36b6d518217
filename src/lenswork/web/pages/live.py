"""A run in the making: what it says as it goes, and what it can be asked for."""

from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from lenswork.errors import RunError
from lenswork.record.live import ask_to_stop
from lenswork.web.events import stream
from lenswork.web.jobs import resume_training
from lenswork.web.live import watch_of, watching
from lenswork.web.named import run_named
from lenswork.web.processes import job_of
from lenswork.web.render import address
from lenswork.web.settings import Settings


async def events(request: Request) -> Response:
    """Everything that happens to the run, until it is over."""
    watch = watch_of(request.app.state.settings, request.path_params["run"])
    return stream(watching(watch, request.query_params.get("started", "")))


def stop(request: Request) -> Response:
    """Have the run end after its step; a process that has no run yet ends at once.

    A page that was left open since its run was deleted stops no other of the same name.
    """
    settings: Settings = request.app.state.settings
    name, started = request.path_params["run"], request.query_params.get("started")
    job = job_of(settings, "runs", name) if started is None else None
    if job is not None and not (settings.home / name).is_dir():
        job.end()
        return RedirectResponse("/", HTTPStatus.SEE_OTHER)
    run = run_named(settings, name)
    if started not in (None, run.environment["started"]):
        raise RunError(f"the run {name} of this page is gone: another one has its name now")
    ask_to_stop(run)
    return RedirectResponse(address("/runs", name), HTTPStatus.SEE_OTHER)


def resume(request: Request) -> Response:
    """Go on with a run that was left unfinished."""
    settings: Settings = request.app.state.settings
    run = run_named(settings, request.path_params["run"])
    resume_training(settings, run)
    return RedirectResponse(address("/runs", run.name), HTTPStatus.SEE_OTHER)
