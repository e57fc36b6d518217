"""Time to accuracy: Lenswork's recipes beside the course's program after all its epochs."""

from goals import GOALS, Goal
from part import PROJECT, Contender, Group, Measure, Part, Pictures, Target

GROUP = Group(
    title="Time to accuracy",
    about=(
        "How long Lenswork trains to be as good as was promised, beside the course's program "
        "(Keras on TensorFlow, as written) with all its epochs. Every seed counts: nothing is "
        "chosen afterwards, and the test pictures are looked at once, when the training is over."
    ),
    conditions=(
        (
            "Training time is the wall time of the whole loop, without the evaluation: of "
            "`model.fit` in the course's program; in Lenswork from its event `Started` to "
            "`Finished`, with nothing held out; it includes a digest of all pictures."
        ),
        (
            "Preparing stands apart: laying out the pictures, which are decoded and in a file of "
            "plain bytes before; in the course's program dividing them by 255; in Lenswork also "
            "resizing them and building the network."
        ),
        (
            "The recipes were tuned on validation pictures cut from the training part, those of "
            "Horses or Humans by scenery; the final ones train on the whole training part. "
            "The test accuracy of Horses or Humans is that of its validation pictures."
        ),
        (
            "A figure is the mean over seeds, in bold, with the standard deviation, the smallest "
            "and the largest behind it; a ratio is each training time over the mean of the "
            "course's."
        ),
        (
            "The course's program runs in 3 of the rounds, and what may take as long as it in 5, "
            "spread over them, since each of these trainings takes minutes. Every measurement is a "
            "fresh process; thread counts are "
            "each library's default."
        ),
    ),
)

COURSE_ROUNDS = 3
SECONDS = Measure("train_seconds", "training", "s")
ACCURACY = Measure("test_accuracy_percent", "test accuracy", "%")
MEASURES = (
    SECONDS,
    ACCURACY,
    Measure("epochs", "epochs", "", 0),
    Measure("prepare_seconds", "preparing", "s"),
    Measure("peak_rss_mb", "peak memory", "MB", 0),
)


def _course(net: str, batch: int, epochs: int, optimizer: str) -> Contender:
    return Contender(
        "course",
        f"{net}, {optimizer}, batches of {batch}, {epochs} epochs",
        "keras-tensorflow",
        "keras_to_accuracy.py",
        (
            *("--backend", "tensorflow", "--net", net, "--batch", str(batch)),
            *("--epochs", str(epochs), "--seed", "{seed}", "--pictures", "{pictures}"),
            *("--arrays", "{arrays}"),
        ),
        rounds=COURSE_ROUNDS,
    )


def _lenswork(goal: Goal) -> Contender:
    said = ", ".join(goal.fields.split("\n"))
    asked = ("--seed", "{seed}", "--pictures", "{pictures}", "--arrays", "{arrays}")
    return Contender(
        goal.name,
        f"Lenswork, `{said}`",
        PROJECT,
        "lenswork_to_accuracy.py",
        ("--fields", goal.fields.replace("{", "{{").replace("}", "}}"), *asked),
        rounds=goal.rounds,
    )


def _targets(goal: Goal) -> tuple[Target, Target]:
    return (
        Target(goal.name, ACCURACY.name, at_least=goal.accuracy_percent),
        Target(goal.name, SECONDS.name, at_most=goal.share_of_course_time, to="course"),
    )


def _part(data: str, title: str, pictures: Pictures, course: Contender, rounds: int) -> Part:
    goals = [goal for goal in GOALS if goal.data == pictures.data]
    return Part(
        name=f"to-accuracy-{data}",
        title=f"Time to accuracy: {title}",
        about="",
        conditions=(),
        contenders=(course, *(_lenswork(goal) for goal in goals)),
        measures=MEASURES,
        targets=tuple(target for goal in goals for target in _targets(goal)),
        rounds=rounds,
        group="to-accuracy",
        pictures=pictures,
        spread="mean",
    )


TO_ACCURACY = (
    _part(
        "mnist",
        "MNIST",
        Pictures("mnist", (28, 28, 1)),
        _course("conv-32x2", 32, 10, "Adam"),
        rounds=10,
    ),
    _part(
        "fashion",
        "Fashion-MNIST",
        Pictures("fashion-mnist", (28, 28, 1)),
        _course("conv-32x2", 32, 10, "Adam"),
        rounds=10,
    ),
    _part(
        "horses",
        "Horses or Humans",
        Pictures("horses-or-humans", (300, 300, 3), quick=64),
        _course("horses-300-deep", 128, 15, "RMSprop"),
        rounds=5,
    ),
)
