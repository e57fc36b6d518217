"""Near-duplicates: every planted copy is found, pictures that only look alike are not."""

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageEnhance
from scenes import scene

from lenswork.data.doctor import near
from lenswork.data.doctor.facts import Facts, facts_of_arrays
from lenswork.data.doctor.near import near_pairs, probe
from lenswork.kinds import Picture, Pictures, SplitName

Change = Callable[[Image.Image], Image.Image]


def facts(pictures: list[Picture], split: SplitName = "train") -> list[Facts]:
    """Each at its own size, so that a resized one can be among them."""
    return [
        one
        for at, picture in enumerate(pictures)
        for one in facts_of_arrays(
            picture[None], [f"{split}/{at}"], ["a"], split, location=Path(), size=(64, 64)
        )
    ]


def saved(image: Image.Image, quality: int) -> Image.Image:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality)
    return Image.open(file)


def trimmed(image: Image.Image, by: int) -> Image.Image:
    return image.crop((by, by - 1, image.width - 1, image.height - by))


CHANGES: dict[str, Change] = {
    "saved again": lambda image: saved(image, 60),
    "at half its size": lambda image: image.resize((image.width // 2, image.height // 2)),
    "at twice its size": lambda image: image.resize((image.width * 2, image.height * 2)),
    "a little brighter": lambda image: ImageEnhance.Brightness(image).enhance(1.08),
    "paler": lambda image: ImageEnhance.Contrast(image).enhance(0.8),
    "trimmed by a few pixels": lambda image: trimmed(image, 3),
    "trimmed, smaller and saved again": lambda image: saved(
        trimmed(image, 2).resize((image.width // 2, image.height // 2)), 75
    ),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=list(CHANGES))
def test_a_changed_copy_is_found_and_nothing_else(change: Change) -> None:
    pictures = [scene(seed, 300, 300) for seed in range(12)]
    copies = [
        np.asarray(change(Image.fromarray(picture)).convert("RGB")) for picture in pictures[3:9]
    ]
    others = [scene(seed, 300, 300) for seed in range(100, 106)]
    pairs = near_pairs(facts(copies + others, "validation"), facts(pictures))
    assert sorted(zip(pairs.first.tolist(), pairs.second.tolist(), strict=True)) == [
        (at, at + 3) for at in range(6)
    ]
    assert pairs.complete


def test_pictures_with_the_same_pixels_are_no_near_duplicates() -> None:
    pictures = [scene(seed) for seed in range(3)]
    assert len(near_pairs(facts(pictures, "validation"), facts(pictures))) == 0


def test_the_same_scene_in_other_colours_is_no_copy() -> None:
    picture = scene(1, 100, 100)
    grey = np.asarray(Image.fromarray(picture).convert("L"))
    tinted = np.stack([grey, grey, grey], axis=2).astype(np.int64)
    red, blue = tinted.copy(), tinted.copy()
    red += (70, -35, -10)
    blue += (-60, -10, 150)  # the same luma
    pairs = near_pairs(
        facts([red.clip(0, 255).astype(np.uint8)], "validation"),
        facts([blue.clip(0, 255).astype(np.uint8)]),
    )
    assert len(pairs) == 0


def strokes(count: int, seed: int) -> Pictures:
    """Small pictures of one slanted stroke each, as like one another as a written 1."""
    chance = np.random.default_rng(seed)
    down, right = np.mgrid[0:28, 0:28]
    pictures = []
    for _ in range(count):
        slant, wide = chance.normal(0, 0.25), chance.uniform(1, 2.2)
        hand = np.cumsum(chance.normal(0, 0.2, 28)) + chance.normal(0, 0.2, 28)
        place = 13.5 + slant * (down - 13.5) + (hand - hand.mean())[:, None]
        stroke = (1 - (np.abs(right - place) - wide)).clip(0, 1) * (np.abs(down - 13.5) < 9.5)
        pictures.append((255 * stroke).astype(np.uint8)[:, :, None])
    return np.stack(pictures)


def test_small_pictures_that_are_merely_alike_are_not_reported() -> None:
    train = facts_of_small(strokes(1500, 0), "train")
    assert len(near_pairs(facts_of_small(strokes(300, 1), "validation"), train)) == 0


def test_a_small_picture_that_is_a_little_brighter_is_reported() -> None:
    pictures = strokes(300, 0)
    copies = (pictures[40:45] * 0.9).astype(np.uint8)
    pairs = near_pairs(facts_of_small(copies, "validation"), facts_of_small(pictures, "train"))
    assert pairs.second.tolist() == [40 + at for at in pairs.first.tolist()]
    assert len(pairs) == 5


def facts_of_small(pictures: Pictures, split: SplitName) -> list[Facts]:
    ids, labels = [str(at) for at in range(len(pictures))], ["1"] * len(pictures)
    return facts_of_arrays(pictures, ids, labels, split, location=Path(), size=(28, 28))


def test_even_pictures_are_not_compared() -> None:
    even = [np.full((50, 50, 3), 100 + at, np.uint8) for at in range(4)]
    assert len(near_pairs(facts(even, "validation"), facts(even))) == 0


def test_within_one_list_each_pair_is_named_once() -> None:
    picture = scene(1, 200, 200)
    copy = np.asarray(saved(Image.fromarray(picture), 70))
    pairs = near_pairs(facts([picture, scene(2), copy, scene(3)]))
    assert (pairs.first.tolist(), pairs.second.tolist()) == ([0], [2])


def test_probing_finds_every_pair_of_hashes_within_seven_bits_once() -> None:
    chance = np.random.default_rng(0)
    first = chance.integers(0, 2**64, 300, dtype=np.uint64)
    second = np.concatenate([first[:200], chance.integers(0, 2**64, 100, dtype=np.uint64)])
    for at in range(200):  # 0 to 10 bits are flipped
        for bit in chance.permutation(64)[: at % 11]:
            second[at] ^= np.uint64(1) << np.uint64(bit)
    distances = np.bitwise_count(first[:, None] ^ second)
    expected = set(zip(*(axis.tolist() for axis in np.nonzero(distances <= 7)), strict=True))
    found = [
        pair
        for _, i, j in probe(first, second)
        for pair in zip(i.tolist(), j.tolist(), strict=True)
    ]
    assert len(found) == len(set(found))
    assert set(found) == expected
    assert len(expected) >= 140


def test_many_equal_hashes_are_probed_in_blocks_that_memory_holds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(near, "PAIRS_PROBED_AT_ONCE", 500)
    same = np.full(200, 12345, np.uint64)
    sizes = [compared for compared, _, _ in probe(same, same)]
    assert max(sizes) <= 500
    assert sum(len(i) for _, i, _ in probe(same, same)) == 200 * 200


def test_a_search_that_would_never_end_is_given_up_and_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(near, "MOST_PROBED", 50)
    pictures = [scene(1, 80, 80) for _ in range(20)]
    for at, picture in enumerate(pictures):
        picture[0, 0] = at
    assert not near_pairs(facts(pictures)).complete
