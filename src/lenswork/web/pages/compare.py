"""Compare: which is better, what it costs, what differs, and the pictures that change sides."""

from dataclasses import dataclass, replace
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from lenswork.errors import LensworkError, UsageError
from lenswork.look.compare import Compared
from lenswork.look.costs import costs_of
from lenswork.look.flips import Flip
from lenswork.look.flips_text import count, head_lines, percent, share_words
from lenswork.look.settings import Setting, are_one_recipe, is_trial
from lenswork.record.run import Run
from lenswork.study.words import notes, sentences, setting_line
from lenswork.web.compared import (
    A_PAGE,
    Asked,
    Opened,
    flips_asked_for,
    opened,
    runs_asked_for,
    settings_asked_for,
    shares_some_pictures,
)
from lenswork.web.lines import HELD_OUT, held_out_prefix, lines_of
from lenswork.web.render import address, page
from lenswork.web.settings import Settings
from lenswork.web.standing import standings

IN_COSTS = frozenset({"parameters", "epochs done", "training time"})  # rows of the other table
SIDE = 128  # pixels of a flip's picture, shown at half of that on a fine screen
MOST_CLASSES = 12


@dataclass(frozen=True)
class Card:
    """A flip with its picture's address."""

    flip: Flip
    picture: str


def show(request: Request) -> Response:
    """Two runs or more, or a study's settings, beside each other."""
    settings: Settings = request.app.state.settings
    asked = Asked.of(request.query_params)
    if len(asked.runs) < 2 and not asked.study:
        return page(request, "compare.html", asked=asked, groups=[], problem="")
    groups, problem = _groups(settings, asked)
    content: dict[str, Any] = {"compared": None, "can_share": False}
    try:
        if not problem:
            content |= _judged(settings, opened(groups, asked), asked)
    except LensworkError as error:
        problem = str(error)
        content["can_share"] = shares_some_pictures(groups, asked)
    lines = [(group.name, group.runs) for group in groups]
    prefix = held_out_prefix(lines)
    return page(
        request,
        "compare.html",
        asked=asked,
        groups=groups,
        problem=problem,
        costs=costs_of(groups),
        held_out=HELD_OUT[prefix],
        accuracy_lines=lines_of(lines, f"{prefix}accuracy"),
        loss_lines=lines_of(lines, f"{prefix}loss"),
        **content,
    )


def flips(request: Request) -> Response:
    """The flips of two settings, chosen and paged: a part of the page."""
    settings: Settings = request.app.state.settings
    asked = Asked.of(request.query_params)
    found = opened(settings_asked_for(settings, asked), asked)
    if len(found.compared.flips) != 1:
        raise UsageError(
            f"flips are shown between two settings, got {len(found.compared.settings)}: name the "
            "runs of two"
        )
    return page(request, "_flips.html", asked=asked, **_gallery(settings, found, asked))


def _groups(settings: Settings, asked: Asked) -> tuple[list[Setting], str]:
    """The settings; where the runs make none, each run alone, and why there is no verdict."""
    try:
        return settings_asked_for(settings, asked), ""
    except UsageError as error:
        if asked.study:
            raise
        runs = runs_asked_for(settings, asked)
        return [Setting(run.name, (run,)) for run in runs], str(error)


def _judged(settings: Settings, found: Opened, asked: Asked) -> dict[str, Any]:
    """What the comparison says, for the template."""
    compared = found.compared
    verdict = compared.verdict
    first = compared.sides[0].judged[0]
    accuracies = {side.name: side.correct.mean(axis=1).tolist() for side in compared.sides}
    rows, scale = standings(verdict.settings, accuracies)
    content: dict[str, Any] = {
        "compared": compared,
        "part": first.part,
        "pictures": len(first),
        "is_shared": _is_shared(compared),
        "one_recipe": are_one_recipe(compared.settings),
        "pairs": [(pair, sentences(pair)) for pair in verdict.pairs],
        "setting_lines": [setting_line(one) for one in verdict.settings],
        "notes": notes(verdict),
        "standings": rows,
        "scale": scale,
        "parts": _parts(compared),
        "differences": [
            row
            for row in compared.differences
            if row.field not in IN_COSTS and len(set(row.values)) > 1
        ],
        "flip_rows": compared.flips,
        "count": count,
        "pair_address": lambda a, b: _pair_address(compared, asked, a, b),
    }
    if len(compared.flips) == 1:
        content |= _gallery(settings, found, asked)
    return content


def _gallery(settings: Settings, found: Opened, asked: Asked) -> dict[str, Any]:
    compared = found.compared
    between = compared.flips[0]
    shown, number, total = flips_asked_for(compared, asked)
    run, part = compared.settings[0].runs[0], between.part
    cards = [
        Card(flip, _picture(settings, run, part=part, place=found.places[flip.id]))
        for flip in shown
    ]
    return {
        "between": between,
        "head_lines": head_lines(between),
        "classes": [row for row in between.classes if row.a_only or row.b_only][:MOST_CLASSES],
        "truths": sorted({flip.truth for flip in between.flips}),
        "cards": cards,
        "number": number,
        "pages": max(1, -(-total // A_PAGE)),
        "total": total,
        "side": SIDE,
        "flip_count": count,
        "sure": percent,
        "share_words": share_words,
    }


def _picture(settings: Settings, run: Run, *, part: str, place: int) -> str:
    """Where a picture of the run's data is answered: a trial's belongs to its study."""
    asked: dict[str, object] = {
        "split": part, "place": place, "side": SIDE, "v": run.environment["started"],
    }  # fmt: skip
    if is_trial(run) and run.path.parents[2].parent == settings.home.resolve():
        study = run.path.parents[1].name
        return address("/studies", study, "picture", trial=run.name, **asked)
    return address("/runs", run.name, "picture", **asked)


def _is_shared(compared: Compared) -> bool:
    """Whether some run was judged on pictures that the others were not."""
    shared = compared.sides[0].judged[0]
    every = (run for setting in compared.settings for run in setting.runs)
    return any(len(run.answers[shared.part].ids) > len(shared) for run in every)


def _parts(compared: Compared) -> list[str]:
    """The parts that all runs were judged on."""
    every = [run for setting in compared.settings for run in setting.runs]
    return [name for name in ("validation", "test") if all(name in run.answers for run in every)]


def _pair_address(compared: Compared, asked: Asked, a: str, b: str) -> str:
    """The comparison of two of the settings alone."""
    plain = replace(asked, way="", truth="", every=False, page=1)
    if asked.study:
        return plain.address(settings=(a, b))
    runs = {setting.name: setting.runs for setting in compared.settings}
    return plain.address(runs=tuple(run.name for name in (a, b) for run in runs[name]))
