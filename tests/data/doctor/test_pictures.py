"""What is said of single pictures, and how bad it is."""

from pathlib import Path

import pytest

from lenswork.data.doctor.content_codes import CONTENT_CODES
from lenswork.data.doctor.facts import Facts
from lenswork.data.doctor.finding import Candidate, Finding
from lenswork.data.doctor.opened import Problem
from lenswork.data.doctor.pictures import picture_findings


def fact(name: str = "train/cats/a.jpg", **known: object) -> Facts:
    path = Path(name)
    usual: dict[str, object] = {"format": "JPEG", "mode": "RGB", "width": 90, "height": 60}
    one = Candidate(path, name, "train", path.parent.name)
    return Facts(one, **(usual | known))  # type: ignore[arg-type]


def only(facts: list[Facts], size: tuple[int, int] | None = None) -> Finding:
    [finding] = picture_findings(facts, size)
    assert finding.severity == CONTENT_CODES[finding.code][0]
    return finding


def test_ordinary_pictures_give_no_finding() -> None:
    names = ("a.jpg", "b.jpeg", "c.JPG", "d.jfif")
    facts = [fact(f"train/cats/{name}") for name in names]
    assert picture_findings(facts, (60, 60)) == []
    assert picture_findings([], (60, 60)) == []


@pytest.mark.parametrize(
    ("problem", "code"),
    [
        ("empty", "empty"),
        ("unreadable", "unreadable"),
        ("not a picture", "not-a-picture"),
        ("cut off", "cut-off"),
        ("damaged", "damaged"),
    ],
)
def test_what_training_cannot_read_is_refused_and_listed_to_be_moved(
    problem: Problem, code: str
) -> None:
    bad = fact("train/cats/bad.jpg", problem=problem, error="cannot read bad.jpg: why")
    finding = only([fact(), bad, fact("train/cats/worse.png", problem=problem, error="other")])
    assert (finding.code, finding.severity) == (code, "refuse")
    assert finding.files == finding.move == ("train/cats/bad.jpg", "train/cats/worse.png")
    assert finding.title.startswith("2 ")
    assert "cannot read bad.jpg: why" in finding.meaning


def test_a_picture_over_the_asked_limit_is_a_warning_where_training_takes_it() -> None:
    bomb = fact(problem="too large", error="why", width=10_000, height=8_901)
    [finding] = picture_findings([bomb], pixel_limit=99)
    assert (finding.code, finding.severity) == ("too-many-pixels", "refuse")
    assert finding.title == "1 picture is larger than 89,000,000 pixels"
    large = fact(problem="too large", error="why", width=10_000, height=8_900)
    [finding] = picture_findings([large], pixel_limit=99)
    assert (finding.code, finding.severity) == ("over-limit", "warn")
    assert finding.title == "1 picture is larger than --pixel-limit, 99 pixels"
    assert "training takes up to 89,000,000" in finding.meaning
    assert finding.move == ()


def test_a_suffix_that_says_another_format_is_a_note() -> None:
    finding = only([fact(), fact("train/cats/b.png"), fact("train/cats/c.png")])
    assert (finding.code, finding.severity) == ("mislabelled", "note")
    assert "JPEG under .png" in finding.title
    assert finding.files == ("train/cats/b.png", "train/cats/c.png")
    assert finding.move == ()


def test_pictures_in_arrays_have_no_suffix_to_be_wrong() -> None:
    assert picture_findings([fact("train/00001", format="", mode="L", width=28, height=28)]) == []


def test_warnings_of_the_decoder_are_quoted() -> None:
    finding = only([fact(), fact("train/cats/b.jpg", warnings=("Corrupt EXIF data.",))])
    assert finding.code == "decoder-warnings"
    assert "Corrupt EXIF data." in finding.meaning
    assert finding.files == ("train/cats/b.jpg",)


def test_frames_alpha_and_even_pictures_are_found() -> None:
    animated = fact("train/cats/a.gif", format="GIF", frames=12)
    finding = only([animated, fact()])
    assert (finding.code, finding.files) == ("animated", ("train/cats/a.gif",))
    assert "12" in finding.title
    finding = only([fact(see_through=0.25), fact()])
    assert (finding.code, finding.severity) == ("see-through", "note")
    assert "25%" in finding.title
    finding = only([fact(one_colour=True), fact()])
    assert (finding.code, finding.severity) == ("one-colour", "warn")
    assert finding.move == ("train/cats/a.jpg",)


