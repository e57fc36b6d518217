"""What a picture's file says of itself, before anything is done to the picture."""

from dataclasses import dataclass

from PIL import Image

from lenswork.data.decode import (
    PIXEL_LIMIT,
    SIDEWAYS,
    may_be_turned,
    opened_bytes,
    turn_of,
)


@dataclass(frozen=True)
class FileFacts:
    """A file's kind, its upright size in pixels, and what decoding will do to it.

    `turned` is whether a camera noted which side is up, `wide` whether samples have 16 bits, and
    `transparent` whether anything can be seen through.
    """

    kind: str
    height: int
    width: int
    grey: bool
    turned: bool
    wide: bool
    transparent: bool


def facts_in_bytes(
    content: bytes, name: str = "the picture", *, pixel_limit: int = PIXEL_LIMIT
) -> FileFacts:
    """The facts of a picture file's bytes; raises `PictureError` with `name` in it.

    Pixels are unpacked only where the file has transparent ones.
    """
    with opened_bytes(content, name, pixel_limit) as image:
        width, height = image.size
        turn = turn_of(image) if may_be_turned(image, content) else None
        if turn in SIDEWAYS:
            height, width = width, height
        wide = image.mode.startswith("I;16")
        return FileFacts(
            kind="JPEG" if image.format == "MPO" else str(image.format),
            height=height,
            width=width,
            grey=wide or image.mode in ("1", "L", "LA"),
            turned=turn is not None,
            wide=wide,
            transparent=not wide and image.has_transparency_data and _can_be_seen_through(image),
        )


def _can_be_seen_through(image: Image.Image) -> bool:
    layered = image if "A" in image.getbands() else image.convert("RGBA")
    least, _ = layered.getchannel("A").getextrema()
    return least != 255
