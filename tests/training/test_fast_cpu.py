"""The allocator's setting, and numbers that are too small to be quick."""

import platform
import subprocess
import sys

import torch
from torch import nn

from lenswork.training.fast_cpu import denormals_flushed, keep_freed_memory
from lenswork.training.optimizers import Adam

THREADS = """
import torch
from lenswork.training.fast_cpu import begin_threads, denormals_flushed

torch.set_num_threads(2)
begin_threads()
small = torch.full((1 << 20,), 1e-30)
with denormals_flushed():
    halves = (small * 1e-10).view(2, -1)
print((halves == 0).all(1).tolist())
"""


def test_freed_memory_is_kept_where_glibc_is_and_nothing_breaks_elsewhere() -> None:
    assert keep_freed_memory() is (platform.libc_ver()[0] == "glibc")


def test_denormals_are_zero_in_the_block_and_only_there() -> None:
    small = torch.tensor(1e-38)
    with denormals_flushed():
        with denormals_flushed():
            assert small / 10 == 0
        assert small / 10 == 0
        assert sys.float_info.min / 2 == 0
    assert small / 10 > 0
    assert sys.float_info.min / 2 > 0


def test_denormals_are_as_before_after_an_error_too() -> None:
    try:
        with denormals_flushed():
            raise ValueError
    except ValueError:
        assert torch.tensor(1e-38) / 10 > 0


def test_all_of_torchs_threads_flush_them() -> None:
    answer = subprocess.run(
        [sys.executable, "-c", THREADS], capture_output=True, text=True, check=True
    )
    assert answer.stdout == "[True, True]\n"


def test_a_mean_of_gradients_that_have_become_zero_becomes_zero() -> None:
    weight = nn.Parameter(torch.ones(64))
    adam = Adam([weight], 0.001, 1e-7, fused=True)
    for step in range(1_200):
        weight.grad = torch.full((64,), 0.0 if step else 1.0)
        adam.move()
    assert adam.state[weight]["mean"].tolist() == [0.0] * 64  # 1.4e-45 for ever otherwise
    assert (adam.state[weight]["square"] > 0).all()
