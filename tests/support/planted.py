"""Data folders with one fault each, and the code of the finding that tells it.

Each fault is planted by a function in a folder that is right but for it.
"""

import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from picture_files import encoded, noise, png
from PIL import Image

from lenswork.data.decode import BYTE_LIMIT
from lenswork.data.folder import open_folder
from lenswork.data.shards.write import pack
from lenswork.kinds import Picture

SIDE = 24  # pixels
RIGHT = {"train/cats": 8, "train/dogs": 8, "validation/cats": 5, "validation/dogs": 5}
NOBODY = 65534

Plant = Callable[[Path], Path | None]


@dataclass(frozen=True)
class Fault:
    """A fault, the code of its finding, and the function that plants it in a right folder.

    The function gives the path to examine, where that is not the folder itself.
    """

    name: str
    code: str
    plant: Plant


def write_pictures(root: Path, classes: Mapping[str, int], first: int = 0) -> Path:
    """A PNG file a picture, no two the same: as `{"train/cats": 3}` says."""
    number = 1000 * first
    for folder, count in classes.items():
        place = root / folder
        place.mkdir(parents=True, exist_ok=True)
        for index in range(count):
            name = f"{place.name}-{index}.png"
            (place / name).write_bytes(picture_bytes(number))
            number += 1
    return root


def picture_bytes(number: int) -> bytes:
    """A small PNG file; each number is another picture."""
    return encoded(noise(SIDE, SIDE, 3, number), "PNG")


def flat(root: Path, counts: Mapping[str, int]) -> Path:
    """The folder anew, with these classes and no parts."""
    shutil.rmtree(root)
    return write_pictures(root, counts)


def series(root: Path, names: Mapping[str, list[str]]) -> Path:
    """The folder anew, with pictures of these names in its class folders."""
    shutil.rmtree(root)
    number = 0
    for folder, files in names.items():
        (root / folder).mkdir(parents=True)
        for name in files:
            (root / folder / name).write_bytes(picture_bytes(number))
            number += 1
    return root


