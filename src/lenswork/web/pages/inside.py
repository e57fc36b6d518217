"""Inside: a picture in a run's network, every layer at once, every number explained."""

from typing import cast, get_args

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from lenswork.data.dataset import Dataset
from lenswork.errors import DataError, RunError, UsageError
from lenswork.kinds import SPLIT_NAMES, SplitName
from lenswork.look.attribution import attribute
from lenswork.look.attribution_figure import ENDS
from lenswork.look.attribution_methods import METHODS, Method
from lenswork.look.attribution_sanity import THRESHOLDS
from lenswork.look.centred import centred
from lenswork.look.pictures import Shown, drawn_places, part_in, reported_part, some_pictures
from lenswork.record.run import Run
from lenswork.visible import visible
from lenswork.web.inside_bytes import packed
from lenswork.web.inside_colours import SIGNED, VALUES, packed_table, table
from lenswork.web.inside_look import Look, kept_look, look_at
from lenswork.web.inside_net import layers_of
from lenswork.web.inside_overlay import overlays
from lenswork.web.inside_value import explained
from lenswork.web.named import quoted, run_named
from lenswork.web.opened import classifier_of, data_of
from lenswork.web.render import page
from lenswork.web.settings import Settings
from lenswork.web.uploads import Sent, sent_pictures
from lenswork.web.whole import whole

EXAMPLES = 12
LARGEST_NUMBER = 10**9
GONE = 204  # the script sends the picture again; an error would be told on the console
CENTRED = "the drawing in a box of 20 of 28 parts, its centre of mass in the middle"


def show(request: Request) -> Response:
    """The page, with the network's layers and without a picture: a script asks for one."""
    run = _run(request)
    classifier = classifier_of(run)
    layers = layers_of(classifier)
    preprocess = classifier.contract.preprocess
    return page(
        request,
        "inside.html",
        run=run,
        classes=classifier.classes,
        input_shape=preprocess.input_shape,
        preprocess=preprocess.describe(),
        layers=layers,
        colours=packed_table(),
        scale=table()[::16],
        digits=run.recipe.data == "mnist",
        methods=METHODS if any(layer["kind"] == "conv" for layer in layers) else METHODS[1:],
        split=request.query_params.get("split"),
        place=request.query_params.get("place"),
    )


def examples(request: Request) -> Response:
    """Some pictures of the run's data: of a class, by chance, or from a number on."""
    run, settings = _run(request), _settings(request)
    try:
        data = data_of(settings, run)
        name = _split(request) or reported_part(data)
        part = part_in(run, data, name)
    except (DataError, RunError) as error:
        return page(request, "inside_examples.html", run=run, problem=str(error), shown=[])
    label, seed, first = (_number(request, key) for key in ("class", "seed", "number"))
    if first is not None:
        places = list(range(first, min(first + EXAMPLES, len(part))))
    else:
        places = drawn_places(part, EXAMPLES, label, seed or 0)
    return page(
        request,
        "inside_examples.html",
        run=run,
        problem="",
        split=name,
        classes=data.classes,
        count=len(part),
        parts=[one for one in SPLIT_NAMES if one in data.parts],
        label=label,
        seed=seed or 0,
        shown=[(place, data.classes[part.labels[place]]) for place in places],
    )


def example_maps(request: Request) -> Response:
    """All maps of a picture of the run's data."""
    run = _run(request)
    data: Dataset = data_of(_settings(request), run)
    part = part_in(run, data, _split(request))
    place = _number(request, "place") or 0
    preprocess = classifier_of(run).contract.preprocess
    shown = some_pictures(part, [place], data.classes, preprocess)[0]
    return _maps(request, look_at(run, shown))


async def sent_maps(request: Request) -> Response:
    """All maps of a picture that was sent: a file, a photograph, a drawing."""
    sent = await sent_pictures(request)
    return await run_in_threadpool(_maps_of_sent, request, sent[0])


def value(request: Request) -> Response:
    """How one number of a layer comes about."""
    look = _look(request)
    if look is None:
        return Response(status_code=GONE)
    layer, channel, row, column = (
        _number(request, name) for name in ("layer", "channel", "row", "column")
    )
    position = () if row is None or column is None else (row, column)
    worked = explained(look, 1 if layer is None else layer, channel or 0, position)
    return page(request, "inside_value.html", worked=worked)


def attribution(request: Request) -> Response:
    """Which pixels decided, with the same map of networks that learned nothing."""
    look = _look(request)
    if look is None:
        return Response(status_code=GONE)
    method = request.query_params.get("method", "")
    class_name = request.query_params.get("class") or None
    found = attribute(look.apart(), [look.shown], cast(Method, method), class_name=class_name)[0]
    return page(
        request,
        "inside_attribution.html",
        found=found,
        drawn=overlays(found),
        ends=ENDS[found.method],
        scale=table(VALUES if found.method == "grad-cam" else SIGNED)[::16],
        thresholds=THRESHOLDS,
    )


def _maps_of_sent(request: Request, sent: Sent) -> Response:
    run, settings = _run(request), _settings(request)
    preprocess = classifier_of(run).contract.preprocess
    picture = preprocess.open_bytes(
        sent.content, visible(sent.name), pixel_limit=settings.upload_pixels
    )
    done = ""
    if request.query_params.get("centred"):
        picture, done = centred(picture), CENTRED
    return _maps(request, look_at(run, Shown(sent.name, picture), done))


def _maps(request: Request, look: Look) -> Response:
    every = request.query_params.get("every", "").split(",")
    numbers = {number for number in range(len(look.outputs)) if str(number) in every}
    return Response(packed(look, numbers), media_type="application/octet-stream")


def _run(request: Request) -> Run:
    return run_named(_settings(request), request.path_params["run"])


def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


def _look(request: Request) -> Look | None:
    return kept_look(_run(request), request.query_params.get("look", ""))


def _split(request: Request) -> SplitName | None:
    said = request.query_params.get("split") or None
    if said is not None and said not in get_args(SplitName):
        raise UsageError(f"a part is one of {', '.join(SPLIT_NAMES)}; got {said!r}")
    return cast("SplitName | None", said)


def _number(request: Request, name: str) -> int | None:
    """A whole number from 0 in the address; None where it is not said."""
    said = request.query_params.get(name, "")
    if not said:
        return None
    number = whole(said, LARGEST_NUMBER)
    if number is None:
        raise UsageError(f"{name} is a whole number from 0, got {quoted(said)}")
    return number
