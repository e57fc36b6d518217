"""Predict: what pictures show, with the run's classifier and its contract."""

from base64 import b64encode
from itertools import zip_longest

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from lenswork.errors import LensworkError, PictureError, UsageError
from lenswork.model.answering import Answering
from lenswork.model.golden import golden_in_file
from lenswork.record.index import list_runs
from lenswork.use.answers_csv import csv_header, csv_line
from lenswork.use.explain import explain
from lenswork.use.predict import BATCH, Answer, Upload, answer_files
from lenswork.web.images import png, png_response
from lenswork.web.named import quoted, run_named
from lenswork.web.opened import answering_of
from lenswork.web.render import address, page
from lenswork.web.settings import Settings
from lenswork.web.uploads import Sent, sent_pictures
from lenswork.web.whole import whole

MOST_BARS = 10
MOST_EXAMPLES = 10
MOST_PICTURED = 50  # runs
MOST_THUMBNAILS = 5
FORM_BYTES = 1024  # what a form adds to each picture


def choose(request: Request) -> Response:
    """The runs that have a classifier, newest first."""
    runs, _ = list_runs(_settings(request).home)
    usable = [run for run in runs if run.status in ("finished", "stopped")]
    places = [_shown(request, run.name) for run in usable[:MOST_PICTURED]]
    rows = zip_longest(usable, places, fillvalue=range(0))
    return page(request, "predict_choose.html", rows=list(rows))


def _shown(request: Request, name: str) -> range:
    """The places of the golden pictures that stand for a run; none where they cannot be read."""
    try:
        run = run_named(_settings(request), name)
        return range(len(golden_in_file(run.classifier_path, MOST_THUMBNAILS)))
    except LensworkError:
        return range(0)


def show(request: Request) -> Response:
    """Where pictures are given to one run's classifier."""
    settings = _settings(request)
    run = run_named(settings, request.path_params["run"])
    classifier = answering_of(run)
    here = address("/runs", run.name, "predict")
    examples = [
        {"address": address(f"{here}/golden", place=place), "name": name}
        for place, name in enumerate(classifier.classes[:MOST_EXAMPLES])
    ]
    limits = {
        "address": here,
        "bytes": settings.upload_bytes,
        "extra": FORM_BYTES,
        "count": min(BATCH, settings.upload_count),
        "header": csv_header(classifier.classes, for_spreadsheet=True),
        "classes": classifier.classes,
        "run": run.name,
    }
    return page(
        request,
        "predict.html",
        run=run,
        classifier=classifier,
        input=classifier.contract.preprocess.describe(),
        examples=examples if len(classifier.golden) == len(classifier.classes) else [],
        limits=limits,
        pixels=settings.upload_pixels,
    )


async def answer(request: Request) -> Response:
    """What one picture shows, or why it cannot be said, as a part of the page."""
    sent = await sent_pictures(request)
    return await run_in_threadpool(_answer, request, sent[0])


def _answer(request: Request, sent: Sent) -> Response:
    settings = _settings(request)
    classifier = _classifier(request)
    try:
        explained = explain(
            classifier, Upload(sent.name, sent.content), pixel_limit=settings.upload_pixels
        )
    except PictureError as error:  # one of the answers there are, as in a row of many
        return page(request, "_failure.html", sentence=str(error))
    sure_first = sorted(explained.prediction.probabilities.items(), key=lambda said: -said[1])
    return page(
        request,
        "predict_answer.html",
        name=sent.name,
        explained=explained,
        seen=b64encode(png(explained.picture)).decode(),
        bars=sure_first[:MOST_BARS],
        others=sure_first[MOST_BARS:],
    )


async def answer_many(request: Request) -> Response:
    """What each of some pictures shows, or why it cannot be said, as JSON with lines of CSV."""
    sent = await sent_pictures(request)
    return await run_in_threadpool(_answer_many, request, [Upload(x.name, x.content) for x in sent])


def _answer_many(request: Request, uploads: list[Upload]) -> Response:
    classifier = _classifier(request)
    limit = _settings(request).upload_pixels
    answers = answer_files(classifier, uploads, pixel_limit=limit)
    return JSONResponse([_row(one, classifier) for one in answers])


def _row(answer: Answer, classifier: Answering) -> dict[str, object]:
    prediction = answer.prediction
    return {
        "said": prediction.class_name if prediction else None,
        "probability": prediction.probability if prediction else None,
        "error": answer.error,
        "line": csv_line(answer, classifier.classes, for_spreadsheet=True),
    }


def golden(request: Request) -> Response:
    """One of the golden pictures that the classifier carries, by its place."""
    run = run_named(_settings(request), request.path_params["run"])
    pictures = golden_in_file(run.classifier_path)
    said = request.query_params.get("place", "")
    place = whole(said, len(pictures) - 1)
    if place is None:
        raise UsageError(f"place must be from 0 to {len(pictures) - 1}, got {quoted(said)}")
    return png_response(png(pictures[place]), kept=False)


def _classifier(request: Request) -> Answering:
    return answering_of(run_named(_settings(request), request.path_params["run"]))


def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings
