"""Find a learning rate in one call, from Python."""

from pathlib import Path
from typing import Any

from torch import nn

from lenswork.data.dataset import Dataset
from lenswork.record.train import asked_for
from lenswork.training.find_rate import RateTest, rate_test


def find_rate(
    data: Dataset | str | Path | None = None,
    *,
    net: str | nn.Module | None = None,
    device: str = "auto",
    **fields: Any,
) -> RateTest:
    """Train on `data` for up to 150 steps while the learning rate rises, and suggest one.

    The arguments are those of `train`; nothing is recorded, and a module of your own stays as it
    is. `.suggestion` is what to give as `learning_rate`, `rate_figure` draws the test. Raises what
    `train` raises, and `RecipeError` where the whole training has fewer than 20 steps.
    """
    network = net if isinstance(net, nn.Module) else None
    if network is None and net is not None:
        fields["net"] = net
    recipe, opened = asked_for(data, fields)
    return rate_test(recipe, opened, network=network, device=device)
