"""Which idea a request is about, and answers that its pages share."""

from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from lenswork.look.quiz.questions import QUESTIONS, Question
from lenswork.web.render import page
from lenswork.web.whole import whole

REFUSED = "lenswork-refused"
"""The header of an answer that says what has to be changed."""


def question_of(request: Request) -> Question:
    """The question that the address names; a page that is not there for any other."""
    number = whole(request.path_params["number"], len(QUESTIONS))
    if not number:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    return QUESTIONS[number - 1]


def place_of(number: str) -> str:
    """The address of the idea of this number, or of the list."""
    known = [str(one.number) for one in QUESTIONS]
    return f"/learn/{number}" if number in known else "/learn"


def refused(request: Request, sentence: str) -> Response:
    """What has to be changed, to be said beside the fields: no failure, as typing goes on."""
    response = page(request, "_learn_refused.html", sentence=sentence)
    response.headers[REFUSED] = "1"
    return response
