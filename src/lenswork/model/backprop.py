"""Forward and backward through a straight net, without recording a graph.

The layers of a net stand in one line, so the way back is the same line in reverse, and nothing
has to be found out anew in every step. Autograd records and walks a graph instead, which takes a
tenth of the step of a small network (docs/benchmarks.md); the kernels are the same, and so are
the gradients. What this file does not know, autograd does.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from lenswork.model.layers import SLOPE
from lenswork.model.network import (
    ActivationLayer,
    ConvLayer,
    DenseLayer,
    DropoutLayer,
    FlattenLayer,
    Network,
    PoolLayer,
)
from lenswork.model.pieces import (
    ActivationPiece,
    AveragePoolPiece,
    BatchNormPiece,
    ConvPiece,
    ConvPoolPiece,
    DensePiece,
    DropoutPiece,
    FlattenPiece,
    GlobalAveragePiece,
    MaxPoolPiece,
    Piece,
    Saved,
)


class Backprop:
    """A network's way forward and back in training mode."""

    def __init__(self, pieces: Sequence[Piece]) -> None:
        self.pieces = pieces
        self._saved: list[Saved] = []

    @torch.no_grad()
    def forward(self, inputs: Tensor) -> Tensor:
        """The logits, (batch, outputs), of inputs (batch, channels, height, width)."""
        self._saved = []
        for piece in self.pieces:
            inputs, saved = piece.forward(inputs)
            self._saved.append(saved)
        return inputs

    @torch.no_grad()
    def backward(self, gradient: Tensor) -> None:
        """Set `grad` of every parameter from the loss's gradient by the logits of `forward`."""
        for place in range(len(self.pieces) - 1, -1, -1):
            saved = self._saved.pop()  # so that its memory is free for what comes next
            gradient = self.pieces[place].backward(gradient, saved, to_input=place > 0)


def backprop_of(network: nn.Module) -> Backprop | None:
    """How to go through `network` by hand, or None where autograd must."""
    if not isinstance(network, Network) or not all(p.requires_grad for p in network.parameters()):
        return None
    pieces: list[Piece] = []
    for place, following in network.plan:
        layer = network.layers[place]
        if isinstance(layer, ActivationLayer) and layer.slope == SLOPE:
            own = bool(pieces) and isinstance(pieces[-1], BatchNormPiece)
            piece: Piece | None = ActivationPiece(layer.name, own=own)
        else:
            piece = _piece(layer, network.layers[following] if following is not None else None)
        if piece is None:
            return None
        pieces.append(piece)
    return Backprop(pieces)


def _piece(layer: nn.Module, pool: nn.Module | None) -> Piece | None:
    match layer:
        case ConvLayer() if layer.zeros is None:
            return _conv_piece(layer, pool)
        case PoolLayer() if _is_plain(layer):
            return MaxPoolPiece(layer) if layer.method == "max" else AveragePoolPiece(layer)
        case PoolLayer() if layer.window is None and layer.method == "avg":
            return GlobalAveragePiece()
        case FlattenLayer():
            return FlattenPiece()
        case DenseLayer():
            return DensePiece(layer)
        case nn.BatchNorm1d() | nn.BatchNorm2d() if layer.momentum is not None:
            return BatchNormPiece(layer)
        case DropoutLayer():
            return DropoutPiece(layer)
        case _:
            return None


def _conv_piece(layer: ConvLayer, pool: nn.Module | None) -> Piece | None:
    if pool is None:
        return ConvPiece(layer)
    if isinstance(pool, PoolLayer) and _is_plain(pool):
        return ConvPoolPiece(layer, pool)
    return None


def _is_plain(pool: PoolLayer) -> bool:
    """Whether its windows stay within the map."""
    return pool.window is not None and pool.frame is None and pool.window.padding in (0, "same")
