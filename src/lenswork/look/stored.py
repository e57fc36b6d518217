"""What reading a picture file changed, where the file holds more than 8-bit colours can."""

from pathlib import Path

from PIL import Image

from lenswork.data.decode import FORMATS
from lenswork.data.quiet import Quiet

_PILLOW_WARNINGS = Quiet(r"PIL\.")


def changed_by_reading(path: Path) -> str:
    """In words what `decode_file` did to a file that it could read; empty for nothing.

    Such as "with transparency, laid on white" and "16 bits a sample, reduced to 8".
    """
    with _PILLOW_WARNINGS, Image.open(path, formats=FORMATS) as image:
        wide = any(";16" in str(tile[3]) for tile in image.tile)
        clear = image.has_transparency_data and not image.mode.startswith("I;16")
        if clear:
            lowest = image.convert("RGBA").getchannel("A").getextrema()[0]
            clear = isinstance(lowest, int | float) and lowest < 255
    said = ["16 bits a sample, reduced to 8"] if wide else []
    return ", ".join([*said, *(["with transparency, laid on white"] if clear else [])])
