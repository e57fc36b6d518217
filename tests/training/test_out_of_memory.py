"""Where memory ends, the batch that would fit is said."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from tiny_data import striped_data, write_striped_folder

from lenswork.errors import LensworkError
from lenswork.training import needs
from lenswork.training.events import StepDone
from lenswork.training.fit import fit
from lenswork.training.needs import Needs
from lenswork.training.out_of_memory import is_out_of_memory
from lenswork.training.recipe import Recipe
from lenswork.training.session import Session

QUICK: dict[str, Any] = {
    "recipe": "notes",
    "net": "conv 4, pool, flatten, dense classes",
    "batch": 24,
    "epochs": 1,
}
CPU_TEXT = (
    "[enforce fail at alloc_cpu.cpp:117] err == 0. DefaultCPUAllocator: can't allocate memory: "
    "you tried to allocate 1605632000 bytes. Error code 12 (Cannot allocate memory)"
)
UNDER_A_LIMIT = """
import resource, sys
import lenswork.training.fit, lenswork.cli.train
from lenswork.cli.app import main
mapped = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (mapped + int(sys.argv.pop(1)),) * 2)
main()
"""


def out_of_memory(*_: object) -> None:
    raise RuntimeError(CPU_TEXT)


@pytest.mark.parametrize(
    ("error", "is_one"),
    [
        (MemoryError(), True),
        (RuntimeError(CPU_TEXT), True),
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB."), True),
        (RuntimeError("MPS backend out of memory (MPS allocated: 18.00 GB)"), True),
        (RuntimeError("std::bad_alloc"), True),
        (RuntimeError("mat1 and mat2 shapes cannot be multiplied"), False),
    ],
)
def test_errors_that_mean_it_are_known(error: Exception, is_one: bool) -> None:
    assert is_out_of_memory(error) == is_one


@pytest.mark.parametrize(
    ("free", "batch", "fitting"), [(10**12, 24, 8), (10**12, 2, 1), (2 * 4 * 3000, 24, 4)]
)
def test_a_step_without_memory_says_a_smaller_batch(
    free: int, batch: int, fitting: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lenswork.training.prepare.free_bytes", lambda _: free)
    monkeypatch.setattr("lenswork.training.fit.take_step", out_of_memory)
    expected = rf"^memory on cpu has run out with batch {batch}: try --batch {fitting}$"
    with pytest.raises(LensworkError, match=expected):
        list(fit(Recipe(**{**QUICK, "batch": batch}), striped_data()))


def test_where_one_picture_is_too_much_no_batch_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lenswork.training.fit.take_step", out_of_memory)
    with pytest.raises(LensworkError, match="use a smaller size or net, or another device"):
        list(fit(Recipe(**{**QUICK, "batch": 1}), striped_data()))


def test_an_evaluation_without_memory_says_a_smaller_one(monkeypatch: pytest.MonkeyPatch) -> None:
    events = fit(Recipe(**QUICK, validation_batch=30), striped_data())
    next(events)
    monkeypatch.setattr(Session, "evaluate", out_of_memory)
    with pytest.raises(LensworkError, match=r"validation batch 30: try --validation-batch 8"):
        assert all(isinstance(event, StepDone) for event in events)


def test_other_errors_of_torch_stay_what_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(*_: object) -> None:
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    monkeypatch.setattr("lenswork.training.fit.take_step", wrong)
    with pytest.raises(RuntimeError, match=r"^mat1 and mat2"):
        list(fit(Recipe(**QUICK), striped_data()))


def test_a_training_that_cannot_fit_is_told_a_batch_that_can(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    small = Needs(parameter_bytes=100, activation_bytes=1000, picture_bytes=10)
    monkeypatch.setattr(needs, "available_bytes", lambda: 20_000)
    data, recipe = striped_data(), Recipe(batch=32)
    with pytest.raises(LensworkError, match=r"20\.0 kB are free: try --batch 8$"):
        small.check(recipe, data)
    small.check(Recipe(batch=8), data)


@pytest.mark.parametrize(("free", "batch"), [(0, 0), (-5, 0), (1999, 0), (2000, 1), (9000, 4)])
def test_the_fitting_batch_is_a_power_of_two(free: int, batch: int) -> None:
    assert Needs(0, 1000, 0).fitting_batch(free) == batch


@pytest.mark.parametrize("more", [["--home", "runs"], ["--find-rate"]])
def test_a_process_with_little_address_space_says_it_without_a_traceback(
    tmp_path: Path, more: list[str]
) -> None:
    """A real limit: 150 MB for steps that need several hundred, by what is reckoned less."""
    folder = write_striped_folder(tmp_path / "stripes", train=300)
    said = subprocess.run(
        [sys.executable, "-c", UNDER_A_LIMIT, "150000000", "train", str(folder), *more,
         "--net", "conv 128, conv 128, flatten, dense classes",
         "--size", "28", "--epochs", "30", "--batch", "256"],
        capture_output=True, text=True, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert said.returncode in (1, 2)
    assert "Traceback" not in said.stderr
    assert "--batch" in said.stderr
