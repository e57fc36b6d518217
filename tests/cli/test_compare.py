"""`lenswork compare`."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from recorded_runs import write_run
from tiny_data import write_striped_folder

from lenswork.record.run import Run
from lenswork.study.folder import start_study
from lenswork.study.plan import Plan

TRUTH = [number % 3 for number in range(30)]
OTHER: dict[str, Any] = {"net": "conv 4, flatten, dense classes"}


def wrong_at(*places: int) -> list[int]:
    """The truth, but for these places."""
    return [(label + 1) % 3 if place in places else label for place, label in enumerate(TRUTH)]


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """Three seeds of two settings, and a home of them."""
    home = tmp_path / "runs"
    for seed in range(3):
        write_run(home / f"dense-{seed}", wrong_at(0, 1, 2, 3 + seed), TRUTH, seed=seed)
        write_run(home / f"conv-{seed}", wrong_at(9, 10 + seed), TRUTH, **OTHER, seed=seed)
    return home


SIX = ("conv-0", "conv-1", "conv-2", "dense-0", "dense-1", "dense-2")


def test_seeds_are_taken_together_and_get_a_verdict(lenswork: Any, runs: Path) -> None:
    said = lenswork("compare", *SIX)
    assert said.code == 0, said.err
    assert "conv: 3 runs that differ in the seed: conv-0, conv-1, conv-2" in said.out
    assert "On new pictures like these" in said.out
    assert "On average a run of conv and a run of dense disagree on 6 of 30" in said.out
    assert "4 only conv right, 2 only dense right" in said.out
    assert "3 are right in all 3 runs of conv and wrong in all 3 runs of dense" in said.out
    assert "conv 4, flatten, dense classes" in said.out
    assert "2 cat" not in said.out
    assert "3 of 3 right" in said.out


def test_two_runs_are_two_networks_and_no_settings(lenswork: Any, runs: Path) -> None:
    said = lenswork("compare", "conv-0", "dense-0")
    assert said.code == 0, said.err
    assert "McNemar" in said.out
    assert "One seed each says nothing of the settings, only of these two networks" in said.out
    assert "6 of 30 test pictures flip: 4 only conv-0 right, 2 only dense-0 right." in said.out
    said = lenswork("compare", "conv-0", "conv-1")
    assert "These runs are of one recipe: whatever tells them apart is chance." in said.out


def test_runs_that_answer_alike_have_nothing_to_list(lenswork: Any, runs: Path) -> None:
    write_run(runs / "twin", wrong_at(9, 10), TRUTH, batch=7)
    said = lenswork("compare", "conv-0", "twin")
    assert said.code == 0, said.err
    assert "0 of 30 test pictures flip" in said.out
    assert "true class" not in said.out


def test_json_has_everything(lenswork: Any, runs: Path) -> None:
    content = json.loads(lenswork("compare", *SIX, "--json", "--most", "2").out)
    assert content["part"] == "test"
    assert [one["name"] for one in content["settings"]] == ["conv", "dense"]
    assert [run["seed"] for run in content["settings"][0]["runs"]] == [0, 1, 2]
    assert content["verdict"]["pairs"][0]["difference"] == pytest.approx(2 / 30)
    assert content["one_recipe"] is False
    (flips,) = content["flips"]
    assert flips["a_only"] == pytest.approx(4)
    assert flips["churn"] == {"a": pytest.approx(2), "b": pytest.approx(2)}
    assert len(flips["flips"]) == 2
    assert flips["flips"][0]["stability"] == 1


def test_more_than_two_settings_are_compared_pair_by_pair(
    lenswork: Any, runs: Path, tmp_path: Path
) -> None:
    write_run(runs / "third", wrong_at(5), TRUTH, batch=7)
    three = ("conv-0", "dense-0", "third")
    said = lenswork("compare", *three)
    assert said.code == 0, said.err
    assert "flips, on average between two runs" in said.out
    assert len(json.loads(lenswork("compare", *three, "--json").out)["flips"]) == 3
    said = lenswork("compare", *three, "--out", tmp_path / "f.png")
    assert said.code == 2
    assert "--out draws the flips between two settings, and here are 3" in said.err


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ((), "a comparison needs two runs or more, got none"),
        (("conv-0",), "needs two runs or more, got only conv-0"),
        (("conv-0", "conv-0"), "conv-0 is named twice"),
        (("conv-0", "nothing"), "there is no run 'nothing'"),
        (("conv-0", "conv-1", "conv-2"), "these 3 runs are all of one recipe"),
        (("conv-0", "dense-0", "--part", "validation"), "no stored predictions for validation"),
        (("conv-0", "dense-0", "--out", "flips.gif"), "--out must end in .png or .html"),
        (("conv-0", "dense-0", "--study", "nothing"), "there is no study 'nothing'"),
    ],
)
def test_what_cannot_be_compared_is_refused(
    lenswork: Any, runs: Path, words: tuple[str, ...], complaint: str
) -> None:
    said = lenswork("compare", *words)
    assert said.code == 2
    assert complaint in said.err
    assert said.out == ""


def test_other_pictures_are_refused_unless_those_in_common_are_asked_for(
    lenswork: Any, runs: Path
) -> None:
    ids = [f"test/{number}" for number in range(10, 40)]
    write_run(runs / "later", wrong_at(), TRUTH, ids=ids, batch=7)
    said = lenswork("compare", "conv-0", "later")
    assert said.code == 2
    assert "30 and 30, of which 20 are in both" in said.err
    moved = TRUTH[10:] + TRUTH[:10]
    write_run(runs / "same", moved, moved, ids=ids, batch=7)
    said = lenswork("compare", "conv-0", "same", "--common")
    assert said.code == 0, said.err
    assert "1 of 20 test pictures flip" in said.out
    assert "compared on the 20 test pictures that all runs share" in said.out


def test_without_the_data_the_verdict_is_still_given(
    lenswork: Any, runs: Path, tmp_path: Path
) -> None:
    said = lenswork("compare", "conv-0", "dense-0", "--out", tmp_path / "f.png")
    assert said.code == 2
    assert "McNemar" in said.out
    assert "the comparison stands, but no flips were drawn: the data of run conv-0" in said.err
    assert not (tmp_path / "f.png").exists()


def test_flips_of_trained_runs_are_drawn(lenswork: Any, tmp_path: Path) -> None:
    folder = write_striped_folder(tmp_path / "poor", validation=40)
    for seed in ("0", "1"):
        said = lenswork("train", folder, "--epochs", "1", "--net", "flatten, dense classes",
                        "--learning-rate", "0.0001", "--seed", seed)  # fmt: skip
        assert said.code == 0, said.err
    first, second = (Run(tmp_path / "runs" / f"poor-{number}") for number in (1, 2))
    said = lenswork("compare", "poor-1", "poor-2", "--out", tmp_path / "f.png")
    assert said.code == 0, said.err
    right = [np.array([one.truth == one.probabilities.argmax(axis=1)])
             for one in (run.answers["validation"] for run in (first, second))]  # fmt: skip
    flips = int((right[0] != right[1]).sum())
    assert flips > 0
    assert f"{flips} of 40 validation pictures flip" in said.out
    assert f"{min(flips, 24)} of {flips} flips drawn in {tmp_path / 'f.png'}" in said.out
    with Image.open(tmp_path / "f.png") as image:
        assert image.width == 945
    said = lenswork("compare", "poor-1", "poor-2", "--json", "--out", tmp_path / "f.html")
    json.loads(said.out)
    assert "drawn in" in said.err
    assert (tmp_path / "f.html").read_text("utf-8").count("<figure ") == flips


@pytest.fixture
def study(tmp_path: Path) -> None:
    """A study of two settings, three seeds of the first and two of the second done."""
    plan = Plan(name="sizes", seeds=3, base={"data": "zoo"}, axes={"batch": [16, 32, 64]})
    folder = start_study(plan, tmp_path / "runs").trials_folder
    for trial in plan.trials():
        if trial.setting != "batch 64" and (trial.setting, trial.seed) != ("batch 32", 2):
            places = (trial.seed,) if trial.setting == "batch 16" else (4, 5 + trial.seed)
            fields = {"batch": trial.recipe.batch, "seed": trial.seed}
            write_run(folder / trial.name, wrong_at(*places), TRUTH, **fields)  # type: ignore[arg-type]


def test_settings_of_a_study_are_compared_with_all_their_seeds(lenswork: Any, study: None) -> None:
    for names in (("batch 16", "batch 32"), ("batch-16", "batch-32")):
        said = lenswork("compare", "--study", "sizes", *names)
        assert said.code == 0, said.err
        assert "batch 16: 3 runs" in said.out
        assert "batch 32: 2 runs" in said.out
        assert "a run of batch 16 and a run of batch 32 disagree on 3 of 30" in said.out


def trials(home: Path, *names: str) -> list[Path]:
    return [home / "runs" / "studies" / "sizes" / "trials" / name for name in names]


def test_runs_inside_a_study_are_called_as_its_settings(
    lenswork: Any, study: None, tmp_path: Path
) -> None:
    two = ("batch-16-seed0", "batch-16-seed1")
    said = lenswork("compare", *trials(tmp_path, *two, "batch-32-seed0", "batch-32-seed1"))
    assert said.code == 0, said.err
    assert "batch 16: 2 runs" in said.out
    assert "a run of batch 16 and a run of batch 32 disagree on" in said.out
    said = lenswork("compare", *trials(tmp_path, "batch-16-seed0", "batch-32-seed0"))
    assert "this network of batch 16 from this one of batch 32" in said.out
    said = lenswork("compare", *trials(tmp_path, *two))
    assert "of batch 16, seed 0 from this one of batch 16, seed 1" in said.out


def test_runs_of_one_recipe_in_a_study_of_two_are_two_settings(
    lenswork: Any, tmp_path: Path
) -> None:
    axes = {"batch": {"one": 16, "one again": 16}}
    plan = Plan(name="same", seeds=2, base={"data": "zoo"}, axes=axes)
    folder = start_study(plan, tmp_path / "runs").trials_folder
    for trial in plan.trials():
        fields = {"batch": 16, "seed": trial.seed}
        write_run(folder / trial.name, wrong_at(trial.seed % 7), TRUTH, **fields)  # type: ignore[arg-type]
    said = lenswork("compare", *sorted(folder.iterdir()))
    assert said.code == 0, said.err
    assert "one again: 2 runs" in said.out
    assert "These runs are of one recipe: whatever tells them apart is chance." in said.out
    assert "parameters" not in said.out, "a row in which both are equal is no difference"
    assert "dense classes" not in said.out


@pytest.mark.parametrize(
    ("names", "complaint"),
    [
        ((), "name two settings or more of study sizes, each once, got none; it has: batch 16, "),
        (("batch 16",), "name two settings or more of study sizes, each once, got batch 16"),
        (("batch 16", "batch-16"), "each once, got batch 16, batch 16"),
        (("batch 16", "batch 17"), "study sizes has no setting 'batch 17'; it has: batch 16, "),
        (("batch 16", "batch 64"), "study sizes has no finished run of 'batch 64' yet"),
    ],
)
def test_settings_that_a_study_lacks_are_refused(
    lenswork: Any, study: None, names: tuple[str, ...], complaint: str
) -> None:
    said = lenswork("compare", "--study", "sizes", *names)
    assert said.code == 2
    assert complaint in said.err


@pytest.mark.slow
def test_a_verdict_loads_neither_torch_nor_matplotlib(runs: Path) -> None:
    code = (
        "import sys\nfrom lenswork.cli.compare import command\n"
        f"command(['conv-0', 'dense-0', '--home', {str(runs)!r}], standalone_mode=False)\n"
        "sys.exit('torch' in sys.modules or 'matplotlib' in sys.modules)"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True, capture_output=True)
