"""The optimizers, with Keras's formulas where torch's differ.

Adam's epsilon is added before the bias correction of the second moment (Kingma and Ba 2015,
section 2, "epsilon hat"), and RMSprop's inside the root: so do Keras 3 and the notes' programs.
"""

import inspect
from abc import abstractmethod
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.adam import adam

from lenswork.training.fast_cpu import denormals_flushed
from lenswork.training.recipe import Recipe

FIRST_DECAY, SECOND_DECAY = 0.9, 0.999  # of Adam's moments, Keras's and torch's defaults


class Mover(Optimizer):
    """An optimizer whose `move` is called without torch's bookkeeping.

    torch wraps every `step` in hooks and a profiler's record, and its own optimizers check and
    look up their state anew each time: 0.2 ms, a sixteenth of a step of Conv 32 x 2 at batch 32
    (docs/benchmarks.md).
    """

    # torch's wrapper of it imports its compiler, which takes a second of every start
    add_param_group = inspect.unwrap(Optimizer.add_param_group)

    @torch.no_grad()
    def move(self) -> None:
        """Move every parameter that has a gradient once."""
        with denormals_flushed():
            for group in self.param_groups:
                moving = [parameter for parameter in group["params"] if parameter.grad is not None]
                if group["weight_decay"]:
                    for parameter in moving:
                        parameter.mul_(1 - group["lr"] * group["weight_decay"])
                self.move_group(moving, group)

    @abstractmethod
    def move_group(self, moving: list[Tensor], group: dict[str, Any]) -> None:
        """Move parameters of one group by their gradients."""

    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """`move`, under the name that torch gives it."""
        if closure is not None:
            raise TypeError("this optimizer takes no closure")
        self.move()


class Adam(Mover):
    """Adam, and AdamW where a group has a weight decay.

    Loshchilov and Hutter 2019, "Decoupled weight decay regularization", for AdamW.
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

    def move_group(self, moving: list[Tensor], group: dict[str, Any]) -> None:
        """Call torch's fused kernel on the group's lists."""
        states = [self.state[parameter] for parameter in moving]
        adam(
            moving,
            [parameter.grad for parameter in moving],  # type: ignore[misc]
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


class RMSprop(Mover):
    """RMSprop with epsilon inside the root and momentum on the finished step, as in Keras 3.

    v = rho v + (1 - rho) g^2; w = w - rate g / sqrt(v + epsilon). Hinton 2012, lecture 6e.
    """

    def __init__(
        self, params: Iterable[Any], lr: float, rho: float, eps: float, momentum: float
    ) -> None:
        defaults = {"lr": lr, "rho": rho, "eps": eps, "momentum": momentum, "weight_decay": 0.0}
        super().__init__(params, defaults)

    def move_group(self, moving: list[Tensor], group: dict[str, Any]) -> None:
        """Move each parameter by its gradient over the root of its mean square."""
        for parameter in moving:
            gradient = parameter.grad
            if gradient is None:
                continue
            square = _kept(self.state[parameter], "square", parameter)
            square.mul_(group["rho"]).addcmul_(gradient, gradient, value=1 - group["rho"])
            change = gradient / (square + group["eps"]).sqrt_()
            _apply(parameter, change, self.state[parameter], group)


class SGD(Mover):
    """Plain gradient descent, with momentum if asked: u = m u + rate g; w = w - u, as in Keras."""

    def __init__(self, params: Iterable[Any], lr: float, momentum: float) -> None:
        super().__init__(params, {"lr": lr, "momentum": momentum, "weight_decay": 0.0})

    def move_group(self, moving: list[Tensor], group: dict[str, Any]) -> None:
        """Move each parameter against its gradient."""
        for parameter in moving:
            if parameter.grad is not None:
                _apply(parameter, parameter.grad, self.state[parameter], group)


def make_optimizer(recipe: Recipe, network: nn.Module, device: torch.device) -> Mover:
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
            return SGD(groups, rate, recipe.momentum)
        case "rmsprop":
            return RMSprop(network.parameters(), rate, recipe.rho, recipe.epsilon, recipe.momentum)
        case _:
            raise ValueError(f"the recipe's optimizer has not been chosen: {recipe.optimizer}")


def set_rates(optimizer: Mover, recipe: Recipe, learning_rate: float, step: int) -> None:
    """Set the learning rate, and Adam's epsilon, before step number `step` (from 1)."""
    for group in optimizer.param_groups:
        group["lr"] = learning_rate
        if isinstance(optimizer, Adam):
            group["eps"] = recipe.epsilon / (1 - SECOND_DECAY**step) ** 0.5


def _apply(parameter: Tensor, change: Tensor, state: dict[str, Any], group: dict[str, Any]) -> None:
    """Step against `change`, through the velocity where there is momentum."""
    if group["momentum"]:
        velocity = _kept(state, "velocity", parameter)
        parameter.sub_(velocity.mul_(group["momentum"]).add_(change, alpha=group["lr"]))
    else:
        parameter.sub_(change, alpha=group["lr"])


def _kept(state: dict[str, Any], name: str, parameter: Tensor) -> Tensor:
    """A tensor like the parameter that is kept from step to step, zeros at first."""
    if name not in state:
        state[name] = torch.zeros_like(parameter)
    kept: Tensor = state[name]
    return kept


def _decay_groups(network: nn.Module, decay: float) -> list[dict[str, Any]]:
    weights = [p for p in network.parameters() if p.ndim > 1]
    others = [p for p in network.parameters() if p.ndim <= 1]
    groups = [{"params": weights, "weight_decay": decay}, {"params": others, "weight_decay": 0.0}]
    return [group for group in groups if group["params"]]
