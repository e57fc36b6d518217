"""The parts that time answers, as data: one picture at a time, many at once, from a cold start."""

from part import PROJECT, Contender, Group, Measure, Part, Pictures, Target

GROUP = Group(
    title="Predicting",
    about=(
        "How soon a trained network answers: a command for one picture, one picture after the "
        "other in a loop, and 10,000 at once."
    ),
    conditions=(
        "Every measurement is a fresh process. Thread counts are each library's default.",
        "Weights are random: what is measured does not depend on how good the answers are.",
    ),
)

_NET = ("--seed", "{seed}", "--arrays", "{arrays}", "--net")
ONE = Measure("one_ms", "one picture", "ms", 3)
SLOW = Measure("one_slow_ms", "95th percentile", "ms", 3)
MANY = "many_seconds"
PEERS = ("keras-tensorflow", "keras-jax", "torch")


def _answering(
    net: str, shape: tuple[int, int, int], data: str, many: int, of_torch: float | None
) -> Part:
    """One net's part: `many` pictures at once, and one in at most `of_torch` of PyTorch's time."""
    return Part(
        name=f"predict-{net}",
        title=f"Answers of {net}",
        about=f"The net {net}, {shape[0]}x{shape[1]}x{shape[2]} pictures of {data}.",
        conditions=(
            (
                "From an 8-bit array to an array of probabilities: scaling is within. One picture: "
                "median and 95th percentile of 400 calls after 40. Many: the best of three, at the "
                "best of the batch sizes 32, 256, 1,000 and all, for each program its own."
            ),
            "keras-*: `model.predict(..., verbose=0)`. torch: eager, under inference_mode.",
            (
                "lenswork: `load_fast(FILE).predict(picture)`, so with the checks of the picture "
                "and the classes' names; many by `.probabilities(pictures)`. lenswork-torch: the "
                "same of `lenswork.load(FILE)`."
            ),
        ),
        contenders=(
            Contender(
                "lenswork",
                "`load_fast`, onnxruntime",
                PROJECT,
                "lenswork_answers.py",
                (*_NET, net, "--many", str(many), "--by", "onnxruntime"),
            ),
            Contender(
                "lenswork-torch",
                "`load`, PyTorch",
                PROJECT,
                "lenswork_answers.py",
                (*_NET, net, "--many", str(many), "--by", "torch"),
            ),
            Contender(
                "keras-tensorflow",
                "Keras on TensorFlow",
                "keras-tensorflow",
                "keras_answers.py",
                (*_NET, net, "--many", str(many), "--backend", "tensorflow"),
            ),
            Contender(
                "keras-jax",
                "Keras on JAX",
                "keras-jax",
                "keras_answers.py",
                (*_NET, net, "--many", str(many), "--backend", "jax"),
            ),
            Contender(
                "torch",
                "plain PyTorch",
                PROJECT,
                "torch_answers.py",
                (*_NET, net, "--many", str(many)),
            ),
        ),
        measures=(
            ONE,
            SLOW,
            Measure(MANY, f"{many:,} pictures", "s", 3),
        ),
        targets=(
            Target("lenswork", ONE.name, at_most=1 / 20, to="keras-tensorflow"),
            Target("lenswork", ONE.name, to="keras-jax"),
            Target("lenswork", ONE.name, at_most=of_torch, to="torch"),
            Target("lenswork", MANY, at_most=1.0, fastest=PEERS),
        ),
        group="predict",
        pictures=Pictures(data, shape),
    )


START = Part(
    name="predict-start",
    title="One picture from a cold start",
    about="Wall time of `lenswork predict FILE PICTURE`, from the process's start to its end.",
    conditions=(
        (
            "One round is run first and thrown away, so that bytecode and files are cached. The "
            "classifier is conv-32x2 (28x28), the picture a PNG of 300x300."
        ),
    ),
    contenders=(
        Contender(
            "lenswork",
            "with onnxruntime installed: PyTorch is not loaded",
            PROJECT,
            "lenswork_predict.py",
            ("--home", "{home}", "--seed", "{seed}", "--by", "onnxruntime"),
        ),
        Contender(
            "lenswork-torch",
            "without it",
            PROJECT,
            "lenswork_predict.py",
            ("--home", "{home}", "--seed", "{seed}", "--by", "torch"),
        ),
    ),
    measures=(Measure("wall_seconds", "wall time", "s"), Measure("peak_rss_mb", "memory", "MB", 0)),
    targets=(Target("lenswork", "wall_seconds", at_most=1.0),),
    rounds=10,
    rehearsals=1,
    group="predict",
)

PREDICT = (
    START,
    _answering("conv-32x2", (28, 28, 1), "fashion-mnist", 10_000, 1 / 2),
    _answering("horses-150", (150, 150, 3), "horses-or-humans", 256, None),
)
