"""A training with its record, which goes on with an unfinished run where there is one.

for event in recorded(Training(recipe, data), recorder):
    ...
"""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from threading import Event as Flag

from torch import nn

from lenswork.data.dataset import Dataset
from lenswork.data.subset import take_training
from lenswork.record.other_pictures import told_pictures
from lenswork.record.run import RECIPE, Run
from lenswork.record.unfinished import (
    find_unfinished,
    own_module_wanted,
    refuse_finished,
    refuse_other_recipe,
)
from lenswork.record.writer import Recorder
from lenswork.training.choose import choose
from lenswork.training.events import Event
from lenswork.training.fit import fit
from lenswork.training.prepare import choose_device
from lenswork.training.recipe import Recipe
from lenswork.training.state import OtherPicturesError, State, StateError


@dataclass(frozen=True)
class Training:
    """What `fit` is asked for."""

    recipe: Recipe
    data: Dataset
    network: nn.Module | None = None
    device: str = "auto"
    stop: Flag | None = None

    def events(self, state: State | None = None) -> Iterator[Event]:
        """The training from its beginning, or from a state of it."""
        return fit(
            self.recipe,
            self.data,
            network=self.network,
            device=self.device,
            stop=self.stop,
            resume=state,
        )

    def taken(self) -> Dataset:
        """The data with the training pictures that the recipe takes."""
        return take_training(self.data, self.recipe.train_pictures, self.recipe.seed)

    def filled(self) -> Recipe:
        """The recipe as its run would record it."""
        return choose(self.recipe, self.taken(), own_network=self.network is not None).recipe


def recorded(
    training: Training,
    recorder: Recorder,
    *,
    run: Run | None = None,
    resume: bool = True,
    tell: Callable[[str], None] = lambda _: None,
    anew: str = "--fresh",
) -> Iterator[Event]:
    """Train and record: `run`, or the unfinished run of the same recipe, or a new one.

    The run that `recorder` was asked for by name is gone on with if its recipe is the same;
    without a name, the newest in the home, unless `resume` is false. `tell` is given sentences,
    which call what begins a new run `anew`.
    """
    if training.stop is None:
        training = replace(training, stop=recorder.stop)
    named = run or _named(training, recorder, resume=resume)
    found = named
    if found is None and resume and recorder.wanted is None and training.network is None:
        device = str(choose_device(training.device))
        found = find_unfinished(recorder.home, training.filled(), device)
    if found is not None:
        try:
            events = _going_on(training, recorder, found, tell, anew)
            first = next(events)
        except StateError as error:
            if named is not None:
                raise
            tell(f"{error}: that is what this does")
        else:
            yield first
            yield from events
            return
    yield from recorder.record(training.events())


def _going_on(
    training: Training, recorder: Recorder, run: Run, tell: Callable[[str], None], anew: str
) -> Iterator[Event]:
    state = recorder.go_on(run, tell)
    try:
        events = training.events(state)
        events = recorder.record(itertools.chain([next(events)], events))
        first = next(events)
    except OtherPicturesError as error:
        recorder.let_go()
        raise StateError(told_pictures(run, training.taken(), error.parts)) from error
    except BaseException:
        recorder.let_go()
        raise
    epochs, step = (state.epochs, state.step) if state else (0, 0)
    tell(f"continues {run.name} from epoch {epochs + 1}, step {step}; {anew} begins a new run")
    if state is not None and (changed := state.changed_conditions()):
        tell(f"run {run.name} was trained {'; '.join(changed)}: the last digits may differ")
    yield first
    yield from events


def _named(training: Training, recorder: Recorder, *, resume: bool) -> Run | None:
    """The unfinished run that the recorder's name is of."""
    if recorder.wanted is None or not (recorder.home / recorder.wanted / RECIPE).is_file():
        return None
    if not resume:
        return None  # the recorder has refused it
    run = Run(recorder.home / recorder.wanted)
    refuse_finished(run)
    refuse_other_recipe(run, training.filled())
    return run


def refuse_unfit(run: Run, network: nn.Module | None) -> None:
    """Raise `UsageError` unless `run` can be gone on with, by a module of one's own if it has one.

    Raises `RunError` for a run of such a module that is not given.
    """
    refuse_finished(run)
    if run.recipe.net is None and network is None:
        raise own_module_wanted(run)
