"""One file of the corpus, and whether what became of it is what must."""

from dataclasses import dataclass

import numpy as np

from lenswork.kinds import Picture

LOSSY = 6  # the most that a level of an even patch may be off after JPEG or lossy WebP


@dataclass(frozen=True)
class Odd:
    """A file that shows known pixels, or at least a known shape, or is refused with known words.

    `name` is a file name with the suffix that it claims. Of `lossy` pictures only the middles of
    patches of 16x16 are compared; `within` is how far off a level may be.
    """

    name: str
    content: bytes
    shows: Picture | None = None
    says: str = ""
    shape: tuple[int, ...] = ()
    lossy: bool = False
    within: int = 0

    @property
    def is_read(self) -> bool:
        """Whether it must be read rather than refused."""
        return not self.says

    def problem(self, picture: Picture) -> str:
        """What is wrong with how it was read; empty for nothing."""
        if self.says:
            return f"was read as {picture.shape}, must be refused with {self.says!r}"
        if self.shows is None:
            return "" if picture.shape == self.shape else f"has shape {picture.shape}"
        if picture.shape != self.shows.shape:
            return f"has shape {picture.shape}, must have {self.shows.shape}"
        places = np.s_[8::16, 8::16] if self.lossy else np.s_[:, :]
        away = np.abs(picture[places].astype(int) - self.shows[places].astype(int)).max()
        most = LOSSY if self.lossy else self.within
        return "" if away <= most else f"is off by up to {away} levels, may be by {most}"
