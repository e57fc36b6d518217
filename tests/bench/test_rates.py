"""The rate of a training is its work over its time, beside that of a matrix product."""

from typing import Any

import pytest

from part import Work
from rates import training_flop, with_rates


def test_the_work_of_a_dense_net_is_that_of_its_matrix_products() -> None:
    first, last = 784 * 512, 512 * 10  # multiply-adds of the forward pass
    assert training_flop("dense-512") == 2 * (2 * first + 3 * last)


def test_the_work_of_a_convolution_is_one_multiply_add_a_weight_and_place() -> None:
    first, second = 26 * 26 * 9 * 32, 11 * 11 * 9 * 32 * 32
    dense = 5 * 5 * 32 * 128 + 128 * 10
    assert training_flop("conv-32x2") == 2 * (2 * first + 3 * (second + dense))


def test_the_rate_is_all_pictures_work_over_the_epochs_time() -> None:
    answers: dict[str, dict[str, Any]] = {
        "ours": {"measures": {"epoch_seconds": 4.0}, "pictures": 1000},
        "matmul": {"measures": {"gflops": 50.0}},
    }
    found = with_rates(Work("dense-512"), answers)
    gflops = 1000 * training_flop("dense-512") / 4.0 / 1e9
    assert found["ours"]["measures"]["gflops"] == pytest.approx(gflops)
    assert found["ours"]["measures"]["matmul_fraction"] == pytest.approx(gflops / 50)
    assert found["matmul"]["measures"] == {"gflops": 50.0, "matmul_fraction": 1.0}
    assert "gflops" not in answers["ours"]["measures"]  # what was given stays as it was


def test_a_part_without_a_net_keeps_its_answers() -> None:
    answers = {"ours": {"measures": {"wall_seconds": 1.0}}}
    assert with_rates(None, answers) is answers
