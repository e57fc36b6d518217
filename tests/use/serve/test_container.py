"""What the container file copies and says fits the project and itself."""

import json
import re
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def steps() -> list[tuple[str, str]]:
    """The instructions and what follows them, continued lines joined."""
    text = (PROJECT / "Containerfile").read_text("utf-8")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    whole = "\n".join(lines).replace("\\\n", "")
    return [
        (word, rest.strip()) for word, _, rest in (one.partition(" ") for one in whole.split("\n"))
    ]


def said(steps: list[tuple[str, str]], wanted: str) -> list[str]:
    return [rest for word, rest in steps if word == wanted]


def test_what_is_copied_is_there_and_not_ignored(steps: list[tuple[str, str]]) -> None:
    ignored = (PROJECT / ".dockerignore").read_text("utf-8").split("\n")
    kept = [line.removeprefix("!") for line in ignored if line.startswith("!")]
    assert "*" in ignored
    copied = [words.split()[:-1] for words in said(steps, "COPY") if not words.startswith("--from")]
    for name in (name for names in copied for name in names):
        assert (PROJECT / name).exists()
        assert any(fnmatch(name, pattern) for pattern in kept), name


def test_the_port_is_the_same_everywhere(steps: list[tuple[str, str]]) -> None:
    (port,) = said(steps, "EXPOSE")
    (entry,) = (json.loads(words) for words in said(steps, "ENTRYPOINT"))
    assert entry[:2] == ["lenswork", "serve"]
    assert entry[entry.index("--port") + 1] == port
    assert f", {port}, " in said(steps, "HEALTHCHECK")[0]


def test_the_server_is_not_root_and_its_number_says_so(steps: list[tuple[str, str]]) -> None:
    (user,) = said(steps, "USER")
    assert user.isdecimal()
    assert int(user) > 0
    assert any(f"--uid {user} " in run for run in said(steps, "RUN"))


def test_the_health_check_fails_where_nobody_answers(steps: list[tuple[str, str]]) -> None:
    found = re.search(r"CMD (\[.*\])$", said(steps, "HEALTHCHECK")[0])
    assert found is not None
    python, option, code = json.loads(found[1])
    assert (python, option) == ("python", "-c")
    unused = code.replace("8000", "9")  # the port of "discard", which nothing listens at here
    done = subprocess.run([sys.executable, option, unused], capture_output=True, check=False)
    assert done.returncode == 1
    assert b"ConnectionRefusedError" in done.stderr
