"""How many threads torch computes with."""

import functools
import os

import torch

from lenswork.cores import available_cores

SAID = ("OMP_NUM_THREADS", "MKL_NUM_THREADS")  # what torch itself goes by


@functools.cache
def use_given_cores() -> None:
    """Give torch no more threads than this process has cores, once for all.

    torch knows the processor and the affinity, not the quota of a container: eight threads on the
    time of two cores wait for one another most of it. What the environment says in
    OMP_NUM_THREADS, and fewer threads that were set before, stay as they are.
    """
    if any(os.environ.get(name) for name in SAID):
        return
    cores = available_cores()
    if torch.get_num_threads() > cores:
        torch.set_num_threads(cores)
