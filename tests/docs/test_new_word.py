"""A layer becomes a word of the net in the three files that docs/extending.md names."""

from dataclasses import dataclass
from typing import ClassVar

import pytest
import torch
from pages import DOCS
from torch import nn

from lenswork.model import network, spec
from lenswork.model.describe import describe
from lenswork.model.layers import Layer
from lenswork.model.shapes import Shape


@dataclass(frozen=True)
class Halve(Layer):
    """Every number times a half."""

    kind: ClassVar[str] = "halve"

    def output_shape(self, shape: Shape) -> Shape:
        return shape


class HalveLayer(nn.Module):
    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        return inputs / 2


def test_three_files_make_a_layer_a_word_of_the_net(monkeypatch: pytest.MonkeyPatch) -> None:
    page = (DOCS / "extending.md").read_text("utf-8")
    for name in ("`model/layers.py`", "`model/spec.py`", "`FORMS` and `_LAYERS`", "`_module`"):
        assert name in page
    known = network._module

    def module(layer: Layer, shape: Shape) -> nn.Module:
        return HalveLayer() if isinstance(layer, Halve) else known(layer, shape)

    monkeypatch.setitem(spec.FORMS, "halve", "'halve' alone")
    monkeypatch.setitem(spec._LAYERS, "halve", lambda _: Halve())
    monkeypatch.setattr(network, "_module", module)
    rows = describe("conv 4 linear, halve, flatten, dense classes", (8, 8, 1), 3).rows
    assert [row.layer for row in rows][1] == "halve"
    spoken = spec.parse_net("conv 4 linear, halve, flatten, dense classes").with_outputs(3)
    net = network.Network(spoken, (8, 8, 1)).eval()
    maps, halves, *_ = net.activations(torch.ones(2, 1, 8, 8))
    assert torch.equal(halves, maps / 2)
