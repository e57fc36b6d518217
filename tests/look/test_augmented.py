"""The copies that are shown are those that a training meets."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from look_nets import cut_off, noise, overlapping, smallest_printed, texts
from tiny_data import striped_data
from torch import Tensor

from lenswork.data.subset import take_training
from lenswork.errors import UsageError
from lenswork.kinds import Picture
from lenswork.look.augmented import Changed, Copy, changed_copies, typical
from lenswork.look.augmented_figure import augmented_figure
from lenswork.model.preprocess import Preprocess
from lenswork.training.augment import Augmentation
from lenswork.training.choose import choose
from lenswork.training.fit import fit
from lenswork.training.recipe import Recipe

NET = "conv 4, pool, flatten, dense classes"


@pytest.fixture
def met(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Tensor, Tensor]]:
    """Every batch of a training before and after it was changed."""
    batches: list[tuple[Tensor, Tensor]] = []
    change = Augmentation.__call__

    def noted(self: Augmentation, pictures: Tensor, seed: int, step: int) -> Tensor:
        changed = change(self, pictures, seed, step)
        batches.append((pictures.clone(), changed.clone()))
        return changed

    monkeypatch.setattr(Augmentation, "__call__", noted)
    return batches


@pytest.mark.parametrize(
    ("words", "fields"),
    [
        ("shift 2, flip, turn 20, zoom 0.3, light 0.4", {}),
        ("background 1, texture 0.5, colour 0.5, erase 0.3", {"batch": 7}),
        ("flip", {"batch": 1, "seed": 5, "train_pictures": 20}),
        ("brightness 0.5, contrast 0.5", {"steps_per_epoch": 2, "epochs": 9}),
        ("move 0.2", {"size": "9x14", "colours": "rgb", "resize": "nearest"}),
    ],
)
def test_the_copies_are_to_the_bit_those_that_a_training_meets(
    met: list[tuple[Tensor, Tensor]], words: str, fields: dict[str, Any]
) -> None:
    data = striped_data(train=31)
    asked: dict[str, Any] = {
        "batch": 8,
        "epochs": 3,
        "net": "flatten, dense classes",
        "views": "one",
        **fields,
    }
    recipe = Recipe(augment=words, **asked)
    for _ in fit(recipe, data):
        pass
    trained = list(met)
    choice = choose(recipe, data)
    part = take_training(data, recipe.train_pictures, recipe.seed)
    rows = changed_copies(choice.recipe, part, choice.preprocess, [0, 5, 19], passes=3)
    assert [row.number for row in rows] == [0, 5, 19]
    for row in rows:
        assert [copy.lap for copy in row.copies] == [1, 2, 3]
        assert row.id == part.train.ids[row.number]
        assert np.array_equal(row.original, part.train.source.read(row.number))
        for copy in row.copies:
            before, after = trained[copy.step - 1]
            assert np.array_equal(before[copy.place].numpy(), row.picture)
            there = after[copy.place].float().round().clamp(0, 255).numpy()
            assert np.array_equal(there, copy.picture)


@pytest.mark.parametrize("fields", [{"epochs": 2}, {"epochs": 1, "steps_per_epoch": 2}])
def test_nothing_is_met_after_the_last_step_of_a_run(
    met: list[tuple[Tensor, Tensor]], fields: dict[str, Any]
) -> None:
    data = striped_data(train=31)
    recipe = Recipe(augment="flip", net="flatten, dense classes", views="one", batch=8, **fields)
    for _ in fit(recipe, data):
        pass
    batches = [before for before, _ in met]
    choice = choose(recipe, data)
    rows = changed_copies(choice.recipe, data, choice.preprocess, range(31))
    assert sum(len(row.copies) for row in rows) == sum(map(len, batches))
    assert max(copy.step for row in rows for copy in row.copies) == len(batches)


def test_a_column_has_its_name_though_the_first_row_is_short() -> None:
    long, short = rows_of((4, 6, 3), ["cat", "dog"])
    figure = augmented_figure("flip", "as it is", [replace(short, copies=()), long])
    said = texts(figure)
    assert [said.count(f"pass {lap}") for lap in range(1, 8)] == [1] * 7
    assert said.count("as it is") == 2  # the note is called so, too


def test_every_class_is_shown_and_its_pictures_lie_apart() -> None:
    assert typical(np.repeat([0, 1], 50)) == [0, 24, 49, 50, 74, 99]
    assert typical(np.array([2, 0, 1, 1, 2, 0])) == [1, 5, 2, 3, 0, 4]
    assert len(typical(np.repeat(np.arange(10), 4))) == 10
    many = typical(np.repeat(np.arange(100), 2))
    assert len(many) == 10
    assert {many[0], many[-1]} == {0, 198}
    assert typical(np.array([0, 1])) == [0, 1]


def test_a_picture_that_is_not_there_is_refused() -> None:
    data = striped_data(train=31)
    choice = choose(Recipe(augment="flip", net=NET), data)
    with pytest.raises(UsageError, match="no training picture 31: there are 31, numbered 0 to 30"):
        changed_copies(choice.recipe, data, choice.preprocess, [31])


def test_a_recipe_that_changes_nothing_has_no_copies() -> None:
    preprocess = Preprocess(height=12, width=12, colours="grey")
    with pytest.raises(UsageError, match="augment says none"):
        changed_copies(Recipe(augment="none", batch=4), striped_data(), preprocess)


def test_a_run_that_streams_is_refused() -> None:
    data = striped_data(train=31)
    recipe = choose(Recipe(augment="flip", net=NET), data).recipe.changed(stream=True)
    with pytest.raises(UsageError, match="streams shards"):
        changed_copies(recipe, data, Preprocess(height=12, width=12, colours="grey"))


# --- drawn ------------------------------------------------------------------------------------


def rows_of(
    shape: tuple[int, int, int], names: list[str], ids: str = "train/a/{}.png"
) -> list[Changed]:
    def one(seed: int) -> Picture:
        return noise(shape, seed)

    return [
        Changed(
            number=row,
            id=ids.format(row),
            truth=name,
            original=one(row),
            picture=one(row),
            copies=tuple(Copy(lap, 9 * lap, 3, one(10 * row + lap)) for lap in range(1, 8)),
        )
        for row, name in enumerate(names)
    ]


LONG = "a class whose name is long $and$ has no end in sight, 木"
ALL_WORDS = (
    "shift 2, flip, turn 15, zoom 0.3, stretch 0.2, move 0.1, background 0.5, texture 0.5, "
    "light 0.5, colour 0.5, grey 0.2, brightness 0.4, contrast 0.4, erase 0.3"
)


@pytest.mark.parametrize("shape", [(28, 28, 1), (64, 64, 3), (20, 90, 3), (90, 20, 1), (1, 1, 3)])
@pytest.mark.parametrize("names", [["cat", "cat", "dog", "dog"], [LONG] * 3])
@pytest.mark.parametrize("title", ["flip", ALL_WORDS])
def test_the_sheet_names_all_and_cuts_nothing_off(
    shape: tuple[int, int, int], names: list[str], title: str
) -> None:
    ids = "train/a-folder-of-a-long-name/picture number {} of many.png"
    note = "Training pictures as run horses meets them: 64x64 rgb, bilinear resize. " * 3
    figure = augmented_figure(title, note, rows_of(shape, names, ids))
    said = texts(figure)
    assert figure.texts[0].get_text().replace("\n", " ") == title
    assert {"as it is", *(f"pass {lap}" for lap in range(1, 8))} <= set(said)
    assert len(figure.axes) == 8 * len(names)
    assert cut_off(figure) == []
    assert overlapping(figure) == []
    assert smallest_printed(figure) >= 6
    if names[0] == "cat":
        assert said.count("cat") == said.count("dog") == 1  # once for its rows


def test_the_sheet_shows_the_pixels_of_the_network() -> None:
    rows = rows_of((4, 6, 3), ["cat", "dog"])
    figure = augmented_figure("flip", "as it is", rows)
    shown = [np.asarray(axes.images[0].get_array()) for axes in figure.axes]
    pictures = [p for row in rows for p in (row.picture, *(copy.picture for copy in row.copies))]
    for drawn, picture in zip(shown, pictures, strict=True):
        larger = drawn.shape[0] // picture.shape[0]
        assert larger > 1
        assert np.array_equal(drawn[::larger, ::larger], picture)
        assert drawn.shape == (4 * larger, 6 * larger, 3)


def test_torch_s_own_chance_is_left_alone() -> None:
    data = striped_data(train=12)
    choice = choose(Recipe(augment="turn 10", net=NET), data)
    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)
    changed_copies(choice.recipe, data, choice.preprocess)
    assert torch.equal(torch.rand(1), expected)
