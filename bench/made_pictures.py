"""Pictures that the bench draws for itself, each from its number alone, as the bytes of a file."""

import functools
import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy import fft

PHOTO_SIZE = (2_400, 1_600)  # width and height
PHOTO_CLASSES = ("dusk", "noon")
NOISE = 1.2  # of the sensor, in steps of 256
LENS = 0.2  # cycles a pixel at which it passes 1 / e of the contrast
FIELDS = 6  # textures that the photographs are mixed of
SMALL_SIDE = 48
SMALL_CLASSES = tuple(
    f"{colour}-{shape}"
    for colour in ("blue", "green", "red", "white", "yellow")
    for shape in ("disc", "square")
)

Field = NDArray[np.float32]


def photo(number: int) -> bytes:
    """A JPEG of 2,400 x 1,600 pixels, quality 90, with the texture of a photograph; two classes.

    Its amplitudes fall as 1 / frequency, as those of natural scenes do (Field 1987), softened by a
    lens, with the noise of a sensor; one class is dark and reddish, the other bright and bluish.
    """
    chance = np.random.default_rng((1, number))
    width, height = PHOTO_SIZE
    mixed = sum(weight * _moved(int(field), chance) for field, weight in _picked(chance))
    brightness, warmth = ((80, 24), (150, -12))[number % 2]
    grey = brightness + 44 * mixed + chance.normal(0, NOISE, (height, width)).astype(np.float32)
    tint = warmth + 12 * _moved(int(chance.integers(FIELDS)), chance)
    colours = np.stack([grey + tint, grey, grey - tint], axis=-1)
    pixels = np.clip(colours, 0, 255).astype(np.uint8)
    return _jpeg(Image.fromarray(pixels), 90)


def small(number: int) -> bytes:
    """A JPEG of 48 x 48 pixels: one shape in one colour on a cloudy ground; ten classes."""
    chance = np.random.default_rng((2, number))
    ground = chance.integers(0, 160, (6, 6, 3), np.uint8)
    picture = Image.fromarray(ground).resize((SMALL_SIDE, SMALL_SIDE), Image.Resampling.BICUBIC)
    colour, shape = SMALL_CLASSES[number % len(SMALL_CLASSES)].split("-")
    left, top, side = (int(chance.integers(*limits)) for limits in ((2, 20), (2, 20), (14, 26)))
    pen = ImageDraw.Draw(picture)
    draw = pen.ellipse if shape == "disc" else pen.rectangle
    draw((left, top, left + side, top + side), fill=colour)
    return _jpeg(picture, 85)


def _picked(chance: np.random.Generator) -> list[tuple[int, float]]:
    """Two different textures and their weights, whose squares add up to 1."""
    turn = chance.uniform(0.3, 1.2)
    first, second = chance.choice(FIELDS, 2, replace=False)
    return [(first, float(np.cos(turn))), (second, float(np.sin(turn)))]


def _moved(field: int, chance: np.random.Generator) -> Field:
    """A texture from another place of it: it has no edges, so that it may be rolled."""
    width, height = PHOTO_SIZE
    by = (int(chance.integers(height)), int(chance.integers(width)))
    return np.roll(_field(field), by, axis=(0, 1))


@functools.cache
def _field(number: int) -> Field:
    """A random texture, (height, width), mean 0 and deviation 1, as `photo` describes it."""
    width, height = PHOTO_SIZE
    noise = np.random.default_rng((3, number)).standard_normal((height, width), np.float32)
    along, across = fft.fftfreq(height)[:, np.newaxis], fft.rfftfreq(width)[np.newaxis]
    frequency = np.hypot(along, across).astype(np.float32)
    frequency[0, 0] = np.inf  # no mean
    sharp = np.exp(-((frequency / LENS) ** 2)) / frequency
    found = fft.irfft2(fft.rfft2(noise) * sharp, s=(height, width))
    texture: Field = (found / found.std()).astype(np.float32)
    return texture


def _jpeg(picture: Image.Image, quality: int) -> bytes:
    content = io.BytesIO()
    picture.save(content, "JPEG", quality=quality)
    return content.getvalue()
