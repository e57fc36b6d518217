"""Flips as one HTML file that needs nothing else: no host, no second file, no script to read it."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape
from importlib.resources import files
from pathlib import Path

from lenswork.files import write_bytes
from lenswork.kinds import Picture
from lenswork.look.flips import Answered, Flip, Flips
from lenswork.look.flips_text import count, head_lines, percent, share_words
from lenswork.look.thumbnail import data_uri

LARGEST_THUMBNAIL = 128  # pixels
PLACE = re.compile(r"\{\{(\w+)\}\}")


def flips_page(
    flips: Flips,
    shown: Sequence[Flip],
    pictures: Sequence[Picture],
    verdict: Sequence[str] = (),
    measured: Sequence[str] = (),
    differences: Sequence[tuple[str, str, str]] = (),
) -> str:
    """The page's HTML: the pictures inside it, names and ids only ever as text.

    `verdict` are the sentences that matter most, `measured` what they rest on; `differences` are
    rows of (field, its text in A, its text in B).
    """
    a, b = (side.title for side in flips.sides)
    template = files("lenswork.look").joinpath("flips.html").read_text("utf-8")
    parts = {
        "title": escape(f"{a} against {b}"),
        "a": escape(a),
        "b": escape(b),
        "verdict": _paragraphs(verdict),
        "measured": _paragraphs(measured),
        "how": _paragraphs(head_lines(flips, "A", "B")),
        "differences": _table(("", "A", "B"), differences),
        "classes": _table(("true class", "pictures", "only A right", "only B right"), _rows(flips)),
        "kinds": _options(shown),
        "every": _every_seed(flips),
        "cards": "\n".join(map(_card, shown, pictures)),
        "total": f"{len(flips.flips):,}",
    }
    return PLACE.sub(lambda found: parts[found[1]], template)  # once: no name is read as a place


def save_flips_page(page: str, path: Path) -> None:
    """Write the page whole or not at all."""
    write_bytes(path, page.encode("utf-8", "backslashreplace"))


def _paragraphs(lines: Sequence[str]) -> str:
    return "".join(f"<p>{escape(line)}</p>" for line in lines)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    if not rows:
        return ""
    titles = "".join(f"<th scope='col'>{escape(title)}</th>" for title in head)
    body = "".join(
        f"<tr><th scope='row'>{escape(row[0])}</th>"
        + "".join(f"<td>{escape(cell)}</td>" for cell in row[1:])
        + "</tr>"
        for row in rows
    )
    return f"<table><thead><tr>{titles}</tr></thead><tbody>{body}</tbody></table>"


def _rows(flips: Flips) -> list[tuple[str, ...]]:
    return [
        (row.name, f"{row.pictures:,}", count(row.a_only), count(row.b_only))
        for row in flips.classes
    ]


def _options(shown: Sequence[Flip]) -> str:
    """The classes that can be chosen, with how many flips each has here."""
    counts = Counter(flip.truth for flip in shown)
    return "".join(
        f"<option value='{escape(name)}'>{escape(name)} ({number:,})</option>"
        for name, number in sorted(counts.items())
    )


def _every_seed(flips: Flips) -> str:
    if flips.seeds == (1, 1):
        return ""
    return "<label><input type='checkbox' id='every'> in every seed only</label>"


def _card(flip: Flip, picture: Picture) -> str:
    every = "1" if flip.stability == 1 else ""
    marks: Mapping[str, str] = {"class": flip.truth, "way": flip.way, "every": every}
    data = " ".join(f"data-{name}='{escape(value)}'" for name, value in marks.items())
    small = " class='small'" if max(picture.shape[:2]) < 100 else ""
    return (
        f"<figure {data}><img{small} alt='{escape(flip.id)}' "
        f"src='{data_uri(picture, LARGEST_THUMBNAIL)}'>"
        f"<figcaption><b>{escape(flip.truth)}</b>"
        f"{_answer('A', flip.a, flip)}{_answer('B', flip.b, flip)}"
        f"<span class='id'>{_broken(flip.id)}</span></figcaption></figure>"
    )


def _broken(name: str) -> str:
    """A path that may be broken after its folders."""
    return escape(name).replace("/", "/<wbr>")


def _answer(name: str, answered: Answered, flip: Flip) -> str:
    right = answered.answer == flip.truth
    kind, mark = ("right", "\u2713") if right else ("wrong", "\u2717")
    share = share_words(answered)
    return (
        f"<span class='{kind}'>{name} {mark} {escape(answered.answer)}, "
        f"{escape(percent(answered.probability))}"
        + (f"<small>{share}</small>" if share else "")
        + "</span>"
    )
