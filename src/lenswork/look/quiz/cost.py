"""Question 6: what one more convolution does to the time of a step, measured now."""

import time
from collections.abc import Mapping

from lenswork.data.dataset import Dataset
from lenswork.errors import NetError
from lenswork.look.quiz.short import LARGEST_BATCH, short_recipe, step_seconds
from lenswork.look.quiz.shown import Demonstration, Table, percent
from lenswork.look.quiz.subject import Subject, Wanted
from lenswork.model.describe import describe
from lenswork.model.layers import Conv, Layer, Pool
from lenswork.model.spec import NetSpec, parse_net
from lenswork.model.window import Window
from lenswork.record.index import list_runs
from lenswork.record.run import RunSummary
from lenswork.training.recipe import Recipe

PATIENCE_SECONDS = 4.0  # after which no further round begins
ROUNDS = 3  # every net in turn, so that other work on the machine meets them all
FILTERS = 32  # of a further convolution, in a net that has none
PLAIN = "flatten, dense 128, dense classes"
YOURS, NONE = "yours", "no convolution"
MOST_RUNS = 8
ALIKE = 0.05  # times of steps that differ by less are called the same
BUSY = 1.5  # the slowest step of a net to its fastest: from there on times are rough


def cost(subject: Subject, wanted: Wanted) -> Demonstration:  # noqa: ARG001
    """Time steps of the own net, of three with one more convolution, and of one without any."""
    recipe, data = short_recipe(subject)
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
    seconds_of = {name: seconds for name, _, seconds in timed}
    said = [_compared(name, seconds, own) for name, _, seconds in timed[1:]]
    said.append(_busy_said(times[0][2]) or _verdict(seconds_of))
    return Demonstration((*said, *_runs_said(subject)), (table, *_recorded(subject)))


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


def _nets(subject: Subject) -> list[tuple[str, NetSpec]]:
    """The own net, the same with one more convolution in three ways, and a plain one; all fit."""
    layers = subject.net.layers
    end = _last_map(layers)
    filters = [one.filters or FILTERS for one in layers if isinstance(one, Conv)] or [FILTERS]
    first, last = (Conv(count, Window(3, 3, 1, "same")) for count in (filters[0], filters[-1]))
    nets = [
        (YOURS, subject.net),
        ("one more convolution", NetSpec((*layers[:end], last, *layers[end:]))),
        ("one more, and a pooling", NetSpec((*layers[:end], last, Pool(), *layers[end:]))),
        ("one more, before all others", NetSpec((first, *layers))),
        (NONE, parse_net(PLAIN)),
    ]
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


def _verdict(seconds: Mapping[str, float]) -> str:
    """Which of the notes' answers holds here, and whether a layer is worse than none."""
    more = {name: step for name, step in seconds.items() if name not in (YOURS, NONE)}
    own, none = seconds[YOURS], seconds[NONE]
    slower = sum(step > (1 + ALIKE) * own for step in more.values())
    faster = sum(step < (1 - ALIKE) * own for step in more.values())
    if slower and faster:
        verdict = "So it depends: on where it stands, and on what it leaves to those behind it."
    elif slower:
        verdict = "Here none saves more behind it than it costs; behind it stands too little."
    elif faster:
        verdict = "Here each saves more behind it than it costs; much stands behind it."
    else:
        verdict = "Here none of them makes a difference that can be told."
    slowest = max(more, key=more.__getitem__, default=None)
    if slowest is None or more[slowest] <= (1 + ALIKE) * none:
        return verdict
    return (
        f"{verdict} The slowest takes {more[slowest] / none:.1f} times as long as no convolution."
    )


def _busy_said(times: list[float]) -> str:
    """A warning where the machine has other work, which the times then measure as well."""
    if max(times) < BUSY * min(times):
        return ""
    return (
        f"This machine is busy: your own steps took from {1000 * min(times):.1f} to "
        f"{1000 * max(times):.1f} ms, so do not trust them, and look again when it is not."
    )


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
            f"{percent(_held_out(best), 2)}. {also} One training each: a small lead may be chance."
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
