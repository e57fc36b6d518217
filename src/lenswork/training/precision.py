"""The numbers that a step computes with: float32, or bfloat16 where that is faster and as good.

Weights, gradients, optimizer and loss stay float32: torch.autocast has the network's products
computed in bfloat16, which has float32's range, so that no loss need be scaled. Evaluation is
float32, as in every use of the classifier.
"""

import copy
import time
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from lenswork.errors import RecipeError
from lenswork.model.network import Network

Precision = Literal["float32", "bfloat16"]
Asked = Literal["float32", "bfloat16", "auto"]
WORTH = 1.2  # times as fast: less is lost again in converting what is not computed in bfloat16
CLOSE = 0.05  # of the float32 result's norm; rounding to 8 bits leaves about 0.004
TRIES = 3  # the fastest counts


def forward(network: nn.Module, inputs: Tensor, precision: Precision) -> Tensor:
    """The network's logits in float32, (batch, outputs), computed in `precision`."""
    if precision != "bfloat16":
        logits: Tensor = network(inputs)
        return logits
    with torch.autocast(inputs.device.type, torch.bfloat16):
        logits = network(inputs)
    return logits.float()


@dataclass(frozen=True)
class Chosen:
    """The precision to train in and, where it was measured, why."""

    precision: Precision
    reason: str | None = None


def choose_precision(
    asked: Asked, network: nn.Module, shape: tuple[int, int, int, int], device: torch.device
) -> Chosen:
    """What `asked` means for this network on this device; nothing of the network is changed.

    `shape` is a step's input, (batch, channels, height, width). "auto" times the heaviest
    convolution (or dense layer), forward and backward, and takes bfloat16 where it is at least
    1.2 times as fast and its gradients are those of float32 but for rounding. Raises
    `RecipeError` when bfloat16 is asked for and the device cannot do it.
    """
    if asked == "float32":
        return Chosen("float32")
    problem = _why_not(device)
    if asked == "bfloat16":
        if problem is not None:
            raise RecipeError(
                f"precision: {device} does not compute in bfloat16 ({problem}): use float32"
            )
        return Chosen("bfloat16")
    heaviest = _heaviest(network, shape, device)
    if problem is None and heaviest is None:
        problem = "there is no convolution or dense layer to measure"
    if problem is not None or heaviest is None:
        return Chosen("float32", f"float32: {problem}")
    return _measured(*heaviest, device)


def _why_not(device: torch.device) -> str | None:
    """Why bfloat16 is out of the question, from the device's own word and a trial of two steps."""
    if device.type == "cuda" and not torch.cuda.is_bf16_supported(including_emulation=False):
        return "the GPU has no units for it"
    layer = nn.Conv2d(2, 2, 3, device="meta").to_empty(device=device)  # no random numbers drawn
    for parameter in layer.parameters():
        nn.init.ones_(parameter)
    try:
        result = _results(layer, torch.ones(2, 2, 4, 4, device=device), torch.bfloat16)
    except (RuntimeError, NotImplementedError) as error:
        return str(error).splitlines()[0]
    if all(bool(torch.isfinite(tensor).all()) for tensor in result):
        return None
    return "its results are not finite"


def _measured(layer: nn.Module, shape: tuple[int, ...], device: torch.device) -> Chosen:
    chance = torch.Generator().manual_seed(0)  # its own: the run's random numbers stay untouched
    inputs = torch.randn(shape, generator=chance).to(device)
    if inputs.ndim == 4:
        inputs = inputs.contiguous(memory_format=torch.channels_last)
    exact, rough = (_results(layer, inputs, kind) for kind in (torch.float32, torch.bfloat16))
    if not all(_is_close(a, b) for a, b in zip(exact, rough, strict=True)):
        return Chosen("float32", "float32: the gradients of bfloat16 are not finite or not close")
    ratio = _seconds(layer, inputs, torch.float32) / _seconds(layer, inputs, torch.bfloat16)
    chosen: Precision = "bfloat16" if ratio >= WORTH else "float32"
    return Chosen(
        chosen,
        f"{chosen}: the heaviest layer takes {1 / ratio:.2f} times as long in bfloat16 "
        f"as in float32, and at most {1 / WORTH:.2f} would be worth it",
    )


def _heaviest(
    network: nn.Module, shape: tuple[int, int, int, int], device: torch.device
) -> tuple[nn.Module, tuple[int, ...]] | None:
    """A copy of the layer with the most multiply-adds, and the shape of a step's input to it."""
    work: list[tuple[int, nn.Module, tuple[int, ...]]] = []

    def note(layer: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        each = next(layer.parameters())[0].numel()  # multiply-adds for a number of the output
        work.append((output[0].numel() * each, layer, tuple(inputs[0].shape[1:])))

    layers = [one for one in network.modules() if isinstance(one, nn.Conv2d | nn.Linear)]
    hooks = [one.register_forward_hook(note) for one in layers]
    trained = network.training
    network.eval()
    try:
        with torch.no_grad():
            inputs = torch.zeros(1, *shape[1:], device=device)
            # a Network's own forward goes around its layers where pooling comes first
            (network.activations if isinstance(network, Network) else network)(inputs)
    finally:
        network.train(trained)
        for hook in hooks:
            hook.remove()
    if not work:
        return None
    _, heaviest, behind = max(work, key=lambda row: row[0])
    return copy.deepcopy(heaviest).train(), (shape[0], *behind)


def _results(layer: nn.Module, inputs: Tensor, kind: torch.dtype) -> list[Tensor]:
    """The gradients of input and parameters for the sum of the squared output."""
    inputs = inputs.detach().requires_grad_()
    wanted = [inputs, *layer.parameters()]
    with torch.autocast(inputs.device.type, torch.bfloat16, enabled=kind == torch.bfloat16):
        output = layer(inputs)
    return list(torch.autograd.grad(output.float().square().sum(), wanted))


def _is_close(exact: Tensor, rough: Tensor) -> bool:
    """Whether the two differ by rounding only; what is not finite is not close to anything."""
    difference = float((rough.float() - exact.float()).norm())
    return difference <= CLOSE * float(exact.float().norm())


def _seconds(layer: nn.Module, inputs: Tensor, kind: torch.dtype) -> float:
    found = []
    for _ in range(TRIES):
        began = time.perf_counter()
        gradients = _results(layer, inputs, kind)
        float(gradients[0].flatten()[0])  # waits for a GPU
        found.append(time.perf_counter() - began)
    return min(found)
