"""OpenCV alone: imdecode, at a reduced size where it is asked for, and resize."""

import cv2
import numpy as np
from decoding import decoder_arguments, files_of, scale_for, time_threads

REDUCED = {
    1: cv2.IMREAD_COLOR,
    2: cv2.IMREAD_REDUCED_COLOR_2,
    4: cv2.IMREAD_REDUCED_COLOR_4,
    8: cv2.IMREAD_REDUCED_COLOR_8,
}


def main() -> None:
    """Decode and answer; all files are of the size of the first."""
    asked = decoder_arguments().parse_args()
    cv2.setNumThreads(1)
    side, kind = asked.side, cv2.IMREAD_COLOR
    if asked.reduced:
        first = cv2.imread(str(files_of(asked)[0]))
        kind = REDUCED[scale_for(first.shape[:2], 2 * side)]

    def decode(content: bytes) -> np.ndarray:
        picture = cv2.imdecode(np.frombuffer(content, np.uint8), kind)
        if picture.shape[:2] != (side, side):
            picture = cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA)
        return cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)

    time_threads(decode, asked, ["opencv-python-headless", "numpy"])


if __name__ == "__main__":
    main()
