"""Question 10: the three channels of a picture, and the numbers of one pixel."""

import numpy as np

from lenswork.data.open import SAMPLE, open_data
from lenswork.kinds import Picture
from lenswork.look.pictures import Shown
from lenswork.look.quiz.shown import Control, Demonstration, Panel, Panels, Table
from lenswork.look.quiz.subject import Subject, Wanted, whole
from lenswork.model.preprocess import Preprocess
from lenswork.model.shapes import format_shape

LARGEST = 300  # pixels a side that are shown
AROUND = 2  # pixels on each side of the chosen one, whose numbers are listed
NAMES = ("red", "green", "blue")


def channels(subject: Subject, wanted: Wanted) -> Demonstration:
    """Take a colour picture apart."""
    shown = _coloured(subject, wanted)
    picture = _at_most(shown.picture)
    height, width, _ = picture.shape
    row = whole(wanted, "row", height // 2, 0, height - 1)
    column = whole(wanted, "column", width // 2, 0, width - 1)
    red, green, blue = (int(value) for value in picture[row, column])
    return Demonstration(
        said=(
            *_instead(subject, shown),
            (
                f"{shown.id} is shown with {height} rows and {width} columns of pixels and 3 "
                f"numbers for each: {height} x {width} x 3 = {picture.size:,} numbers."
            ),
            f"The pixel in row {row}, column {column} is red {red}, green {green}, blue {blue}.",
            _network_said(subject),
        ),
        parts=(_panels(shown.id, picture, row, column), _around(picture, row, column)),
        controls=(
            *(subject.picture_control(wanted) if shown.id != SAMPLE else ()),
            Control("row", "Row", str(row), 0, height - 1),
            Control("column", "Column", str(column), 0, width - 1),
        ),
    )


def _coloured(subject: Subject, wanted: Wanted) -> Shown:
    """The chosen picture where it has colours, or else one of the embedded sample."""
    shown = subject.shown(wanted)
    if shown.picture.shape[2] == 3:
        return shown
    return Shown(SAMPLE, open_data(SAMPLE).train.source.read(0))


def _instead(subject: Subject, shown: Shown) -> tuple[str, ...]:
    """Why it is a picture of the sample, where it is."""
    if shown.id != SAMPLE:
        return ()
    return (
        f"The pictures of {subject.run.name} are grey, so one of the embedded sample is shown.",
    )


def _at_most(picture: Picture) -> Picture:
    height, width, _ = picture.shape
    ratio = min(1.0, LARGEST / max(height, width))
    if ratio == 1.0:
        return picture
    smaller = Preprocess(
        height=max(1, round(height * ratio)), width=max(1, round(width * ratio)), colours="rgb"
    )
    return smaller.apply(picture)


def _network_said(subject: Subject) -> str:
    height, width, count = subject.input_shape
    meaning = "one grey number a pixel" if count == 1 else "red, green and blue for each pixel"
    return (
        f"Your network {subject.run.name} is given {format_shape(subject.input_shape)}: "
        f"{height * width * count:,} numbers, {meaning}."
    )


def _panels(name: str, picture: Picture, row: int, column: int) -> Panels:
    frame = (row, column, 1, 1)
    panels = [Panel(name, picture, format_shape(picture.shape), crisp=False, frame=frame)]
    for channel, colour in enumerate(NAMES):
        alone = np.zeros_like(picture)
        alone[:, :, channel] = picture[:, :, channel]
        words = f"mean {picture[:, :, channel].mean():.0f} of 255"
        panels.append(Panel(colour, alone, words, crisp=False, frame=frame))
    return Panels("The picture and its three channels", tuple(panels))


def _around(picture: Picture, row: int, column: int) -> Table:
    rows = range(max(0, row - AROUND), min(picture.shape[0], row + AROUND + 1))
    columns = range(max(0, column - AROUND), min(picture.shape[1], column + AROUND + 1))
    return Table(
        "The pixels around it, as red green blue",
        ("", *(f"column {place}" for place in columns)),
        tuple(
            (f"row {place}", *(" ".join(map(str, picture[place, one].tolist())) for one in columns))
            for place in rows
        ),
        numbers=tuple(range(1, len(columns) + 1)),
        marked=(row - rows[0],),
    )
