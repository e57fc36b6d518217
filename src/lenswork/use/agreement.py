"""The promise of every export: what was written answers the golden pictures as it did here."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lenswork.errors import LensworkError
from lenswork.kinds import Probabilities
from lenswork.model.stored import TOLERANCE


@dataclass(frozen=True)
class Exported:
    """A file that was written, opened again in `runtime`, and found to answer the same.

    `difference` is the largest between two probabilities of the `pictures` golden pictures.
    """

    path: Path
    form: str
    runtime: str
    difference: float
    pictures: int

    def __str__(self) -> str:
        return (
            f"{self.path}: {self.form}; in {self.runtime} the {self.pictures} golden pictures' "
            f"probabilities differ by {self.difference:.1g} at most"
        )


def agreed(
    form: str, runtime: str, here: Probabilities, there: Probabilities, hint: str = ""
) -> float:
    """The largest difference between two tables (pictures, classes) of golden answers.

    Raises `LensworkError` for one beyond 1e-4, for no numbers and for another shape; `hint` is
    what is known of the runtime.
    """
    if here.shape != there.shape:
        raise LensworkError(
            f"the {form} answers with {there.shape} probabilities in {runtime}, expected "
            f"{here.shape}: nothing was written"
        )
    difference = float(np.abs(here - there).max())
    if not difference <= TOLERANCE:
        raise LensworkError(
            f"the {form} answers the golden pictures otherwise in {runtime}: their probabilities "
            f"differ by {difference:.2g}, at most {TOLERANCE:g} is allowed. Nothing was written: "
            "an export that answers otherwise is no copy of the classifier"
            + (f". {hint}" if hint else "")
        )
    return difference
