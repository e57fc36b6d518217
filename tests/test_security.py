"""Nothing that is read or written can run code: no pickle, no eval, no shell, in any module."""

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent.parent / "src" / "lenswork"
FILES = sorted(SOURCE.rglob("*.py"))
MODULES = frozenset(
    {"cloudpickle", "code", "dill", "joblib", "marshal", "pickle", "shelve", "yaml"}
)
FUNCTIONS = frozenset({"__import__", "compile", "eval", "exec"})
CALLS = frozenset({"os.popen", "os.system", "torch.load", "torch.save", "subprocess.getoutput"})


def findings(text: str) -> list[str]:
    """What a module does that could run what a file or a user says, with its line."""
    found = []
    for node in ast.walk(ast.parse(text)):
        line = getattr(node, "lineno", 0)
        if isinstance(node, ast.Import):
            found += [
                f"{line}: {name.name}" for name in node.names if name.name.split(".")[0] in MODULES
            ]
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in MODULES:
            found.append(f"{line}: {node.module}")
        elif isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            if called in FUNCTIONS | CALLS:
                found.append(f"{line}: {called}")
            if called.endswith((".load", ".loads")) and called.startswith(("np.", "numpy.")):
                found += [f"{line}: {called}"] * (not _says(node, "allow_pickle", False))
            if _says(node, "shell", True) or _says(node, "allow_pickle", True):
                found.append(f"{line}: {called}")
    return found


def _says(call: ast.Call, name: str, value: bool) -> bool:
    return any(
        word.arg == name and isinstance(word.value, ast.Constant) and word.value.value is value
        for word in call.keywords
    )


@pytest.mark.parametrize("path", FILES, ids=[str(path.relative_to(SOURCE)) for path in FILES])
def test_no_module_unpickles_or_runs_text(path: Path) -> None:
    assert findings(path.read_text("utf-8")) == []


@pytest.mark.parametrize(
    "text",
    [
        "import pickle",
        "from pickle import loads",
        "import yaml.nodes",
        "eval(text)",
        "os.system(text)",
        "torch.load(path)",
        "np.load(path)",
        "np.load(path, allow_pickle=True)",
        "subprocess.run(text, shell=True)",
    ],
)
def test_the_scan_finds_what_it_looks_for(text: str) -> None:
    assert len(findings(text)) >= 1