def test_a_jpeg_that_ends_in_grey_is_a_note_since_it_may_be_a_border() -> None:
    finding = only([fact(grey_below=0.4), fact(grey_below=0.01)])
    assert (finding.code, finding.severity) == ("grey-below", "note")
    assert "grey border" in finding.meaning
    assert "up to 40% of the picture" in finding.title
    assert len(finding.files) == 1


def test_a_file_whose_end_was_never_written_is_a_warning_that_moves_nothing() -> None:
    finding = only([fact(unwritten=0.25), fact("train/cats/b.webp", format="WEBP", unwritten=0.5)])
    assert (finding.code, finding.severity) == ("unwritten", "warn")
    assert finding.title.startswith("2 pictures end in zeros that were probably never written")
    assert finding.title.endswith("up to 50% of the file")
    assert finding.files == ("train/cats/b.webp", "train/cats/a.jpg")
    assert finding.move == ()


def test_a_few_grey_pictures_are_a_note_and_grey_classes_a_warning() -> None:
    cats = [fact(f"train/cats/{at}.jpg") for at in range(20)]
    dogs = [fact(f"train/dogs/{at}.jpg") for at in range(20)]
    assert picture_findings(cats + dogs) == []
    some = [fact(f"train/cats/grey{at}.jpg", mode="L") for at in range(3)]
    finding = only(cats + dogs + some)
    assert (finding.code, finding.severity) == ("mixed-colours", "note")
    assert len(finding.files) == 3
    grey = [fact(f"train/horses/{at}.jpg", mode="L") for at in range(20)]
    finding = only(cats + dogs + grey)
    assert (finding.code, finding.severity) == ("colour-tells-class", "warn")
    assert "100% of horses" in finding.title
    assert picture_findings(grey) == []


def test_proportions_are_held_against_those_of_the_input() -> None:
    wide = fact(width=400, height=100)
    finding = only([fact(), wide], (100, 100))
    assert (finding.code, finding.severity) == ("stretched", "note")
    assert "400 x 100" in finding.title
    assert picture_findings([wide], (60, 240)) == []
    assert picture_findings([wide]) == []
    tall = fact(width=50, height=150)
    assert only([tall], (50, 50)).code == "stretched"


def test_sizes_are_held_against_that_of_the_input() -> None:
    finding = only([fact(width=49, height=100), fact(width=50, height=50)], (100, 100))
    assert finding.code == "enlarged"
    assert len(finding.files) == 1
    finding = only([fact(width=1601, height=1700), fact(width=1600, height=1600)], (100, 100))
    assert finding.code == "shrunk"
    assert len(finding.files) == 1


def test_nothing_else_is_said_of_a_file_that_cannot_be_read() -> None:
    bad = fact(problem="cut off", error="x", width=4000, height=4, mode="L", format="PNG")
    assert [one.code for one in picture_findings([bad, fact()], (60, 60))] == ["cut-off"]


def test_a_strip_is_told_without_a_size_by_the_middle_one() -> None:
    others = [fact(f"train/cats/{at}.jpg") for at in range(5)]
    finding = only([*others, fact("train/cats/strip.jpg", width=10_000, height=1)])
    assert (finding.code, finding.files) == ("stretched", ("train/cats/strip.jpg",))
    assert "brought to one size" in finding.meaning
    tiny = fact("train/cats/tiny.jpg", width=9, height=6)
    assert picture_findings([*others, tiny]) == []
    assert picture_findings([fact(width=10_000, height=1)]) == []


def test_colours_for_print_among_those_of_screens_are_a_note() -> None:
    printed = fact("train/cats/printed.jpg", mode="CMYK")
    finding = only([fact(), printed, fact("train/cats/palette.png", mode="P", format="PNG")])
    assert (finding.code, finding.severity) == ("mixed-models", "note")
    assert finding.title == "1 picture keeps colours as CMYK, 2 do not"
    assert finding.files == ("train/cats/printed.jpg",)
    assert picture_findings([printed]) == []
