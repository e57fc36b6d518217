"""The folders of picture files that a part reads: found on this machine, or made here once."""

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import made_pictures
from environments import HOME
from lenswork.data.sources import locate
from machine import cores_given
from pictures import MissingDataError

PICTURES = HOME / "pictures"
SIZES = (2_000, 20_000, 200_000)  # of the folders that grow
SMALLER = 100  # by so much with --quick
PHOTOS, FEW_PHOTOS = 300, 24
FEW_HORSES = 64
AT_ONCE = 250  # files that one process makes before it asks for more


def folder_of(name: str, *, quick: bool) -> Path:
    """The folder called `name`, made if it is missing; with `quick` one of few pictures.

    "horses-or-humans" is the data set, found where Lenswork finds it; "photos" are large JPEGs,
    and "many" has one folder of small JPEGs for each of `SIZES`, named by the number. The first
    two have train/ and validation/. Raises `MissingDataError` when the data set is nowhere.
    """
    if name == "horses-or-humans":
        return _horses(quick=quick)
    if name == "photos":
        count = FEW_PHOTOS if quick else PHOTOS
        return made(PICTURES / f"photos-{count}", list(_photos(count)))
    for count in SIZES:
        few = count // SMALLER if quick else count
        made(PICTURES / "many" / str(few), list(_small(few)))
    return PICTURES / "many"


@dataclass(frozen=True)
class Wanted:
    """A file to make: its path below the folder, and what draws it from `number`."""

    path: str
    number: int
    draw: Callable[[int], bytes]


def made(folder: Path, wanted: Sequence[Wanted]) -> Path:
    """Make what is missing of `wanted` in `folder`, by one process a core; go on where one ended.

    A file has its name only once it is whole; `complete` beside the folder says that all are
    there, so that a large folder need not be searched again.
    """
    stamp = folder.with_name(f"{folder.name}.complete")
    if stamp.exists():
        return folder
    present = {
        os.path.relpath(os.path.join(at, name), folder)  # noqa: PTH118 - of 200,000 names
        for at, _, names in os.walk(folder)
        for name in names
    }
    for half in folder.parent.glob(f"{folder.name}.*.half"):
        half.unlink()
    missing = [one for one in wanted if one.path not in present]
    for place in {(folder / one.path).parent for one in wanted}:
        place.mkdir(parents=True, exist_ok=True)
    slices = [missing[start : start + AT_ONCE] for start in range(0, len(missing), AT_ONCE)]
    with ProcessPoolExecutor(cores_given()) as pool:
        for _ in pool.map(_make, [folder] * len(slices), slices):
            pass
    stamp.touch()
    return folder


def _make(folder: Path, wanted: Sequence[Wanted]) -> None:
    for one in wanted:
        half = folder.with_name(f"{folder.name}.{os.getpid()}.half")
        half.write_bytes(one.draw(one.number))
        half.replace(folder / one.path)


def _photos(count: int) -> Iterator[Wanted]:
    """Two classes; a validation part of two pictures a class, so that none is cut from the rest."""
    for number in range(count + 4):
        part = "train" if number < count else "validation"
        kind = made_pictures.PHOTO_CLASSES[number % 2]
        yield Wanted(f"{part}/{kind}/{kind}-{number:04}.jpg", number, made_pictures.photo)


def _small(count: int) -> Iterator[Wanted]:
    for number in range(count):
        kind = made_pictures.SMALL_CLASSES[number % len(made_pictures.SMALL_CLASSES)]
        yield Wanted(f"{kind}/{kind}-{number:06}.jpg", number, made_pictures.small)


def _horses(*, quick: bool) -> Path:
    found = locate("horses-or-humans")
    if found is None:
        raise MissingDataError(
            "horses-or-humans is not on this machine: `lenswork data get horses-or-humans` "
            "fetches it; LENSWORK_DATA or --data names a folder that has it"
        )
    return few_of(found.folder, PICTURES / "horses-few", FEW_HORSES) if quick else found.folder


def few_of(whole: Path, folder: Path, count: int) -> Path:
    """A copy of `whole` with about `count` training pictures and two validation ones a class."""
    if folder.exists():
        return folder
    half = folder.with_suffix(".half")
    shutil.rmtree(half, ignore_errors=True)
    for part, most in (("train", count), ("validation", 4)):
        classes = sorted(place for place in (whole / part).iterdir() if place.is_dir())
        for place in classes:
            (half / part / place.name).mkdir(parents=True)
            for file in sorted(place.iterdir())[: most // len(classes)]:
                shutil.copyfile(file, half / part / place.name / file.name)
    half.replace(folder)
    return folder
