"""Running out of memory, told as the batch that would fit."""

import functools
from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from lenswork.errors import LensworkError
from lenswork.model.contract import output_count
from lenswork.model.describe import describe
from lenswork.training.needs import needs_of
from lenswork.training.session import Session

SIGNS = ("can't allocate memory", "out of memory", "bad_alloc", "could not create a memory")

Rest = ParamSpec("Rest")
Result = TypeVar("Result")


def told_as_batch(
    option: str,
) -> Callable[
    [Callable[Concatenate[Session, Rest], Result]], Callable[Concatenate[Session, Rest], Result]
]:
    """Have a stage of a session raise `LensworkError` where memory ends.

    `option` is the recipe's field, batch or validation_batch, that says how much the stage needs.
    """

    def told(
        stage: Callable[Concatenate[Session, Rest], Result],
    ) -> Callable[Concatenate[Session, Rest], Result]:
        @functools.wraps(stage)
        def watched(session: Session, /, *args: Rest.args, **kwargs: Rest.kwargs) -> Result:
            try:
                return stage(session, *args, **kwargs)
            except (MemoryError, RuntimeError) as error:
                if not is_out_of_memory(error):
                    raise
                raise LensworkError(_advice(session, option)) from error

        return watched

    return told


def is_out_of_memory(error: Exception) -> bool:
    """Whether an error of Python, torch, CUDA, MPS or oneDNN means that memory has ended."""
    text = str(error).lower()
    return isinstance(error, MemoryError) or any(sign in text for sign in SIGNS)


def _advice(session: Session, option: str) -> str:
    batch = int(getattr(session.recipe, option) or 1)
    said = f"memory on {session.device} has run out with {option.replace('_', ' ')} {batch}"
    fitting = _fitting_batch(session, batch, trained=option == "batch")
    if not fitting:
        return f"{said}: use a smaller size or net, or another device"
    return f"{said}: try --{option.replace('_', '-')} {fitting}"


def _fitting_batch(session: Session, failed: int, *, trained: bool) -> int:
    """At most half of what `failed`, and no more than the memory before the first step allows."""
    half = 1 << max(1, failed // 2).bit_length() - 1 if failed > 1 else 0
    net = session.recipe.net
    if net is None:  # a module of one's own: nobody knows what it needs
        return half
    outputs = output_count(session.output, len(session.data.classes))
    needs = needs_of(describe(net, session.choice.preprocess.input_shape, outputs))
    return min(half, needs.fitting_batch(session.free_bytes, trained=trained))
