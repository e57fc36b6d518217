"""How the course trains: optimizers, batches, epochs, and the weights that training begins with."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from lenswork.data.open import open_data
from lenswork.model.contract import output_count
from lenswork.model.network import Network
from lenswork.model.spec import parse_net
from lenswork.training.choose import Choice, choose
from lenswork.training.recipe import Recipe
from notes.desk import Desk
from notes.part import Drawn, Found, Part, Table
from notes.parts.inside import train_missing
from notes.tables import conditions_of_runs

COMMON = {"normalise": True, "weights": "glorot-uniform", "learning_rate": 0.001, "epsilon": 1e-7}
NOTED: Mapping[str, Mapping[str, Any]] = {  # what the notes say of a training, by field
    "mnist": {**COMMON, "output": "softmax", "optimizer": "adam", "batch": 32, "epochs": 10},
    "horses-or-humans": {
        **COMMON,
        "output": "sigmoid",
        "optimizer": "rmsprop",
        "rho": 0.9,
        "batch": 128,
        "steps_per_epoch": 8,
        "validation_batch": 32,
        "epochs": 15,
    },
}
SHOWN = {"mnist": "notes-curves-mnist.png", "horses": "notes-curves-horses.png"}  # runs


def measure(desk: Desk) -> Found:
    """Hold what the recipe `notes` chooses against the notes, and look at first weights."""
    train_missing(desk)
    sets = {name: open_data(name) for name in NOTED}
    choices = {name: choose(Recipe(data=name, recipe="notes"), data) for name, data in sets.items()}
    begun = {name: first_weights(choices[name], len(sets[name].classes)) for name in NOTED}
    recipes = {name: choice.recipe for name, choice in choices.items()}
    shown = [desk.lenswork(f"show {run} --png {file}") for run, file in SHOWN.items()]
    figures = tuple(
        Drawn(desk.drawn(file), f"Run {run}: loss and accuracy by epoch.")
        for run, file in SHOWN.items()
    )
    return Found(
        verdicts=(
            agreement(recipes),
            _weights_sentence(begun),
            (
                "Each optimizer has Keras 3's formulas ([how each number is computed]"
                "(numbers.md#a-training)); whether the same training ends as well as in Keras is "
                "measured in the [benchmarks](benchmarks.md#equal-work)."
            ),
        ),
        shown=tuple(one.paragraph() for one in shown),
        conditions=conditions_of_runs([desk.run(name) for name in SHOWN]),
        figures=figures,
        tables=(_table(recipes),),
        facts={"first weights": begun},
    )


def first_weights(choice: Choice, classes: int) -> dict[str, float]:
    """The largest first weight as a part of its bound, and the largest bias.

    The bound is that of Glorot and Bengio 2010, equation 16: the root of 6 over the numbers that
    go into and come out of a unit.
    """
    outputs = output_count(choice.output, classes)
    spec = parse_net(choice.recipe.net or "").with_outputs(outputs)
    network = Network(spec, choice.preprocess.input_shape)
    network.initialise("glorot-uniform", seed=0)
    parts, biases = [], []
    for layer in network.layers:
        if isinstance(layer, nn.Conv2d | nn.Linear):
            parts.append(float(layer.weight.detach().abs().max()) / _bound(layer.weight))
            biases.append(0.0 if layer.bias is None else float(layer.bias.detach().abs().max()))
    return {"part of the bound": max(parts), "bias": max(biases)}


def _bound(weight: torch.Tensor) -> float:
    window = weight[0, 0].numel()  # 9 of a convolution, 1 of a dense layer
    units_out, units_in = weight.shape[:2]
    return float((6 / (window * (units_in + units_out))) ** 0.5)


def agreement(recipes: Mapping[str, Recipe]) -> str:
    """Whether every field that the notes name is chosen as they name it, or which is not."""
    others = [
        f"{name}'s {field}"
        for name, noted in NOTED.items()
        for field, value in noted.items()
        if getattr(recipes[name], field) != value
    ]
    if others:
        return f"Other than in the notes: {', '.join(others)}."
    count = sum(len(noted) for noted in NOTED.values())
    return (
        f"The recipe `notes` trains as the notes do: all {count} settings that they name are "
        "chosen so when nothing else is said."
    )


def _weights_sentence(begun: Mapping[str, Mapping[str, float]]) -> str:
    part = max(one["part of the bound"] for one in begun.values())
    bias = max(one["bias"] for one in begun.values())
    within = "lie within" if part <= 1 else "do not lie within"
    return (
        f"First weights {within} Glorot and Bengio's bound (the largest at {part:.1%} of it), and "
        f"the largest first bias is {bias:g}."
    )


def _table(recipes: Mapping[str, Recipe]) -> Table:
    fields = list(dict.fromkeys(field for noted in NOTED.values() for field in noted))
    rows = tuple(
        (
            f"`{field}`",
            *(
                text
                for name, noted in NOTED.items()
                for text in (_said(noted.get(field)), _said(getattr(recipes[name], field)))
            ),
        )
        for field in fields
    )
    names = (text for name in NOTED for text in (f"{name}, in the notes", "here"))
    return Table("What the notes name, and what is chosen:", ("field", *names), rows)


def _said(value: object) -> str:
    """A value as a table has it; nothing where none is named or chosen."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


PART = Part(
    name="training",
    title="The course's training",
    question="Does `--recipe notes` train as the notes do?",
    rows=("optimizers, batches and epochs", "first weights"),
    said="pixels divided by 255; Adam in batches of 32 for 5 or 10 epochs, and for horses or "
    "humans RMSprop, 8 steps of 128 an epoch for 15 epochs, validated in batches of 32; weights "
    "begin Glorot-uniform, biases at 0.",
    measure=measure,
)
