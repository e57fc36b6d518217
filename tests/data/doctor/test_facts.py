"""One reading of each file: the facts, and refusing exactly where training refuses."""

import io
import os
import re
import tempfile
import threading
import warnings
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from picture_files import encoded, exif, noise, png
from PIL import Image
from scenes import candidate, scene, write_scene

from lenswork.data import decode
from lenswork.data.decode import decode_file
from lenswork.data.doctor import opened
from lenswork.data.doctor.facts import Facts, facts_of, facts_of_arrays
from lenswork.data.doctor.finding import Candidate
from lenswork.data.doctor.heard import Heard
from lenswork.data.doctor.measures import as_image, kept_of, square_side, squares_of
from lenswork.data.doctor.same import digest_of, digests_of
from lenswork.errors import PictureError

LOSSLESS: dict[str, object] = {"lossless": True}


def put(root: Path, name: str, content: bytes) -> Candidate:
    path = root / "train" / "cats" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return candidate(root, path)


def warn_as_pillow(text: str) -> None:
    code = compile(f"import warnings; warnings.warn({text!r})", "/lib/PIL/Fake.py", "exec")
    exec(code, {"__name__": "PIL.Fake"})  # noqa: S102


def only(one: Candidate, pixel_limit: int = decode.PIXEL_LIMIT) -> Facts:
    return facts_of([one], pixel_limit=pixel_limit)[0]


def animation(kind: str) -> bytes:
    frames = [Image.fromarray(scene(seed, 20, 20)) for seed in range(3)]
    file = io.BytesIO()
    frames[0].save(file, kind, save_all=True, append_images=frames[1:])
    return file.getvalue()


@cache
def corpus() -> dict[str, bytes]:
    """Files good, odd and bad, by name."""
    picture = scene(1, 40, 60)
    good = {kind: encoded(picture, kind) for kind in ("PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP")}
    files = {f"good.{kind.lower()}": content for kind, content in good.items()}
    for kind, content in good.items():
        for share in (0.02, 0.3, 0.7, 0.98):
            files[f"cut-{share}.{kind.lower()}"] = content[: int(len(content) * share)]
        damaged = bytearray(content)
        damaged[len(damaged) // 2 : len(damaged) // 2 + 30] = bytes(30)
        files[f"damaged.{kind.lower()}"] = bytes(damaged)
        files[f"longer.{kind.lower()}"] = content + b"more" * 9
    files |= {
        "empty.png": b"",
        "text.png": b"this is no picture",
        "page.jpg": b"<!doctype html><html></html>",
        "wide.png": png(2, 1, 16, 0, [b"\0\1\xff\xff"]),
        "animated.gif": animation("GIF"),
        "animated.png": animation("PNG"),
        "animated.webp": animation("WEBP"),
        "rgba.png": encoded(Image.fromarray(noise(9, 9, 4), "RGBA"), "PNG"),
        "la.png": encoded(Image.fromarray(noise(9, 9, 1)[:, :, 0]).convert("LA"), "PNG"),
        "palette.png": encoded(Image.fromarray(picture).convert("P"), "PNG", transparency=3),
        "cmyk.jpg": encoded(Image.fromarray(picture).convert("CMYK"), "JPEG"),
        "bits.png": encoded(Image.fromarray(picture).convert("1"), "PNG"),
        "float.tiff": encoded(Image.fromarray(np.ones((4, 4), np.float32)), "TIFF"),
        "turned.jpg": encoded(picture, "JPEG", exif=exif(6)),
        "small.png": encoded(noise(1, 1, 3), "PNG"),
        "thin.png": encoded(noise(1, 3000, 3), "PNG"),
        "large.png": encoded(np.zeros((70, 70, 1), np.uint8), "PNG"),
    }
    return files


LIMIT = 4500  # pixels; large.png has more


@pytest.mark.parametrize("name", sorted(corpus()))
def test_a_file_is_refused_exactly_where_training_refuses_it_and_for_the_same_reason(
    name: str, tmp_path: Path
) -> None:
    one = put(tmp_path, name, corpus()[name])
    facts = only(one, LIMIT)
    if facts.problem is not None:
        with pytest.raises(PictureError) as refusal:
            decode_file(one.path, pixel_limit=LIMIT)
        assert facts.error == str(refusal.value)
        assert not facts.digest
    else:
        picture = decode_file(one.path, pixel_limit=LIMIT)
        assert (facts.height, facts.width) == picture.shape[:2]
        assert digests_of([one], LIMIT) == [digest_of(picture)]
        grey, colours = squares_of(as_image(picture), square_side(None))
        square, small = kept_of(grey[None], colours[None])
        assert facts.square == square.tobytes()
        assert facts.colours == small.tobytes()
    assert facts.byte_count == len(corpus()[name])


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("empty.png", "empty"),
        ("text.png", "not a picture"),
        ("page.jpg", "not a picture"),
        ("large.png", "too large"),
        ("cut-0.3.jpeg", "cut off"),
        ("cut-0.98.png", "cut off"),
        ("cut-0.7.webp", "cut off"),
        ("cut-0.7.bmp", "cut off"),
        ("float.tiff", "damaged"),
    ],
)
def test_the_kind_of_a_problem_is_known(name: str, problem: str, tmp_path: Path) -> None:
    assert only(put(tmp_path, name, corpus()[name]), LIMIT).problem == problem


