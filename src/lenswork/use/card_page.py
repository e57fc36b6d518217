"""A model card as one HTML file that holds everything, or Markdown with its pictures beside it."""

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, StrictUndefined

from lenswork.errors import UsageError
from lenswork.files import write_bytes
from lenswork.kinds import Picture
from lenswork.look.thumbnail import data_uri, thumbnail
from lenswork.record.accuracy import Accuracy
from lenswork.study.report import markdown_text
from lenswork.use.card import Card

SIDE = 160  # pixels of a mistake's picture
HTML, MARKDOWN = ".html", ".md"


def write_card(card: Card, path: Path) -> list[Path]:
    """Write a card to `path`, .html or .md; returns the files. Raises `UsageError` for others."""
    kind = path.suffix.lower()
    if kind == HTML:
        write_bytes(path, card_html(card).encode("utf-8", "backslashreplace"))
        return [path]
    if kind != MARKDOWN:
        raise UsageError(f"a card is written as .html or .md, got {path.name!r}")
    names: dict[str, str] = {}
    written = []
    for number, (name, picture) in enumerate(_pictures(card).items(), start=1):
        content, kind = thumbnail(picture, SIDE)
        beside = path.with_name(f"{path.stem}-mistake-{number:02d}.{kind}")
        write_bytes(beside, content)
        names[name] = beside.name
        written.append(beside)
    write_bytes(path, _filled("card.md", card, names).encode("utf-8", "backslashreplace"))
    return [path, *written]


def card_html(card: Card) -> str:
    """The card as a page that needs nothing else."""
    pictures = {name: data_uri(picture, SIDE) for name, picture in _pictures(card).items()}
    return _filled("card.html", card, pictures)


def _pictures(card: Card) -> Mapping[str, Picture]:
    return card.evidence.pictures if card.evidence else {}


def _filled(template: str, card: Card, pictures: Mapping[str, str]) -> str:
    environment = Environment(
        autoescape=template.endswith(HTML),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "percent": _percent,
        "range": _range,
        "md": markdown_text,
        "sentence": _sentence,
    }
    text = files("lenswork.use").joinpath(template).read_text("utf-8")
    return environment.from_string(text).render(
        card=card, contract=card.contract, evidence=card.evidence, pictures=pictures
    )


def _percent(fraction: float) -> str:
    return f"{fraction:.2%}"


def _sentence(text: str) -> str:
    """With a capital at its beginning and a stop at its end."""
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."


def _range(accuracy: Accuracy | None) -> str:
    if accuracy is None:
        return "no pictures"
    return f"{accuracy.fraction:.2%} ({accuracy.low:.2%} to {accuracy.high:.2%}), n={accuracy.n:,}"
