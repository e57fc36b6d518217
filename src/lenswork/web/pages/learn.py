"""The notes' ideas and their quiz, each question answered by the reader's own network."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from lenswork.data.known import SAMPLE
from lenswork.look.quiz.questions import CHAPTERS, OF_A_PICTURE, QUESTIONS, chapter_of
from lenswork.record.index import list_runs
from lenswork.record.run import Run, RunSummary
from lenswork.web.form import asked
from lenswork.web.lessons import place_of, question_of, refused
from lenswork.web.processes import job_of, starting
from lenswork.web.render import address, page
from lenswork.web.settings import Settings


def index(request: Request) -> Response:
    """All ideas in order, with the reader's progress and network."""
    return page(
        request,
        "learn.html",
        chapters=[(one, [QUESTIONS[number - 1] for number in one.numbers]) for one in CHAPTERS],
        count=len(QUESTIONS),
        **_network(request),
    )


def lesson(request: Request) -> Response:
    """One idea, its question, and room for the demonstration."""
    asked_for = question_of(request)
    number = asked_for.number
    return page(
        request,
        "learn_lesson.html",
        question=asked_for,
        chapter=chapter_of(number),
        count=len(QUESTIONS),
        before=QUESTIONS[number - 2] if number > 1 else None,
        after=QUESTIONS[number] if number < len(QUESTIONS) else None,
        of_a_picture=number in OF_A_PICTURE,
        **_network(request),
    )


async def answer(request: Request) -> Response:
    """Whether the chosen answer is right; the demonstration shows why."""
    asked_for = question_of(request)
    words, _ = await asked(request)
    chosen = words.get("choice", "")
    if chosen not in map(str, range(len(asked_for.choices))):
        return refused(request, "choose one of the answers first")
    return page(request, "_learn_outcome.html", question=asked_for, chosen=int(chosen))


def network(request: Request) -> Response:
    """The card of the reader's network, asked for again while one is being trained."""
    found = _network(request)
    name = request.query_params.get("training")
    response = page(request, "_learn_network.html", **found)
    if name and any(run.name == name for run in found["runs"]):
        place = place_of(request.query_params.get("number", ""))
        response.headers["hx-redirect"] = address(place, run=name)
    return response


def _network(request: Request) -> dict[str, Any]:
    """The runs to choose from, the chosen one, and what is being trained."""
    settings: Settings = request.app.state.settings
    summaries, _ = list_runs(settings.home)
    runs = [run for run in summaries if run.status in ("finished", "stopped")]
    wanted, begun = (request.query_params.get(name) for name in ("run", "training"))
    chosen = next((run for run in runs if run.name == wanted), runs[0] if runs else None)
    return {
        "runs": runs,
        "chosen": chosen,
        "stated": wanted is not None,
        "training": None if runs and not begun else _training(settings, begun, summaries),
        "number": request.path_params.get("number") or request.query_params.get("number") or "",
        "first_data": SAMPLE.name,
    }


def _training(
    settings: Settings, name: str | None, summaries: list[RunSummary]
) -> dict[str, Any] | None:
    """How far a network is that is being trained: the named one, or any."""
    running = [one for one in summaries if one.status == "running"]
    name = name or (None if running else next(iter(starting(settings)), None))
    wanted = [one for one in summaries if one.name == name] if name else running
    run = next(iter(wanted), None)
    job = job_of(settings, "runs", name) if name else None
    alive = job is not None and job.alive
    if run is None:
        if job is None:
            return None
        state = "starting" if alive else "failed"
        return {"name": name, "state": state, "said": job.said, "epochs": 0, "all": None}
    state = "running" if alive and run.status == "killed" else run.status  # it takes its lock late
    epochs = Run(settings.home / run.name).recipe.epochs if state == "running" else None
    return {"name": run.name, "state": state, "said": run.reason, "epochs": run.epochs,
            "all": epochs}  # fmt: skip
