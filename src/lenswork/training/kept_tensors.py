"""The tensors of a training's state: everything that a step changes, and what it draws from."""

from collections.abc import Iterator, Mapping

import torch
from torch import Tensor, nn

from lenswork.model.weights import unlike
from lenswork.training.best import fill, tensors_of
from lenswork.training.evaluate import Totals
from lenswork.training.session import Session
from lenswork.training.state import StateError

NETWORK, OPTIMIZER, TOTALS, BEST = "network.", "optimizer.", "totals.", "best."
AVERAGE = "average."
GENERATOR, GLOBAL = "generator.", "torch"


def kept_tensors(session: Session, totals: Totals) -> Iterator[tuple[str, Tensor]]:
    """Each with its name: of network, optimizer, epoch, averages and generators."""
    for name, tensor in tensors_of(session.network).items():
        yield NETWORK + name, tensor.detach()
    for number, parameter in enumerate(_optimized(session)):
        for name, tensor in session.optimizer.state[parameter].items():
            yield f"{OPTIMIZER}{number}.{name}", tensor
    for name, tensor in totals.state().items():
        yield TOTALS + name, tensor
    for name, tensor in session.average.state().items() if session.average else ():
        yield AVERAGE + name, tensor
    for name, tensor in session.best.tensors.items() if session.best else ():
        yield BEST + name, tensor
    for module, attribute, generator in _generators(session.network):
        yield f"{GENERATOR}{module}.{attribute}", generator.get_state()
    yield GLOBAL, _global_state(session.device)


def put_back(session: Session, totals: Totals, tensors: Mapping[str, Tensor]) -> None:
    """Write what `kept_tensors` told into a session; raises `StateError` for another network."""
    own = {NETWORK + name: tensor for name, tensor in tensors_of(session.network).items()}
    theirs = {name: tensor for name, tensor in tensors.items() if name.startswith(NETWORK)}
    problem = unlike(own, theirs, "the state")
    if problem is not None:
        raise StateError(f"the state was taken with another network: {problem}; begin anew")
    fill(own, theirs)
    for number, parameter in enumerate(_optimized(session)):
        kept = session.optimizer.state[parameter]
        for name, value in _below(f"{OPTIMIZER}{number}.", tensors).items():
            like = torch.zeros_like(parameter) if value.shape == parameter.shape else value
            kept.setdefault(name, like.to(parameter.device))
            fill(kept, {name: value})
    totals.restore(_below(TOTALS, tensors))
    if session.average:
        session.average.restore(_below(AVERAGE, tensors))
    if session.best:
        session.best.tensors = {
            name: torch.empty_like(tensors_of(session.network)[name]).copy_(value)
            for name, value in _below(BEST, tensors).items()
        }
    for name, value in _below(GENERATOR, tensors).items():
        module, _, attribute = name.rpartition(".")
        _put_back_generator(session.network.get_submodule(module), attribute, value, session.device)
    _set_global_state(session.device, tensors[GLOBAL])


def _below(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {
        name.removeprefix(prefix): tensor
        for name, tensor in tensors.items()
        if name.startswith(prefix)
    }


def _optimized(session: Session) -> list[Tensor]:
    return [one for group in session.optimizer.param_groups for one in group["params"]]


def _generators(network: nn.Module) -> Iterator[tuple[str, str, torch.Generator]]:
    """Every generator that a module holds, with the module's and the attribute's name."""
    for name, module in network.named_modules():
        for attribute, value in vars(module).items():
            if isinstance(value, torch.Generator):
                yield name, attribute, value


def _put_back_generator(
    module: nn.Module, attribute: str, state: Tensor, device: torch.device
) -> None:
    there = getattr(module, attribute, None)
    generator = there if isinstance(there, torch.Generator) else torch.Generator(device)
    generator.set_state(state.cpu())
    setattr(module, attribute, generator)


def _global_state(device: torch.device) -> Tensor:
    """Of the generator that torch's own layers draw from."""
    if device.type == "cuda":
        return torch.cuda.get_rng_state(device)
    if device.type == "mps":
        return torch.mps.get_rng_state()
    return torch.get_rng_state()


def _set_global_state(device: torch.device, state: Tensor) -> None:
    if device.type == "cuda":
        torch.cuda.set_rng_state(state.cpu(), device)
    elif device.type == "mps":
        torch.mps.set_rng_state(state.cpu())
    else:
        torch.set_rng_state(state.cpu())