@settings(max_examples=250, derandomize=True, deadline=None, database=None)
@given(
    name=st.sampled_from(sorted(corpus())),
    cut=st.floats(0, 1),
    changes=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=6),
)
def test_whatever_happens_to_a_file_it_has_facts_or_the_refusal_of_training(
    name: str, cut: float, changes: list[tuple[float, int]]
) -> None:
    content = bytearray(corpus()[name])
    for place, value in changes:
        if content:
            content[int(place * (len(content) - 1))] = value
    content = content[: 1 + int(cut * len(content))] if cut < 0.5 else content
    with tempfile.TemporaryDirectory() as folder:
        one = put(Path(folder), name, bytes(content))
        facts = only(one, LIMIT)
        assert (facts.problem is None) == (not facts.error) == bool(facts.square)
        if facts.readable:
            picture = decode_file(one.path, pixel_limit=LIMIT)
            assert (facts.height, facts.width) == picture.shape[:2]
        else:
            with pytest.raises(PictureError, match=re.escape(facts.error)):
                decode_file(one.path, pixel_limit=LIMIT)


def test_what_is_no_file_is_unreadable_and_not_waited_for(tmp_path: Path) -> None:
    folder = tmp_path / "train" / "cats"
    folder.mkdir(parents=True)
    os.mkfifo(folder / "pipe.png")
    (folder / "folder.png").mkdir()
    ones = [candidate(tmp_path, folder / name) for name in ("pipe.png", "folder.png", "none.png")]
    for facts in facts_of(ones):
        assert facts.problem == "unreadable"
        assert str(facts.candidate.path) in facts.error


def test_the_header_says_format_mode_and_frames(tmp_path: Path) -> None:
    files = corpus()
    for name, kind, frames in [
        ("animated.gif", "GIF", 3),
        ("animated.png", "PNG", 3),
        ("animated.webp", "WEBP", 3),
        ("good.jpeg", "JPEG", 1),
    ]:
        facts = only(put(tmp_path, name, files[name]))
        assert (facts.format, facts.frames) == (kind, frames)
    assert only(put(tmp_path, "cmyk.jpg", files["cmyk.jpg"])).mode == "CMYK"


def test_orientation_is_a_fact_and_sizes_are_upright(tmp_path: Path) -> None:
    facts = only(put(tmp_path, "turned.jpg", corpus()["turned.jpg"]))
    assert facts.orientation == 6
    assert (facts.width, facts.height) == (40, 60)


