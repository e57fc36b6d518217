"""A network's weights as named tensors: what goes into a file, and whether they fit a net."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from lenswork.model.shapes import format_shape
from lenswork.model.stored import WEIGHT

FLOATS = {torch.float16, torch.bfloat16, torch.float32, torch.float64}
WEIGHT_KINDS = FLOATS | {torch.int64}  # batch normalisation's count of batches


def weights_of(network: nn.Module) -> dict[str, Tensor]:
    """The network's state by its name in the file, tensors that share memory copied apart."""
    tensors: dict[str, Tensor] = {}
    memory: set[int] = set()
    for name, value in network.state_dict().items():
        tensor = value.detach().cpu().contiguous()
        address = tensor.untyped_storage().data_ptr()
        tensors[WEIGHT + name] = tensor.clone() if address in memory else tensor
        memory.add(address)
    return tensors


def other_kind(weights: Mapping[str, Tensor]) -> str | None:
    """The first tensor of a kind that no weight may have, in words; None if there is none."""
    for name, tensor in weights.items():
        if tensor.dtype not in WEIGHT_KINDS:
            return f"{tensor.dtype} in {name.removeprefix(WEIGHT)}"
    return None


def unlike(expected: Mapping[str, Tensor], got: Mapping[str, Tensor], where: str) -> str | None:
    """In what the tensors of a state differ in name or shape, the first of them; None if in none.

    Tensors that a lazy module has yet to shape fit anything.
    """
    wrong = [
        f"expected {name} of {_shape(tensor)}, {where} has {_shape(got[name])}"
        for name, tensor in expected.items()
        if name in got and not is_lazy(tensor) and tensor.shape != got[name].shape
    ]
    wrong += [
        f"expected {name} of {_shape(tensor)}, {where} has none"
        for name, tensor in expected.items()
        if name not in got
    ]
    wrong += [
        f"{where} has {name} of {_shape(tensor)}, which the net lacks"
        for name, tensor in got.items()
        if name not in expected
    ]
    if not wrong:
        return None
    more = len(wrong) - 1
    tail = f" (and {more} more do not fit)" if more else ""
    return wrong[0] + tail


def _shape(tensor: Tensor) -> str:
    if is_lazy(tensor):
        return "any shape"
    return format_shape(tuple(tensor.shape)) if tensor.ndim else "one number"


def first_line(error: Exception) -> str:
    """What another library says, in one line."""
    return (str(error) or type(error).__name__).splitlines()[0].rstrip(".:")
