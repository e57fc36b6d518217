"""Every `lenswork ...` line of README and the docs is one that the command understands."""

import itertools
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from pages import DOCS, README, blocks, prose

from lenswork.cli.app import COMMANDS, lenswork

TOLD = [README, *sorted(path for path in DOCS.glob("*.md") if path.name != "commands.md")]
SHELLS = ("", "sh", "console")
STOPS = set("|>&;")  # where a shell's command ends


def lines_of(page: Path) -> Iterator[str]:
    """The commands in a page's blocks: whole lines, as a reader pastes them into a shell."""
    for block in blocks(page):
        if block.language in SHELLS:
            for line in block.text.replace("\\\n", " ").splitlines():
                stripped = line.strip().removeprefix("$ ")
                if stripped.startswith("lenswork "):
                    yield stripped


def spans_of(page: Path) -> Iterator[str]:
    """The commands in a page's sentences."""
    for found in re.finditer(r"`(lenswork [^`\n]+)`", prose(page)):
        yield found[1]


def words_of(command: str) -> list[str]:
    """The words that a shell hands on: up to a comment, a pipe, a file or another command."""
    said = shlex.shlex(command, posix=True, punctuation_chars="".join(STOPS))
    said.whitespace_split = True
    return list(itertools.takewhile(lambda word: not set(word) <= STOPS, said))


def parse(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the real parser read a command, with nothing carried out."""
    monkeypatch.setattr(click.Command, "invoke", lambda *_: None)
    words = [word.removeprefix("~/") for word in words_of(command)]
    lenswork.main(words[1:], prog_name="lenswork", standalone_mode=False)


def complaints(
    commands: Iterator[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    complete: bool = True,
) -> list[str]:
    """What the parser says of commands; those that need not be `complete` may leave things out."""
    monkeypatch.chdir(tmp_path)
    for folder in ("pets", "birds"):  # the studio wants folders that are there
        Path(folder).mkdir()
    problems = []
    for command in commands:
        try:
            parse(command, monkeypatch)
        except click.MissingParameter as error:
            if complete:
                problems.append(f"{command}: {error.format_message()}")
        except (click.ClickException, ValueError) as error:
            said = error.format_message() if isinstance(error, click.ClickException) else error
            problems.append(f"{command}: {said}")
    return problems


@pytest.mark.parametrize("page", TOLD, ids=lambda page: str(page.name))
def test_the_command_line_understands_what_a_page_tells_to_type(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert complaints(lines_of(page), tmp_path, monkeypatch) == []


@pytest.mark.parametrize("page", TOLD, ids=lambda page: str(page.name))
def test_what_explains_a_command_on_its_line_is_a_comment(page: Path) -> None:
    typed = [line.partition(" # ")[0].rstrip() for line in lines_of(page)]
    assert [line for line in typed if re.search(r"\S {2,}\S", line)] == []


@pytest.mark.parametrize("page", TOLD, ids=lambda page: str(page.name))
def test_the_command_line_understands_what_a_page_mentions(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = (span for span in spans_of(page) if span.split()[1] in COMMANDS and "..." not in span)
    more = (span for span in whole if len(span.split()) > 2)
    assert complaints(more, tmp_path, monkeypatch, complete=False) == []


def test_a_line_that_is_wrong_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = complaints(
        iter(["lenswork train pets --epoch many", "lenswork tarin"]), tmp_path, monkeypatch
    )
    assert len(found) == 2


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("lenswork quiz --answers > answers.txt  # and more", ["lenswork", "quiz", "--answers"]),
        (
            "lenswork train a --stop-when 'loss < 0.4'",
            ["lenswork", "train", "a", "--stop-when", "loss < 0.4"],
        ),
        ("lenswork train pets    a folder", ["lenswork", "train", "pets", "a", "folder"]),
    ],
)
def test_a_line_is_read_as_a_shell_reads_it(line: str, words: list[str]) -> None:
    assert words_of(line) == words


def test_a_net_is_described_as_the_quickstart_shows(capsys: pytest.CaptureFixture[str]) -> None:
    shown = next(
        b.text for b in blocks(DOCS / "quickstart.md") if b.text.startswith("$ lenswork n")
    )
    command, _, table = shown.removeprefix("$ ").partition("\n")
    lenswork.main(shlex.split(command)[1:], prog_name="lenswork", standalone_mode=False)
    assert [line.rstrip() for line in capsys.readouterr().out.splitlines()] == table.splitlines()
