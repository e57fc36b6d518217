"""The folder list tells the story only while imports flow one way."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent.parent / "src" / "lenswork"
STAGES = ["base", "data", "model", "training", "record", "study", "look", "use", "cli", "web"]
DOOR = SOURCE / "cli" / "studio.py"  # the one command that opens the web
BASE = {
    "amounts",
    "errors",
    "kinds",
    "seeds",
    "files",
    "cores",
    "locks",
    "paths",
    "toml_text",
    "visible",
    "__init__",
}
FACE_NAMES = {"__version__"}


def stage_of(module: str) -> str:
    """The stage of `lenswork.<stage>...`."""
    parts = module.split(".")
    if len(parts) == 1 or parts[1] in BASE:
        return "base"
    return parts[1]


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(SOURCE.parent).with_suffix("").parts)


def imports_of(tree: ast.AST) -> list[tuple[ast.stmt, str]]:
    found: list[tuple[ast.stmt, str]] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(node, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            module = node.module or ""
            if module == "lenswork":
                found += [
                    (node, module if alias.name in FACE_NAMES else f"lenswork.{alias.name}")
                    for alias in node.names
                ]
            else:
                found.append((node, module))
    return [(node, name) for node, name in found if name.split(".")[0] == "lenswork"]


ENTRANCES = {SOURCE / "__init__.py", SOURCE / "__main__.py"}
FILES = sorted(path for path in SOURCE.rglob("*.py") if path not in ENTRANCES)


@pytest.mark.parametrize("path", FILES, ids=[str(path.relative_to(SOURCE)) for path in FILES])
def test_a_module_imports_only_from_its_own_stage_and_those_before_it(path: Path) -> None:
    own = stage_of(module_name(path))
    for node, imported in imports_of(ast.parse(path.read_text("utf-8"))):
        stage = stage_of(imported)
        assert stage in STAGES, f"{path}:{node.lineno}: {imported} belongs to no stage"
        if (path, stage) == (DOOR, "web"):
            continue
        assert STAGES.index(stage) <= STAGES.index(own), (
            f"{path}:{node.lineno}: stage {own} comes before stage {stage}"
        )
        assert {own, stage} != {"cli", "web"}, f"{path}:{node.lineno}: cli and web stay apart"


@pytest.mark.parametrize("path", FILES, ids=[str(path.relative_to(SOURCE)) for path in FILES])
def test_no_function_imports_our_own_modules(path: Path) -> None:
    for function in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            inside = [name for _, name in imports_of(function)]
            assert not inside, f"{path}: {function.name} imports {inside}"


def test_the_modules_of_a_stage_do_not_import_one_another_in_a_circle() -> None:
    graph = {
        module_name(path): {name for _, name in imports_of(ast.parse(path.read_text("utf-8")))}
        for path in FILES
    }
    done: set[str] = set()

    def visit(module: str, trail: tuple[str, ...]) -> None:
        assert module not in trail, " -> ".join([*trail, module])
        if module not in done:
            for imported in graph.get(module, ()):
                visit(imported, (*trail, module))
            done.add(module)

    for module in graph:
        visit(module, ())


def modules_after(statement: str) -> set[str]:
    code = f"import sys\n{statement}\nprint(*sys.modules, sep='\\n')"
    environment = {**os.environ, "PYTHONWARNINGS": "error"}
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    return set(result.stdout.split())


@pytest.mark.parametrize("heavy", ["torch", "matplotlib", "numpy", "scipy", "pydantic"])
def test_import_lenswork_and_help_stay_light(heavy: str) -> None:
    help_page = (
        "from click.testing import CliRunner\n"
        "from lenswork.cli.app import lenswork\n"
        "assert CliRunner().invoke(lenswork, ['--help']).exit_code == 0"
    )
    assert heavy not in modules_after("import lenswork")
    assert heavy not in modules_after(help_page)


@pytest.mark.slow
def test_every_public_name_can_be_had() -> None:
    statement = "import lenswork\nfor name in lenswork.__all__: getattr(lenswork, name)"
    assert "lenswork.training.fit" in modules_after(statement)