@contextmanager
def ordinary_user() -> Iterator[Path]:
    """A folder in which rights count, as they do not for the superuser."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        before = os.geteuid()
        if before == 0:
            os.chown(name, NOBODY, -1)
            os.seteuid(NOBODY)
        try:
            yield Path(name)
        finally:
            os.seteuid(before)


def _too_high(root: Path) -> Path:
    outer = root.parent / "outer"
    outer.mkdir()
    shutil.move(root, outer / "pets")
    return outer


def _data_in_data(root: Path) -> Path:
    outer = root.parent / "nested" / root.name
    outer.mkdir(parents=True)
    shutil.move(root, outer / root.name)
    return outer


def _nested_part(root: Path) -> None:
    train = root / "train"
    train.rename(root.parent / "moved")
    train.mkdir()
    (root.parent / "moved").rename(train / "train")


def _nested_class(root: Path) -> None:
    cats = root / "train" / "cats"
    cats.rename(root / "moved")
    cats.mkdir()
    (root / "moved").rename(cats / "cats")


def _nested_copy(root: Path) -> None:
    shutil.copytree(root, root.parent / "copy")
    shutil.move(root.parent / "copy", root / root.name)


def _classless(root: Path) -> Path:
    shutil.rmtree(root)
    (root / "cats").mkdir(parents=True)
    (root / "dogs").mkdir()
    return root


def _emptied(root: Path) -> None:
    shutil.rmtree(root)
    root.mkdir()


def _empty_class(root: Path) -> None:
    for part in ("train", "validation"):
        (root / part / "owls").mkdir()


def _renamed(name: str) -> Plant:
    def plant(root: Path) -> None:
        (root / "validation" / "cats").rename(root / "validation" / name)

    return plant


def _a_third_class(first: str, second: str) -> Plant:
    def plant(root: Path) -> None:
        flat(root, {first: 6, second: 6, "dogs": 6})

    return plant


def _file(name: str, content: bytes = b"") -> Plant:
    def plant(root: Path) -> None:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    return plant


def _link(name: str, target: str) -> Plant:
    def plant(root: Path) -> None:
        (root / name).symlink_to(target)

    return plant


def _special(kind: int) -> Plant:
    def plant(root: Path) -> None:
        os.mknod(root / "train" / "cats" / "odd.png", kind | 0o600)

    return plant


def _too_large(root: Path) -> None:
    with (root / "train" / "cats" / "large.png").open("wb") as file:
        file.truncate(BYTE_LIMIT + 1)  # takes no room on the disk


def _link_out(root: Path) -> None:
    outside = root.parent / "outside.png"
    outside.write_bytes(picture_bytes(99))
    (root / "train" / "cats" / "out.png").symlink_to(outside)


def _class_outside(root: Path) -> None:
    write_pictures(root.parent / "elsewhere", {"owls": 8}, first=7)
    for part in ("train", "validation"):
        owls = root.parent / "elsewhere" / part
        write_pictures(owls, {"owls": 5}, first=8 if part == "train" else 9)
        (root / part / "owls").symlink_to(owls / "owls")


def _bytes_name(root: Path) -> None:
    path = os.fsencode(root / "train" / "cats") + b"/caf\xe9.png"
    with open(path, "wb") as file:  # noqa: PTH123 - a path of bytes
        file.write(picture_bytes(99))


def _twins(root: Path) -> None:
    _bytes_name(root)
    (root / "train" / "cats" / "caf\\xe9.png").write_bytes(picture_bytes(98))


def _twin_classes(root: Path) -> None:
    flat(root, {"dogs": 4, "caf\\xe9": 4})
    place = os.fsencode(root) + b"/caf\xe9"
    os.mkdir(place)  # noqa: PTH102 - a path of bytes
    for number in range(4):
        (Path(os.fsdecode(place)) / f"{number}.png").write_bytes(picture_bytes(50 + number))


def _steering_class(root: Path) -> None:
    for part in ("train", "validation"):
        (root / part / "cats").rename(root / part / "cats\x1b]0;owned\x07")


def _bytes_path(root: Path) -> Path:
    return root.rename(root.parent / os.fsdecode(b"caf\xe9"))


def _very_deep(root: Path) -> None:
    (root / "train" / "cats" / "a" / "b" / "c" / "d" / "e").mkdir(parents=True)


def _horses(first: int, last: int) -> list[str]:
    return [
        f"horse{number:02d}-{shot}.png" for number in (1, 2, 3, 4) for shot in range(first, last)
    ]


def _series_cut(root: Path) -> None:
    names = {"train/horses": _horses(0, 4), "validation/horses": _horses(4, 6)}
    humans = {part: [f"{number}.png" for number in range(12)] for part in ("train", "validation")}
    series(root, names | {f"{part}/humans": files for part, files in humans.items()})


def _series_in_cut(root: Path) -> None:
    series(root, {"horses": _horses(0, 8), "humans": [f"{number}.png" for number in range(32)]})


FAULTS = (
    Fault(
        "a file in place of the folder", "not-a-folder", lambda root: root / "train/cats/cats-0.png"
    ),
    Fault("one level too high", "too-high", _too_high),
    Fault("the data in a folder of its own name", "too-high", _data_in_data),
    Fault("a part in a folder of its own name", "too-high", _nested_part),
    Fault("one level too low", "too-low", lambda root: root / "train" / "cats"),
    Fault("an empty folder", "no-pictures", _emptied),
    Fault("class folders without a picture", "no-pictures", _classless),
    Fault("a class folder in a folder of its own name", "nested-folder", _nested_class),
    Fault("the data once more beside its parts", "nested-copy", _nested_copy),
    Fault(
        "a class beside the parts",
        "beside-parts",
        lambda r: write_pictures(r, {"owls": 3}, 3) and None,
    ),
    Fault(
        "two folders for one part",
        "two-folders",
        lambda r: write_pictures(r, {"val/cats": 3, "val/dogs": 3}, 3) and None,
    ),
    Fault("no training part", "no-train", lambda root: shutil.rmtree(root / "train")),
    Fault(
        "a part that is not sorted",
        "unsorted-part",
        lambda r: write_pictures(r, {"test": 3}, 3) and None,
    ),
    Fault("an empty class", "empty-class", _empty_class),
    Fault("one class", "one-class", lambda root: flat(root, {"cats": 5})),
    Fault("a class of another name in validation", "classes-differ", _renamed("lynxes")),
    Fault("a class in another case in validation", "classes-differ", _renamed("Cats")),
    Fault("a class with white space in validation", "classes-differ", _renamed("cats ")),
    Fault(
        "a class of one picture, and nothing held out",
        "cannot-cut",
        lambda root: flat(root, {"cats": 1, "dogs": 2}),
    ),
    Fault("two classes but for case", "alike-classes", _a_third_class("Cats", "cats")),
    Fault("two classes but for white space", "alike-classes", _a_third_class("cats", "cats ")),
    Fault(
        "two classes but for Unicode form",
        "alike-classes",
        _a_third_class("ka\u0308tzchen", "k\u00e4tzchen"),
    ),
    Fault("classes of 4 to 1", "imbalance", lambda root: flat(root, {"cats": 40, "dogs": 10})),
    Fault(
        "classes called 0 to 9",
        "digits",
        lambda root: flat(root, {str(digit): 5 for digit in range(10)}),
    ),
    Fault("a file of 0 bytes", "empty", _file("train/cats/nothing.jpg")),
    Fault("a file of 0 bytes in validation", "empty", _file("validation/dogs/nothing.jpg")),
    Fault("a pipe", "special-file", _special(stat.S_IFIFO)),
    Fault("a socket", "special-file", _special(stat.S_IFSOCK)),
    Fault("a file larger than any picture", "too-large-file", _too_large),
    Fault("a link to nothing", "broken-link", _link("train/cats/gone.png", "nowhere.png")),
    Fault("a link to itself", "link-circle", _link("train/cats/round.png", "round.png")),
    Fault(
        "pictures beside the classes", "stray-pictures", _file("train/stray.png", picture_bytes(99))
    ),
    Fault("pictures beside the parts", "stray-pictures", _file("stray.png", picture_bytes(99))),
    Fault(
        "pictures in a folder in a class",
        "left-out",
        _file("train/cats/more/a.png", picture_bytes(99)),
    ),
    Fault(
        "a class that is a link to nothing", "broken-folder-link", _link("train/owls", "nowhere")
    ),
    Fault("the training part alone", "unused-beside", lambda root: root / "train"),
    Fault(
        "the validation part in place of the data",
        "unused-beside",
        lambda root: root / "validation",
    ),
    Fault("a link back to the class", "folder-circle", _link("train/cats/again", ".")),
    Fault("a link back to the data", "folder-circle", _link("train/cats/again", "../..")),
    Fault("a picture outside the data", "link-leaves", _link_out),
    Fault("a class outside the data", "link-leaves", _class_outside),
    Fault("a photograph of a telephone", "other-format", _file("train/cats/a.HEIC", b"heic")),
    Fault("a text file in a class", "not-pictures", _file("train/cats/notes.txt", b"cats")),
    Fault("a file of the desktop", "hidden", _file("train/.DS_Store", b"x")),
    Fault("what macOS puts into archives", "hidden", _file("__MACOSX/._train", b"x")),
    Fault("a name that is not UTF-8", "name-bytes", _bytes_name),
    Fault("two pictures whose names are written alike", "written-alike", _twins),
    Fault("two classes whose names are written alike", "written-alike", _twin_classes),
    Fault("a class whose name steers a terminal", "unprintable-class", _steering_class),
    Fault("a path that is not UTF-8", "refused", _bytes_path),
    Fault("many folders in a class", "not-searched", _very_deep),
    Fault("series that the parts cut", "series-cut", _series_cut),
    Fault("series that the cut goes through", "series-in-cut", _series_in_cut),
)


def _picture(name: str, picture: Picture, kind: str = "PNG", **options: object) -> Plant:
    return _file(name, encoded(picture, kind, **options))


def _cut_off(root: Path) -> None:
    content = encoded(noise(SIDE, SIDE, 3, 77), "JPEG")
    (root / "train" / "cats" / "half.jpg").write_bytes(content[: len(content) // 2])


def _damaged(root: Path) -> None:
    content = bytearray(picture_bytes(77))
    content[60:90] = bytes(30)
    (root / "train" / "cats" / "damaged.png").write_bytes(bytes(content))


def _bomb(root: Path) -> None:
    content = png(60_000, 60_000, 8, 0, [bytes(10)])
    (root / "train" / "cats" / "bomb.png").write_bytes(content)


def _letterbox(root: Path) -> None:
    picture = noise(SIDE, SIDE, 3, 77)
    picture[8:] = 128
    (root / "train" / "cats" / "letterbox.jpg").write_bytes(encoded(picture, "JPEG", subsampling=0))


def _unwritten(root: Path) -> None:
    content = encoded(noise(64, 64, 3, 77), "BMP")
    (root / "train" / "cats" / "half.bmp").write_bytes(content[:8192].ljust(len(content), b"\0"))


def _animated(root: Path) -> None:
    frames = [Image.fromarray(noise(SIDE, SIDE, 3, number)) for number in (70, 71, 72)]
    file = root / "train" / "cats" / "moves.gif"
    frames[0].save(file, save_all=True, append_images=frames[1:])


def _damaged_notes(root: Path) -> None:
    notes = b"Exif\0\0II*\0\x08\0\0\0\x05\0"
    picture = encoded(noise(SIDE, SIDE, 3, 77), "JPEG", exif=notes)
    (root / "train" / "cats" / "notes.jpg").write_bytes(picture)


def _printed(root: Path) -> None:
    printed = Image.fromarray(noise(SIDE, SIDE, 3, 77)).convert("CMYK")
    printed.save(root / "train" / "cats" / "printed.jpg")


def _see_through(root: Path) -> None:
    layers = np.dstack([noise(SIDE, SIDE, 3, 77), np.full((SIDE, SIDE), 99, np.uint8)])
    Image.fromarray(layers, "RGBA").save(root / "train" / "cats" / "glass.png")


def _grey(root: Path, folders: Sequence[str]) -> None:
    for folder in folders:
        for path in (root / folder).iterdir():
            with Image.open(path) as image:
                grey = image.convert("L")
            grey.save(path)


def _grey_in_all(root: Path) -> None:
    for folder in RIGHT:
        write = encoded(noise(SIDE, SIDE, 1, 500 + len(folder)), "PNG")
        (root / folder / "grey.png").write_bytes(write)


def _copied(source: str, *targets: str) -> Plant:
    def plant(root: Path) -> None:
        for target in targets:
            shutil.copy(root / source, root / target)

    return plant


def _blobs(seed: int, side: int) -> Picture:
    """Soft spots, which survive a lossy format and another size."""
    tiny = Image.fromarray(noise(6, 6, 3, seed))
    return np.asarray(tiny.resize((side, side), Image.Resampling.BICUBIC))


def _saved_again(first: str, second: str) -> Plant:
    def plant(root: Path) -> None:
        large = Image.fromarray(_blobs(5, 120))
        large.save(root / first)
        large.resize((100, 100)).save(root / second, "JPEG", quality=85)

    return plant


def _white_validation(root: Path) -> None:
    shutil.rmtree(root)
    for part, edge in (("train", 90), ("validation", 255)):
        for name, first in (("cats", 0), ("dogs", 40)):
            folder = root / part / name
            folder.mkdir(parents=True)
            for number in range(40):
                picture = np.full((SIDE, SIDE, 3), edge, np.uint8)
                picture[6:18, 6:18] = noise(12, 12, 3, edge * 100 + first + number)
                Image.fromarray(picture).save(folder / f"{number}.png")


def _tall(seed: int, height: int, width: int) -> Picture:
    return noise(height, width, 3, seed)


def _packed(root: Path) -> Path:
    pack(open_folder(root), root.parent / "shards")
    return root.parent / "shards"


CONTENT_FAULTS = (  # found only by opening the pictures, which are to be brought to SIDE pixels
    Fault(
        "a text under the name of a picture", "not-a-picture", _file("train/cats/a.jpg", b"hello")
    ),
    Fault("a picture that breaks off", "cut-off", _cut_off),
    Fault("a picture with damage inside", "damaged", _damaged),
    Fault("a small file of a huge picture", "too-many-pixels", _bomb),
    Fault("a picture whose notes are damaged", "decoder-warnings", _damaged_notes),
    Fault("pictures in shards", "not-opened", _packed),
    Fault(
        "a picture of one colour",
        "one-colour",
        _picture("train/cats/even.png", np.full((SIDE, SIDE, 3), 120, np.uint8)),
    ),
    Fault(
        "grey cats and dogs in colour",
        "colour-tells-class",
        lambda root: _grey(root, ["train/cats", "validation/cats"]),
    ),
    Fault("a picture of which half was never written", "unwritten", _unwritten),
    Fault("a picture with a grey border", "grey-below", _letterbox),
    Fault("a picture for print", "mixed-models", _printed),
    Fault("some grey pictures", "mixed-colours", _grey_in_all),
    Fault("a PNG file called .jpg", "mislabelled", _file("train/cats/odd.jpg", picture_bytes(77))),
    Fault("a picture that moves", "animated", _animated),
    Fault("a picture of glass", "see-through", _see_through),
    Fault("a strip", "stretched", _picture("train/cats/strip.png", _tall(77, 24, 240))),
    Fault("a thumbnail", "enlarged", _picture("train/cats/thumb.png", _tall(77, 8, 8))),
    Fault("a huge picture", "shrunk", _picture("train/cats/huge.png", _tall(77, 500, 500))),
    Fault(
        "a picture with two labels",
        "two-labels",
        _copied("train/cats/cats-0.png", "train/dogs/cat.png"),
    ),
    Fault(
        "a picture on both sides",
        "copies-across",
        _copied("train/cats/cats-0.png", "validation/cats/again.png"),
    ),
    Fault("a picture twice", "copies", _copied("train/cats/cats-0.png", "train/cats/again.png")),
    Fault(
        "a picture saved again on the other side",
        "near-copies-across",
        _saved_again("train/cats/large.png", "validation/cats/small.jpg"),
    ),
    Fault("white behind every validation picture", "other-world", _white_validation),
)


def _forbidden(name: str) -> Plant:
    return lambda root: (root / name).chmod(0)


FORBIDDEN = (  # to be planted as an ordinary user
    Fault("a picture that may not be read", "unreadable", _forbidden("train/cats/cats-0.png")),
    Fault("a class that may not be listed", "unreadable-folder", _forbidden("train/cats")),
    Fault("a part that may not be listed", "unreadable-folder", _forbidden("validation")),
)
