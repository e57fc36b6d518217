"""Write docs/commands.md: every command with the help that the program prints.

Run as `python scripts/make_commands.py`; with `--check` it writes nothing, and its exit code is 1
where the page is not what the program says.
"""

import sys
from collections.abc import Iterator, Sequence

import click

from generated import DOCS, table, write_or_check
from lenswork.cli.app import COMMANDS, lenswork

PAGE = DOCS / "commands.md"
WIDTH = 96  # columns of a help text
READ_ON = {  # command -> the page that tells its story
    "cache": "cache.md",
    "card": "export.md",
    "compare": "studies.md",
    "curve": "studies.md",
    "data": "bring-your-own.md",
    "doctor": "doctor.md",
    "export": "export.md",
    "filter": "look.md",
    "import": "keras.md",
    "look": "look.md",
    "mistakes": "look.md",
    "net": "recipes.md",
    "pack": "shards.md",
    "predict": "quickstart.md",
    "quiz": "quiz.md",
    "runs": "quickstart.md",
    "serve": "serve.md",
    "share": "studies.md",
    "show": "quickstart.md",
    "sizes": "studies.md",
    "studio": "studio.md",
    "study": "studies.md",
    "train": "train.md",
}
HEAD = """\
# Commands

Made by `python scripts/make_commands.py` from the program; a test holds the two together.
"""
RULES = """\
Commands that print a table or a finding take `--json`. The exit code is 0 when it is done, 1 when
it failed while working, 2 for wrong usage and for data that are refused, 130 where Ctrl-C broke it
off; a training ends its step at the first Ctrl-C, keeps everything, and its code is 0. An error is
a sentence or two on the error stream; `lenswork --debug COMMAND` shows where it came from.

| variable | what it says |
| --- | --- |
| `LENSWORK_HOME` | where runs are kept, in place of `./runs` (`--home`) |
| `LENSWORK_DATA` | where known data sets are looked for first; folders with a colon between them |
| `LENSWORK_CACHE`, `LENSWORK_CACHE_LIMIT` | [decoded pictures](cache.md): where, how many |
| `OMP_NUM_THREADS` | threads of a training, in place of the cores that it was given |
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the page, or check it."""
    return write_or_check(PAGE, text(), "Write docs/commands.md.", arguments)


def text() -> str:
    """The whole page."""
    rows = [[f"[`{name}`](#lenswork-{name})", line] for name, line in COMMANDS.items()]
    blocks = [HEAD, table(["command", "what it does"], rows) + "\n", RULES]
    return "\n".join([*blocks, *map(section, contexts())])


def contexts() -> Iterator[click.Context]:
    """A context for each command and sub-command, in the program's own order."""
    top = click.Context(lenswork, info_name="lenswork", terminal_width=WIDTH,
                        **lenswork.context_settings)  # fmt: skip
    for name in lenswork.list_commands(top):
        yield from _with_children(_below(top, lenswork, name))


def section(context: click.Context) -> str:
    """A command's heading, where to read on, and its help."""
    words = context.command_path.split()
    level = "##" if len(words) == 2 else "###"
    page = READ_ON.get(words[1]) if len(words) == 2 else None
    blocks = [f"{level} {' '.join(words)}"]
    if page is not None:
        title = (DOCS / page).read_text("utf-8").split("\n", 1)[0].removeprefix("# ")
        blocks.append(f"Its page: [{title}]({page}).")
    lines = (line.rstrip() for line in context.get_help().splitlines())
    blocks.append("```text\n" + "\n".join(lines) + "\n```")
    return "\n\n".join(blocks) + "\n"


def _with_children(context: click.Context) -> Iterator[click.Context]:
    yield context
    command = context.command
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            yield from _with_children(_below(context, command, name))


def _below(parent: click.Context, group: click.Group, name: str) -> click.Context:
    command = group.get_command(parent, name)
    if command is None:
        raise SystemExit(f"{parent.command_path} lists {name!r} and does not have it")
    return click.Context(command, parent=parent, info_name=name, **command.context_settings)


if __name__ == "__main__":
    sys.exit(main())
