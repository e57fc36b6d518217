"""Answers for files and folders, one a picture, whatever becomes of the others."""

import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from lenswork.cores import available_cores
from lenswork.data.decode import PICTURE_SUFFIXES, PIXEL_LIMIT
from lenswork.errors import PictureError, UsageError
from lenswork.kinds import Picture
from lenswork.model.answering import Answering, Prediction

BATCH = 64


@dataclass(frozen=True)
class Answer:
    """What one file shows, or why nobody knows."""

    file: str
    prediction: Prediction | None
    error: str = ""


@dataclass(frozen=True)
class Upload:
    """A picture that came as bytes, under the name it is spoken of by."""

    name: str
    content: bytes


def answer_files(
    classifier: Answering, files: Iterable[Path | Upload], *, pixel_limit: int = PIXEL_LIMIT
) -> Iterator[Answer]:
    """One answer a file, in order; a file that cannot be read gets its error and no prediction.

    Files are read side by side and predicted in batches, so a folder of any size needs the
    memory of one batch only. One of more than `pixel_limit` pixels is not unpacked.
    """
    remaining = iter(files)
    with ThreadPoolExecutor(max_workers=available_cores()) as pool:
        while chunk := list(islice(remaining, BATCH)):
            opened = list(pool.map(lambda file: _open(classifier, file, pixel_limit), chunk))
            yield from _answer_chunk(classifier, chunk, opened)


def find_pictures(paths: Sequence[Path]) -> Iterator[Path]:
    """The files among `paths` as they are, and all pictures below the folders, by name.

    Raises `UsageError` for a folder without pictures; hidden files and folders are left out.
    """
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        found = False
        for folder, folders, names in os.walk(path):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for name in sorted(names):
                if not name.startswith(".") and Path(name).suffix.lower() in PICTURE_SUFFIXES:
                    found = True
                    yield Path(folder, name)
        if not found:
            raise UsageError(f"expected pictures in the folder {path}, found none")


def _open(classifier: Answering, file: Path | Upload, pixel_limit: int) -> Picture | PictureError:
    preprocess = classifier.contract.preprocess
    try:
        if isinstance(file, Upload):
            return preprocess.apply_bytes(file.content, file.name, pixel_limit=pixel_limit)
        return preprocess.read_file(file, pixel_limit=pixel_limit)
    except PictureError as error:
        return error


def _answer_chunk(
    classifier: Answering,
    files: Sequence[Path | Upload],
    opened: Sequence[Picture | PictureError],
) -> Iterator[Answer]:
    pictures = [picture for picture in opened if not isinstance(picture, PictureError)]
    predictions = iter(
        classifier.predictions(classifier.probabilities_of(pictures)) if pictures else []
    )
    for file, picture in zip(files, opened, strict=True):
        name = file.name if isinstance(file, Upload) else str(file)
        if isinstance(picture, PictureError):
            yield Answer(name, None, str(picture))
        else:
            yield Answer(name, next(predictions))
