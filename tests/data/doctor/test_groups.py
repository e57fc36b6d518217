"""Series are read from file names, and are told only where the split cuts through them."""

import re
from collections import defaultdict
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lenswork.data.doctor.finding import Finding
from lenswork.data.doctor.groups import PATTERNS, Named, series_findings, series_of
from lenswork.data.split import group_names
from lenswork.kinds import SplitName


def named(split: SplitName, label: str, names: Sequence[str]) -> list[Named]:
    return [(split, label, f"{split}/{label}/{name}") for name in names]


def shots(series: Sequence[str], numbers: Sequence[object], between: str = "-") -> list[str]:
    return [f"{one}{between}{number}.png" for one in series for number in numbers]


def told(pictures: list[Named], *, cut: bool = False) -> list[Finding]:
    return series_findings(pictures, cut=cut, place="data")


@pytest.mark.parametrize(
    ("name", "series"),
    [
        ("horse01-0.png", ("horse01", "0")),
        ("a/b/valhuman05-27.png", ("valhuman05", "27")),
        ("person1_bacteria_2.jpeg", ("person1_bacteria", "2")),
        ("00000007_003.png", ("00000007", "003")),
        ("img007_aug12.jpg", ("img007", "12")),
        ("0001 (2).jpg", ("0001", "2")),
        ("slide 3.tile 44.tif", ("slide 3.tile", "44")),
        ("cat.12.jpg", None),  # one class, counted through
        ("image_0001.jpg", None),
        ("0001.png", None),
        ("horse01.png", None),
        ("horse01-front.png", None),
        ("100080576_f52e8ee070_n.jpg", None),
    ],
)
def test_a_series_is_a_name_with_a_number_before_the_last_number(
    name: str, series: tuple[str, str] | None
) -> None:
    assert series_of(name) == series


def test_series_on_both_sides_are_told() -> None:
    horses = ["horse01", "horse02", "horse03", "horse04"]
    train = named("train", "horses", shots(horses, range(4)))
    held_out = named("validation", "horses", shots(horses, range(4, 6)))
    (found,) = told(train + held_out)
    assert (found.code, found.severity) == ("series-cut", "warn")
    assert "4 series of pictures lie both in train and in validation" in found.title
    assert "8 of its 8 pictures" in found.meaning
    assert found.groups[0] == (
        *(f"train/horses/horse01-{number}.png" for number in range(4)),
        *(f"validation/horses/horse01-{number}.png" for number in (4, 5)),
    )
    assert found.move == ()  # nothing would be left
    assert found.cure.endswith("lenswork train data --validation 0.2 --group '^[^-]+'")


def test_a_few_leaked_pictures_are_to_be_moved() -> None:
    series = [f"horse{number:02d}" for number in range(10)]
    train = named("train", "horses", shots(series, range(4)))
    held_out = named("validation", "horses", shots(["horse03"], [4, 5]) + shots(["new1"], range(6)))
    (found,) = told(train + held_out)
    assert found.move == ("validation/horses/horse03-4.png", "validation/horses/horse03-5.png")
    assert found.files[-1] == "validation/horses/horse03-5.png"


def test_series_that_lie_whole_on_one_side_are_not_told() -> None:
    train = named("train", "horses", shots([f"horse{n:02d}" for n in range(8)], range(5)))
    held_out = named(
        "validation", "horses", shots([f"horse{n:02d}" for n in range(8, 12)], range(5))
    )
    assert told(train + held_out) == []


def test_horse1_is_not_horse01() -> None:
    """In horses-or-humans these are two horses."""
    train = named("train", "horses", shots([f"horse{n:02d}" for n in range(1, 9)], range(10)))
    held_out = named(
        "validation", "horses", shots([f"horse{n}" for n in range(1, 7)], range(100, 120))
    )
    assert told(train + held_out) == []


def test_numbers_that_are_on_both_sides_were_counted_anew() -> None:
    series = ["set1", "set2", "set3"]
    parts: list[SplitName] = ["train", "validation"]
    assert (
        told([one for split in parts for one in named(split, "a", shots(series, range(8)))]) == []
    )


def test_the_same_name_in_two_classes_is_two_series() -> None:
    train = named("train", "a", shots(["1", "2", "3"], range(8)))
    held_out = named("validation", "b", shots(["1", "2", "3"], range(8, 16)))
    assert told(train + held_out) == []


@pytest.mark.parametrize(
    "names",
    [
        shots(["VOC2007", "VOC2012"], range(50), "_"),  # two collections
        [f"{number}_{number % 2}.png" for number in range(100)],  # each by itself
        shots(["A1", "A2", "A3"], range(2)) + [f"{number}.png" for number in range(50)],  # few
    ],
)
def test_names_that_are_no_series_are_not_told_in_an_automatic_cut(names: list[str]) -> None:
    pictures = named("train", "a", names[::2]) + named("validation", "a", names[1::2])
    assert told(pictures, cut=True) == []


def test_an_automatic_cut_through_series_is_told_with_a_pattern_that_keeps_them_whole() -> None:
    names = shots([f"person{n}_virus" for n in range(6)], range(6), "_")
    names += shots([f"person{n}_bacteria" for n in range(6)], range(6), "_")
    (found,) = told(
        named("train", "ill", names[::2]) + named("validation", "ill", names[1::2]), cut=True
    )
    assert found.code == "series-in-cut"
    assert "12 of 12 series" in found.title
    assert found.cure == "lenswork train data --group '^.+(?=_)'"


def test_the_test_part_is_looked_at_beside_a_cut() -> None:
    series = ["p1", "p2", "p3"]
    pictures = named("train", "a", shots(series, range(4))) + named(
        "test", "a", shots(series, [7, 8])
    )
    assert [found.code for found in told(pictures, cut=True)] == ["series-cut"]


SERIES = st.from_regex(r"[a-z]{1,4}[0-9]{1,3}([-_ ][a-z]{1,3})?", fullmatch=True)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(SERIES, min_size=3, max_size=8, unique=True),
    st.sampled_from(["-", "_", ".", " ", "_shot", "-f"]),
    st.integers(0, 3),
)
def test_the_proposed_pattern_puts_every_name_into_its_series(
    series: list[str], between: str, others: int
) -> None:
    names = shots(series, range(4), between) + [
        f"plain{'x' * number}.png" for number in range(others)
    ]
    found = told(named("train", "a", names[::2]) + named("validation", "a", names[1::2]), cut=True)
    pattern = re.search(r"--group '(.*)'$", found[0].cure)
    assert pattern is not None
    groups: dict[str, set[str]] = defaultdict(set)
    for name, group in zip(names, group_names(names, pattern[1]), strict=True):
        read = series_of(name)
        groups[group].add(read[0] if read else name)
    assert all(len(together) == 1 for together in groups.values())
    told_apart = {read[0] if (read := series_of(name)) else name for name in names}
    assert len(groups) == len(told_apart)


@given(st.text(max_size=60))
def test_any_name_is_read_and_fits_the_last_pattern(name: str) -> None:
    series_of(name)
    if name.rsplit("/", 1)[-1].replace("\n", ""):
        assert re.search(PATTERNS[-1], name.rsplit("/", 1)[-1].replace("\n", ""))
