"""What the machine's matrix product reaches in PyTorch, with the threads that Lenswork has."""

import argparse
import statistics
import time

import torch
from measuring import answer

SIDES = (1024, 1536, 2048)
SECONDS_A_SIDE = 2.0


def gflops(side: int) -> float:
    """10**9 floating-point operations a second of `torch.mm`, two a multiply-add: the median."""
    first, second = torch.rand(side, side), torch.rand(side, side)
    product = torch.empty(side, side)
    torch.mm(first, second, out=product)
    times = []
    while sum(times) < SECONDS_A_SIDE:
        began = time.perf_counter()
        torch.mm(first, second, out=product)
        times.append(time.perf_counter() - began)
    return 2 * side**3 / statistics.median(times) / 1e9


def main() -> None:
    """Measure each side, answer with the fastest."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=0)
    torch.manual_seed(parser.parse_args().seed)
    rates = {str(side): gflops(side) for side in SIDES}
    threads = torch.get_num_threads()
    answer({"gflops": max(rates.values())}, ["lenswork", "torch"], threads, gflops_by_side=rates)


if __name__ == "__main__":
    main()
