"""New run: a form made from the recipe's own table, and the network layer by layer as one types."""

from http import HTTPStatus
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from lenswork.data.browse import look_around
from lenswork.data.sources import Search, survey
from lenswork.errors import LensworkError
from lenswork.model.describe import format_bytes
from lenswork.model.presets import PRESETS
from lenswork.record.home import RECIPE
from lenswork.record.writer import Recorder
from lenswork.study.estimate import estimate
from lenswork.training.recipe import Recipe
from lenswork.web.considered import Considered, consider
from lenswork.web.form import asked
from lenswork.web.jobs import start_training
from lenswork.web.measuring import ALONE
from lenswork.web.named import run_named
from lenswork.web.processes import job_of
from lenswork.web.recipe_form import FIELDS, WHOLE, RecipeForm, shown
from lenswork.web.render import address, page
from lenswork.web.settings import Settings

RECIPES = {
    "fast": "A good accuracy soonest.",
    "thorough": "The best accuracy, in some minutes more.",
    "notes": "As in the course's notes.",
}
LAYERS = (  # what a button adds
    ("conv 32", "Convolution"),
    ("pool", "Pooling"),
    ("batchnorm", "Batch norm"),
    ("dropout 0.2", "Dropout"),
    ("flatten", "Flatten"),
    ("dense 128", "Dense"),
)


def show(request: Request) -> Response:
    """The form, with what the address says in it: fields, or a run that it is to be `like`."""
    words = dict(request.query_params)
    if like := words.pop("like", ""):
        words = {**RecipeForm.of(_recipe_of(request.app.state.settings, like)).texts, **words}
    return _form(request, RecipeForm.sent(words))


async def start(request: Request) -> Response:
    """Begin the run and go to its page; a form with something wrong in it comes back as it was."""
    words, _ = await asked(request)
    return await run_in_threadpool(_start, request, RecipeForm.sent(words))


async def chosen(request: Request) -> Response:
    """What the form would train, while it is being filled in: parts of the page."""
    words, _ = await asked(request)
    return await run_in_threadpool(_chosen, request, RecipeForm.sent(words))


async def measured(request: Request) -> Response:
    """How long that would take, timed now: a part of the page."""
    words, _ = await asked(request)
    return await run_in_threadpool(_measured, request, RecipeForm.sent(words))


def _recipe_of(settings: Settings, name: str) -> Recipe:
    """That of a run; as it was typed, where a page has begun it."""
    job = job_of(settings, "runs", name)
    if job is not None and (job.folder / RECIPE).is_file():
        return Recipe.read(job.folder / RECIPE)
    return run_named(settings, name).recipe


def _start(request: Request, form: RecipeForm) -> Response:
    settings: Settings = request.app.state.settings
    considered, wrong = _considered(settings, form)
    if wrong:
        return _form(request, form.with_wrong(wrong), HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        name = start_training(settings, considered.recipe, form.name)
    except LensworkError as error:
        told = form.with_wrong({WHOLE: str(error)})
        return _form(request, told, HTTPStatus.UNPROCESSABLE_ENTITY)
    return RedirectResponse(address("/runs", name), HTTPStatus.SEE_OTHER)


def _chosen(request: Request, form: RecipeForm) -> Response:
    settings: Settings = request.app.state.settings
    considered, wrong = _considered(settings, form)
    return page(
        request,
        "_new_chosen.html",
        considered=considered,
        wrong=wrong,
        slots=[*FIELDS, "name"],
        values=_values(considered),
    )


def _measured(request: Request, form: RecipeForm) -> Response:
    settings: Settings = request.app.state.settings
    considered, wrong = _considered(settings, form)
    if wrong or considered.data is None:
        said = "Mend what is wrong in the form first." if wrong else "The data is not here yet."
        return page(request, "_new_estimate.html", pace=None, problem=said)
    try:
        with ALONE:
            pace = estimate(considered.recipe, settings.data_home)
    except LensworkError as error:
        return page(request, "_new_estimate.html", pace=None, problem=str(error))
    return page(request, "_new_estimate.html", pace=pace, problem=None)


def _considered(settings: Settings, form: RecipeForm) -> tuple[Considered, dict[str, str]]:
    """What the form says, and all that is wrong in it, with the run's name."""
    considered = consider(settings, form)
    wrong = dict(considered.wrong)
    try:
        Recorder(settings.home, form.name)
    except LensworkError as error:
        wrong["name" if form.name else WHOLE] = str(error)
    return considered, wrong


def _form(request: Request, form: RecipeForm, status: HTTPStatus = HTTPStatus.OK) -> Response:
    settings: Settings = request.app.state.settings
    return page(
        request,
        "new.html",
        status,
        form=form,
        first_data=FIELDS["data"].default,
        known=[_known(one) for one in survey(settings.data_home)],
        folders=_folders(settings),
        recipes=RECIPES,
        recipe=form.text("recipe") or FIELDS["recipe"].default,
        presets=PRESETS,
        layers=LAYERS,
        whole=form.wrong.get(WHOLE),
    )


def _known(one: Search) -> tuple[str, str]:
    """A known set as a choice: its name, and what is said of it."""
    known = one.known
    fetched = f", fetches {format_bytes(known.download_bytes)} first" if one.folder is None else ""
    return known.name, f"{known.name}: {known.description}{fetched}"


def _folders(settings: Settings) -> list[tuple[str, str]]:
    """The folders with data in what the studio was given, and in the folders in there."""
    found = [look_around(folder) for folder in settings.folders]
    places = [place for itself, inside in found for place in (itself, *inside)]
    return [(str(place.path), place.name) for place in places if place.looks == "data"]


def _values(considered: Considered) -> dict[str, Any]:
    """What each field would be, as it would be typed."""
    if considered.choice is None:
        return {}
    return {name: shown(getattr(considered.choice.recipe, name)) for name in FIELDS}
