"""Studies: their list, and one of them: how far it is, what it has found, its plan."""

import tempfile
from http import HTTPStatus
from pathlib import Path
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from lenswork.errors import LensworkError, PlanError, UsageError
from lenswork.study.builtin import BUILTIN
from lenswork.study.conduct import begin
from lenswork.study.folder import Study, list_studies
from lenswork.study.plan import MOST_SEEDS
from lenswork.study.report import write_report
from lenswork.web.download import kept_as
from lenswork.web.jobs import start_study
from lenswork.web.named import quoted
from lenswork.web.pages.picture import picture_of
from lenswork.web.processes import job_of
from lenswork.web.received import received
from lenswork.web.render import address, page
from lenswork.web.settings import Settings
from lenswork.web.study_named import study_named, trial_named
from lenswork.web.study_view import Progress, found_by, kept, progress_of
from lenswork.web.whole import whole


def show_all(request: Request) -> Response:
    """Every study of the home and how far it is."""
    settings: Settings = request.app.state.settings
    rows, problems = [], []
    for name in list_studies(settings.home):
        try:
            rows.append(_progress(settings, study_named(settings, name)))
        except (LensworkError, OSError) as error:
            problems.append(f"{name}: {error}")
    rows.sort(key=lambda row: not (row.running or row.starting))
    return page(request, "studies.html", rows=rows, problems=problems, builtin=BUILTIN.values())


def show(request: Request) -> Response:
    """One study; its table or its results alone for a request of their own."""
    study = _study(request)
    progress = _progress(request.app.state.settings, study)
    wanted = request.headers.get("hx-target")
    if wanted == "live":
        if request.query_params.get("seen") == progress.digest:
            return Response(status_code=HTTPStatus.NO_CONTENT)
        return page(request, "_study_live.html", progress=progress)
    if wanted == "found":
        if request.query_params.get("seen") == progress.found_digest:
            return Response(status_code=HTTPStatus.NO_CONTENT)
        return page(request, "_study_found.html", progress=progress, **_found(progress))
    return page(
        request,
        "study.html",
        progress=progress,
        study=study,
        toml=study.plan.to_toml(),
        most_seeds=MOST_SEEDS,
        **_found(progress),
    )


def stop(request: Request) -> Response:
    """Have the study stop; what it has done is kept."""
    study = _study(request)
    study.ask_to_stop()
    return RedirectResponse(address("/studies", study.name), HTTPStatus.SEE_OTHER)


async def again(request: Request) -> Response:
    """Carry on: what is missing, with more seeds, or what failed, as the form says."""
    async with received(request) as form:
        seeds, failed = str(form.get("seeds", "")), form.get("failed") == "1"
    return await run_in_threadpool(_again, request, seeds, failed)


def report(request: Request) -> Response:
    """The report as one HTML file to keep; it is no page of the studio."""
    study = _study(request)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "report.html"
        write_report(study, path)
        content = path.read_bytes()
    return Response(content, media_type="text/html", headers=kept_as(f"{study.name}.html"))


def picture(request: Request) -> Response:
    """A picture of the data of a trial, as that of a run of the home has an address of its own."""
    run = trial_named(_study(request), request.query_params.get("trial", ""))
    return picture_of(request, run)


def _again(request: Request, seeds: str, failed: bool) -> Response:
    settings: Settings = request.app.state.settings
    study = _study(request)
    if study.is_carried_out:
        raise UsageError(f"study {study.name} is being carried out already: wait, or stop it")
    plan = study.plan.changed(name=study.name)  # its folder may have been renamed
    if seeds:
        wanted = whole(seeds, MOST_SEEDS)
        if wanted is None or wanted < plan.seeds:
            raise PlanError(
                f"seeds: expected {plan.seeds} to {MOST_SEEDS:,}, got {quoted(seeds)}: what is "
                "trained already is kept"
            )
        plan = plan.changed(seeds=wanted)
    study = begin(plan, settings.home, settings.data_home)
    if failed:
        study.forget_failures()
    start_study(settings, study.plan, study.name)
    return RedirectResponse(address("/studies", study.name), HTTPStatus.SEE_OTHER)


def _study(request: Request) -> Study:
    settings: Settings = request.app.state.settings
    return kept(study_named(settings, request.path_params["study"]))


def _progress(settings: Settings, study: Study) -> Progress:
    return progress_of(study, job_of(settings, "studies", study.name))


def _found(progress: Progress) -> dict[str, Any]:
    """The results for the template; `problem` where they cannot be told."""
    if not progress.done:
        return {"summary": None, "problem": ""}
    try:
        return {**found_by(progress), "problem": ""}
    except LensworkError as error:
        return {"summary": None, "problem": str(error)}
