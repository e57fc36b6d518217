"""What of a page is markup: its elements and their attributes, whatever text they hold."""

from html.parser import HTMLParser

Element = tuple[str, tuple[str, ...]]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[Element] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, tuple(sorted(name for name, _ in attrs))))

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def elements(html: str) -> list[Element]:
    """Every element with the names of its attributes, in order."""
    return _read(html).found


def words(html: str) -> str:
    """All text between the tags."""
    return "".join(_read(html).words)


def _read(html: str) -> _Reader:
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader
