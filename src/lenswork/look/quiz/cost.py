"""Question 6: what one more convolution does to the time of a step, measured now."""

import time
from dataclasses import replace
from itertools import islice

from lenswork.data.dataset import Dataset
from lenswork.data.subset import take_training
from lenswork.errors import NetError
from lenswork.look.quiz.shown import Demonstration, Table, percent
from lenswork.look.quiz.subject import Subject, Wanted
from lenswork.model.describe import describe
from lenswork.model.layers import Conv, Layer, Pool, Window
from lenswork.model.spec import NetSpec, parse_net
from lenswork.record.index import list_runs
from lenswork.record.run import RunSummary
from lenswork.training.events import StepDone
from lenswork.training.fit import fit
from lenswork.training.recipe import Recipe

PICTURES, LARGEST_BATCH = 256, 32
PATIENCE_SECONDS = 4.0  # after which no further round begins
ROUNDS, STEPS = 3, 2  # every net in turn, so that other work on the machine meets them all
PLAIN = "flatten, dense 128, dense classes"
MOST_RUNS = 8
ALIKE = 0.05  # times of steps that differ by less are called the same
BUSY = 1.5  # the slowest step of a net to its fastest: from there on times are rough


def cost(subject: Subject, wanted: Wanted) -> Demonstration:  # noqa: ARG001
    """Time steps of the own net, of two with one more convolution, and of one without any."""
    recipe, data = _timed_recipe(subject)
    times = _timed(recipe, data, _nets(subject))
    timed = [(name, net, min(found)) for name, net, found in times]
    own, count = timed[0][2], len(times[0][2])
    batch = recipe.batch or LARGEST_BATCH
    outputs = subject.classifier.contract.outputs
    rows = []
    for name, net, seconds in timed:
        described = describe(net, subject.input_shape, outputs)
        rows.append(
            (name, str(net), f"{described.parameters:,}", f"{described.multiply_adds:,}",
             f"{1000 * seconds:.1f} ms", f"{seconds / own:.2f}")
        )  # fmt: skip
    heads = ("", "net", "parameters", "multiply-adds", f"a step of {batch}", "to yours")
    table = Table(
        f"Timed now on {len(data.train):,} of your pictures: the fastest of {count} steps",
        heads,
        tuple(rows),
        numbers=(2, 3, 4, 5),
        marked=(0,),
    )
    said = [_compared(name, seconds, own) for name, _, seconds in timed[1:]]
    said += _busy_said(times[0][2])
    return Demonstration((*said, *_runs_said(subject)), (table, *_recorded(subject)))


def step_seconds(recipe: Recipe, data: Dataset) -> list[float]:
    """The times of some training steps, the first one left out."""
    events = fit(recipe, data, while_reading=False)
    then, times = 0.0, []
    for event in islice((one for one in events if isinstance(one, StepDone)), STEPS + 1):
        float(event.loss)  # waits for a GPU
        now = time.perf_counter()
        times.append(now - then)
        then = now
    return times[1:]


def _timed(
    recipe: Recipe, data: Dataset, nets: list[tuple[str, NetSpec]]
) -> list[tuple[str, NetSpec, list[float]]]:
    """Each net with the times of its steps, round by round."""
    found: list[tuple[str, NetSpec, list[float]]] = [(name, net, []) for name, net in nets]
    began = time.perf_counter()
    for done in range(ROUNDS):
        if done and time.perf_counter() - began > PATIENCE_SECONDS:
            break
        for _, net, times in found:
            times += step_seconds(recipe.changed(net=str(net)), data)
    return found


def _timed_recipe(subject: Subject) -> tuple[Recipe, Dataset]:
    """The run's recipe for some steps, and a few of its training pictures."""
    data = subject.data or _golden(subject)
    some = replace(data, parts={"train": data.train})
    some = take_training(some, min(PICTURES, len(some.train)), 0)
    batch = min(subject.run.recipe.batch or LARGEST_BATCH, LARGEST_BATCH, len(some.train))
    recipe = subject.run.recipe.changed(
        epochs=1,
        steps_per_epoch=STEPS + 2,  # so that no epoch ends, which would be evaluated
        batch=batch,
        train_pictures=None,
        stop_when=(),
        patience=None,
        keep="last",
        stream=None,
    )
    return recipe, some


