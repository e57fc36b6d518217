"""The part that trains with the live page open and with many readers, as data."""

from part import PROJECT, Contender, Measure, Part, Target

_ASKED = (
    "--seed", "{seed}", "--pictures", "{pictures}", "--home", "{home}", "--data", "{data}",
    "--lenswork", "{bin}/lenswork",
)  # fmt: skip

LIVE = Part(
    name="studio-live",
    title="Training while the studio shows it",
    about=(
        "How much longer an epoch takes while somebody watches the run: Conv 32 x 2 on "
        "Fashion-MNIST (recipe `notes`, 30,000 pictures an epoch) is trained by `lenswork train`, "
        "beside `lenswork studio`. Watched and unwatched epochs take turns in one run, in twos of "
        "which the first is the change and does not count; each watched one is compared with the "
        "unwatched one after it."
    ),
    conditions=(
        (
            "page: the live page in Chromium (headless, 1280x900), with its curves, its numbers "
            "and its mistakes as pictures. Chromium runs all the time; unwatched it shows an "
            "empty page. It shares the machine's cores with the training and the studio."
        ),
        (
            "readers: 20 connections to the run's events, read by one program that throws away "
            "what it reads. It too shares the cores."
        ),
        "Time is that of the epoch's steps as the run records it, without the evaluation.",
    ),
    contenders=(
        Contender(
            "page",
            "the live page open in a browser",
            PROJECT,
            "lenswork_live.py",
            (*_ASKED, "--watched-by", "page"),
        ),
        Contender(
            "readers",
            "20 readers of the run's events",
            PROJECT,
            "lenswork_live.py",
            (*_ASKED, "--watched-by", "readers"),
        ),
    ),
    measures=(
        Measure("slower_percent", "slower when watched", "%", 1),
        Measure("watched_seconds", "epoch, watched", "s"),
        Measure("alone_seconds", "epoch, unwatched", "s"),
    ),
    targets=(
        Target("page", "slower_percent", at_most=3.0),
        Target("readers", "slower_percent", at_most=10.0),
    ),
    rounds=3,
)
