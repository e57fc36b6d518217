"""Training pictures are changed by chance, and only as the line says."""

import numpy as np
import pytest
import torch
from torch import Tensor

from lenswork.errors import RecipeError
from lenswork.training.augment import WORDS, Augmentation
from lenswork.training.recipe import Recipe

EVERY = (
    "shift 2, flip, turn 15, zoom 0.3, stretch 0.2, move 0.1, background 0.5, texture 0.5, "
    "light 0.5, colour 0.5, grey 0.2, brightness 0.4, contrast 0.4, erase 0.3"
)


def batch(channels: int = 3, size: tuple[int, int] = (12, 10)) -> Tensor:
    chance = np.random.default_rng(4)
    return torch.from_numpy(chance.integers(0, 256, (6, *size, channels), dtype=np.uint8))


@pytest.mark.parametrize("size", [(12, 10), (1, 1), (2, 9)])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("word", [*(f"{name} 1" for name in WORDS), EVERY])
def test_every_word_keeps_shape_and_range_and_leaves_the_pictures_alone(
    word: str, channels: int, size: tuple[int, int]
) -> None:
    pictures = batch(channels, size)
    before = pictures.clone()
    changed = Augmentation.parse(word)(pictures, seed=1, step=7)
    assert changed.shape == pictures.shape
    assert changed.to(torch.float32).isfinite().all()
    assert changed.min() >= 0
    assert changed.max() <= 255.01
    assert torch.equal(pictures, before)


@pytest.mark.parametrize("word", [f"{name} 1" for name in WORDS])
def test_every_word_changes_colour_pictures(word: str) -> None:
    pictures = batch()
    pictures[:, 0], pictures[:, -1], pictures[:, :, 0], pictures[:, :, -1] = 9, 9, 9, 9
    changed = [Augmentation.parse(word)(pictures, seed=0, step=step) for step in range(4)]
    assert any(not torch.allclose(one.float(), pictures.float(), atol=1.0) for one in changed)


def test_a_step_draws_the_same_again_and_the_next_one_others() -> None:
    augmentation = Augmentation.parse(EVERY)
    first, again, following = (augmentation(batch(), 3, step) for step in (5, 5, 6))
    assert torch.equal(first, again)
    assert not torch.equal(first, following)
    assert not torch.equal(first, augmentation(batch(), 4, 5))


def test_flip_mirrors_about_half_and_nothing_else() -> None:
    pictures = batch().repeat(50, 1, 1, 1)
    changed = Augmentation.parse("flip")(pictures, seed=0, step=0)
    mirrored = [bool(torch.equal(a, b.flip(1))) for a, b in zip(changed, pictures, strict=True)]
    kept = [bool(torch.equal(a, b)) for a, b in zip(changed, pictures, strict=True)]
    assert all(a != b for a, b in zip(mirrored, kept, strict=True))
    assert 0.4 < np.mean(mirrored) < 0.6


def test_shift_moves_a_whole_batch_and_repeats_the_edge() -> None:
    pictures = batch(1)
    framed = torch.nn.functional.pad(
        pictures.permute(0, 3, 1, 2).float(), (2, 2, 2, 2), "replicate"
    ).permute(0, 2, 3, 1)
    windows = {
        (down, right): framed[:, down : down + 12, right : right + 10]
        for down in range(5)
        for right in range(5)
    }
    seen = set()
    for step in range(60):
        changed = Augmentation.parse("shift 2")(pictures, seed=0, step=step)
        seen |= {at for at, window in windows.items() if torch.equal(changed.float(), window)}
    assert len(seen) > 20


def test_a_turned_square_stays_a_square_where_the_picture_is_oblong() -> None:
    """However a row of eleven pixels is turned about its middle, it is eleven pixels long."""
    pictures = torch.zeros(64, 21, 41, 1)
    pictures[:, 10, 15:26] = 255  # eleven pixels in a row, at the middle
    changed = Augmentation.parse("turn 180")(pictures, seed=2, step=0)
    rows, columns = torch.arange(21).view(-1, 1) - 10, torch.arange(41) - 20
    near = (rows**2 + columns**2 <= 8**2)[None, :, :, None]  # further out are mirror images
    mass = (changed * near).sum((1, 2, 3)) / 255
    assert (mass - 11).abs().max() < 2


def test_grey_takes_all_colour_from_all() -> None:
    changed = Augmentation.parse("grey 1")(batch(), seed=0, step=0).float()
    assert (changed.amax(3) - changed.amin(3)).max() < 1e-2


def test_an_even_background_is_replaced_and_the_middle_stays() -> None:
    pictures = torch.full((8, 20, 20, 3), 250, dtype=torch.uint8)
    pictures[:, 6:14, 6:14] = torch.tensor([200, 20, 20], dtype=torch.uint8)
    changed = Augmentation.parse("background 1")(pictures, seed=1, step=0)
    assert torch.allclose(changed[:, 8:12, 8:12], pictures[:, 8:12, 8:12].float(), atol=2)
    corner = (changed[:, 0, 0] - 250).abs().amax(1)
    assert (corner > 20).sum() >= 3  # the others were given each other's white


def test_erase_wipes_out_a_rectangle_of_the_asked_size() -> None:
    pictures = batch(1, (40, 40)).repeat(40, 1, 1, 1)
    changed = Augmentation.parse("erase 0.5")(pictures, seed=0, step=0)
    wiped = (changed != pictures).float().sum((1, 2, 3))
    assert wiped.max() <= 20 * 20
    assert wiped.max() > 20 * 20 * 0.9


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("Flip , shift 2", "shift 2, flip"),
        ("flip 0.3", "flip 0.3"),
        (" erase 0.50", "erase 0.5"),
        ("rotate 10, mirror, color 0.2", "flip, turn 10, colour 0.2"),
        ("gray 0.1, contrast 0.3, brightness 0.2", "grey 0.1, brightness 0.2, contrast 0.3"),
        ("none", "none"),
        ("", "none"),
    ],
)
def test_a_line_has_one_shortest_form(line: str, said: str) -> None:
    assert Recipe(augment=line).augment == said


@pytest.mark.parametrize(
    "line",
    [
        "flop",
        "shift",
        "turn 5, rotate 10",
        "shift 1.5",
        "shift -1",
        "zoom nan",
        "flip 2",
        "flip, flip",
        "turn 5 5",
    ],
)
def test_a_line_that_says_nothing_known_is_refused(line: str) -> None:
    with pytest.raises(RecipeError, match="augment"):
        Recipe(augment=line)


def test_the_error_lists_every_word_with_its_other_name_and_the_nearest() -> None:
    with pytest.raises(RecipeError) as caught:
        Augmentation.parse("flip, rotat 10")
    said = str(caught.value)
    for word in ("shift (", "flip or mirror (", "turn or rotate (", "zoom (", "brightness (",
                 "contrast (", "erase ("):  # fmt: skip
        assert word in said
    assert said.endswith("got 'rotat 10' in 'flip, rotat 10': did you mean rotate?")
