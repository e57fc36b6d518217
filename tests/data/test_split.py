"""A validation part is cut by class, never through a group, and the same way each time."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lenswork.data.dataset import ArraySource, Cut, Dataset, Part
from lenswork.data.split import cut_validation, group_names
from lenswork.errors import DataError, UsageError
from lenswork.kinds import SplitName

HORSES = r"(horse\d+|human\d+)-"
EXAMPLES = settings(max_examples=150, derandomize=True, deadline=None, database=None)


def part(ids: Sequence[str], labels: Sequence[int]) -> Part:
    """Pictures of one pixel, each of the value of its place."""
    values = np.arange(len(ids), dtype=np.uint8).reshape(-1, 1, 1, 1)
    return Part(ArraySource(values), np.array(labels, dtype=np.int64), tuple(ids))


def data_of(sizes: Sequence[int], *others: SplitName) -> Dataset:
    """Classes of these sizes in training, and two pictures a class in each other part."""
    labels = [label for label, size in enumerate(sizes) for _ in range(size)]
    ids = [f"c{label}/{index}.png" for index, label in enumerate(labels)]
    parts: dict[SplitName, Part] = {"train": part(ids, labels)}
    for name in others:
        pairs = [label for label in range(len(sizes)) for _ in range(2)]
        parts[name] = part([f"{name}/{index}.png" for index in range(len(pairs))], pairs)
    return Dataset("squares", tuple(f"c{label}" for label in range(len(sizes))), parts)


def grouped(groups: Sequence[tuple[str, int, int]]) -> Dataset:
    """Training pictures from (group, class, count); file names are `group-index.png`."""
    ids = [f"c{label}/{name}-{i}.png" for name, label, count in groups for i in range(count)]
    labels = [label for _, label, count in groups for _ in range(count)]
    classes = tuple(f"c{label}" for label in range(max(labels) + 1))
    return Dataset("groups", classes, {"train": part(ids, labels)})


def validation_of(data: Dataset) -> Part:
    assert data.validation is not None
    return data.validation


def per_class(piece: Part) -> list[int]:
    return [int(count) for count in np.bincount(piece.labels)]


def refusal(data: Dataset, cut: Cut) -> str:
    with pytest.raises(DataError) as caught:
        cut_validation(data, cut)
    return str(caught.value)


# --- by class ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sizes", "fraction", "expected"),
    [
        ((10, 10), 0.2, [2, 2]),
        ((100, 10, 50), 0.1, [10, 1, 5]),
        ((7, 8), 0.25, [2, 2]),  # 1.75 is rounded
        ((2, 100), 0.1, [1, 10]),  # at least one
        ((4, 4), 0.99, [3, 3]),  # and one is left
        ((1027, 3), 0.2, [205, 1]),
    ],
)
def test_each_class_gives_its_fraction(
    sizes: tuple[int, ...], fraction: float, expected: list[int]
) -> None:
    data = cut_validation(data_of(sizes), Cut(fraction))
    assert per_class(validation_of(data)) == expected
    assert per_class(data.train) == [
        size - gone for size, gone in zip(sizes, expected, strict=True)
    ]


def test_a_picture_keeps_its_label_and_its_name() -> None:
    whole = data_of((10, 12))
    data = cut_validation(whole, Cut(0.3))
    for piece in (data.train, validation_of(data)):
        for index, name in enumerate(piece.ids):
            place = whole.train.ids.index(name)
            assert piece.labels[index] == whole.train.labels[place]
            assert piece.source.read(index) == place


def test_both_sides_keep_the_order_of_the_pictures() -> None:
    whole = data_of((10, 12))
    data = cut_validation(whole, Cut(0.3))
    for piece in (data.train, validation_of(data)):
        assert list(piece.ids) == [name for name in whole.train.ids if name in piece.ids]


def test_the_cut_is_recorded_and_the_data_otherwise_as_before() -> None:
    whole = data_of((10, 12))
    data = cut_validation(whole, Cut(0.3, seed=5))
    assert data.cut == Cut(0.3, None, 5)
    assert (data.name, data.classes) == (whole.name, whole.classes)
    assert whole.validation is None
    assert len(whole.train) == 22


def test_the_same_seed_cuts_the_same() -> None:
    one, two = (cut_validation(data_of((50, 50)), Cut(0.2, seed=3)) for _ in range(2))
    assert validation_of(one).ids == validation_of(two).ids


def test_another_seed_cuts_another_way() -> None:
    one, two = (cut_validation(data_of((50, 50)), Cut(0.2, seed=seed)) for seed in (3, 4))
    assert set(validation_of(one).ids) != set(validation_of(two).ids)


def test_the_cut_does_not_depend_on_the_order_in_which_the_pictures_come() -> None:
    whole = data_of((20, 20))
    mixed = Dataset("mixed", whole.classes, {"train": whole.train.subset(range(39, -1, -1))})
    one, two = (validation_of(cut_validation(data, Cut(0.2))).ids for data in (whole, mixed))
    assert set(one) == set(two)


# --- by group ---------------------------------------------------------------------------------


def test_horses_and_humans_stay_whole() -> None:
    horses = [(f"horse{n:02d}", 0, 10) for n in range(1, 51)]
    humans = [(f"human{n:02d}", 1, 31) for n in range(1, 18)]
    data = cut_validation(grouped(horses + humans), Cut(0.2, HORSES))
    counts = Counter(group_names(validation_of(data).ids, HORSES))
    assert sum(name.startswith("horse") for name in counts) == 10
    assert sum(name.startswith("human") for name in counts) == 3
    assert set(counts.values()) == {10, 31}
    assert not set(counts) & set(group_names(data.train.ids, HORSES))


def test_a_class_of_two_large_groups_gives_one_of_them() -> None:
    data = grouped([("a1", 0, 10), ("a2", 0, 10), ("b1", 1, 10), ("b2", 1, 10)])
    cut = cut_validation(data, Cut(0.2, r"(..)-"))
    assert per_class(validation_of(cut)) == [10, 10]


def test_of_groups_that_are_all_too_large_the_smallest_is_taken() -> None:
    data = grouped([("a1", 0, 30), ("a2", 0, 40), ("b1", 1, 5), ("b2", 1, 45)])
    cut = cut_validation(data, Cut(0.1, r"(..)-"))
    assert set(group_names(validation_of(cut).ids, r"(..)-")) == {"a1", "b1"}


@st.composite
def groups_of_two_or_more(draw: st.DrawFn) -> list[tuple[str, int, int]]:
    """Two to four classes of two to eight groups of one to nine pictures, each of one class."""
    return [
        (f"g{label}x{number}", label, draw(st.integers(1, 9)))
        for label in range(draw(st.integers(2, 4)))
        for number in range(draw(st.integers(2, 8)))
    ]


@EXAMPLES
@given(groups_of_two_or_more(), st.floats(0.01, 0.99), st.integers(0, 2**31))
def test_every_picture_is_on_one_side_and_every_group_whole(
    groups: list[tuple[str, int, int]], fraction: float, seed: int
) -> None:
    whole = grouped(groups)
    data = cut_validation(whole, Cut(fraction, r"(g\d+x\d+)-", seed))
    train, validation = data.train, validation_of(data)
    assert sorted(train.ids + validation.ids) == sorted(whole.train.ids)
    sides = [set(group_names(piece.ids, r"(g\d+x\d+)-")) for piece in (train, validation)]
    assert not sides[0] & sides[1]
    assert set(train.labels) == set(validation.labels) == set(range(len(whole.classes)))


@EXAMPLES
@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 2)), min_size=6, max_size=40),
    st.floats(0.05, 0.95),
)
def test_groups_that_have_several_classes_are_kept_whole_or_refused(
    pictures: list[tuple[int, int]], fraction: float
) -> None:
    pictures = sorted([*pictures, *((6 + label, label) for label in range(3))])
    ids = [f"g{group}-{index}.png" for index, (group, _) in enumerate(pictures)]
    whole = Dataset("m", ("a", "b", "c"), {"train": part(ids, [label for _, label in pictures])})
    try:
        data = cut_validation(whole, Cut(fraction, r"(g\d+)-"))
    except DataError as error:
        assert "cannot cut a validation part" in str(error)  # noqa: PT017
        return
    sides = [set(group_names(p.ids, r"(g\d+)-")) for p in (data.train, validation_of(data))]
    assert not sides[0] & sides[1]
    assert len(data.train) + len(validation_of(data)) == len(ids)
    assert set(data.train.labels) == set(validation_of(data).labels) == {0, 1, 2}


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        (HORSES, ["horse01", "horse01", "human12"]),
        (r"(?:horse|human)\d+", ["horse01", "horse01", "human12"]),  # no bracket: the whole match
        (r"(h)(o|u)", ["h", "h", "h"]),  # the first bracket of two
        (r"-(\d)", ["1", "2", "1"]),
    ],
)
def test_a_group_is_the_first_bracket_or_the_match(pattern: str, expected: list[str]) -> None:
    ids = ["horses/horse01-1.png", "horses/horse01-2.png", "humans/human12-1.png"]
    assert group_names(ids, pattern) == expected


def test_only_the_name_of_the_file_is_searched() -> None:
    assert group_names(["train/horse7/a1.png"], r"([a-z]+\d)") == ["a1"]


@pytest.mark.parametrize("pattern", [r"(horse\d+)-", r"(horse\d+)?"])
def test_a_file_that_belongs_to_no_group_is_named(pattern: str) -> None:
    with pytest.raises(DataError) as caught:
        group_names(["a/horse1-1.png", "a/cow1-1.png", "a/cow2-1.png"], pattern)
    assert str(caught.value) == (
        f"group pattern {pattern!r} must match every file's name: 2 of 3 do not match, "
        "a/cow1-1.png for one"
    )


# --- parts that are there already -------------------------------------------------------------


def test_a_validation_part_that_is_there_becomes_the_test_part() -> None:
    whole = data_of((10, 10), "validation")
    data = cut_validation(whole, Cut(0.2))
    assert data.test is whole.validation
    assert (len(data.train), len(validation_of(data))) == (16, 4)


def test_a_test_part_that_is_there_stays() -> None:
    whole = data_of((10, 10), "test")
    data = cut_validation(whole, Cut(0.2))
    assert data.test is whole.test
    assert len(validation_of(data)) == 4


def test_data_with_all_three_parts_is_not_cut() -> None:
    assert refusal(data_of((10, 10), "validation", "test"), Cut(0.2)) == (
        "squares already has a validation and a test part: leave the validation fraction and the "
        "group pattern out"
    )


# --- refusals ---------------------------------------------------------------------------------


def test_a_class_of_one_picture_cannot_be_cut() -> None:
    assert refusal(data_of((10, 1)), Cut(0.2)) == (
        "cannot cut a validation part: class 'c1' has 1 training pictures in 1 groups, and at "
        "least one group must stay on each side; bring a validation/ folder, or more pictures"
    )


def test_a_class_of_one_group_cannot_be_cut() -> None:
    data = grouped([("a1", 0, 10), ("a2", 0, 10), ("b1", 1, 20)])
    assert "class 'c1' has 20 training pictures in 1 groups" in refusal(data, Cut(0.2, "(..)-"))


@pytest.mark.parametrize("fraction", [0, 1, -0.1, 1.5, float("nan")])
def test_a_fraction_that_is_none_is_refused(fraction: float) -> None:
    with pytest.raises(UsageError, match=f"more than 0 and less than 1, got {fraction}"):
        Cut(fraction)


def test_a_pattern_that_is_none_is_refused() -> None:
    with pytest.raises(UsageError, match=r"group pattern '\(horse' is no regular expression: miss"):
        Cut(0.2, "(horse")