def test_only_alpha_that_hides_something_counts_as_see_through(tmp_path: Path) -> None:
    opaque = np.dstack([scene(1, 10, 10), np.full((10, 10), 255, np.uint8)])
    half = opaque.copy()
    half[:5, :, 3] = 200
    assert only(put(tmp_path, "a.png", encoded(Image.fromarray(opaque), "PNG"))).see_through == 0
    assert only(put(tmp_path, "b.png", encoded(Image.fromarray(half), "PNG"))).see_through == 0.5


def test_a_picture_has_one_digest_in_every_lossless_format_and_in_grey_or_colour(
    tmp_path: Path,
) -> None:
    picture = scene(5, 30, 30)
    kinds = ("PNG", "BMP", "TIFF")
    ones = [put(tmp_path, f"a.{kind.lower()}", encoded(picture, kind)) for kind in kinds]
    ones.append(put(tmp_path, "a.webp", encoded(picture, "WEBP", lossless=True)))
    assert len({facts.digest for facts in facts_of(ones)}) == 1
    grey = noise(20, 20, 1)
    ones.append(put(tmp_path, "grey.png", encoded(grey, "PNG")))
    ones.append(put(tmp_path, "rgb.png", encoded(np.repeat(grey, 3, axis=2), "PNG")))
    digests = [facts.digest for facts in facts_of(ones)]
    assert digests[-1] == digests[-2] != digests[0]


def test_pictures_that_differ_in_one_pixel_have_different_digests(tmp_path: Path) -> None:
    picture = scene(5, 200, 200)
    other = picture.copy()
    other[100, 100, 0] ^= 1
    ones = [
        put(tmp_path, f"{at}.png", encoded(one, "PNG")) for at, one in enumerate((picture, other))
    ]
    first, second = facts_of(ones)
    assert (first.square, first.colours) == (second.square, second.colours)
    assert first.digest != second.digest


def test_a_file_that_is_gone_when_it_is_opened_again_is_like_no_other(tmp_path: Path) -> None:
    ones = [put(tmp_path, name, encoded(scene(1), "PNG")) for name in ("a.png", "b.png")]
    for one in ones:
        one.path.unlink()
    assert len(set(digests_of(ones, 10**6))) == 2


def test_pictures_of_one_colour_are_found_also_after_a_lossy_format(tmp_path: Path) -> None:
    blue = np.full((33, 47, 3), (20, 60, 200), np.uint8)
    assert only(put(tmp_path, "a.jpg", encoded(blue, "JPEG", quality=60))).one_colour
    blue[0, 0] = 255
    assert not only(put(tmp_path, "a.png", encoded(blue, "PNG"))).one_colour
    red_and_green = np.zeros((40, 40, 3), np.uint8)
    red_and_green[:20, :, 0], red_and_green[20:, :, 1] = 98, 50  # the same grey
    assert not only(put(tmp_path, "b.png", encoded(red_and_green, "PNG"))).one_colour


