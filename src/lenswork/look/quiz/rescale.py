"""Question 8: the same pictures with their division by 255, and without it."""

import math

from lenswork.data.dataset import Part
from lenswork.look.forgot import ForgottenPicture, forget, forget_part, notes, slip
from lenswork.look.pictures import Shown
from lenswork.look.quiz.short import (
    asks_to_train,
    short_recipe,
    short_training,
    steps_in_time,
    train_control,
)
from lenswork.look.quiz.shown import (
    Demonstration,
    Table,
    answers_beside,
    few,
    number,
    percent,
)
from lenswork.look.quiz.subject import Subject, Wanted
from lenswork.model.classifier import Classifier
from lenswork.record.accuracy import accuracy_of

SHOWN, COUNTED = 6, 100
HELD_OUT = 200  # pictures that short trainings are asked
ALIKE = 0.05  # losses that differ by less are called the same


def rescale(subject: Subject, wanted: Wanted) -> Demonstration:
    """Answer the picture, some others and a part of the data both ways."""
    classifier = subject.classifier
    forgotten = slip(classifier, "rescale")
    pictures = forget(classifier, _pictures(subject, wanted), "rescale")
    part = forget_part(classifier, subject.some(COUNTED), "rescale")
    first = pictures[0]
    return Demonstration(
        said=(
            _ranges(first),
            f"When {forgotten.said}: {part.describe()}.",
            *notes(forgotten, pictures),
            _sure_said(pictures),
            *(_learned_said(subject) if asks_to_train(wanted) else ()),
        ),
        parts=(
            answers_beside(
                f"What your network says of {first.id}",
                ("as trained", "forgotten"),
                [first.right.probabilities, first.wrong.probabilities],
            ),
            _table(pictures),
        ),
        controls=(*subject.picture_control(wanted), train_control(wanted)),
    )


def _pictures(subject: Subject, wanted: Wanted) -> list[Shown]:
    """The chosen picture, and some of the held-out ones."""
    chosen = subject.shown(wanted)
    part = subject.some(SHOWN)
    others = [
        Shown(part.ids[place], part.source.read(place), subject.classifier.classes[label])
        for place, label in enumerate(part.labels)
    ]
    return [chosen, *(one for one in others if one.id != chosen.id)][:SHOWN]


def _ranges(first: ForgottenPicture) -> str:
    right, wrong = first.right_input, first.wrong_input
    return (
        f"As trained, your network is given numbers from {number(float(right.min()))} to "
        f"{number(float(right.max()))} for {first.id}; when that is forgotten, from "
        f"{number(float(wrong.min()))} to {number(float(wrong.max()))}."
    )


def _sure_said(pictures: list[ForgottenPicture]) -> str:
    """How sure it is both ways: a network may keep its answers and lose its measure."""
    right, wrong = (
        sum(one.probability for one in answers) / len(pictures)
        for answers in ([one.right for one in pictures], [one.wrong for one in pictures])
    )
    return (
        f"It gives its own answers a mean probability of {percent(right)} as trained, and of "
        f"{percent(wrong)} when forgotten."
    )


def _learned_said(subject: Subject) -> tuple[str, ...]:
    """What the division does to learning: two short trainings from the same weights."""
    if subject.data is None:
        return ("Its data cannot be opened here, so nothing was trained anew.",)
    recipe, data = short_recipe(subject)
    recipes = [recipe.changed(normalise=normalise) for normalise in (True, False)]
    steps = steps_in_time(recipes, data)
    if not steps:
        return (
            "This net is too slow to be trained both ways here: lenswork study normalise does.",
        )
    trained = [short_training(one, data, steps) for one in recipes]
    divided, plain = (one.last_loss for one in trained)
    part = subject.some(HELD_OUT)
    right = [percent(_right(one.classifier, part)) for one in trained]
    return (
        (
            f"Does it learn sooner with small numbers? Trained anew from the same weights for "
            f"{few(steps, 'step')} on {few(len(data.train), 'training picture')}, its loss on "
            f"them ended at {_loss(divided)} with the division and at {_loss(plain)} without it; "
            f"of {len(part):,} held-out pictures it then has {right[0]} and {right[1]} right. "
            f"{_sooner(divided, plain)} One short training each: lenswork study normalise asks "
            "with several seeds."
        ),
    )


def _right(classifier: Classifier, part: Part) -> float:
    given = classifier.contract.preprocess.read_all(part.source)
    return accuracy_of(part.labels, classifier.probabilities(given)).fraction


def _loss(loss: float) -> str:
    return f"{loss:.3f}" if math.isfinite(loss) else "no number"


def _sooner(divided: float, plain: float) -> str:
    """Which way the loss fell sooner; one that is no number is worse than any."""
    own, other = (loss if math.isfinite(loss) else math.inf for loss in (divided, plain))
    if own == other or max(own, other) < (1 + ALIKE) * min(own, other):
        return "Its loss fell as soon both ways."
    return "Its loss fell sooner with it." if own < other else "Its loss fell sooner without it."


def _table(pictures: list[ForgottenPicture]) -> Table:
    rows = tuple(
        (
            one.id,
            one.truth or "–",
            f"{one.right.class_name} {percent(one.right.probability)}",
            f"{one.wrong.class_name} {percent(one.wrong.probability)}",
        )
        for one in pictures
    )
    changed = tuple(place for place, one in enumerate(pictures) if one.changed)
    return Table(
        "Some pictures; where the answer changed, the row is marked",
        ("picture", "truth", "as trained", "forgotten"),
        rows,
        marked=changed,
    )
