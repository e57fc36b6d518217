"""Numbers that say how a picture looks, and its perceptual hash, for many pictures at once.

Each picture is brought to one small square; all numbers are of that square, so that pictures of
different sizes can be compared.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lenswork.kinds import Picture, Pictures

MEASURES = (
    "brightness",
    "contrast",
    "saturation",
    "background brightness",
    "background unevenness",
    "sharpness",
)
IN_CACHE = 8  # pictures measured at once: all that is computed of them fits the processor's cache
LARGEST_SIDE = 64  # pixels of the square; more would cost as much as decoding
COLOUR_SIDE = 16  # pixels of the square in colour
KEPT_SIDE = 32  # pixels of the grey square that is kept to compare pictures by, at most
KEPT_COLOURS = 4  # pixels of the square in colour that is kept
HASH_SIDE = 32
HASH_BITS = 64

Measures = NDArray[np.float32]  # (count, 6), as MEASURES names them
Hashes = NDArray[np.uint64]  # (count,)


def square_side(size: tuple[int, int] | None) -> int:
    """The side of the square for a network whose input is `size`, (height, width)."""
    return LARGEST_SIDE if size is None else max(8, min(LARGEST_SIDE, max(size)))


def squares_of(image: Image.Image, side: int) -> tuple[Picture, Picture]:
    """A picture as a square in grey, (side, side), and a small one in colour, (16, 16, 3).

    `image` is grey ("L") or "RGB". Pillow's bilinear filter, which averages when it shrinks.
    """
    square = _shrunk(image, side)
    colours = _shrunk(square, COLOUR_SIDE).convert("RGB")
    return np.asarray(square.convert("L")), np.asarray(colours)


def squares_of_many(pictures: Pictures, side: int) -> tuple[Pictures, Pictures]:
    """The same for (count, height, width, channels): (count, side, side), (count, 16, 16, 3)."""
    if pictures.shape[1:] == (side, side, 1):
        grey = pictures[..., 0]
        shrink = _triangles(side, COLOUR_SIDE)
        colours = np.rint(shrink @ grey.astype(np.float32) @ shrink.T).astype(np.uint8)
        return grey, np.repeat(colours[..., np.newaxis], 3, axis=3)
    pairs = [squares_of(as_image(picture), side) for picture in pictures]
    return np.stack([grey for grey, _ in pairs]), np.stack([colours for _, colours in pairs])


def as_image(picture: Picture) -> Image.Image:
    """A picture, (height, width, 1 or 3), as Pillow's."""
    return Image.fromarray(picture[:, :, 0] if picture.shape[2] == 1 else picture)


def measures_of(grey: Pictures, colours: Pictures) -> Measures:
    """The six measures of (count, side, side) and (count, 16, 16, 3), each row as MEASURES.

    All are between 0 and 1 but sharpness. Background is the frame of one sixteenth of the side.
    Saturation is the mean of max - min over the colours of the small square. Sharpness is the
    standard deviation of the Laplacian (Pech-Pacheco et al. 2000, "Diatom autofocusing in
    brightfield microscopy", whose measure is its square).
    """
    rows = [
        _measures_of_few(grey[start : start + IN_CACHE], colours[start : start + IN_CACHE])
        for start in range(0, len(grey), IN_CACHE)
    ]
    return np.concatenate(rows)


def kept_of(grey: Pictures, colours: Pictures) -> tuple[Pictures, Pictures]:
    """What is kept to compare pictures by: (count, 32, 32), or less, and (count, 4, 4, 3)."""
    side = min(KEPT_SIDE, grey.shape[1])
    shrink = _triangles(grey.shape[1], side)
    small = np.rint(shrink @ grey.astype(np.float32) @ shrink.T).astype(np.uint8)
    block = COLOUR_SIDE // KEPT_COLOURS
    blocks = colours.reshape(-1, KEPT_COLOURS, block, KEPT_COLOURS, block, 3)
    return small, np.rint(blocks.mean(axis=(2, 4))).astype(np.uint8)


