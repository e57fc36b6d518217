"""What the reader's own network shows for each question, and a first network for who has none."""

from http import HTTPStatus

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from lenswork.errors import LensworkError, RunError
from lenswork.look.pictures import Shown
from lenswork.look.quiz.demonstrate import demonstrate
from lenswork.look.quiz.first_network import FIRST_NETWORK
from lenswork.look.quiz.subject import Subject
from lenswork.web.form import asked
from lenswork.web.jobs import start_training
from lenswork.web.learn_parts import DRAWN
from lenswork.web.lessons import place_of, question_of, refused
from lenswork.web.named import run_named
from lenswork.web.opened import classifier_of, data_of
from lenswork.web.render import address, page
from lenswork.web.settings import Settings
from lenswork.web.uploads import Sent, decoded


async def demonstration(request: Request) -> Response:
    """What is computed from the reader's network and pictures for one question."""
    number = question_of(request).number
    words, sent = await asked(request)
    settings: Settings = request.app.state.settings

    def work() -> Response:
        try:
            subject = _subject(settings, words.get("run", ""), sent)
            shown = demonstrate(number, subject, words)
        except LensworkError as error:
            return refused(request, str(error))
        golden = subject.data is None
        return page(
            request,
            "_learn_demonstration.html",
            shown=shown,
            run=subject.run,
            golden=golden,
            **DRAWN,
        )

    return await run_in_threadpool(work)


async def train(request: Request) -> Response:
    """Begin to train the first network, and go back to where the reader was."""
    words, _ = await asked(request)
    name = await run_in_threadpool(start_training, request.app.state.settings, FIRST_NETWORK)
    place = place_of(words.get("number", ""))
    return RedirectResponse(address(place, training=name), HTTPStatus.SEE_OTHER)


def _subject(settings: Settings, name: str, sent: Sent | None) -> Subject:
    if not name:
        raise RunError("there is no network to show this with yet: train one first")
    run = run_named(settings, name)
    classifier = classifier_of(run)
    try:
        data = data_of(settings, run)
    except LensworkError:  # the golden pictures stand in, and the page says so
        data = None
    if data is not None and data.classes != classifier.classes:
        data = None
    own = None if sent is None else Shown(sent.name, decoded(sent, settings))
    return Subject(run, classifier, data, settings.home, own)
