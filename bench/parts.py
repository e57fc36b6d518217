"""What is measured: the parts of the bench, as data (what a part is made of: `part.py`)."""

import decoders
import equal
import predict
import reading
import resume
import serve
import studio
import studio_draw
import studio_live
import to_accuracy
from part import PROJECT, Contender, Group, Measure, Part, Target

_TRAINING = (
    "--seed", "{seed}", "--epochs", "{epochs}", "--pictures", "{pictures}", "--data", "{data}",
)  # fmt: skip
_COMMAND = ("--home", "{home}", "--")
_MEMORY = Measure("peak_rss_mb", "peak memory", "MB", 0)

OVERHEAD = Part(
    name="overhead",
    title="What the loop costs beside the network",
    about=(
        "The share of a step that is spent neither in the network (forward, loss, backward, "
        "optimizer) nor in gathering the batch: events, the generator, bookkeeping."
    ),
    conditions=(
        (
            "Both sides run in one process, block by block in turn, on the same network, batch "
            "size (32) and number of steps: the bare network on batches gathered before the clock "
            "starts, the gathering alone, and the whole event stream of `fit`, read to its end."
        ),
        (
            "Loop overhead is the stream's time per step less the other two, as a share of the "
            "stream's; a round is the median over its blocks. It can come out below zero when the "
            "overhead is smaller than the noise."
        ),
    ),
    contenders=(
        Contender(
            "lenswork",
            "`fit` on Conv 32 x 2, Fashion-MNIST, recipe `notes`",
            PROJECT,
            "lenswork_overhead.py",
            _TRAINING,
        ),
    ),
    measures=(
        Measure("step_ms", "whole step", "ms", 3),
        Measure("network_ms", "network", "ms", 3),
        Measure("gather_ms", "gathering", "ms", 3),
        Measure("overhead_percent", "loop overhead", "%", 1),
    ),
    targets=(Target("lenswork", "overhead_percent", at_most=5.0),),
)

MEMORY = Part(
    name="memory",
    title="Peak memory of a training",
    about="The largest resident memory of `lenswork train mnist --epochs 1`, all else default.",
    conditions=(
        "ru_maxrss of the finished process, so with Python, PyTorch, the data and the record.",
    ),
    contenders=(
        Contender(
            "lenswork",
            "`lenswork train mnist --epochs 1`",
            PROJECT,
            "command.py",
            (*_COMMAND, "{bin}/lenswork", "train", "mnist", "--epochs", "1"),
        ),
    ),
    measures=(_MEMORY, Measure("wall_seconds", "wall time", "s")),
    targets=(Target("lenswork", "peak_rss_mb", at_most=1200.0),),
    rounds=3,
)

START = Part(
    name="start",
    title="Time to start",
    about="Wall time of a whole process, from its start to its end.",
    conditions=("One round is run first and thrown away, so that bytecode and files are cached.",),
    contenders=(
        Contender(
            "python",
            "`python -c pass`, for comparison",
            PROJECT,
            "command.py",
            (*_COMMAND, "{bin}/python", "-c", "pass"),
        ),
        Contender(
            "import",
            "`python -c 'import lenswork'`",
            PROJECT,
            "command.py",
            (*_COMMAND, "{bin}/python", "-c", "import lenswork"),
        ),
        Contender(
            "help",
            "`lenswork --help`",
            PROJECT,
            "command.py",
            (*_COMMAND, "{bin}/lenswork", "--help"),
        ),
    ),
    measures=(Measure("wall_seconds", "wall time", "s", 3),),
    targets=(Target("help", "wall_seconds", at_most=0.3),),
    rounds=20,
    rehearsals=1,
)

DEMO = Part(
    name="demo",
    title="The first training",
    about="Wall time of `lenswork train` with no argument: the embedded sample, recorded.",
    conditions=("The whole command, from start to end, in an empty home.",),
    contenders=(
        Contender(
            "lenswork",
            "`lenswork train`",
            PROJECT,
            "command.py",
            (*_COMMAND, "{bin}/lenswork", "train"),
        ),
    ),
    measures=(Measure("wall_seconds", "wall time", "s", 1), _MEMORY),
    targets=(Target("lenswork", "wall_seconds", at_most=90.0),),
    rounds=3,
)

LABELS = Part(
    name="labels",
    title="Wrong labels that are found",
    about=(
        "2% of the training labels of Fashion-MNIST (1,200 of 60,000) are replaced by another "
        "class, any with the same chance; then `lenswork mistakes --labels` looks for suspects. "
        "Each planted label that is among them was found; a suspect that was not planted may be "
        "wrong in the data itself, so the counts are lower bounds of what is right."
    ),
    conditions=(
        (
            "Three folds, the fast recipe, confident learning; suspects are ordered by the "
            "probability of their label, the lowest first."
        ),
        "Each round has its own seed for the planted labels, the folds and the networks.",
        "Time is the wall time of training, answering and searching, without opening the data.",
    ),
    contenders=(
        Contender(
            "lenswork",
            "what `lenswork mistakes RUN --labels` does to the training pictures",
            PROJECT,
            "lenswork_labels.py",
            ("--seed", "{seed}", "--pictures", "{pictures}", "--data", "{data}"),
        ),
    ),
    measures=(
        Measure("in_first_100", "planted among the first 100", "", 0),
        Measure("in_first_500", "planted among the first 500", "", 0),
        Measure("found_percent", "planted that were found", "%", 1),
        Measure("suspects", "suspects", "", 0),
        Measure("wall_seconds", "wall time", "s", 0),
        _MEMORY,
    ),
    targets=(),
    rounds=3,
)

