"""The parts of the notes, in the order of the page."""

from notes.part import Part
from notes.parts import (
    data,
    folder,
    handmade,
    inside,
    models,
    more,
    normalise,
    quiz,
    rescale,
    sizes,
    stops,
    studies,
    training,
)

PARTS: tuple[Part, ...] = (
    data.PART,
    models.PART,
    training.PART,
    stops.PART,
    normalise.PART,
    studies.FILTERS,
    studies.DEPTH,
    studies.EPOCHS,
    inside.PART,
    handmade.PART,
    folder.PART,
    sizes.PART,
    more.PART,
    rescale.PART,
    quiz.PART,
)
