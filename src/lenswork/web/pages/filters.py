"""The filters of a run's convolutions: their weights, what excites them, which are dead."""

from dataclasses import dataclass

import numpy as np
from starlette.requests import Request
from starlette.responses import Response

from lenswork.data.dataset import Part
from lenswork.errors import DataError, RunError
from lenswork.look.filter_pictures import patch_picture, signed_colours, weight_pictures
from lenswork.look.filters import FilterLook, look_at_filters
from lenswork.look.pictures import part_in, reported_part
from lenswork.look.places import places_of
from lenswork.model.classifier import Classifier
from lenswork.record.run import Run
from lenswork.web.images import png_uri
from lenswork.web.named import run_named
from lenswork.web.opened import Shelf, classifier_of, data_of
from lenswork.web.render import page
from lenswork.web.settings import Settings

MOST_PICTURES = 1_000  # looked at; more would keep the page waiting
MOST_FILTERS = 128
PATCHES = 5

_LOOKS: Shelf[FilterLook] = Shelf(6)


@dataclass(frozen=True)
class Shown:
    """One filter; pictures are `data:` addresses, `weights` is None over more than 3 maps."""

    number: int
    weights: str | None
    patches: tuple[str, ...]
    answers: str
    trouble: str


def show(request: Request) -> Response:
    """The page; what takes a moment to look at is asked for by it."""
    run, classifier = _opened(request)
    convolutions = convolution_names(classifier)
    asked = request.query_params.get("layer")
    return page(
        request,
        "run_filters.html",
        run=run,
        layers=convolutions,
        layer=asked if asked in convolutions else (convolutions[0] if convolutions else None),
        net=classifier.contract.net or "",
    )


def seen(request: Request) -> Response:
    """The filters of a layer, looked at now."""
    settings: Settings = request.app.state.settings
    run, classifier = _opened(request)
    try:
        data = data_of(settings, run)
        name = reported_part(data)
        part = part_in(run, data, name)
    except (DataError, RunError) as error:
        return page(request, "_filters.html", run=run, problem=str(error), look=None)
    layer = request.query_params.get("layer")
    some = _some(part)
    look = _LOOKS.get(
        (run.path, run.environment["started"], layer),
        lambda: look_at_filters(classifier, some, layer, patches=PATCHES),
    )
    return page(
        request,
        "_filters.html",
        run=run,
        problem="",
        look=look,
        part=name,
        of_all=len(part),
        filters=shown(look),
        scale=png_uri(signed_colours()[np.newaxis, ::4]) if look.weights.shape[-1] == 1 else None,
        largest=float(np.abs(look.weights).max()),
    )


def shown(look: FilterLook) -> list[Shown]:
    """The first filters with their pictures."""
    visible = look.weights.shape[-1] in (1, 3)
    weights = [png_uri(one) for one in weight_pictures(look.weights)] if visible else None
    return [
        Shown(
            number=number,
            weights=weights[number] if weights else None,
            patches=tuple(png_uri(patch_picture(one)) for one in look.strongest[number]),
            answers=_answers(look, number),
            trouble=look.trouble(number),
        )
        for number in range(min(len(look), MOST_FILTERS))
    ]


def convolution_names(classifier: Classifier) -> list[str]:
    """The names of the layers that have filters."""
    shape = classifier.contract.preprocess.input_shape
    return [one.name for one in places_of(classifier.network, shape) if one.is_convolution]


def _opened(request: Request) -> tuple[Run, Classifier]:
    run = run_named(request.app.state.settings, request.path_params["run"])
    return run, classifier_of(run)


def _some(part: Part) -> Part:
    """At most so many pictures of the part, evenly spread over it."""
    if len(part) <= MOST_PICTURES:
        return part
    return part.subset(np.linspace(0, len(part) - 1, MOST_PICTURES).astype(int).tolist())


def _answers(look: FilterLook, number: int) -> str:
    patches = look.strongest[number]
    return f"{patches[0].answer:.3g}" if patches else ""
