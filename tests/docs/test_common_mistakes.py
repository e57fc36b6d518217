"""What "Bring your own pictures" says of common mistakes is what the command says."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pages import DOCS
from PIL import Image

from lenswork.data.open import open_data
from lenswork.errors import DataError

PAGE = (DOCS / "bring-your-own.md").read_text("utf-8")
CLASSES = ("birch", "maple", "oak")


def put(folder: Path, count: int = 12) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for index in range(count):
        picture = np.full((6, 6, 3), index, np.uint8)
        Image.fromarray(picture).save(folder / f"{index}.png")


def leaves(root: Path, *parts: str, classes: tuple[str, ...] = CLASSES) -> Path:
    """A folder with these classes, in these parts or directly."""
    for part in parts or ("",):
        for name in classes:
            put(root / part / name)
    return root


def one_class(place: Path) -> str:
    return str(leaves(place / "leaves") / "oak")


def one_level_too_high(place: Path) -> str:
    leaves(place / "archive" / "leaves")
    return str(place / "archive")


def an_empty_class(place: Path) -> str:
    (leaves(place / "leaves") / "elm").mkdir()
    return str(place / "leaves")


def another_case(place: Path) -> str:
    leaves(place / "leaves", "train")
    leaves(place / "leaves", "validation", classes=("birch", "maple", "Oak"))
    return str(place / "leaves")


def no_train(place: Path) -> str:
    return str(leaves(place / "leaves", "validation"))


def classes_beside_train(place: Path) -> str:
    leaves(place / "leaves", "train", "validation")
    put(place / "leaves" / "elm")
    return str(place / "leaves")


@pytest.mark.parametrize(
    ("made", "fragments"),
    [
        (
            one_class,
            ("oak has 12 pictures and no folders: it looks like one class", "You probably meant"),
        ),
        (
            one_level_too_high,
            ("hold folders, not pictures: this is one level too high", "You probably meant"),
        ),
        (an_empty_class, ("expected pictures in every class folder, found none in",)),
        (another_case, ("validation/Oak is probably train/oak",)),
        (no_train, ("expected a train/ folder beside validation/",)),
        (
            classes_beside_train,
            ("expected either class folders or train/, validation/ and test/ folders, not both",),
        ),
    ],
)
def test_a_common_mistake_is_answered_as_the_page_says(
    made: Callable[[Path], str], fragments: tuple[str, ...], tmp_path: Path
) -> None:
    with pytest.raises(DataError) as caught:
        open_data(made(tmp_path))
    for fragment in fragments:
        assert fragment in str(caught.value)
        assert fragment in PAGE


def test_train_alone_is_taken_with_a_note_on_what_is_beside_it(tmp_path: Path) -> None:
    root = leaves(tmp_path / "leaves", "train", "validation")
    (note,) = open_data(root / "train").notes
    assert "validation/ beside train/ is not used" in note
    assert "validation/ beside train/ is not used" in PAGE
