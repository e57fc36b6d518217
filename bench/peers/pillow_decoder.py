"""Pillow alone: open, draft where it is asked for, load, convert, resize."""

import io

import numpy as np
from decoding import decoder_arguments, time_threads
from PIL import Image


def main() -> None:
    """Decode and answer."""
    asked = decoder_arguments().parse_args()
    side = asked.side

    def decode(content: bytes) -> np.ndarray:
        with Image.open(io.BytesIO(content)) as image:
            if asked.reduced:
                image.draft(None, (2 * side, 2 * side))
            image.load()
            picture = image if image.mode == "RGB" else image.convert("RGB")  # which would copy
        if picture.size != (side, side):
            picture = picture.resize((side, side), Image.Resampling.BILINEAR)
        return np.asarray(picture)

    time_threads(decode, asked, ["pillow", "numpy"])


if __name__ == "__main__":
    main()
