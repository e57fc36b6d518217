"""Equal work: the same training in every program, one part for each net."""

from part import PROJECT, Contender, Group, Measure, Part, Pictures, Target, Work

SLOW_ROUNDS = 3

GROUP = Group(
    title="Equal work",
    about=(
        "The same training in several programs: the same net, pictures, batch size, number of "
        "steps, optimizer (with its epsilon) and distribution of first weights (Glorot-uniform, "
        "biases 0), in a new order every epoch. Loss and accuracy of the training pictures are "
        "kept by all."
    ),
    conditions=(
        (
            "Time is the wall time of an epoch of the training loop. The pictures are decoded "
            "and, except for Lenswork, which keeps bytes and scales each batch within the loop, "
            "divided by 255 before it starts."
        ),
        (
            "The first epoch holds all warming up (tracing, compiling, first allocations) and "
            "stands apart; the value of a round is the median of its later epochs."
        ),
        (
            "Nothing is evaluated within the timed part; test accuracy is computed after the "
            "clock has stopped, to show that the work was equal. For Horses or Humans it is that "
            "of the validation pictures, after so few steps that most programs still say one "
            "class of all of them (0.5): there it does not show that the work was equal."
        ),
        (
            "Adam: learning rate 0.001, epsilon 1e-7. RMSprop: learning rate 0.001, rho 0.9, "
            "epsilon 1e-7 inside the root; plain PyTorch adds its root, 3.2e-4, outside."
        ),
        (
            "The matrix product is `torch.mm` of 1024, 1536 and 2048 squared, float32, the "
            "fastest of the three by median, in a process of its own within the round. The work "
            "of a training is two operations a multiply-add, three times the forward pass, and "
            "twice for the first layer, which has no gradient of its input; ReLU, pooling, loss "
            "and optimizer are not counted."
        ),
        (
            f"Keras on JAX and on PyTorch, which take several times as long, run in {SLOW_ROUNDS} "
            "of the rounds, spread over them. Every measurement is a fresh process, and so is each "
            "program of a round; each round "
            "has its own seed. Thread counts are each library's default."
        ),
    ),
)

_ASKED = ("--seed", "{seed}", "--epochs", "{epochs}", "--pictures", "{pictures}")
_STEPS = "25"  # divides the 1,875 steps of an epoch at batch 32

EPOCH = Measure("epoch_seconds", "epoch", "s")
FIRST = Measure("first_epoch_seconds", "first epoch", "s")
ACCURACY = Measure("test_accuracy", "test accuracy", "", 4)
MEMORY = Measure("peak_rss_mb", "peak memory", "MB", 0)
RATE = Measure("gflops", "rate", "GFLOP/s", 1)
FRACTION = Measure("matmul_fraction", "of the matrix product's", "", 3)

MATMUL = Contender(
    "matmul",
    "the matrix product of the machine, for comparison",
    PROJECT,
    "lenswork_matmul.py",
    ("--seed", "{seed}"),
)


def _contenders(net: str, batch: int, steps_per_execution: str) -> tuple[Contender, ...]:
    """All programs that train `net`, Lenswork last."""
    asked = ("--net", net, "--batch", str(batch), "--arrays", "{arrays}", *_ASKED)
    tensorflow = ("--backend", "tensorflow", *asked)
    return (
        Contender(
            "keras-tensorflow",
            "the course's program as written: Keras on TensorFlow, Sequential, compile, fit",
            "keras-tensorflow",
            "keras_epoch.py",
            tensorflow,
        ),
        Contender(
            "keras-tensorflow-best",
            f"the same with steps_per_execution={steps_per_execution}",
            "keras-tensorflow",
            "keras_epoch.py",
            ("--steps-per-execution", steps_per_execution, *tensorflow),
        ),
        Contender(
            "keras-jax",
            "the same on JAX, as written",
            "keras-jax",
            "keras_epoch.py",
            ("--backend", "jax", *asked),
            rounds=SLOW_ROUNDS,
        ),
        Contender(
            "keras-torch",
            "the same on PyTorch, as written",
            "torch",
            "keras_epoch.py",
            ("--backend", "torch", *asked),
            rounds=SLOW_ROUNDS,
        ),
        Contender(
            "torch-dataloader",
            f"plain PyTorch: TensorDataset, DataLoader(batch_size={batch}, shuffle=True)",
            "torch",
            "torch_epoch.py",
            ("--batches", "dataloader", *asked),
        ),
        Contender(
            "torch-memory",
            "plain PyTorch: tensors in memory, indexed by a random permutation",
            "torch",
            "torch_epoch.py",
            ("--batches", "memory", *asked),
        ),
        Contender(
            "lenswork",
            "Lenswork's own loop, recipe `notes`, through its public API",
            PROJECT,
            "lenswork_epoch.py",
            asked,
        ),
    )


