"""The page: a section a part, composed of the results and of nothing else."""

import re
from collections.abc import Iterator, Mapping, Sequence

from notes.part import Drawn, Part, Table
from notes.printed import Shown
from notes.results import Result

HEAD = """\
# The notes, answered

Made by `make notes` from the files in `notes/results/`, which the commands below have filled. The
notes of the course trained each net once. Here settings are trained with several seeds, intervals
are 95%, and a verdict says what follows ([how](statistics.md)). Trials ran one or two at a time,
one thread each, on a machine that did other work besides, so times are to be compared within a
table only.
"""
NUMBER = re.compile(r"[<>~]?[-+]?[0-9][0-9,.]*(%|x)?( .*)?")


def page(parts: Sequence[Part], results: Mapping[str, Result], figures: str = "figures") -> str:
    """The whole page, in the order of `parts`; `figures` is their folder as the page sees it."""
    there = [part for part in parts if part.name in results]
    blocks = [HEAD, _answers(there, results)]
    blocks += [section(part, results[part.name], figures) for part in there]
    missing = [part.name for part in parts if part.name not in results]
    if missing:
        blocks.append(f'Not measured yet: `make notes PARTS="{" ".join(missing)}"`.\n')
    return "\n".join(blocks)


def section(part: Part, result: Result, figures: str) -> str:
    """One part: what the notes did, the answer, the command and its output, pictures, tables."""
    found = result.found
    first, *others = found.verdicts
    blocks = [
        f"## {part.title}",
        f"In the notes: {part.said}",
        f"**{first}**",
        *(["\n".join(f"- {sentence}" for sentence in others)] if others else []),
        *(_output(one) for one in found.shown),
        *(_figure(one, figures) for one in found.figures),
        *(_table(one) for one in found.tables),
        "\n".join(f"- {line}" for line in (*_form(result), *found.conditions)),
    ]
    return "\n\n".join(blocks) + "\n"


def anchor(title: str) -> str:
    """A heading's address within the page, as GitHub and most renderers make it."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def _answers(parts: Sequence[Part], results: Mapping[str, Result]) -> str:
    rows = [
        f"| [{part.question}](#{anchor(part.title)}) | {results[part.name].found.verdicts[0]} |"
        for part in parts
    ]
    return "\n".join(["| question | answer |", "| --- | --- |", *rows]) + "\n"


def _form(result: Result) -> Iterator[str]:
    if result.form == "short":
        yield "The short form: few pictures, epochs and seeds, to see that all works; no answer."
    yield f"Measured {result.date}"


def _output(shown: Shown) -> str:
    return "\n".join(["```", f"$ {shown.command}", *shown.lines, "```"])


def _figure(drawn: Drawn, figures: str) -> str:
    return f"![{drawn.caption}]({figures}/{drawn.file})\n\n{drawn.caption}"


def _table(table: Table) -> str:
    columns = list(zip(*table.rows, strict=True))
    sides = ["---", *(_side(cells) for cells in columns[1:])]
    lines: list[Sequence[str]] = [table.head, sides, *table.rows]
    body = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return f"{table.caption}\n\n{body}" if table.caption else body


def _side(cells: Sequence[str]) -> str:
    """Columns of numbers stand to the right."""
    return "--:" if all(NUMBER.fullmatch(cell) for cell in cells if cell) else "---"