LOOK = Part(
    name="look",
    title="How long a look takes",
    about=(
        "The feature maps of all layers of `horses-300-deep` for one 300x300 picture in colour "
        "(the network is loaded; median of 40), and `lenswork mistakes` on a run with 10,000 "
        "recorded answers, each time a new process (median and slowest of 5 after a first)."
    ),
    conditions=("Threads as each program sets them.",),
    contenders=(
        Contender(
            "lenswork",
            "`activations(...)`, and the whole command `lenswork mistakes`",
            PROJECT,
            "lenswork_look.py",
            ("--seed", "{seed}", "--home", "{home}", "--data", "{data}"),
        ),
    ),
    measures=(
        Measure("activations_ms", "all feature maps", "ms", 1),
        Measure("mistakes_seconds", "mistakes", "s"),
        Measure("slowest_mistakes_seconds", "slowest", "s"),
    ),
    targets=(
        Target("lenswork", "activations_ms", at_most=100.0),
        Target("lenswork", "slowest_mistakes_seconds", at_most=2.0),
    ),
    rounds=3,
)

_STUDY = ("--seed", "{seed}", "--pictures", "{pictures}", "--data", "{data}", "--workers")
_TWENTY_TRIALS = (
    "two nets of the notes' shape, ten seeds each, one epoch of 6,000 pictures of Fashion-MNIST "
    "and an evaluation of its 10,000 test pictures. Every trial is a recorded run in both."
)
_STUDY_MEASURES = (
    Measure("wall_seconds", "study", "s", 1),
    Measure("train_seconds", "training a trial", "s"),
)
_LOCAL = Contender(
    "local",
    "what `lenswork study` does: one process a core, one thread each",
    PROJECT,
    "lenswork_study.py",
    (*_STUDY, "local"),
)

RAY = Part(
    name="ray-overhead",
    title="What Ray costs a study",
    about=(
        "A study of 20 trials by one process a core, and by a Ray cluster of one node with the "
        f"same cores: {_TWENTY_TRIALS}"
    ),
    conditions=(
        (
            "Time is the wall time from the first trial's start to the last one's record: starting "
            "the processes, and for Ray joining the cluster and putting the pictures into its "
            "object store, are within it. The cluster itself is there before, and idle."
        ),
        "Every process has one thread.",
        "What the cluster's own processes did counts as other work below.",
    ),
    contenders=(
        _LOCAL,
        Contender(
            "ray",
            "what `lenswork study --ray ADDRESS` does",
            PROJECT,
            "lenswork_study.py",
            (*_STUDY, "ray"),
        ),
    ),
    measures=_STUDY_MEASURES,
    targets=(Target("ray", "wall_seconds", at_most=1.1, to="local"),),
    rounds=3,
)

PROCESSES = Part(
    name="processes",
    title="Several processes or several threads",
    about=(
        "A study of 20 trials by one process a core with one thread each, and by one process with "
        f"as many threads as there are cores: {_TWENTY_TRIALS}"
    ),
    conditions=("Time is the wall time from the first trial's start to the last one's record.",),
    contenders=(
        _LOCAL,
        Contender(
            "one-process",
            "the same trials one after the other, each on all cores",
            PROJECT,
            "lenswork_study.py",
            (*_STUDY, "one-process"),
        ),
    ),
    measures=_STUDY_MEASURES,
    targets=(Target("local", "wall_seconds", at_most=0.8, to="one-process"),),
    rounds=3,
)

PARTS: dict[str, Part] = {
    part.name: part
    for part in (
        *equal.EQUAL,
        equal.RATE_OF_MATMUL,
        *to_accuracy.TO_ACCURACY,
        OVERHEAD,
        MEMORY,
        START,
        DEMO,
        LABELS,
        LOOK,
        RAY,
        PROCESSES,
        resume.RESUME,
        studio_draw.DRAW,
        studio_live.LIVE,
        *decoders.DECODERS,
        *reading.READING,
        *predict.PREDICT,
        serve.SERVE,
        *studio.STUDIO,
    )
}
GROUPS: dict[str, Group] = {
    "equal": equal.GROUP,
    "to-accuracy": to_accuracy.GROUP,
    "decoders": decoders.GROUP,
    "reading": reading.GROUP,
    "predict": predict.GROUP,
}
