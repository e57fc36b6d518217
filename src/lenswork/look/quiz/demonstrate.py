"""The table of demonstrations: which function answers which question."""

from collections.abc import Callable, Mapping

from lenswork.look.quiz.anywhere import anywhere
from lenswork.look.quiz.channels import channels
from lenswork.look.quiz.convolution import convolution
from lenswork.look.quiz.cost import cost
from lenswork.look.quiz.folders import folders
from lenswork.look.quiz.isolating import isolating
from lenswork.look.quiz.overfitting import overfitting
from lenswork.look.quiz.pooling import pooling
from lenswork.look.quiz.questions import question
from lenswork.look.quiz.rescale import rescale
from lenswork.look.quiz.shown import Demonstration
from lenswork.look.quiz.sizes import filter_size, pool_size
from lenswork.look.quiz.smaller import smaller
from lenswork.look.quiz.subject import Subject, Wanted
from lenswork.look.quiz.target_size import target_size

DEMONSTRATIONS: Mapping[int, Callable[[Subject, Wanted], Demonstration]] = {
    1: convolution,
    2: pooling,
    3: isolating,
    4: filter_size,
    5: pool_size,
    6: cost,
    7: folders,
    8: rescale,
    9: target_size,
    10: channels,
    11: overfitting,
    12: anywhere,
    13: smaller,
}


def demonstrate(number: int, subject: Subject, wanted: Wanted) -> Demonstration:
    """Answer a question with what is computed from the reader's network, run and pictures.

    `wanted` is what the reader has changed, by the controls' names. Raises `UsageError` for a
    question that does not exist, for values beyond the controls' limits, and where the network or
    the run has nothing to show, saying what to do.
    """
    return DEMONSTRATIONS[question(number).number](subject, wanted)
