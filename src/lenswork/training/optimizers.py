"""The optimizers, with Keras's formulas where torch's differ.

Adam's epsilon is added before the bias correction of the second moment (Kingma and Ba 2015,
section 2, "epsilon hat"), and RMSprop's inside the root: so do Keras 3 and the notes' programs.
"""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import SGD, Optimizer
from torch.optim.adam import adam

from lenswork.training.recipe import Recipe

FIRST_DECAY, SECOND_DECAY = 0.9, 0.999  # of Adam's moments, Keras's and torch's defaults


class Adam(Optimizer):
    """Adam, and AdamW where a group has a weight decay, without torch's bookkeeping around it.

    torch.optim.Adam spends 0.15 ms a step on checks and state look-ups before its fused kernel
    runs, a twentieth of a step of a small network (docs/benchmarks.md); this calls the same
    kernel on lists made once. Loshchilov and Hutter 2019, "Decoupled weight decay", for AdamW.
    """

    def __init__(self, params: Iterable[Any], lr: float, eps: float, *, fused: bool) -> None:
        super().__init__(params, {"lr": lr, "eps": eps, "weight_decay": 0.0})
        self.fused = fused
        for group in self.param_groups:
            for parameter in group["params"]:
                self.state[parameter] = {
                    "mean": torch.zeros_like(parameter),
                    "square": torch.zeros_like(parameter),
                    "step": torch.zeros((), device=parameter.device),
                }

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """Move every parameter that has a gradient once."""
        if closure is not None:
            raise TypeError("this optimizer takes no closure")
        for group in self.param_groups:
            moving = [p for p in group["params"] if p.grad is not None]
            states = [self.state[parameter] for parameter in moving]
            if group["weight_decay"]:
                for parameter in moving:
                    parameter.mul_(1 - group["lr"] * group["weight_decay"])
            adam(
                moving,
                [parameter.grad for parameter in moving],
                [state["mean"] for state in states],
                [state["square"] for state in states],
                [],
                [state["step"] for state in states],
                fused=self.fused,
                foreach=False,
                amsgrad=False,
                beta1=FIRST_DECAY,
                beta2=SECOND_DECAY,
                lr=group["lr"],
                weight_decay=0.0,
                eps=group["eps"],
                maximize=False,
            )


class RMSprop(Optimizer):
    """RMSprop with epsilon inside the root and momentum on the finished step, as in Keras 3.

    v = rho v + (1 - rho) g^2; w = w - rate g / sqrt(v + epsilon). Hinton 2012, lecture 6e.
    """

    def __init__(
        self, params: Iterable[Any], lr: float, rho: float, eps: float, momentum: float
    ) -> None:
        super().__init__(params, {"lr": lr, "rho": rho, "eps": eps, "momentum": momentum})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """Move every parameter once."""
        if closure is not None:
            raise TypeError("this optimizer takes no closure")
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    self._move(parameter, parameter.grad, group)

    def _move(self, parameter: Tensor, gradient: Tensor, group: dict[str, Any]) -> None:
        state = self.state[parameter]
        if not state:
            state["square"] = torch.zeros_like(parameter)
            state["velocity"] = torch.zeros_like(parameter) if group["momentum"] else None
        square: Tensor = state["square"]
        square.mul_(group["rho"]).addcmul_(gradient, gradient, value=1 - group["rho"])
        change = gradient / (square + group["eps"]).sqrt_()
        if group["momentum"]:
            velocity: Tensor = state["velocity"]
            change = velocity.mul_(group["momentum"]).add_(change, alpha=group["lr"])
            parameter.sub_(change)
        else:
            parameter.sub_(change, alpha=group["lr"])


def make_optimizer(recipe: Recipe, network: nn.Module, device: torch.device) -> Optimizer:
    """The recipe's optimizer over the network's parameters; weight decay spares the biases."""
    rate = recipe.learning_rate or 0.0
    groups = _decay_groups(network, recipe.weight_decay or 0.0)
    fused = device.type in ("cpu", "cuda")
    match recipe.optimizer:
        case "adam":
            return Adam(network.parameters(), rate, recipe.epsilon, fused=fused)
        case "adamw":
            return Adam(groups, rate, recipe.epsilon, fused=fused)
        case "sgd":
            return SGD(groups, rate, momentum=recipe.momentum, fused=fused)
        case "rmsprop":
            return RMSprop(network.parameters(), rate, recipe.rho, recipe.epsilon, recipe.momentum)
        case _:
            raise ValueError(f"the recipe's optimizer has not been chosen: {recipe.optimizer}")


def set_rates(optimizer: Optimizer, recipe: Recipe, learning_rate: float, step: int) -> None:
    """Set the learning rate, and Adam's epsilon, before step number `step` (from 1)."""
    for group in optimizer.param_groups:
        group["lr"] = learning_rate
        if isinstance(optimizer, Adam):
            group["eps"] = recipe.epsilon / (1 - SECOND_DECAY**step) ** 0.5


def _decay_groups(network: nn.Module, decay: float) -> list[dict[str, Any]]:
    weights = [p for p in network.parameters() if p.ndim > 1]
    others = [p for p in network.parameters() if p.ndim <= 1]
    groups = [{"params": weights, "weight_decay": decay}, {"params": others, "weight_decay": 0.0}]
    return [group for group in groups if group["params"]]
