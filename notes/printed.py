"""What a command printed, as a page can show it."""

from collections.abc import Sequence
from dataclasses import dataclass

CUT = "..."


@dataclass(frozen=True)
class Shown:
    """A command line and what of its output is shown; every line but `...` is the command's own."""

    command: str
    lines: tuple[str, ...]

    def first(self, count: int) -> "Shown":
        """The first lines only."""
        cut = len(self.lines) > count
        return Shown(self.command, (*self.lines[:count], *((CUT,) if cut else ())))

    def ends(self, first: int, last: int) -> "Shown":
        """The first and the last lines."""
        if len(self.lines) <= first + last:
            return self
        return Shown(
            self.command, (*self.lines[:first], CUT, *self.lines[len(self.lines) - last :])
        )

    def since(self, start: str) -> "Shown":
        """From the last line that begins with `start`; all where none does."""
        places = [place for place, line in enumerate(self.lines) if line.startswith(start)]
        return Shown(self.command, self.lines[places[-1] :] if places else self.lines)

    def until(self, start: str) -> "Shown":
        """Up to the first line that begins with `start`, without it."""
        places = [place for place, line in enumerate(self.lines) if line.startswith(start)]
        return Shown(self.command, self.lines[: places[0]] if places else self.lines)

    def paragraph(self) -> "Shown":
        """Up to the first empty line."""
        end = self.lines.index("") if "" in self.lines else len(self.lines)
        return Shown(self.command, self.lines[:end])

    def beginning(self, *starts: str) -> "Shown":
        """The lines that begin so, with `...` for those left out between them."""
        lines: list[str] = []
        for line in self.lines:
            if line.lstrip().startswith(starts):
                lines.append(line)
            elif lines and lines[-1] != CUT:
                lines.append(CUT)
        return Shown(self.command, tuple(lines))


def plain_lines(text: str, names: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """The lines without blanks at their ends, with folders by the names a reader knows them by.

    `names` are (as it is here, as a reader would have it), the longer ones first.
    """
    for here, name in names:
        text = text.replace(here, name)
    return tuple(line.rstrip() for line in text.strip("\n").splitlines())
