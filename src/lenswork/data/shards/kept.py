"""What has come of shards that are elsewhere, so that nobody asks for it a second time."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from lenswork.kinds import PictureShape

MOST_BYTES = 64_000_000  # of files; what is more is asked for again


@dataclass(eq=False)
class Kept:
    """By the number of a picture: its shape, and the file of one that somebody will want."""

    shapes: dict[int, PictureShape] = field(default_factory=dict)
    files: dict[int, bytes] = field(default_factory=dict)
    wanted: set[int] = field(default_factory=set)
    file_bytes: int = 0

    def want(self, numbers: Iterable[int]) -> None:
        """Keep these files when they next come by."""
        self.wanted.update(numbers)

    def note(self, number: int, content: bytes) -> None:
        """A file that has come."""
        if number in self.wanted and self.file_bytes + len(content) <= MOST_BYTES:
            self.files[number] = content
            self.file_bytes += len(content)

    def let_go(self) -> None:
        """Keep no file any more."""
        self.wanted.clear()
        self.files.clear()
        self.file_bytes = 0
