"""Filters made by hand, on a photograph."""

import numpy as np
from scipy.ndimage import correlate

from lenswork.look.kernels import parse_kernel
from lenswork.look.lab import FilterLab, photograph
from notes.desk import Desk
from notes.part import Drawn, Found, Part, Table
from notes.parts.data import conditions_now

KERNELS = {  # what it finds -> the notes' rows
    "all edges": "0 1 0 / 1 -4 1 / 0 1 0",
    "horizontal edges": "-1 -2 -1 / 0 0 0 / 1 2 1",
    "vertical edges": "-1 0 1 / -2 0 2 / -1 0 1",
}
SHEET = "notes-filter-all.png"


def measure(desk: Desk) -> Found:
    """Lay the notes' three filters on the photograph, and check every pixel."""
    shown, figures = [], []
    for number, (what, rows) in enumerate(KERNELS.items(), start=1):
        file = f"notes-filter-{number}.png"
        shown.append(desk.lenswork(f'filter --kernel "{rows}" --pool 2 --out {file}'))
        figures.append(Drawn(desk.drawn(file), f"{what}: {rows}"))
    shown.append(desk.lenswork("filter --list"))
    desk.lenswork(f"filter --preset all --out {SHEET}")
    figures.append(Drawn(desk.drawn(SHEET), "Others to try: every filter that has a name."))
    differences = {what: largest_difference(rows) for what, rows in KERNELS.items()}
    words = FilterLab(parse_kernel(KERNELS["all edges"])).size_words(photograph().shape[0])
    return Found(
        verdicts=(
            (
                f"A 3x3 filter leaves {words[0]} pixels a side, pooling {words[1]}: the axes are "
                "halved. All pixels are those that scipy's correlation, cut to 0..255 and pooled "
                f"by hand, comes to (largest difference {max(differences.values()):g})."
            ),
        ),
        shown=(shown[0], shown[-1]),
        conditions=conditions_now(),
        figures=tuple(figures),
        tables=(
            Table(
                "Against scipy, the largest difference of a pixel before pooling and after:",
                ("filter", "rows", "difference"),
                tuple((what, KERNELS[what], f"{d:g}") for what, d in differences.items()),
            ),
        ),
        facts={"differences": differences},
    )


def largest_difference(rows: str) -> float:
    """How far the lab is from scipy's correlation and the maximum of each 2x2 window."""
    picture = photograph()[..., 0].astype(np.float64)
    kernel = parse_kernel(rows)
    wanted = correlate(picture, kernel.array)[1:-1, 1:-1].clip(0, 255)
    height, width = (side // 2 for side in wanted.shape)
    windows = wanted[: 2 * height, : 2 * width].reshape(height, 2, width, 2)
    pooled = windows.max(axis=(1, 3))  # (height // 2, width // 2)
    ours = FilterLab(kernel).apply(photograph())
    filtered = np.abs(ours.values[..., 0].clip(0, 255) - wanted).max()
    return float(max(filtered, np.abs(ours.pooled_values[..., 0] - pooled).max()))


PART = Part(
    name="handmade",
    title="Filters made by hand",
    question="What does a filter made by hand find?",
    rows=("hand-made 3x3 filters", "2x2 pooling halves the axes"),
    said="a 3x3 filter with a weight is laid on a photograph of 512x512 (scipy's `ascent`), cut to "
    "0..255, then pooled by 2x2 maxima; three filters are given, and others are to be tried. "
    "(`ascent` is fetched from the network, so the photograph here is one that comes along.)",
    measure=measure,
)