def test_a_jpeg_that_breaks_off_under_a_right_end_is_found_by_its_grey(tmp_path: Path) -> None:
    content = encoded(scene(1, 160, 160), "JPEG", quality=90)
    short = content[: len(content) // 2] + b"\xff\xd9"
    facts = only(put(tmp_path, "short.jpg", short))
    rows = (decode_file(facts.candidate.path) == 128).all(axis=(1, 2))
    assert facts.readable
    assert facts.grey_below == rows[np.flatnonzero(~rows)[-1] + 1 :].sum() / 160 > 0.2
    assert only(put(tmp_path, "whole.jpg", content)).grey_below == 0
    grey = encoded(np.full((16, 16, 1), 128, np.uint8), "JPEG")
    assert only(put(tmp_path, "grey.jpg", grey)).grey_below == 1


@pytest.mark.parametrize(("kind", "options"), [("BMP", {}), ("TIFF", {}), ("WEBP", LOSSLESS)])
def test_zeros_from_the_border_of_a_block_on_were_never_written(
    kind: str, options: dict[str, object], tmp_path: Path
) -> None:
    content = encoded(noise(96, 96, 3), kind, **options)

    def unwritten(kept: int, behind: int = 0) -> float:
        torn = content[:kept].ljust(len(content), b"\0") + bytes(behind)
        return only(put(tmp_path, f"{kept}.{kind.lower()}", torn)).unwritten

    assert 0 not in (content[8191], content[8191 - 600])
    assert unwritten(8192) == (len(content) - 8192) / len(content) > 0.5
    assert unwritten(8192 - 600) == 0  # as a black border may be
    assert unwritten(len(content)) == 0
    assert unwritten(len(content), 600) == 0


def test_what_stands_behind_a_whole_picture_is_not_missing(tmp_path: Path) -> None:
    for kind, options in (("WEBP", LOSSLESS), ("JPEG", {}), ("PNG", {}), ("GIF", {})):
        content = encoded(noise(96, 96, 3), kind, **options)
        longer = content.ljust(4096 * (1 + len(content) // 4096), b"x") + bytes(9_000)
        facts = only(put(tmp_path, f"longer.{kind.lower()}", longer))
        assert (facts.readable, facts.unwritten) == (True, 0)


def test_facts_come_in_the_order_of_the_files_for_any_number_of_threads(tmp_path: Path) -> None:
    ones = [
        write_scene(tmp_path, f"train/cats/{at:03}.png", scene(at, 12, 12)) for at in range(150)
    ]
    told: list[tuple[int, int]] = []
    first = facts_of(ones, threads=1)
    second = facts_of(ones, threads=4, progress=lambda done, total: told.append((done, total)))
    assert [facts.id for facts in second] == [one.id for one in ones]
    assert [facts.hash for facts in first] == [facts.hash for facts in second]
    assert [facts.digest for facts in first] == [facts.digest for facts in second]
    assert told[-1] == (150, 150)
    assert facts_of([]) == []


def test_warnings_of_the_decoder_are_facts_of_their_own_file_and_are_not_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load = decode.to_array

    def warn(image: Image.Image, name: str) -> np.ndarray:
        warn_as_pillow(f"odd {name[-7:]}")
        return load(image, name)

    monkeypatch.setattr(opened, "to_array", warn)
    ones = [write_scene(tmp_path, f"train/cats/{at:03}.png", scene(at, 9, 9)) for at in range(70)]
    with warnings.catch_warnings(record=True) as shown:
        warnings.simplefilter("always")
        found = facts_of(ones, threads=3)
    assert [facts.warnings for facts in found] == [(f"odd {at:03}.png",) for at in range(70)]
    assert not shown


def test_warnings_of_other_modules_are_shown_as_ever() -> None:
    with pytest.warns(UserWarning, match="mine"), Heard() as heard, heard.taken() as messages:
        warnings.warn("mine", UserWarning, stacklevel=1)
    assert messages == []


def test_each_thread_hears_its_own() -> None:
    barrier = threading.Barrier(2)
    found: dict[str, list[str]] = {}

    def read(heard: Heard, text: str) -> None:
        with heard.taken() as messages:
            barrier.wait()
            warn_as_pillow(text)
            barrier.wait()
        found[text] = messages

    with Heard() as heard:
        threads = [threading.Thread(target=read, args=(heard, text)) for text in ("a", "b")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert found == {"a": ["a"], "b": ["b"]}


def test_arrays_give_the_facts_of_the_same_pictures_in_files(tmp_path: Path) -> None:
    pictures = np.stack([scene(seed, 28, 28) for seed in range(6)])
    ones = [
        write_scene(tmp_path, f"train/cats/{at}.png", picture)
        for at, picture in enumerate(pictures)
    ]
    in_files = facts_of(ones, size=(28, 28))
    ids, labels = [one.id for one in ones], ["cats"] * 6
    in_arrays = facts_of_arrays(pictures, ids, labels, "train", location=tmp_path, size=(28, 28))
    for first, second in zip(in_files, in_arrays, strict=True):
        assert first.hash == second.hash
        assert first.square == second.square
        np.testing.assert_allclose(first.measures, second.measures, atol=1e-5)
        assert (second.format, second.width, second.height) == ("", 28, 28)
