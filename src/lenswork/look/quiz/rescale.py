"""Question 8: the same pictures with their division by 255, and without it."""

from lenswork.look.forgot import ForgottenPicture, forget, forget_part, notes, slip
from lenswork.look.pictures import Shown
from lenswork.look.quiz.shown import (
    Demonstration,
    Table,
    answers_beside,
    number,
    percent,
)
from lenswork.look.quiz.subject import Subject, Wanted

SHOWN, COUNTED = 6, 100


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
        ),
        parts=(
            answers_beside(
                f"What your network says of {first.id}",
                ("as trained", "forgotten"),
                [first.right.probabilities, first.wrong.probabilities],
            ),
            _table(pictures),
        ),
        controls=subject.picture_control(wanted),
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