def hashes_of(squares: Pictures) -> Hashes:
    """A 64-bit perceptual hash of each of (count, side, side), by its lowest frequencies.

    The square is brought to 32 x 32; of its discrete cosine transform (type II) the 64
    coefficients with the lowest frequency are compared with their median, without the constant
    one, so that a brighter or paler copy keeps its hash (Zauner 2010, "Implementation and
    benchmarking of perceptual image hash functions", section 3.2.1).

    Own code and not the package imagehash (4.3.2, BSD, alive): its phash tells copies no better,
    takes 160 microseconds a picture where matrix products for many at once take 11 (28x28, one
    core), and brings PyWavelets, 9 MB for another hash.
    """
    rows, columns = _lowest_frequencies()
    transform = _cosines(int(rows.max()) + 1) @ _triangles(squares.shape[1], HASH_SIDE)
    coefficients = (transform @ squares.astype(np.float32) @ transform.T)[:, rows, columns]
    # what rounding leaves of nothing must not set bits
    coefficients = np.rint(coefficients * 16)
    bits = coefficients > np.median(coefficients, axis=1, keepdims=True)  # (count, 64)
    packed = np.ascontiguousarray(np.packbits(bits, axis=1))  # (count, 8)
    return packed.view(">u8")[:, 0].astype(np.uint64)


def _measures_of_few(grey: Pictures, colours: Pictures) -> Measures:
    values = grey.astype(np.float32)
    frame = values[:, _frame(grey.shape[1])]  # (count, pixels of the frame)
    laplacian = -4 * values[:, 1:-1, 1:-1]
    for neighbour in (
        values[:, :-2, 1:-1],
        values[:, 2:, 1:-1],
        values[:, 1:-1, :-2],
        values[:, 1:-1, 2:],
    ):
        laplacian += neighbour
    means, spreads = zip(*map(_mean_and_spread, (values, frame, laplacian)), strict=True)
    saturation = np.ptp(colours, axis=3).mean(axis=(1, 2))
    columns = (means[0], spreads[0], saturation, means[1], spreads[1], spreads[2])
    measures: Measures = (np.stack(columns, axis=1) / 255).astype(np.float32)
    return measures


def _mean_and_spread(
    values: NDArray[np.float32],
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The mean and the standard deviation of each of (count, ...)."""
    flat = values.reshape(len(values), -1)
    means = flat.mean(axis=1)
    flat = flat - means[:, None]
    return means, np.sqrt(np.einsum("ij,ij->i", flat, flat) / flat.shape[1])


def _shrunk(image: Image.Image, side: int) -> Image.Image:
    if image.size == (side, side):
        return image
    # the gap makes Pillow halve large pictures first, which is several times as fast
    return image.resize((side, side), Image.Resampling.BILINEAR, reducing_gap=1.0)


@cache
def _frame(side: int) -> NDArray[np.bool_]:
    width = max(1, side // 16)
    frame = np.ones((side, side), np.bool_)
    frame[width:-width, width:-width] = False
    return frame


@cache
def _triangles(before: int, after: int) -> NDArray[np.float32]:
    """The matrix (after, before) of Pillow's bilinear filter, which averages when it shrinks."""
    scale = before / after
    centres = (np.arange(after) + 0.5) * scale
    distance = np.abs(np.arange(before) + 0.5 - centres[:, None]) / max(scale, 1)
    weights: NDArray[np.float64] = (1 - distance).clip(min=0)
    weights /= weights.sum(axis=1, keepdims=True)
    return weights.astype(np.float32)


@cache
def _cosines(frequencies: int) -> NDArray[np.float32]:
    """The first rows of the orthonormal discrete cosine transform of 32 values."""
    place = (2 * np.arange(HASH_SIDE) + 1) * np.pi / (2 * HASH_SIDE)
    matrix: NDArray[np.float64] = np.cos(np.arange(frequencies)[:, None] * place)
    matrix *= np.sqrt(2 / HASH_SIDE)
    matrix[0] /= np.sqrt(2)
    return matrix.astype(np.float32)


@cache
def _lowest_frequencies() -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Row and column of the 64 coefficients nearest to the constant one, without it."""
    rows, columns = np.divmod(np.arange(HASH_SIDE**2), HASH_SIDE)
    order = np.lexsort((rows, np.maximum(rows, columns), rows**2 + columns**2))
    chosen = order[1 : HASH_BITS + 1]
    return rows[chosen], columns[chosen]
