"""The doctor's page holds its pictures, tells where each belongs, and runs nothing."""

import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from scenes import scene, write_scene

from lenswork.data.dataset import ArraySource, Dataset, Part
from lenswork.data.doctor.finding import Finding, alone
from lenswork.data.doctor.report import Report
from lenswork.look import doctor_page as module
from lenswork.look.doctor_page import doctor_page, write_page

HOSTILE = "train/a<script>alert('1')</script>&{{findings}}/\u202ex\"y'.png"


class Page(HTMLParser):
    """The tags, texts and addresses of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.texts: list[str] = []
        self.addresses: list[str] = []
        self.feed(text)
        self.text = " ".join("".join(self.texts).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href")]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def finding(
    code: str = "copies-across",
    groups: tuple[tuple[str, ...], ...] = (),
    cure: str = "move them",
) -> Finding:
    return Finding(code, "warn", "a title", "a meaning", cure, groups)


def report(root: Path, names: list[str], findings: list[Finding], title: str = "pets") -> Report:
    ones = [write_scene(root, name, scene(at, 150, 200)) for at, name in enumerate(names)]
    return Report(
        name=title,
        findings=tuple(findings),
        pictures={"train": {"cats": 2, "dogs": 1}, "validation": {"cats": 1200, "dogs": 0}},
        looked_at="the content of 4 pictures",
        seconds=1.25,
        location=root,
        paths={one.id: one.path for one in ones},
    )


def test_the_page_shows_the_pictures_of_a_finding_with_class_and_split(tmp_path: Path) -> None:
    names = ["train/cats/a.png", "validation/dogs/b.png"]
    page = Page(doctor_page(report(tmp_path, names, [finding(groups=(tuple(names),))])))
    assert page.tags.count("img") == 2
    assert all(address.startswith("data:image/jpeg;base64,") for address in page.addresses)
    assert "cats train" in page.text
    assert "dogs validation" in page.text
    assert "a title" in page.text
    assert "a meaning" in page.text
    assert "1 warn: training takes this data." in page.text
    assert "1,200" in page.text


def test_the_page_has_no_script_and_asks_nobody_for_anything(tmp_path: Path) -> None:
    text = doctor_page(report(tmp_path, ["train/cats/a.png"], [finding(groups=alone(["x"]))]))
    page = Page(text)
    assert not {"script", "link", "iframe", "object"} & set(page.tags)
    assert "default-src 'none'" in text
    assert not re.search(r"https?://|url\(|@import", text)


def test_names_are_only_ever_text(tmp_path: Path) -> None:
    one = Finding("mislabelled", "note", "<b>title", "<i>meaning", "<u>cure\n<s>do", ((HOSTILE,),))
    text = doctor_page(report(tmp_path, [], [one], title="<h1>{{how}}"))
    page = Page(text)
    assert HOSTILE in "".join(page.texts)
    assert "<b>title" in page.text
    assert "<h1>{{how}}" in page.text
    assert not {"script", "u", "s"} & set(page.tags)


def test_what_cannot_be_shown_is_named(tmp_path: Path) -> None:
    bad = tmp_path / "train/cats/bad.png"
    made = report(
        tmp_path,
        ["train/cats/a.png"],
        [finding(groups=alone(["train/cats/bad.png", "nowhere.png", "train/cats/"]))],
    )
    bad.write_bytes(b"no picture")
    page = Page(doctor_page(made))
    assert "img" not in page.tags
    for name in ("bad.png", "nowhere.png", "train/cats/"):
        assert name in page.text


def test_only_some_of_many_files_are_shown_and_the_rest_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"train/cats/{at}.png" for at in range(40)]
    made = report(
        tmp_path,
        names,
        [
            finding(groups=alone(names)),
            finding(groups=tuple((names[at], names[at + 1]) for at in range(30))),
            finding(groups=(tuple(names),)),
        ],
    )
    page = Page(doctor_page(made))
    assert page.tags.count("img") == 24 + 2 * 12 + 6
    assert "and 16 more files" in page.text
    assert "and 18 more groups" in page.text
    assert "and 34 more" in page.text
    monkeypatch.setattr(module, "MOST_THUMBNAILS", 10)
    page = Page(doctor_page(made))
    assert page.tags.count("img") == 10
    assert page.tags.count("figure") == 24 + 2 * 12 + 6


def test_commands_of_the_cure_stand_by_themselves(tmp_path: Path) -> None:
    made = report(tmp_path, [], [finding(cure="do this:\nlenswork train 'a b' --fast\nls")])
    text = doctor_page(made)
    assert "<pre>lenswork train &#x27;a b&#x27; --fast\nls</pre>" in text


def test_pictures_in_arrays_are_shown_with_their_pixels() -> None:
    pictures = np.random.default_rng(0).integers(0, 256, (3, 28, 28, 1), dtype=np.uint8)
    part = Part(ArraySource(pictures), np.array([0, 1, 0]), ("t/0", "t/1", "t/2"))
    data = Dataset("digits", ("zero", "one"), {"train": part})
    made = Report(
        "digits",
        (finding(groups=(("t/0", "t/1"),)),),
        {"train": {"zero": 2, "one": 1}},
        "3 pictures",
        0.1,
        opened=data,
    )
    text = doctor_page(made)
    assert text.count("class='small'") == 2
    assert text.count("data:image/png;base64,") == 2
    assert "one train" in Page(text).text


def test_a_report_without_findings_says_so(tmp_path: Path) -> None:
    assert "Nothing found: training takes this data." in doctor_page(report(tmp_path, [], []))


def test_the_page_is_written_whole_even_with_a_name_that_is_not_utf_8(tmp_path: Path) -> None:
    made = report(tmp_path, [], [finding(groups=(("train/\udcff.png",),))])
    write_page(made, tmp_path / "report.html")
    assert "\\udcff" in (tmp_path / "report.html").read_text("utf-8")
