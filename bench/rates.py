"""How fast a training went beside the matrix product of the same machine, in the same round."""

from typing import Any

from lenswork import describe
from lenswork.model.presets import PRESETS
from part import Work


def training_flop(name: str) -> int:
    """Floating-point operations to train the preset `name` on one picture once.

    Two a multiply-add, three times the forward pass: itself, the gradient of the weights and
    that of the input; the first layer with weights needs no gradient of its input.
    """
    preset = PRESETS[name]
    rows = describe(preset.net, preset.input_shape, preset.outputs).rows
    layers = [row.multiply_adds for row in rows if row.multiply_adds]
    return 2 * (3 * sum(layers) - layers[0])


def with_rates(work: Work | None, answers: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The answers of a round with two more measures, if the part times a net's training.

    `gflops` is 10**9 floating-point operations a second, `matmul_fraction` that rate over the
    matrix product's.
    """
    if work is None:
        return answers
    rate = answers[work.matmul]["measures"]["gflops"]
    flop = training_flop(work.net)
    return {
        name: {**answer, "measures": answer["measures"] | _rates(answer, flop, rate)}
        for name, answer in answers.items()
    }


def _rates(answer: dict[str, Any], flop_a_picture: int, rate: float) -> dict[str, float]:
    measures = answer["measures"]
    if "epoch_seconds" not in measures:  # the matrix product itself
        return {"matmul_fraction": measures["gflops"] / rate}
    gflops = flop_a_picture * answer["pictures"] / measures["epoch_seconds"] / 1e9
    return {"gflops": gflops, "matmul_fraction": gflops / rate}
