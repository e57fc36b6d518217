"""What changes nothing changes nothing, what is undone is as before, and scipy turns alike."""

import math

import numpy as np
import pytest
import torch
from PIL import Image
from scipy import ndimage
from torch import Tensor

from lenswork.model.viewed import moved
from lenswork.training import recolour, reshape
from lenswork.training.augment import WORDS, Augmentation

HEIGHT, WIDTH = 24, 30


def noise(count: int = 5, channels: int = 3) -> Tensor:
    chance = np.random.default_rng(8)
    shape = (count, HEIGHT, WIDTH, channels)
    return torch.from_numpy(chance.integers(0, 256, shape, dtype=np.uint8))


def slope(count: int) -> Tensor:
    """Even slopes, which bilinear sampling gives back exactly wherever it reads inside."""
    rows, columns = torch.arange(HEIGHT).view(-1, 1), torch.arange(WIDTH)
    one = 20 + 3.0 * rows + 2.0 * columns
    return one.expand(count, HEIGHT, WIDTH)[..., None].contiguous()


def placed(
    pictures: Tensor,
    angle: float = 0.0,
    *,
    across: float = 1.0,
    down: float = 1.0,
    move: tuple[float, float] = (0.0, 0.0),
) -> Tensor:
    """Pictures all turned, stretched and moved alike."""
    count = len(pictures)
    turned, wide, high = (torch.full((count,), value) for value in (angle, across, down))
    shift = torch.tensor([move]).expand(count, 2)
    return reshape.sampled(pictures, reshape.places(pictures.shape, turned, wide, high, shift))


def middle(pictures: Tensor, radius: float) -> Tensor:
    rows, columns = torch.arange(HEIGHT).view(-1, 1), torch.arange(WIDTH)
    away = (rows - (HEIGHT - 1) / 2) ** 2 + (columns - (WIDTH - 1) / 2) ** 2
    return pictures[:, away <= radius**2]


# --- next to nothing --------------------------------------------------------------------------


@pytest.mark.parametrize("word", [name for name in WORDS if name != "shift"])
def test_next_to_nothing_of_a_word_is_the_picture_itself(word: str) -> None:
    for step in range(3):
        changed = Augmentation.parse(f"{word} 0.0000001")(noise(), seed=0, step=step)
        assert (changed.float() - noise().float()).abs().max() < 0.01


def test_a_move_by_no_pixel_and_no_change_at_all_are_the_picture_itself() -> None:
    assert torch.equal(moved(noise(), 1, 0), noise())
    assert torch.equal(Augmentation.parse("")(noise(), seed=0, step=0), noise())
    assert torch.allclose(placed(noise()), noise().float(), atol=1e-3)
    one = torch.ones(5)
    assert torch.allclose(recolour.relit(noise(), one, one), noise().float(), atol=1e-4)


# --- there and back ---------------------------------------------------------------------------


def test_a_picture_mirrored_twice_is_as_it_was() -> None:
    always = Augmentation.parse("flip 1")
    once = always(noise(), seed=0, step=0)
    assert torch.equal(once, noise().flip(2))
    assert torch.equal(always(once, seed=3, step=9), noise())


@pytest.mark.parametrize("axis", [1, 2])
@pytest.mark.parametrize("pixels", [1, 4])
def test_a_picture_moved_and_moved_back_is_as_it_was_inside_the_frame(
    axis: int, pixels: int
) -> None:
    back = moved(moved(noise(), axis, pixels), axis, -pixels)
    inside = noise().narrow(axis, pixels, noise().shape[axis] - pixels)
    assert torch.equal(back.narrow(axis, pixels, inside.shape[axis]), inside)


@pytest.mark.parametrize("degrees", [5, 33, 90, 170])
def test_a_turn_and_its_opposite_leave_the_middle_as_it_was(degrees: float) -> None:
    angle = math.radians(degrees)
    back = placed(placed(slope(2), angle), -angle)
    assert torch.allclose(middle(back, 9), middle(slope(2), 9), atol=1e-3)
    assert not torch.allclose(middle(placed(slope(2), angle), 9), middle(slope(2), 9), atol=1)


@pytest.mark.parametrize("times", [0.7, 1.3])
def test_a_zoom_and_its_opposite_leave_the_middle_as_it_was(times: float) -> None:
    back = placed(placed(slope(2), across=times, down=times), across=1 / times, down=1 / times)
    assert torch.allclose(middle(back, 8), middle(slope(2), 8), atol=1e-3)


def test_a_place_moved_and_moved_back_is_as_it_was_in_the_middle() -> None:
    back = placed(placed(slope(2), move=(0.2, -0.1)), move=(-0.2, 0.1))
    assert torch.allclose(middle(back, 7), middle(slope(2), 7), atol=1e-3)


@pytest.mark.parametrize("channels", [1, 3])
def test_brighter_then_darker_and_harder_then_softer_are_as_before(channels: int) -> None:
    pictures = noise(4, channels) // 4 + 90  # 90 to 153: nothing reaches black or white
    gain, spread = torch.tensor([1.3, 0.8, 1.0, 1.5]), torch.tensor([1.4, 0.7, 1.2, 1.0])
    one = torch.ones(4)
    back = recolour.relit(recolour.relit(pictures, gain, one), 1 / gain, one)
    assert torch.equal(back.round().to(torch.uint8), pictures)
    back = recolour.relit(recolour.relit(pictures, one, spread), one, 1 / spread)
    assert torch.equal(back.round().to(torch.uint8), pictures)


