"""The embedded sample: whole, small, and attributed."""

from PIL import Image

from lenswork.data.known import HORSES_OR_HUMANS, SAMPLE
from lenswork.data.sources import load, sample_folder

LIMIT_BYTES = 8_000_000


def test_the_sample_has_the_pictures_of_the_full_set() -> None:
    dataset = load(SAMPLE.name)
    assert dataset.classes == HORSES_OR_HUMANS.classes
    assert dataset.describe() == "horses-or-humans-150: 2 classes, 1,027 train, 256 validation"
    assert dataset.train.labels.tolist() == [0] * 500 + [1] * 527


def test_the_pictures_keep_the_names_by_which_they_are_grouped() -> None:
    names = [path.stem for path in (sample_folder() / "train").rglob("*.jpg")]
    assert len({name.split("-")[0] for name in names if name.startswith("horse")}) == 50
    assert len({name.split("-")[0] for name in names if name.startswith("human")}) == 17


def test_every_picture_is_a_colour_jpeg_of_150_by_150() -> None:
    for path in sample_folder().rglob("*.jpg"):
        with Image.open(path) as picture:  # reads the header only
            assert (picture.format, picture.mode, picture.size) == ("JPEG", "RGB", (150, 150))


def test_a_picture_reads_as_uint8_of_its_size() -> None:
    picture = load(SAMPLE.name).train.source.read(0)
    assert (picture.shape, picture.dtype.name) == ((150, 150, 3), "uint8")


def test_the_sample_stays_under_its_size() -> None:
    files = [path for path in sample_folder().rglob("*") if path.is_file()]
    assert len(files) == 1283 + 1
    assert sum(path.stat().st_size for path in files) < LIMIT_BYTES


def test_the_author_the_licence_and_the_changes_are_named_beside_it() -> None:
    text = (sample_folder() / "ATTRIBUTION.md").read_text(encoding="utf-8")
    for words in ("Laurence Moroney", "CC BY 2.0", "What was changed", "150x150", "JPEG"):
        assert words in text
