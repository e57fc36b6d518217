"""Lenswork's reading of files: `Preprocess.read_all`, with and without its cache."""

import os

from decoding import Clock, decoder_arguments, files_of

from lenswork.cores import available_cores
from lenswork.data.dataset import FileSource
from lenswork.model.preprocess import Preprocess


def main() -> None:
    """Read and answer."""
    parser = decoder_arguments()
    parser.add_argument("--home", required=True, help="where the cache is")
    parser.add_argument("--off", action="store_true", help="no cache")
    parser.add_argument("--warm", action="store_true", help="after all has been kept")
    asked = parser.parse_args()
    os.environ["LENSWORK_CACHE"] = "off" if asked.off else asked.home
    source = FileSource(tuple(files_of(asked)))
    preprocess = Preprocess(
        height=asked.side, width=asked.side, colours="rgb", reduced=asked.reduced
    )
    if asked.warm:
        preprocess.read_all(source)
    clock = Clock()
    pictures = preprocess.read_all(source)
    clock.answer(len(pictures), ["lenswork", "pillow", "numpy"], available_cores())


if __name__ == "__main__":
    main()
