"""A new study: its plan as a form or as TOML, what it comes to, and its start."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from lenswork.data.known import KNOWN, SAMPLE
from lenswork.errors import LensworkError
from lenswork.study.ahead import foretold_words, twin_lines
from lenswork.study.builtin import BUILTIN
from lenswork.study.conduct import begin, fitting_workers
from lenswork.study.folder import there_already
from lenswork.study.plan import Plan
from lenswork.toml_text import read_toml
from lenswork.training.recipe import Recipe
from lenswork.web.jobs import start_study
from lenswork.web.measuring import ALONE
from lenswork.web.plan_form import FIELDS, AxisRow, Errors, PlanForm, checked, toml_of
from lenswork.web.received import received
from lenswork.web.render import address, page
from lenswork.web.settings import Settings
from lenswork.web.study_named import study_named

MOST_SHOWN = 12  # settings in the preview
BLANK = PlanForm(base={"data": SAMPLE.name, "recipe": "fast"}, axes=(AxisRow("epochs", "5\n10"),))


def show(request: Request) -> Response:
    """The form: empty, or filled in from a plan of Lenswork's own or another study's."""
    settings: Settings = request.app.state.settings
    like, plan = (request.query_params.get(name, "") for name in ("like", "plan"))
    form = BLANK
    if like:
        form = PlanForm.of(read_toml(study_named(settings, like).plan.to_toml()))
    elif plan in BUILTIN:
        form = PlanForm.of(read_toml(BUILTIN[plan].to_toml()))
    return _page(request, form, {})


async def create(request: Request) -> Response:
    """Start the study, or show the same plan the other way: as a form or as TOML."""
    async with received(request) as sent:
        return await run_in_threadpool(_create, request, sent)


async def check(request: Request) -> Response:
    """What the plan comes to as it stands: its settings and trials, or what is still wrong."""
    async with received(request) as sent:
        return await run_in_threadpool(_check, request, sent)


async def foretell(request: Request) -> Response:
    """How long it will take: every setting is trained for a second."""
    async with received(request) as sent:
        return await run_in_threadpool(_foretell, request, sent)


def _create(request: Request, sent: FormData) -> Response:
    settings: Settings = request.app.state.settings
    wanted = sent.get("do", "start")
    content, errors = _content(sent)
    if wanted == "toml" and not errors:
        return _page(request, PlanForm.of(content), {}, toml=toml_of(content))
    if wanted == "form" and "toml" not in errors:
        return _page(request, PlanForm.of(content), {})
    if errors:
        return _refused(request, sent, content, errors)
    plan, errors = checked(content, settings)
    if plan is not None:
        errors = _begun(plan, settings)
    if plan is None or errors:
        return _refused(request, sent, content, errors)
    return RedirectResponse(address("/studies", plan.name), HTTPStatus.SEE_OTHER)


def _begun(plan: Plan, settings: Settings) -> Errors:
    """Make the study's folder and have it carried out; what is in the way of that."""
    try:
        there = there_already(plan, settings.home)
        if there is not None and there.is_carried_out:
            return {"name": f"study {plan.name} is being carried out already: name this another"}
        fitting_workers(plan, settings.data_home)  # raises for a setting that does not fit its data
        study = begin(plan, settings.home, settings.data_home)
    except LensworkError as error:
        at = "name" if "--name" in str(error) else "plan"
        return {at: str(error)}
    start_study(settings, study.plan, study.name)
    return {}


def _check(request: Request, sent: FormData) -> Response:
    settings: Settings = request.app.state.settings
    content, errors = _content(sent)
    plan = None
    if not errors:
        plan, errors = checked(content, settings)
    return page(
        request,
        "_plan_ahead.html",
        plan=plan,
        problem=next(iter(errors.values()), ""),
        twins=list(twin_lines(plan)) if plan else [],
        most=MOST_SHOWN,
        foretold="",
    )


def _foretell(request: Request, sent: FormData) -> Response:
    settings: Settings = request.app.state.settings
    content, errors = _content(sent)
    plan = None
    if not errors:
        plan, errors = checked(content, settings)
    if plan is None:
        return page(request, "_plan_time.html", words="", problem=next(iter(errors.values())))
    try:
        with ALONE:
            words, problem = foretold_words(plan, settings.home, settings.data_home), ""
    except LensworkError as error:
        words, problem = "", str(error)
    return page(request, "_plan_time.html", words=words, problem=problem)


def _content(sent: FormData) -> tuple[dict[str, Any], Errors]:
    """What was sent, as the plan's TOML would say it."""
    if sent.get("view") != "toml":
        return PlanForm.sent(sent).content()
    try:
        return read_toml(str(sent.get("toml", ""))), {}
    except (ValueError, RecursionError) as error:
        return {}, {"toml": f"this is no TOML: {error}"}


def _refused(
    request: Request, sent: FormData, content: Mapping[str, Any], errors: Errors
) -> Response:
    """The page again with all that was typed, and what is wrong."""
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    if sent.get("view") == "toml":
        typed = str(sent.get("toml", ""))
        return _page(request, PlanForm.of(content), errors, toml=typed, status=status)
    return _page(request, PlanForm.sent(sent), errors, status=status)


def _page(
    request: Request,
    form: PlanForm,
    errors: Errors,
    *,
    toml: str | None = None,
    status: int = HTTPStatus.OK,
) -> Response:
    settings: Settings = request.app.state.settings
    return page(
        request,
        "study_new.html",
        status,
        form=form,
        errors=errors,
        toml=toml,
        fields=FIELDS,
        recipe_fields=list(Recipe.model_fields),
        builtin=BUILTIN.values(),
        sources=[*KNOWN, SAMPLE.name, *map(str, settings.folders)],
    )
