"""What a file says of itself agrees with what decoding makes of it."""

import numpy as np
import pytest
from picture_files import encoded, exif, four_colours, noise
from PIL import Image

from lenswork.data.decode import decode_bytes
from lenswork.data.file_facts import FileFacts, facts_in_bytes
from lenswork.errors import PictureError

PLAIN = FileFacts("PNG", 6, 9, grey=False, turned=False, wide=False, transparent=False)


def changed(**fields: object) -> FileFacts:
    return FileFacts(**{**vars(PLAIN), **fields})


def hidden(channels: int) -> Image.Image:
    """A picture of which one pixel can be seen through."""
    pixels = noise(6, 9, channels)
    pixels[:, :, -1] = 255
    pixels[2, 3, -1] = 254
    return Image.fromarray(pixels)


def opaque() -> Image.Image:
    pixels = noise(6, 9, 4)
    pixels[:, :, 3] = 255
    return Image.fromarray(pixels)


def wide() -> Image.Image:
    return Image.fromarray(np.arange(54, dtype=np.uint16).reshape(6, 9))


def palette(transparent: int) -> bytes:
    image = Image.fromarray(noise(6, 9, 1)[:, :, 0] % 4, "P")
    image.putpalette([200, 0, 0, 0, 200, 0, 0, 0, 200, 90, 90, 0])
    return encoded(image, "GIF", transparency=transparent)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (encoded(noise(6, 9, 3), "PNG"), PLAIN),
        (encoded(noise(6, 9, 1), "PNG"), changed(grey=True)),
        (encoded(noise(6, 9, 3), "JPEG"), changed(kind="JPEG")),
        (encoded(noise(6, 9, 3), "WEBP"), changed(kind="WEBP")),
        (encoded(noise(6, 9, 1), "TIFF"), changed(kind="TIFF", grey=True)),
        (encoded(noise(6, 9, 3), "BMP"), changed(kind="BMP")),
        (encoded(hidden(4), "PNG"), changed(transparent=True)),
        (encoded(hidden(2), "PNG"), changed(transparent=True, grey=True)),
        (encoded(opaque(), "PNG"), PLAIN),
        (encoded(wide(), "PNG"), changed(wide=True, grey=True)),
        (palette(1), changed(kind="GIF", transparent=True)),
        (palette(200), changed(kind="GIF")),
    ],
)
def test_the_facts_of_a_file(content: bytes, expected: FileFacts) -> None:
    assert facts_in_bytes(content) == expected


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_the_size_is_that_of_the_upright_picture(kind: str, orientation: int) -> None:
    content = encoded(four_colours(), kind, exif=exif(orientation))
    facts = facts_in_bytes(content)
    assert (facts.height, facts.width) == decode_bytes(content).shape[:2]
    assert facts.turned == (orientation > 1)


@pytest.mark.parametrize("content", [b"", b"no picture", b"\x89PNG\r\n\x1a\n"])
def test_a_file_that_is_no_picture_is_refused_as_decoding_refuses_it(content: bytes) -> None:
    with pytest.raises(PictureError) as ours:
        facts_in_bytes(content, "a.png")
    with pytest.raises(PictureError) as theirs:
        decode_bytes(content, "a.png")
    assert str(ours.value) == str(theirs.value)


def test_a_picture_of_too_many_pixels_is_refused_by_its_header() -> None:
    with pytest.raises(PictureError, match="unpacks to 9 x 6 pixels, more than the limit of 50"):
        facts_in_bytes(encoded(noise(6, 9, 3), "PNG"), pixel_limit=50)
