"""What happens in a training run, in order: everything that watches one reads this stream."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from torch import Tensor

from lenswork.kinds import Labels, Probabilities, SplitName
from lenswork.model.classifier import Classifier
from lenswork.training.recipe import Recipe
from lenswork.training.state import State
from lenswork.training.surest import Evaluated

Metrics = Mapping[str, float]  # loss, accuracy, and with val_ and test_ before them


@dataclass(frozen=True)
class Started:
    """Everything is ready and checked; the first step comes next.

    `recipe` has every field filled in; `reasons` says what was chosen from the data and why.
    `state()` is the run as it stands after the event that was yielded last (at `Read` the epoch
    that comes next counts as done), for `fit(..., resume=...)`; it waits for pictures that are
    still being read, and `all_read()` says whether there are none. A run that was resumed goes on
    after `epochs` whole epochs and `step` steps.
    """

    recipe: Recipe
    classes: tuple[str, ...]
    pictures: Mapping[SplitName, int]
    net: str
    parameters: int
    steps_per_epoch: int
    device: str
    prepare_seconds: float
    reasons: tuple[str, ...] = ()
    state: Callable[[], State] | None = field(default=None, repr=False, compare=False)
    all_read: Callable[[], bool] | None = field(default=None, repr=False, compare=False)
    epochs: int = 0
    step: int = 0


@dataclass(frozen=True)
class Read:
    """All pictures have been read, which took `seconds`; it comes before the first `EpochDone`.

    `digests` tell whether two runs have read the same pictures and labels. `notes` say what a
    reader should know, such as a disk too full to keep the decoded pictures. A run that ends
    before it has read all leaves `unread` training pictures, and has no digest of them.
    """

    digests: Mapping[SplitName, str]
    seconds: float
    notes: tuple[str, ...] = ()
    unread: int = 0


@dataclass(frozen=True)
class StepDone:
    """One step; `loss` is a tensor so that a GPU need not wait for anyone to read it."""

    epoch: int
    step: int
    pictures: int
    loss: Tensor = field(repr=False)


@dataclass(frozen=True)
class EpochDone:
    """One epoch with its evaluation.

    `loss` and `accuracy` are means over the training pictures as they were met, while the
    weights still moved (Keras counts the same way); `val_` and `test_` are after the epoch.
    `answered` are the answers that these were told by, for whoever looks before the next event.
    """

    epoch: int
    metrics: Metrics
    learning_rate: float
    train_seconds: float
    evaluate_seconds: float
    pictures: int
    answered: Evaluated | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True)
class Stopped:
    """The run ends before its last epoch."""

    epoch: int
    reason: str


@dataclass(frozen=True)
class Answers:
    """What the finished network says of one part: ids, truth (count,), probabilities."""

    ids: tuple[str, ...]
    truth: Labels
    probabilities: Probabilities


@dataclass(frozen=True)
class Finished:
    """The run is over; `epochs` counts the whole ones, `metrics` are of the final network.

    `kept_epoch` is the one whose weights it has, where the recipe keeps the best.
    """

    classifier: Classifier
    answers: Mapping[SplitName, Answers]
    metrics: Metrics
    epochs: int
    stopped: str | None
    kept_epoch: int | None = None


Event = Started | Read | StepDone | EpochDone | Stopped | Finished