@pytest.mark.parametrize("channels", [1, 3])
def test_light_and_its_opposite_are_as_before(channels: int) -> None:
    pictures = noise(3, channels) // 4 + 90
    gain, lift = torch.tensor([1.3, 0.8, 1.0]).view(3, 1, 1), torch.tensor([-40.0, 30, 25.5])
    own = torch.eye(channels) * gain
    lit = recolour.through(pictures, own, lift.view(3, 1, 1))
    back = recolour.through(lit, torch.eye(channels) / gain, -lift.view(3, 1, 1) / gain)
    assert not torch.allclose(lit, pictures.float(), atol=20)
    assert torch.equal(back.round().to(torch.uint8), pictures)


def test_mixed_colours_and_the_inverse_of_their_matrix_are_as_before() -> None:
    pictures = noise(2) // 4 + 90
    matrix = torch.tensor([[[0.9, 0.1, 0.0], [0.05, 0.8, 0.1], [0.0, 0.1, 0.9]]]).expand(2, 3, 3)
    none = torch.zeros(2, 1, 1)
    back = recolour.through(recolour.through(pictures, matrix, none), matrix.inverse(), none)
    assert torch.equal(back.round().to(torch.uint8), pictures)


# --- against others ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("degrees", "across", "down", "move"),
    [
        (0, 1, 1, (0.3, -0.2)),
        (30, 1, 1, (0.0, 0.0)),
        (-75, 0.8, 0.8, (0.0, 0.0)),
        (10, 1.4, 0.9, (0.1, 0.05)),
        (0, -1, 1, (0.0, 0.0)),
        (20, -1.2, 0.7, (-0.2, 0.4)),
    ],
)
def test_scipy_turns_zooms_and_moves_alike(
    degrees: float, across: float, down: float, move: tuple[float, float]
) -> None:
    pictures = noise(2, 1)
    angle = math.radians(degrees)
    seen = placed(pictures, angle, across=across, down=down, move=move)
    turn = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
    matrix = turn @ np.diag([down, across])  # rows first, as scipy counts
    centre = np.array([(HEIGHT - 1) / 2, (WIDTH - 1) / 2])
    at = centre + np.array([move[1] * HEIGHT / 2, move[0] * WIDTH / 2])
    for picture, ours in zip(pictures.numpy()[..., 0], seen.numpy()[..., 0], strict=True):
        theirs = ndimage.affine_transform(
            picture.astype(float), matrix, at - matrix @ centre, order=1, mode="reflect"
        )
        assert np.abs(ours - theirs).max() < 0.05


def test_pillow_turns_the_same_way() -> None:
    picture = noise(1, 1)
    turned = placed(picture, math.radians(30)).round().to(torch.uint8)
    theirs = Image.fromarray(picture.numpy()[0, :, :, 0]).rotate(30, Image.Resampling.BILINEAR)
    inside = middle(turned, 9).float() - middle(
        torch.tensor(np.asarray(theirs))[None, ..., None], 9
    )
    assert inside.abs().max() <= 1


def test_half_a_circle_is_upside_down_and_a_quarter_of_a_square_is_its_columns() -> None:
    assert torch.allclose(placed(noise(), math.pi), noise().float().flip(1, 2), atol=1e-2)
    square = noise()[:, :, :HEIGHT]
    assert torch.allclose(placed(square, math.pi / 2), square.float().rot90(1, (1, 2)), atol=1e-2)


def test_brightness_and_contrast_are_what_they_are_in_a_loop() -> None:
    pictures = noise(3)
    gain, spread = [1.2, 0.5, 2.0], [0.6, 1.5, 1.0]
    changed = recolour.relit(pictures, torch.tensor(gain), torch.tensor(spread)).numpy()
    for picture, ours, g, s in zip(pictures.numpy(), changed, gain, spread, strict=True):
        brighter = picture.astype(float) * g
        mean = np.asarray(brighter @ [0.299, 0.587, 0.114]).mean()
        assert np.abs(ours - (mean + s * (brighter - mean)).clip(0, 255)).max() < 1e-2


def test_brightness_keeps_black_and_contrast_keeps_the_mean() -> None:
    black = torch.zeros(40, 4, 4, 1)
    assert Augmentation.parse("brightness 0.5")(black, seed=0, step=0).abs().max() == 0
    pictures = noise(40, 1) // 4 + 90
    means = pictures.float().mean((1, 2, 3))
    harder = Augmentation.parse("contrast 0.5")(pictures, seed=0, step=0)
    assert torch.allclose(harder.mean((1, 2, 3)), means, atol=1e-2)
    spreads = harder.std((1, 2, 3)) / pictures.float().std((1, 2, 3))
    assert spreads.min() > 1 / 1.5 - 1e-3
    assert spreads.max() < 1.5 + 1e-3
    assert spreads.min() < 0.8 < 1.25 < spreads.max()  # both ways
