"""`make demo` takes PyTorch's build for CPUs where it is to be had, and breaks no other index."""

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "scripts" / "make_environment.sh"
PYTORCH = "https://download.pytorch.org/whl/cpu"
TOOLS = ("cp", "grep", "mkdir", "sed", "sh")
PYTHON = """\
#!/bin/sh
case "$1 $2 $3" in
    "-m venv "*) mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
    "-m pip config") echo "{told}" ;;
    "-m pip install")
        echo "$*" >> {log}
        case "$*" in
            *--index-url*) [ {has} = pytorch ] ;;
            *+cpu*) [ {has} = pip ] ;;
        esac ;;
esac
"""


def command(folder: Path, name: str, script: str) -> None:
    path = folder / name
    path.write_text(script, "utf-8")
    path.chmod(0o755)


def made(
    place: Path, *, has: str, told: str = "", system: str = "Linux", more: Sequence[str] = ()
) -> tuple[list[str], str]:
    """What pip is asked to install where `has` has the build for CPUs, and what is said.

    `told` is where pip was told to look, `more` are further commands of the machine.
    """
    tools, log = place / "tools", place / "log"
    tools.mkdir()
    for name in TOOLS:
        found = shutil.which(name)
        assert found is not None
        (tools / name).symlink_to(found)
    command(tools, "python", PYTHON.format(told=told, log=log, has=has))
    command(tools, "uname", f"#!/bin/sh\necho {system}\n")
    for name in more:
        command(tools, name, "#!/bin/sh\n")
    (place / "constraints.txt").write_text("tomli==2.0\ntorch==2.13.0\ntorchx==1.0\n", "utf-8")
    done = subprocess.run(
        [str(tools / "sh"), str(SCRIPT), "python", "made", "."],
        cwd=place,
        env={"PATH": str(tools)},
        capture_output=True,
        text=True,
        check=True,
    )
    quiet = "-m pip install --quiet --disable-pip-version-check "
    return [line.removeprefix(quiet) for line in log.read_text().splitlines()], done.stderr


PROJECT = "--constraint constraints.txt --editable ."
HERE = "--no-deps torch==2.13.0+cpu"
THERE = f"--no-deps --retries 1 --timeout 20 --index-url {PYTORCH} torch==2.13.0+cpu"


def test_the_build_for_cpus_is_taken_from_where_pip_was_told_to_look(tmp_path: Path) -> None:
    asked, _ = made(tmp_path, has="pip", told="global.extra-index-url='https://example.org'")
    assert asked == [HERE, PROJECT]


def test_pytorchs_own_index_is_asked_where_pip_was_told_nothing(tmp_path: Path) -> None:
    asked, said = made(tmp_path, has="pytorch", told="global.cert='/etc/ca.pem'")
    assert asked == [HERE, THERE, PROJECT]
    assert "no build" not in said


@pytest.mark.parametrize(
    "told",
    ["global.index-url='https://example.org'", ":env:.no-index='1'", ":env:.find-links='wheels'"],
)
def test_no_other_index_is_asked_than_those_that_pip_was_told_of(told: str, tmp_path: Path) -> None:
    asked, said = made(tmp_path, has="none", told=told)
    assert asked == [HERE, PROJECT]
    assert "no build of PyTorch for CPUs was found" in said


def test_an_index_that_cannot_be_reached_leaves_the_usual_one(tmp_path: Path) -> None:
    asked, said = made(tmp_path, has="none")
    assert asked == [HERE, THERE, PROJECT]
    assert "several GB of CUDA" in said


@pytest.mark.parametrize(("system", "more"), [("Darwin", ()), ("Linux", ("nvidia-smi",))])
def test_other_systems_and_machines_with_a_gpu_take_the_usual_build(
    system: str, more: Sequence[str], tmp_path: Path
) -> None:
    asked, _ = made(tmp_path, has="pip", system=system, more=more)
    assert asked == [PROJECT]
