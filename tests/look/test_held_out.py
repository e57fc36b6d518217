"""The pictures behind recorded answers, shown and answered again."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tiny_data import striped_data, write_striped_folder

from lenswork.data.decode import decode_file
from lenswork.data.open import open_data
from lenswork.errors import RunError
from lenswork.kinds import Picture
from lenswork.look.held_out import answer_again, read_shown
from lenswork.look.mistakes import judge
from lenswork.record.run import HISTORY, Run
from lenswork.record.train import train

NET = "flatten, dense classes"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    home = tmp_path_factory.mktemp("mistakes")
    data = open_data(write_striped_folder(home / "stripes", validation=40))
    return train(data, net=NET, epochs=1, home=home, progress=False, learning_rate=1e-4)


@pytest.fixture
def changing(run: Run, tmp_path: Path) -> tuple[Run, Path]:
    """A run of its own with data of its own, to be changed."""
    stripes = tmp_path / "stripes"
    shutil.copytree(run.recipe.data, stripes)
    shutil.copytree(run.path, tmp_path / "run")
    recipe = tmp_path / "run" / "recipe.toml"
    recipe.write_text(recipe.read_text("utf-8").replace(run.recipe.data, str(stripes)), "utf-8")
    return Run(tmp_path / "run"), stripes / "validation"


def test_only_the_shown_pictures_are_read(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    judged = judge(run)
    seen: list[Path] = []

    def counted(path: Path) -> Picture:
        seen.append(path)
        return decode_file(path)

    monkeypatch.setattr("lenswork.data.dataset.decode_file", counted)
    numbers = [5, 17]
    pictures = read_shown(run, judged, numbers)
    assert [str(path)[-len(judged.ids[n]) :] for path, n in zip(seen, numbers, strict=True)] == [
        judged.ids[n] for n in numbers
    ]
    assert [picture.shape for picture in pictures] == [(12, 12, 1)] * 2


def test_data_that_changed_since_the_run_is_refused(run: Run) -> None:
    judged = judge(run)
    gone = replace(judged, ids=("validation/high/gone.png", *judged.ids[1:]))
    with pytest.raises(RunError, match=r"changed since run .*'validation/high/gone.png'"):
        read_shown(run, gone, [0])
    moved = replace(judged, truth=1 - judged.truth)
    with pytest.raises(RunError, match="no longer there as"):
        read_shown(run, moved, [0])


def test_the_classifier_answers_again_what_was_recorded(changing: tuple[Run, Path]) -> None:
    run, _ = changing
    recorded = run.answers["validation"]
    again = answer_again(run)
    assert list(again) == ["validation"]
    assert again["validation"].ids == recorded.ids
    np.testing.assert_array_equal(again["validation"].truth, recorded.truth)
    np.testing.assert_allclose(again["validation"].probabilities, recorded.probabilities, atol=1e-6)


def test_a_missing_picture_is_found_by_their_number(changing: tuple[Run, Path]) -> None:
    run, folder = changing
    (folder / "high" / "000.png").unlink()
    with pytest.raises(RunError, match=r"data has changed .* 40 pictures then, 39 now"):
        answer_again(run)


def test_other_pictures_are_found_by_their_loss(changing: tuple[Run, Path]) -> None:
    run, folder = changing
    Image.new("L", (12, 12), 255).save(folder / "high" / "000.png")
    with pytest.raises(RunError, match=r"data has changed .* (accuracy|loss) \d"):
        answer_again(run)


def test_another_class_is_found_by_its_name(changing: tuple[Run, Path]) -> None:
    run, folder = changing
    for part in ("train", "validation"):
        (folder.parent / part / "high").rename(folder.parent / part / "tall")
    with pytest.raises(RunError, match="was trained on the classes high, low"):
        answer_again(run)


def test_a_run_that_says_nothing_of_how_right_it_was_is_refused(
    changing: tuple[Run, Path],
) -> None:
    run, _ = changing
    history = run.path / HISTORY
    lines = [json.loads(line) for line in history.read_text("utf-8").splitlines()]
    lines[-1]["metrics"] = {}
    history.write_text("".join(f"{json.dumps(line)}\n" for line in lines), "utf-8")
    with pytest.raises(RunError, match="does not say how right it was on validation"):
        answer_again(Run(run.path))


def test_a_run_without_held_out_pictures_has_nothing_to_answer(tmp_path: Path) -> None:
    bare = train(striped_data(validation=0), net=NET, epochs=1, home=tmp_path, progress=False)
    with pytest.raises(RunError, match="without validation or test pictures"):
        answer_again(bare)