def _golden(subject: Subject) -> Dataset:
    return Dataset("golden pictures", subject.classifier.classes, {"train": subject.held_out})


def _nets(subject: Subject) -> list[tuple[str, NetSpec]]:
    """The own net, the same with one more convolution in two ways, and a plain one; all fit."""
    layers = subject.net.layers
    end = _last_map(layers)
    filters = next((one.filters for one in reversed(layers) if isinstance(one, Conv)), None) or 32
    more = {
        "one more convolution": (Conv(filters, Window(3, 3, 1, "same")),),
        "one more, and a pooling": (Conv(filters, Window(3, 3, 1, "same")), Pool()),
    }
    nets = [("yours", subject.net)]
    nets += [(name, NetSpec((*layers[:end], *add, *layers[end:]))) for name, add in more.items()]
    nets.append(("no convolution", parse_net(PLAIN)))
    return [(name, net) for name, net in nets if _fits(subject, net)]


def _last_map(layers: tuple[Layer, ...]) -> int:
    """The place of the first layer that makes a vector of maps."""
    for place, layer in enumerate(layers):
        if layer.kind in ("flatten", "dense") or (isinstance(layer, Pool) and layer.window is None):
            return place
    return len(layers)


def _fits(subject: Subject, net: NetSpec) -> bool:
    try:
        describe(net, subject.input_shape, subject.classifier.contract.outputs)
    except NetError:
        return False
    return True


def _compared(name: str, seconds: float, own: float) -> str:
    words = name[0].upper() + name[1:]
    if abs(seconds / own - 1) < ALIKE:
        return f"{words}: a step takes as long, within {percent(ALIKE, 0)}."
    if seconds > own:
        return f"{words}: a step takes {seconds / own:.2f} times as long."
    return f"{words}: a step takes {percent(1 - seconds / own, 0)} less time."


def _busy_said(times: list[float]) -> list[str]:
    """A warning where the machine has other work, which the times then measure as well."""
    if max(times) < BUSY * min(times):
        return []
    return [
        (
            f"This machine is busy: your own steps took from {1000 * min(times):.1f} to "
            f"{1000 * max(times):.1f} ms, so trust them roughly, and look again when it is not."
        )
    ]


def _runs_said(subject: Subject) -> tuple[str, ...]:
    """Whether the slower of the reader's own nets were also the better ones."""
    runs = _comparable(subject)
    if len(runs) < 2:
        return (
            (
                "Whether it is also better is another question: train both nets, best in a study "
                "of some seeds, and compare them."
            ),
        )
    slow = max(runs, key=_epoch_seconds)
    best = max(runs, key=_held_out)
    also = "It is also the slowest." if slow.name == best.name else f"The slowest is {slow.name}."
    return (
        (
            f"Of your own runs on these pictures {best.name} is the most accurate, "
            f"{percent(_held_out(best), 2)}. {also}"
        ),
    )


def _recorded(subject: Subject) -> tuple[Table, ...]:
    runs = _comparable(subject)
    if not runs:
        return ()
    return (
        Table(
            f"Your own runs on {subject.run.recipe.data}",
            ("run", "net", "parameters", "an epoch", "held-out accuracy"),
            tuple(
                (run.name, run.net, f"{run.parameters:,}", f"{_epoch_seconds(run):.1f} s",
                 percent(_held_out(run), 2))
                for run in runs
            ),
            numbers=(2, 3, 4),
            marked=tuple(
                place for place, run in enumerate(runs) if run.name == subject.run.name
            ),
        ),
    )  # fmt: skip


def _comparable(subject: Subject) -> list[RunSummary]:
    """The newest finished runs on the same data."""
    runs, _ = list_runs(subject.home)
    same = [
        run
        for run in runs
        if run.data == subject.run.recipe.data and run.epochs and _held_out(run) > 0
    ]
    return same[:MOST_RUNS]


def _epoch_seconds(run: RunSummary) -> float:
    return run.train_seconds / run.epochs


def _held_out(run: RunSummary) -> float:
    accuracy = run.val_accuracy if run.test_accuracy is None else run.test_accuracy
    return 0.0 if accuracy is None else accuracy
