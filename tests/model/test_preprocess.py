"""Every picture reaches the network at one size, in one mode, by arithmetic that can be checked."""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from picture_files import encoded, exif, noise
from PIL import Image
from pydantic import ValidationError

from lenswork.data.cache import rows as cache
from lenswork.data.carried import carried
from lenswork.data.dataset import ArraySource, Dataset, FileSource, Part
from lenswork.data.decode import decode_bytes
from lenswork.errors import PictureError, RecipeError
from lenswork.kinds import Picture
from lenswork.model import preprocess
from lenswork.model.preprocess import Colours, Preprocess, Resize, parse_size


def to(
    height: int, width: int, colours: Colours = "grey", resize: Resize = "bilinear"
) -> Preprocess:
    return Preprocess(height=height, width=width, colours=colours, resize=resize)


# --- oracles: plain loops over pixels ---------------------------------------------------------


def nearest(picture: Picture, height: int, width: int) -> Picture:
    """The pixel in which the middle of each new pixel lies."""
    rows, columns, channels = picture.shape
    result = np.empty((height, width, channels), np.uint8)
    for y in range(height):
        for x in range(width):
            result[y, x] = picture[int((y + 0.5) * rows / height), int((x + 0.5) * columns / width)]
    return result


def box_means(picture: Picture, factor: int) -> np.ndarray:
    """The mean of each `factor` x `factor` square, not rounded."""
    rows, columns, channels = picture.shape
    result = np.empty((rows // factor, columns // factor, channels))
    for y in range(rows // factor):
        for x in range(columns // factor):
            square = picture[y * factor : (y + 1) * factor, x * factor : (x + 1) * factor]
            result[y, x] = square.astype(float).mean(axis=(0, 1))
    return result


def luma(picture: Picture) -> Picture:
    """ITU-R 601-2 luma in integers: 0.299 R + 0.587 G + 0.114 B in 65,536ths."""
    red, green, blue = (picture[:, :, channel].astype(np.uint32) for channel in range(3))
    grey = (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16
    return grey.astype(np.uint8)[:, :, np.newaxis]


def triangle(row: Sequence[int], width: int) -> list[float]:
    """One row shrunk with the bilinear filter, whose triangle widens by the factor."""
    factor = len(row) / width
    result = []
    for x in range(width):
        middle = (x + 0.5) * factor
        weights = [max(0.0, 1 - abs((at + 0.5 - middle) / factor)) for at in range(len(row))]
        result.append(float(np.dot(weights, row) / sum(weights)))
    return result


# --- one picture ------------------------------------------------------------------------------


@pytest.mark.parametrize(("channels", "colours"), [(1, "grey"), (3, "rgb")])
def test_a_picture_that_fits_is_left_alone(channels: int, colours: Colours) -> None:
    picture = noise(5, 7, channels)
    assert to(5, 7, colours).apply(picture) is picture


@pytest.mark.parametrize("size", [(3, 4), (11, 2), (14, 21), (7, 9), (1, 1)])
@pytest.mark.parametrize("channels", [1, 3])
def test_nearest_takes_the_pixel_in_the_middle(size: tuple[int, int], channels: int) -> None:
    picture = noise(7, 9, channels)
    applied = to(*size, "grey" if channels == 1 else "rgb", "nearest").apply(picture)
    assert applied.tolist() == nearest(picture, *size).tolist()


@pytest.mark.parametrize("factor", [2, 3, 4])
@pytest.mark.parametrize("channels", [1, 3])
def test_box_takes_the_mean_of_each_square(factor: int, channels: int) -> None:
    picture = noise(12, 24, channels)
    colours: Colours = "grey" if channels == 1 else "rgb"
    applied = to(12 // factor, 24 // factor, colours, "box").apply(picture)
    # Pillow rounds after each of the two directions: at most half a level each
    assert np.abs(applied - box_means(picture, factor)).max() <= 1


def test_bilinear_averages_when_it_shrinks() -> None:
    row = noise(1, 24, 1, seed=3)
    applied = to(1, 5).apply(row)
    assert np.abs(applied[0, :, 0] - np.array(triangle(row[0, :, 0].tolist(), 5))).max() <= 1


@pytest.mark.parametrize("resize", ["bilinear", "nearest", "bicubic", "box", "lanczos"])
def test_an_even_picture_stays_even_at_every_size(resize: Resize) -> None:
    even = np.full((6, 10, 3), (10, 200, 90), np.uint8)
    for size in ((3, 3), (20, 40), (6, 11)):
        applied = to(*size, "rgb", resize).apply(even)
        assert applied.shape == (*size, 3)
        assert (applied == (10, 200, 90)).all()


def test_the_methods_differ() -> None:
    picture = noise(30, 30, 1)
    methods: tuple[Resize, ...] = ("bilinear", "nearest", "bicubic", "box", "lanczos")
    assert len({to(11, 11, "grey", method).apply(picture).tobytes() for method in methods}) == 5


def test_height_comes_before_width() -> None:
    assert to(4, 9, "rgb").apply(noise(30, 20, 3)).shape == (4, 9, 3)


def test_colours_become_luma() -> None:
    picture = noise(40, 50, 3)
    assert to(40, 50).apply(picture).tolist() == luma(picture).tolist()


def test_white_black_and_the_three_colours_have_the_luma_of_the_standard() -> None:
    colours = [[(255, 255, 255), (0, 0, 0), (255, 0, 0), (0, 255, 0), (0, 0, 255)]]
    grey = to(1, 5).apply(np.array(colours, np.uint8))
    assert grey[0, :, 0].tolist() == [255, 0, 76, 150, 29]


def test_colours_become_grey_before_the_size_changes() -> None:
    picture = noise(8, 8, 3)
    assert to(3, 3, "grey", "box").apply(picture).tolist() == (
        to(3, 3, "grey", "box").apply(luma(picture)).tolist()
    )


def test_grey_becomes_three_equal_channels() -> None:
    picture = noise(5, 7, 1)
    assert to(5, 7, "rgb").apply(picture).tolist() == picture.repeat(3, axis=2).tolist()


def test_what_was_given_is_not_changed() -> None:
    picture = noise(8, 8, 3)
    before = picture.copy()
    to(3, 3).apply(picture)
    assert (picture == before).all()


def test_slices_that_do_not_lie_together_in_memory_are_taken_as_they_look() -> None:
    picture = noise(16, 16, 3)[::2, ::-1]
    applied = to(8, 16).apply(picture)
    assert applied.tolist() == luma(picture).tolist()


# --- the object -------------------------------------------------------------------------------


def test_scale_and_shape_follow_from_the_fields() -> None:
    grey = Preprocess(height=28, width=30, colours="grey")
    assert (grey.input_shape, grey.channels, grey.scale) == ((28, 30, 1), 1, 1 / 255)
    raw = Preprocess(height=28, width=30, colours="rgb", normalise=False)
    assert (raw.input_shape, raw.channels, raw.scale) == ((28, 30, 3), 3, 1.0)


def test_it_says_in_one_line_what_it_does() -> None:
    assert to(28, 30).describe() == "28x30 grey, bilinear resize, divided by 255"
    raw = Preprocess(height=1, width=2, colours="rgb", resize="box", normalise=False)
    assert raw.describe() == "1x2 rgb, box resize, not normalised (0 to 255)"


def test_it_comes_back_from_json_the_same() -> None:
    one = Preprocess(height=28, width=30, colours="rgb", resize="lanczos", normalise=False)
    assert Preprocess.model_validate_json(one.model_dump_json()) == one


def test_it_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        to(1, 1).height = 2  # type: ignore[misc]


@pytest.mark.parametrize(
    "wrong",
    [{"height": 0}, {"width": 4097}, {"colours": "cmyk"}, {"resize": "area"}, {"crop": True}],
)
def test_fields_that_do_not_exist_or_do_not_fit_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match=next(iter(wrong))):
        Preprocess.model_validate({"height": 1, "width": 1, "colours": "grey"} | wrong)


# --- all pictures of a source -----------------------------------------------------------------


def files_of(folder: Path, contents: Sequence[bytes]) -> FileSource:
    paths = tuple(folder / f"{index:02d}.png" for index in range(len(contents)))
    for path, content in zip(paths, contents, strict=True):
        path.write_bytes(content)
    return FileSource(paths)


def test_files_of_all_sizes_are_read_in_their_order(tmp_path: Path) -> None:
    pictures = [noise(3 + index % 4, 5, 1 + 2 * (index % 2), seed=index) for index in range(20)]
    source = files_of(tmp_path, [encoded(picture, "PNG") for picture in pictures])
    wanted = to(4, 4)
    together = wanted.read_all(source)
    assert together.shape == (20, 4, 4, 1)
    for read, picture in zip(together, pictures, strict=True):
        assert read.tolist() == wanted.apply(picture).tolist()


def test_an_array_that_fits_is_not_copied() -> None:
    pictures = np.stack([noise(4, 4, 1, seed=index) for index in range(3)])
    assert to(4, 4).read_all(ArraySource(pictures)) is pictures


def test_an_array_that_does_not_fit_is_brought_to_size() -> None:
    pictures = np.stack([noise(8, 8, 3, seed=index) for index in range(3)])
    wanted = to(4, 4, "grey", "box")
    together = wanted.read_all(ArraySource(pictures))
    assert together.tolist() == [wanted.apply(picture).tolist() for picture in pictures]


def test_no_pictures_give_an_empty_array() -> None:
    assert to(4, 4).read_all(FileSource(())).shape == (0, 4, 4, 1)


def test_one_unreadable_file_is_named(tmp_path: Path) -> None:
    source = files_of(tmp_path, [encoded(noise(2, 2, 1), "PNG"), b""])
    with pytest.raises(PictureError) as caught:
        to(2, 2).read_all(source)
    assert str(caught.value) == f"cannot read {tmp_path}/01.png: the file is empty (0 bytes)"


class Ending(ArraySource):
    """A source of one's own with a mistake in it."""

    def read(self, index: int) -> Picture:
        if index == 2:
            raise IndexError("no such row")
        return super().read(index)


def test_an_index_error_of_a_source_of_ones_own_is_not_taken_for_the_end_of_the_work() -> None:
    with pytest.raises(IndexError, match="no such row"):
        to(3, 3).read_all(Ending(np.stack([noise(5, 5, 1, seed) for seed in range(8)])))


def test_several_unreadable_files_are_all_named(tmp_path: Path) -> None:
    whole = encoded(noise(2, 2, 1), "PNG")
    source = files_of(tmp_path, [whole, b"", whole, b"text", whole])
    with pytest.raises(PictureError) as caught:
        to(2, 2).read_all(source)
    first, *lines = str(caught.value).split("\n")
    assert first == "2 of 5 pictures cannot be read; repair or remove them:"
    assert lines[0] == f"  cannot read {tmp_path}/01.png: the file is empty (0 bytes)"
    assert lines[1].startswith(f"  cannot read {tmp_path}/03.png: expected a JPEG,")
    assert len(lines) == 2


def test_of_many_unreadable_files_the_first_ten_are_named(tmp_path: Path) -> None:
    source = files_of(tmp_path, [b""] * 13)
    with pytest.raises(PictureError) as caught:
        to(2, 2).read_all(source)
    text = str(caught.value)
    assert re.findall(r"/(\d+)\.png", text) == [f"{index:02d}" for index in range(10)]
    assert text.endswith("\n  and 3 more")


# --- JPEGs at a part of their size ------------------------------------------------------------


def reduced(height: int, width: int, colours: Colours = "rgb") -> Preprocess:
    return Preprocess(height=height, width=width, colours=colours, reduced=True)


def smooth_jpeg(height: int, width: int) -> bytes:
    """Colours that change slowly from side to side."""
    small = Image.fromarray(noise(5, 7, 3)).resize((width, height), Image.Resampling.BICUBIC)
    return encoded(small, "JPEG", quality=90)


def test_full_decoding_is_written_as_before_there_was_any_other() -> None:
    before = {"height": 2, "width": 3, "colours": "grey", "resize": "box", "normalise": True}
    assert to(2, 3, "grey", "box").model_dump() == before
    assert Preprocess.model_validate(before) == to(2, 3, "grey", "box")
    assert not Preprocess.model_validate(before).reduced


def test_reduced_decoding_is_written_read_and_said() -> None:
    one = reduced(20, 30)
    assert Preprocess.model_validate_json(one.model_dump_json()) == one
    assert one.describe() == (
        "20x30 rgb, bilinear resize, divided by 255, JPEGs decoded at reduced size"
    )


def test_a_jpeg_is_decoded_at_least_twice_as_large_as_it_is_needed() -> None:
    content = smooth_jpeg(160, 240)
    for side in (10, 20, 39, 40, 41, 80):
        expected = to(side, side, "rgb").apply(decode_bytes(content, at_least=(2 * side, 2 * side)))
        assert (reduced(side, side).apply_bytes(content) == expected).all()
    full = [to(height, 40, "rgb").apply_bytes(content) for height in (40, 41)]
    assert (reduced(40, 40).apply_bytes(content) != full[0]).any()
    assert (reduced(41, 40).apply_bytes(content) == full[1]).all()


def test_reduced_decoding_changes_little() -> None:
    content = smooth_jpeg(160, 240)
    for side in (10, 20, 40):
        full = to(side, side, "rgb").apply_bytes(content).astype(int)
        assert np.abs(reduced(side, side).apply_bytes(content) - full).max() <= 4


def test_what_is_no_jpeg_is_decoded_whole() -> None:
    content = encoded(noise(80, 80, 3), "PNG")
    assert (reduced(5, 5).apply_bytes(content) == to(5, 5, "rgb").apply_bytes(content)).all()


@pytest.mark.parametrize("one", [to(15, 10, "rgb"), reduced(15, 10)], ids=["full", "reduced"])
def test_every_way_to_a_picture_gives_the_same_pixels(tmp_path: Path, one: Preprocess) -> None:
    contents = [smooth_jpeg(160, 240), smooth_jpeg(120, 80)]
    source = files_of(tmp_path, contents)
    part = Part(source, np.zeros(2, np.int64), ("a", "b"))
    encoded_source = carried(Dataset("data", ("c", "d"), {"train": part})).train.source
    expected = [one.apply_bytes(content).tolist() for content in contents]
    assert one.read_all(source).tolist() == expected
    assert one.read_all(source, part.ids).tolist() == expected
    assert one.read_all(encoded_source).tolist() == expected
    assert [one.read_file(path).tolist() for path in source.files] == expected
    assert [one.read(source, index).tolist() for index in range(2)] == expected
    assert [one.read(encoded_source, index).tolist() for index in range(2)] == expected


@pytest.mark.parametrize("colours", ["grey", "rgb"])
@pytest.mark.parametrize("size", [(9, 13), (4, 7), (20, 20)])
def test_decoding_and_applying_at_once_is_decoding_then_applying(
    colours: Colours, size: tuple[int, int]
) -> None:
    image = Image.fromarray(noise(9, 13, 3))
    contents = [
        encoded(image, "PNG"),
        encoded(image, "JPEG"),
        encoded(image, "JPEG", exif=exif(6)),
        encoded(image.convert("L"), "PNG"),
        encoded(image.convert("1"), "PNG"),
        encoded(image.convert("P"), "PNG"),
        encoded(image.convert("P"), "GIF", transparency=3),
        encoded(image.convert("RGBA"), "PNG"),
        encoded(Image.fromarray(noise(9, 13, 4)), "PNG"),
        encoded(Image.fromarray(noise(9, 13, 1)[:, :, 0].astype(np.uint16) * 257), "PNG"),
        encoded(image.convert("CMYK"), "JPEG"),
    ]
    one = to(*size, colours)
    for content in contents:
        assert one.apply_bytes(content).tolist() == one.apply(decode_bytes(content)).tolist()


def test_all_that_decides_the_pixels_is_said_for_the_cache() -> None:
    others = [
        to(4, 5),
        to(5, 4),
        to(4, 5, "rgb"),
        to(4, 5, "grey", "box"),
        reduced(4, 5, "grey"),
    ]
    assert len({one.pixels for one in others}) == len(others)
    scaled = Preprocess(height=4, width=5, colours="grey", normalise=False)
    assert scaled.pixels == to(4, 5).pixels  # the same pixels, divided later


def test_files_are_decoded_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "LEAST_BYTES", 0)
    monkeypatch.setenv("LENSWORK_CACHE", str(tmp_path / "cache"))
    source = files_of(tmp_path, [smooth_jpeg(16, 24), b"", smooth_jpeg(12, 8)])
    with pytest.raises(PictureError, match="01"):
        to(4, 4).read_all(source)
    source.files[1].write_bytes(smooth_jpeg(8, 8))
    first = to(4, 4).read_all(source)
    monkeypatch.setattr(preprocess, "decode_as", None)
    assert (to(4, 4).read_all(source) == first).all()


# --- sizes as text ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("28x28", (28, 28)),
        ("150X200", (150, 200)),
        (" 28 x 30 ", (28, 30)),
        ("150", (150, 150)),
        ("1", (1, 1)),
        ("4096x1", (4096, 1)),
    ],
)
def test_a_size_is_height_by_width_or_one_side(text: str, size: tuple[int, int]) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize(
    "text", ["", "x", "28x", "x28", "28x28x3", "28*28", "-3", "2.5", "28,28", "large", "123456"]
)
def test_what_is_no_size_is_refused_with_an_example(text: str) -> None:
    expected = f"size must be HEIGHTxWIDTH in pixels such as 150x150, got {text!r}"
    with pytest.raises(RecipeError, match=re.escape(expected)):
        parse_size(text)


@pytest.mark.parametrize("text", ["0", "0x5", "5x0", "4097", "28x5000"])
def test_a_side_out_of_range_is_refused_with_the_range(text: str) -> None:
    expected = f"each side of size must be from 1 to 4096, got {text!r}"
    with pytest.raises(RecipeError, match=re.escape(expected)):
        parse_size(text)


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_bytes_are_opened_as_their_file_is(tmp_path: Path, kind: str) -> None:
    content = encoded(noise(160, 240, 3), kind)
    path = tmp_path / "one"
    path.write_bytes(content)
    for one in (reduced(20, 30), to(20, 30, "rgb")):
        opened = one.open_bytes(content)
        np.testing.assert_array_equal(opened, one.open_file(path))
        np.testing.assert_array_equal(one.apply(opened), one.apply_bytes(content))
    with pytest.raises(PictureError, match=r"mine\.png"):
        to(20, 30).open_bytes(content, "mine.png", pixel_limit=100)
