"""Folders of up to 200,000 pictures: time and memory of opening, checking and training."""

import itertools

from part import PROJECT, Contender, Measure, Part, Target

_SIZES = (2_000, 20_000, 200_000)
_LINEAR = 11.0  # for ten times as many pictures; 10 would be without any noise
_MEMORY_MB = 1500.0


def _of_size(count: int) -> Contender:
    return Contender(
        f"{count:,}",
        "pictures",
        PROJECT,
        "lenswork_large.py",
        (
            "--folder", "{folder}", "--count", str(count), "--seed", "{seed}",
            "--pictures", "{pictures}", "--home", "{home}", "--lenswork", "{bin}/lenswork",
        ),
    )  # fmt: skip


def _ratios(measure: str) -> tuple[Target, ...]:
    return tuple(
        Target(f"{more:,}", measure, at_most=_LINEAR, to=f"{fewer:,}")
        for fewer, more in itertools.pairwise(_SIZES)
    )


_PROCESSES = {
    "scan": "`open_data`",
    "check": "`lenswork doctor --quick`",
    "doctor": "`lenswork doctor`",
    "cold": "epoch, cold",
    "warm": "epoch, warm",
}

LARGE = Part(
    name="large-folder",
    title="Large folders",
    about=(
        "Folders of small pictures (JPEGs of 48x48 that the bench makes, ten classes): opened, "
        "checked, and trained on for one epoch of the recipe `fast` at 32x32 with the net "
        "`conv 8, pool, flatten, dense classes`, first with nothing kept, then by a second "
        "process."
    ),
    conditions=(
        (
            "A fifth is set aside for validation, as `open_data` does it. An epoch's time is that "
            "from the call of `fit` to the epoch's event: preparing, decoding, training, "
            "evaluating. Pictures a second are those of both parts over that time."
        ),
        "The time of `open_data` is without imports; that of the doctor is the whole command's.",
        (
            "What the system remembers of the files' content is dropped before the quick check "
            "and before the cold epoch. Of a part with less than 2 MB of files nothing is kept: "
            "the smallest folder is decoded anew each time, at least in part."
        ),
        (
            "Memory is the peak of each process (ru_maxrss, or the sum over it and its children, "
            "looked at 20 times a second, where that is more), with PyTorch's own and with mapped "
            "files as far as they are resident; anonymous is the part in no file, which the "
            "system cannot drop."
        ),
    ),
    contenders=tuple(map(_of_size, _SIZES)),
    measures=(
        *(Measure(f"{name}_seconds", said, "s") for name, said in _PROCESSES.items()),
        Measure("cold_rate", "cold", "pictures/s", 0),
        Measure("warm_rate", "warm", "pictures/s", 0),
        *(
            Measure(f"{name}_rss_mb", f"{_PROCESSES[name]}: memory", "MB", 0)
            for name in ("doctor", "cold", "warm")
        ),
        Measure("peak_rss_mb", "largest of all memory", "MB", 0),
        Measure("anonymous_mb", "anonymous, at most", "MB", 0),
    ),
    targets=(
        Target("200,000", "peak_rss_mb", at_most=_MEMORY_MB),
        *(target for name in _PROCESSES for target in _ratios(f"{name}_seconds")),
    ),
    rounds=3,
    group="reading",
    folder="many",
)  # fmt: skip