def _equal(
    net: str,
    about: str,
    pictures: Pictures,
    *,
    to_written: float | None = None,
    to_fastest: float | None = None,
) -> Part:
    """The part of one net; the ratios are what Lenswork promises to stay within."""
    batch, steps = (128, "3") if pictures.data == "horses-or-humans" else (32, _STEPS)
    programs = _contenders(net, batch, steps)
    peers = tuple(one.name for one in programs if one.name != "lenswork")
    return Part(
        name=f"equal-{net}",
        title=f"Equal work: {net}",
        about=about,
        conditions=(),
        contenders=(*programs, MATMUL),
        measures=(EPOCH, FIRST, ACCURACY, MEMORY, RATE, FRACTION),
        targets=(
            Target("lenswork", EPOCH.name, at_most=to_written, to="keras-tensorflow"),
            Target("lenswork", EPOCH.name, at_most=to_fastest, fastest=peers),
        ),
        group="equal",
        pictures=pictures,
        work=Work(net),
        agrees=ACCURACY.name,
    )


_FASHION = Pictures("fashion-mnist", (28, 28, 1))
_ADAM = "Fashion-MNIST, Adam, batches of 32"
_RMSPROP = "Horses or Humans, RMSprop, batches of 128, one sigmoid"
_POOLED = "each convolution 3x3 with ReLU and 2x2 pooling"

EQUAL = (
    _equal(
        "dense-512",
        f"{_ADAM}: flatten, dense 512 with ReLU, dense 10.",
        _FASHION,
        to_written=0.5,
        to_fastest=1 / 1.5,
    ),
    _equal(
        "conv-32x2",
        f"{_ADAM}: conv 32, conv 32 ({_POOLED}), dense 128, dense 10.",
        _FASHION,
        to_written=0.5,
        to_fastest=1 / 1.5,
    ),
    _equal(
        "conv-64x2",
        f"{_ADAM}: conv 64, conv 64 ({_POOLED}), dense 128, dense 10.",
        _FASHION,
        to_written=0.5,
        to_fastest=1 / 1.5,
    ),
    _equal(
        "horses-300-deep",
        f"{_RMSPROP}, 300x300: conv 16, 32, 64, 64, 64 ({_POOLED}), dense 512, dense 1.",
        Pictures("horses-or-humans", (300, 300, 3), quick=256),
        to_fastest=1.0,
    ),
    _equal(
        "horses-150",
        f"{_RMSPROP}, 150x150: conv 16, 32, 64 ({_POOLED}), dense 512, dense 1.",
        Pictures("horses-or-humans", (150, 150, 3), quick=256),
    ),
)

_LARGE = ("--net", "conv-32x2", "--batch", "128", "--arrays", "{arrays}", *_ASKED)

RATE_OF_MATMUL = Part(
    name="fraction",
    title="The rate of conv-32x2 in batches of 128",
    about="The same as in `equal-conv-32x2`, in batches of 128: how much of the machine is used.",
    conditions=(),
    contenders=(
        Contender(
            "torch-memory",
            "plain PyTorch: tensors in memory, indexed by a random permutation",
            "torch",
            "torch_epoch.py",
            ("--batches", "memory", *_LARGE),
        ),
        Contender(
            "lenswork",
            "Lenswork's own loop, recipe `notes`, through its public API",
            PROJECT,
            "lenswork_epoch.py",
            _LARGE,
        ),
        MATMUL,
    ),
    measures=(EPOCH, FIRST, ACCURACY, MEMORY, RATE, FRACTION),
    targets=(Target("lenswork", FRACTION.name, at_least=0.35),),
    group="equal",
    pictures=_FASHION,
    work=Work("conv-32x2"),
    agrees=ACCURACY.name,
)
