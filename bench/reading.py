"""From a folder of files to the first step of a training, beside the peers."""

from dataclasses import replace

from large import LARGE
from part import PROJECT, Contender, Group, Measure, Part, Target

GROUP = Group(
    title="From a folder of files",
    about=(
        "How long it takes until a training from a folder of picture files is under way, and what "
        "an epoch takes then; and whether a folder may be far larger than memory."
    ),
    conditions=(
        "Every measurement is a fresh process. Thread counts are each library's default.",
        (
            "Cold: whatever a program keeps of the pictures is not there, and what the system "
            "remembers of the files' content is dropped before (posix_fadvise, "
            "POSIX_FADV_DONTNEED; names and sizes stay remembered)."
        ),
    ),
)

_SAME = (
    "The same net, batches of 32, RMSprop, in a new order every epoch. Resizing is bilinear, by "
    "Pillow in PyTorch and Lenswork (which averages when it shrinks), by TensorFlow in Keras "
    "(which does not)."
)
_COUNTED = (
    "The first step and the first epoch count from the moment that the libraries are imported: "
    "opening the folder, decoding, building and compiling the net are within. The imports stand "
    "apart, from the start of the process. The first step is done when its optimizer has moved."
)
_SECOND = (
    "again: a second process, after one that decoded all pictures once and kept what it keeps, "
    "Keras's cache file or Lenswork's cache, which the system remembers then. What Keras keeps in "
    "memory is lost with the process, and the PyTorch program keeps nothing: a second process of "
    "these begins as the first one did, so that the ratios to them stand for that."
)
_PEAK = (
    "Peak memory with two workers is that of the process and twice that of the larger worker, "
    "shared pages counted in each. Mapped files count where they are resident."
)

STEP = Measure("first_step_seconds", "to the first step", "s")
FIRST = Measure("first_epoch_seconds", "to the end of the first epoch", "s", 1)
LATER = Measure("later_epoch_seconds", "second epoch", "s", 1)
STEP_MEASURES = (
    STEP,
    FIRST,
    LATER,
    Measure("imports_seconds", "imports, before", "s", 1),
    Measure("peak_rss_mb", "peak memory", "MB", 0),
)
COLD, WARM = 0.5, 0.1  # of another's time
_AGAIN = "the same, a second process"
_OWN = "Lenswork: open_data and fit, recipe `notes`"
_COLD = ("keras", "keras-stream", "keras-file", "torch", "torch-workers")
_EPOCHS = ("--epochs", "2")


def _peers(net: str) -> tuple[Contender, ...]:
    """The others cold, and the one that keeps something for a second process also in one."""
    keras = "keras-tensorflow", "keras_folder.py", ("--backend", "tensorflow")
    torch = PROJECT, "torch_folder.py", ()  # the same PyTorch and the same Pillow as Lenswork's
    return (
        _program(
            "keras",
            "image_dataset_from_directory, `.cache().shuffle(1000).prefetch(AUTOTUNE)`, as "
            "TensorFlow's tutorials write it",
            net,
            *keras,
            ("--cache", "memory", "--shuffle", "1000"),
        ),
        _program(
            "keras-stream",
            "the same, `.cache().prefetch(AUTOTUNE)`: it begins before all is decoded, and every "
            "epoch has the order of the first",
            net,
            *keras,
            ("--cache", "memory"),
        ),
        _program(
            "keras-file",
            "the same, `.cache(FILE).prefetch(AUTOTUNE)`",
            net,
            *keras,
            ("--cache", "file"),
        ),
        _program("keras-file-again", _AGAIN, net, *keras, ("--cache", "file"), again=True),
        _program("torch", "plain PyTorch: Pillow in a Dataset, DataLoader", net, *torch),
        _program("torch-workers", "the same, num_workers=2", net, *torch, ("--workers", "2")),
    )


def _lenswork(name: str, what: str, net: str, *settings: str, again: bool = False) -> Contender:
    return _program(name, what, net, PROJECT, "lenswork_folder.py", settings, again=again)


def _program(
    name: str,
    what: str,
    net: str,
    environment: str,
    script: str,
    first: tuple[str, ...],
    settings: tuple[str, ...] = (),
    *,
    again: bool = False,
) -> Contender:
    asked = (*first, *settings, "--net", net, "--batch", "32", "--seed", "{seed}", *_EPOCHS)
    start = ("--home", "{home}", "--folder", "{folder}", *(("--again",) if again else ()))
    return Contender(name, what, environment, "first_step.py", (*start, "--", script, *asked))


def _first_step(part: Part) -> Part:
    """The part with all that the two of them share."""
    return replace(
        part,
        about=f"{part.about} {_SAME}",
        conditions=(*part.conditions, _COUNTED, _SECOND, _PEAK),
        measures=STEP_MEASURES,
        targets=(
            Target("lenswork", STEP.name, at_most=COLD, to="keras"),
            Target("lenswork", STEP.name, at_most=COLD, fastest=_COLD),
            Target("lenswork", FIRST.name, at_most=COLD, fastest=_COLD),
            Target("lenswork-again", STEP.name, at_most=WARM, to="keras"),
            Target("lenswork-again", STEP.name, at_most=WARM, fastest=_COLD),
            Target("lenswork-again", STEP.name, at_most=WARM, to="keras-file-again"),
            Target("lenswork", LATER.name, fastest=_COLD),
        ),
        rounds=3,
        group="reading",
    )


HORSES = _first_step(
    Part(
        name="first-step-horses",
        title="To the first step: Horses or Humans",
        about=(
            "The 1,027 training pictures of Horses or Humans, PNG of 300x300, and the net "
            "horses-300-deep (conv 16, 32, 64, 64, 64, dense 512, one sigmoid)."
        ),
        conditions=(),
        contenders=(
            *_peers("horses-300-deep"),
            _lenswork("lenswork", _OWN, "horses-300-deep"),
            _lenswork("lenswork-again", _AGAIN, "horses-300-deep", again=True),
        ),
        measures=(),
        targets=(),
        folder="horses-or-humans",
    )
)
PHOTOS = _first_step(
    Part(
        name="first-step-photos",
        title="To the first step: large JPEGs",
        about=(
            "300 JPEGs of 2,400x1,600 pixels that the bench makes, quality 90, with the amplitudes "
            "of natural scenes (1 / frequency), softened by a lens, and a sensor's noise, brought "
            "to 150x150 for the net horses-150 (conv 16, 32, 64, dense 512, one sigmoid)."
        ),
        conditions=(
            (
                "lenswork decodes JPEGs at a reduced scale, as its recipes fast and thorough do "
                "with pictures so much larger than the net's; lenswork-full and the others decode "
                "every pixel."
            ),
        ),
        contenders=(
            *_peers("horses-150"),
            _lenswork("lenswork-full", f"{_OWN}, reduced = false", "horses-150"),
            _lenswork("lenswork", f"{_OWN}, reduced = true", "horses-150", "--reduced"),
            _lenswork("lenswork-again", _AGAIN, "horses-150", "--reduced", again=True),
        ),
        measures=(),
        targets=(),
        folder="photos",
    )
)

READING = (HORSES, PHOTOS, LARGE)
