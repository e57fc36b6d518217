"""A folder of pictures as a user has one: a sub-folder a class, made of a known set."""

from pathlib import Path

from PIL import Image

from lenswork.data.dataset import Dataset
from lenswork.kinds import SplitName

PARTS: tuple[SplitName, ...] = ("train", "validation")


def write_folder(data: Dataset, root: Path, counts: dict[SplitName, int]) -> Path:
    """Write some pictures of each class as PNG files to `root`/PART/CLASS; nothing twice."""
    for name in PARTS:
        part = data.parts[name]
        for label, class_name in enumerate(data.classes):
            folder = root / name / class_name
            folder.mkdir(parents=True, exist_ok=True)
            places = [place for place in range(len(part)) if part.labels[place] == label]
            step = max(1, len(places) // counts[name])
            for place in places[::step][: counts[name]]:
                file = folder / f"{Path(part.ids[place]).stem}.png"
                if not file.exists():
                    write_picture(data, name, place, file)
    return root


def write_picture(data: Dataset, name: SplitName, place: int, path: Path) -> Path:
    """Write one picture of a part as a PNG file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = data.parts[name].source.read(place)
    Image.fromarray(picture[..., 0] if picture.shape[2] == 1 else picture).save(path)
    return path
