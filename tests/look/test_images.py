"""A few figures compared with pictures of them that were looked at, pixel by pixel."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from look_nets import classifier_of
from matplotlib.figure import Figure
from matplotlib.testing.compare import compare_images

from lenswork.look.grid import channel_maps
from lenswork.look.grid_figure import channel_figure
from lenswork.look.kernels import preset
from lenswork.look.lab import FilterLab
from lenswork.look.lab_figure import lab_figure
from lenswork.look.pictures import Shown
from lenswork.record.style import save_figure

SEEN = Path(__file__).parent.parent / "assets" / "figures"
TOLERANCE = 8  # root mean square over 0..255; other versions of the fonts draw other edges


def wheel(side: int) -> np.ndarray:
    """A picture with an edge in every direction: a bright disc with a dark middle."""
    rows, columns = np.mgrid[:side, :side] - (side - 1) / 2
    distance = np.hypot(rows, columns)
    return np.where((distance < side / 2.5) & (distance > side / 6), 220, 20).astype(np.uint8)


def filter_lab() -> Figure:
    lab = FilterLab(preset("vertical-edges"))
    return lab_figure(lab.apply(wheel(64)[:, :, np.newaxis]))


def feature_maps() -> Figure:
    classifier = classifier_of("conv 4, pool, flatten, dense classes", (12, 12, 1))
    shown = [Shown("wheel", wheel(12)[:, :, np.newaxis], "class 0")]
    return channel_figure(channel_maps(classifier, shown, channel=1))


@pytest.mark.parametrize(
    ("name", "make"), [("filter_lab", filter_lab), ("feature_maps", feature_maps)]
)
def test_a_figure_looks_as_it_did_when_it_was_last_looked_at(
    name: str, make: Callable[[], Figure], tmp_path: Path
) -> None:
    drawn = tmp_path / "drawn.png"
    save_figure(make(), drawn, dpi=60)
    difference = compare_images(str(SEEN / f"{name}.png"), str(drawn), tol=TOLERANCE)
    assert difference is None, difference
