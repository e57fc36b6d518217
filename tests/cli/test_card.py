"""`lenswork card`: the record of a run, and the pictures behind it, on one page."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from recorded_runs import write_run

from lenswork.look.mistakes import judge
from lenswork.record.run import Run

Command = Callable[..., Any]


def test_a_card_has_the_accuracy_counts_and_recipe_of_the_record(
    lenswork: Command, trained: Path, tmp_path: Path
) -> None:
    out, page = tmp_path / "card.md", tmp_path / "card.html"
    said = lenswork("card", trained.name, "--out", out, "--out", page)
    assert said.code == 0, said.err
    run = Run(trained)
    accuracy = judge(run).accuracy
    for text in (out.read_text("utf-8"), page.read_text("utf-8")):
        assert f"{accuracy.fraction:.2%}" in text
        assert f"{accuracy.low:.2%} to {accuracy.high:.2%}" in text
        assert "flatten, dense classes" in text
        assert "To be filled in by a person" in text
        assert run.recipe.hash in text
    rows = re.findall(r"\| (train|validation) \| (high|low) \| (\d+) \|", out.read_text("utf-8"))
    assert sorted(rows) == [
        ("train", "high", "12"), ("train", "low", "12"),
        ("validation", "high", "6"), ("validation", "low", "6"),
    ]  # fmt: skip


def test_the_recipe_on_a_card_trains_the_same_network_again(
    lenswork: Command, trained: Path, tmp_path: Path
) -> None:
    assert lenswork("card", trained.name, "--out", tmp_path / "card.md").code == 0
    found = re.search(r"```toml\n(.*?)```", (tmp_path / "card.md").read_text("utf-8"), re.DOTALL)
    assert found is not None
    (tmp_path / "again.toml").write_text(found[1], "utf-8")
    said = lenswork("train", "--recipe-file", tmp_path / "again.toml", "--fresh", "--name", "again")
    assert said.code == 0, said.err
    again = judge(Run(trained.parent / "again"))
    assert (again.probabilities == judge(Run(trained)).probabilities).all()


def test_mistakes_are_shown_with_their_pictures(
    lenswork: Command, folder: Path, tmp_path: Path
) -> None:
    words = ["--net", "flatten, dense classes", "--epochs", "1", "--learning-rate", "1e-9"]
    said = lenswork("train", folder, *words, "--name", "untrained")
    assert said.code == 0, said.err
    out = tmp_path / "card.md"
    said = lenswork("card", "untrained", "--out", out)
    assert said.code == 0, said.err
    wrong = len(judge(Run(tmp_path / "runs" / "untrained")).wrong)
    assert wrong > 0
    drawn = re.findall(r"!\[\w+\]\((card-mistake-\d\d\.\w+)\)", out.read_text("utf-8"))
    assert len(drawn) == min(wrong, 12)
    assert all((tmp_path / name).is_file() for name in drawn)


def test_a_classifiers_file_alone_says_what_it_cannot_know(
    lenswork: Command, trained: Path, tmp_path: Path
) -> None:
    said = lenswork("card", trained / "classifier.safetensors", "--out", tmp_path / "card.md")
    assert said.code == 0, said.err
    text = (tmp_path / "card.md").read_text("utf-8")
    assert "This card was made from the classifier's file alone" in text
    assert "Not recorded." in text


def test_data_that_are_gone_are_said_to_be_gone(
    lenswork: Command, trained: Path, folder: Path, tmp_path: Path
) -> None:
    folder.rename(tmp_path / "elsewhere")
    said = lenswork("card", trained.name, "--out", tmp_path / "card.html")
    assert said.code == 0, said.err
    text = (tmp_path / "card.html").read_text("utf-8")
    assert "The data could not be opened again" in text
    assert "The data were not examined." in text


def test_a_run_without_a_classifier_has_no_card(lenswork: Command, tmp_path: Path) -> None:
    write_run(tmp_path / "runs" / "bare", [0], [0])
    said = lenswork("card", "bare", "--out", tmp_path / "card.md")
    assert said.code == 2
    assert "has no classifier" in said.err


def test_markup_in_a_class_name_stays_text(lenswork: Command, folder: Path, tmp_path: Path) -> None:
    for split in ("train", "validation"):
        (folder / split / "low").rename(folder / split / "<b>|low")
    words = ["--net", "flatten, dense classes", "--epochs", "1", "--name", "odd"]
    assert lenswork("train", folder, *words).code == 0
    page, out = tmp_path / "card.html", tmp_path / "card.md"
    said = lenswork("card", "odd", "--out", page, "--out", out)
    assert said.code == 0, said.err
    assert "<b>|low" not in page.read_text("utf-8")
    assert r"\<b\>\|low" in out.read_text("utf-8")


def test_an_ending_in_capital_letters_is_an_ending_too(
    lenswork: Command, trained: Path, tmp_path: Path
) -> None:
    said = lenswork("card", trained.name, "--quick", "--out", tmp_path / "CARD.HTML")
    assert said.code == 0, said.err
    assert (tmp_path / "CARD.HTML").read_text("utf-8").startswith("<!doctype html>")
