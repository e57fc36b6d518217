"""The part that draws in the studio and waits for the maps, as data."""

from part import PROJECT, Contender, Measure, Part, Target

DRAW = Part(
    name="studio-draw",
    title="From a stroke to the maps of every layer",
    about=(
        "On the page *Inside* of a run of Conv 32 x 2 (28x28x1) a pen is moved over the drawing "
        "area in Chromium. The time is that from the pointer's event until the frame in which the "
        "answer and all maps of all layers are drawn anew: the drawing as PNG, one post to the "
        "studio on the same machine, the network, one answer, the canvases."
    ),
    conditions=(
        (
            "Chromium (headless), the studio and the program that moves the pointer share the "
            "machine's cores. Every stroke waits for the one before and 50 ms more; then the "
            "pen moves every 8 ms without waiting, and the pictures that are drawn are counted."
        ),
        "The time ends when the frame is handed over; a screen shows it up to 17 ms later.",
    ),
    contenders=(
        Contender(
            "lenswork",
            "`lenswork studio`, drawing on /runs/RUN/inside",
            PROJECT,
            "lenswork_draw.py",
            (
                "--seed", "{seed}", "--pictures", "{pictures}", "--home", "{home}",
                "--data", "{data}", "--lenswork", "{bin}/lenswork",
            ),
        ),
    ),
    measures=(
        Measure("stroke_ms", "stroke to picture, median", "ms", 1),
        Measure("slowest_stroke_ms", "slowest", "ms", 1),
        Measure("pictures_a_second", "pictures a second while drawing", "", 0),
    ),
    targets=(Target("lenswork", "slowest_stroke_ms", at_most=100.0),),
    rounds=3,
)  # fmt: skip
