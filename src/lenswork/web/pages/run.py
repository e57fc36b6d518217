"""One run: while it starts, while it is trained, and when it is over."""

from starlette.requests import Request
from starlette.responses import FileResponse, Response

from lenswork.data.shards.names import shown_source
from lenswork.record.json_ready import json_ready
from lenswork.record.run import RECIPE, Run
from lenswork.web.epochs import curves_of, epochs_of
from lenswork.web.live import Seen, Standing, standing_of
from lenswork.web.named import run_named
from lenswork.web.overview import (
    answered_parts,
    diverged,
    environment_rows,
    has_classifier,
    net_of,
    recipe_rows,
    times_of,
    why_it_ended,
)
from lenswork.web.processes import Job, job_of
from lenswork.web.render import page
from lenswork.web.settings import Settings

WAITING: tuple[Standing, ...] = ("starting", "refused")


def show(request: Request) -> Response:
    """The run as it stands."""
    settings: Settings = request.app.state.settings
    name = request.path_params["run"]
    seen = standing_of(settings, name)
    job = job_of(settings, "runs", name)
    if seen.standing in WAITING and job is not None:
        return _waiting(request, seen, job)
    run = run_named(settings, name)
    return _live(request, run, seen) if seen.standing == "running" else _over(request, run, job)


def classifier(request: Request) -> Response:
    """The classifier's file, to be kept."""
    run = run_named(request.app.state.settings, request.path_params["run"])
    path = run.classifier_path
    if not has_classifier(run):
        _ = run.classifier  # says what to do
    return FileResponse(
        path,
        media_type="application/octet-stream",
        filename=f"{run.name}.safetensors",
        headers={"cache-control": "no-store"},
    )


def recipe(request: Request) -> Response:
    """The recipe's file, to be kept."""
    run = run_named(request.app.state.settings, request.path_params["run"])
    return FileResponse(
        run.path / RECIPE,
        media_type="application/toml",
        filename=f"{run.name}.toml",
        headers={"cache-control": "no-store"},
    )


def _waiting(request: Request, seen: Seen, job: Job) -> Response:
    """A process that has not made its folder yet, or has ended before."""
    return page(
        request,
        "run_starting.html",
        name=job.name,
        job=job,
        refused=seen.standing == "refused",
        resumed=bool(seen.epochs) or (request.app.state.settings.home / job.name).is_dir(),
    )


def _live(request: Request, run: Run, seen: Seen) -> Response:
    return page(
        request,
        "run_live.html",
        run=run,
        source=shown_source(run.recipe.data),
        seen=seen,
        state=json_ready(seen.as_dict()),
        curves=curves_of(seen.epochs, run.start.get("pictures", {})),
        epochs=run.recipe.epochs or 0,
    )


def _over(request: Request, run: Run, job: Job | None) -> Response:
    parts, problem = answered_parts(run)
    rows = epochs_of(run)
    return page(
        request,
        "run.html",
        run=run,
        source=shown_source(run.recipe.data),
        summary=run.summary(),
        parts=parts,
        problem=problem,
        ended=why_it_ended(run, job),
        diverged=diverged(run),
        rows=rows,
        curves=curves_of(rows, run.start.get("pictures", {})),
        net=net_of(run),
        recipe=recipe_rows(run),
        environment=environment_rows(run),
        times=times_of(run),
        with_classifier=has_classifier(run),
    )
