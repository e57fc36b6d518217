"""What the studio promises of its pages, as data."""

from part import PROJECT, Contender, Measure, Part, Target

HOME = Part(
    name="studio-home",
    title="The studio's first page with 1,000 runs",
    about=(
        "How long the server takes for the page of runs, with their curves in miniature, of a "
        "home with 1,000 recorded runs of 10 epochs: as it opens, sorted by accuracy, and with a "
        "word to find (median and slowest of 20 of each, over HTTP on one kept connection, the "
        "whole answer read). The very first answer stands apart: it reads all 1,000 runs into "
        "the index."
    ),
    conditions=(
        (
            "One run is trained and its recipe, history and environment are copied, each copy "
            "with a seed of its own."
        ),
        "The page shows 50 rows; the first answer is before the clock of the others.",
    ),
    contenders=(
        Contender(
            "lenswork",
            "GET / of `lenswork studio`",
            PROJECT,
            "lenswork_studio_home.py",
            ("--seed", "{seed}", "--home", "{home}"),
        ),
    ),
    measures=(
        Measure("page_ms", "the page", "ms", 0),
        Measure("sorted_ms", "sorted", "ms", 0),
        Measure("found_ms", "with a word", "ms", 0),
        Measure("slowest_ms", "slowest of all", "ms", 0),
        Measure("first_seconds", "first, index made", "s", 1),
        Measure("page_kb", "its HTML", "kB", 0),
    ),
    targets=(Target("lenswork", "slowest_ms", at_most=300.0),),
    rounds=3,
)

START = Part(
    name="studio-start",
    title="From the command to the studio's first page",
    about=(
        "Wall time from the command `lenswork studio` until the page of runs has been read as a "
        "whole, in a home without runs: median and slowest of 5 in a row."
    ),
    conditions=("The page is read over HTTP; a browser's own start is not in it.",),
    contenders=(
        Contender(
            "lenswork",
            "`lenswork studio` and GET /",
            PROJECT,
            "lenswork_studio_start.py",
            ("--lenswork", "{bin}/lenswork", "--home", "{home}"),
        ),
    ),
    measures=(
        Measure("page_seconds", "to the page", "s", 2),
        Measure("slowest_seconds", "slowest", "s", 2),
    ),
    targets=(Target("lenswork", "slowest_seconds", at_most=2.0),),
    rounds=3,
)

STUDIO = (HOME, START)
