"""No text of a request reaches the disk but as a run's name or a folder that was given."""

from pathlib import Path

import pytest
from asgi import ask
from hypothesis import HealthCheck, example, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from lenswork.data.known import KNOWN, SAMPLE
from lenswork.errors import DataError, RunError
from lenswork.record.run import CLASSIFIER, ENVIRONMENT, HISTORY, PREDICTIONS, RECIPE
from lenswork.study.folder import start_study
from lenswork.study.plan import Plan
from lenswork.web.app import studio
from lenswork.web.named import allowed_data, run_named
from lenswork.web.settings import Settings
from lenswork.web.study_named import study_named, trial_named

RUNS = {"first", "second"}
ODD = [
    "",
    ".",
    "..",
    "../runs/first",
    "first/",
    "first/..",
    "first/../second",
    "./first",
    "/",
    "/etc",
    ".studio",
    "first\0",
    "first\n",
    "first%2f..",
    "first\\..",
    "index.sqlite",
    "FIRST",
    "first ",
    "ﬁrst",
    "~",
    "~root",
    "$HOME",
    "\udcff",
    256 * "a",
    70_000 * "a",
]


@pytest.mark.parametrize("name", ODD)
def test_a_text_that_is_no_run_s_name_is_told_so(settings: Settings, name: str) -> None:
    with pytest.raises(RunError) as caught:
        run_named(settings, name)
    said = str(caught.value)
    assert said.startswith("there is no run ")
    assert said.endswith(f" in {settings.home}: it may have been deleted")
    assert len(said) < 300 + len(str(settings.home))


@examples(deadline=None, suppress_health_check=list(HealthCheck))
@given(name=st.text(max_size=30))
def test_any_text_is_a_run_of_the_home_or_none(settings: Settings, name: str) -> None:
    try:
        run = run_named(settings, name)
    except RunError:
        assert name not in RUNS
    else:
        assert run.path == settings.home.resolve() / name


def test_a_link_out_of_the_home_is_no_run(settings: Settings, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    (settings.home / "first").rename(outside)
    (settings.home / "first").symlink_to(outside)
    with pytest.raises(RunError, match="there is no run 'first'"):
        run_named(settings, "first")


def test_a_link_within_the_home_is_a_run(settings: Settings) -> None:
    (settings.home / "best").symlink_to(settings.home / "second")
    assert run_named(settings, "best").path == settings.home.resolve() / "second"


@pytest.mark.parametrize("name", [RECIPE, ENVIRONMENT, HISTORY, PREDICTIONS, CLASSIFIER])
def test_a_file_that_is_a_link_out_of_the_home_is_not_followed(
    settings: Settings, tmp_path: Path, name: str
) -> None:
    file = settings.home / "first" / name
    file.rename(tmp_path / "elsewhere")
    file.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(RunError, match=f"{name} of run first is a link out of .*: put the file"):
        run_named(settings, "first")


@pytest.mark.parametrize("name", [".", "plan.toml"])
def test_a_study_that_is_a_link_out_of_the_home_is_none(
    settings: Settings, tmp_path: Path, name: str
) -> None:
    plan = Plan(name="mine", base={"data": "mnist"}, axes={"epochs": [1, 2]})
    path = start_study(plan, settings.home).path
    assert study_named(settings, "mine").plan == plan
    (path / name).rename(tmp_path / "elsewhere")
    (path / name).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(RunError, match="there is no study 'mine'"):
        study_named(settings, "mine")


def test_only_what_was_recorded_in_a_study_is_a_trial_of_it(
    settings: Settings, tmp_path: Path
) -> None:
    plan = Plan(name="mine", base={"data": "mnist"}, axes={"epochs": [1, 2]})
    study = start_study(plan, settings.home)
    study.trials_folder.mkdir(exist_ok=True)
    (settings.home / "first").rename(study.trials_folder / "one")
    assert trial_named(study, "one").name == "one"
    (study.trials_folder / "two").symlink_to(settings.home / "second")
    for name in ("two", "..", "", "../../../second", 300 * "a"):
        with pytest.raises(RunError, match="there is no trial"):
            trial_named(study, name)


@pytest.mark.parametrize(
    "name", ["my run", "Vögel", "#1", "50%", "a\\b", "-x", "new\nline", 85 * "猫"]
)
def test_a_folder_that_was_renamed_is_a_run_still(settings: Settings, name: str) -> None:
    (settings.home / "first").rename(settings.home / name)
    assert run_named(settings, name).name == name


@pytest.mark.parametrize("name", [".first", "..first"])
def test_a_hidden_folder_is_no_run(settings: Settings, name: str) -> None:
    (settings.home / "first").rename(settings.home / name)
    with pytest.raises(RunError, match="there is no run"):
        run_named(settings, name)


def test_links_in_a_circle_are_no_run(settings: Settings) -> None:
    (settings.home / "round").symlink_to(settings.home / "about")
    (settings.home / "about").symlink_to(settings.home / "round")
    with pytest.raises(RunError, match="there is no run 'round'"):
        run_named(settings, "round")


def test_a_folder_that_may_not_be_looked_into_is_no_run(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path) -> bool:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "is_file", refuse)
    with pytest.raises(RunError, match="there is no run 'first'"):
        run_named(settings, "first")


@pytest.mark.parametrize("name", sorted({*KNOWN, SAMPLE.name}))
def test_known_data_sets_may_be_named(settings: Settings, name: str) -> None:
    assert allowed_data(settings, name) == name


def test_a_folder_that_was_given_may_be_named_and_what_lies_in_it(
    settings: Settings, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside = pictures / "cats"
    inside.mkdir()
    assert allowed_data(settings, str(pictures)) == str(pictures.resolve())
    assert allowed_data(settings, str(inside)) == str(inside.resolve())
    assert allowed_data(settings, f"{inside}/../cats/.") == str(inside.resolve())
    monkeypatch.chdir(pictures)
    assert allowed_data(settings, "cats") == str(inside.resolve())


@pytest.mark.parametrize("said", [*ODD, "{pictures}/..", "{pictures}-more", "{pictures}/../runs"])
def test_no_other_place_may_be_named(settings: Settings, pictures: Path, said: str) -> None:
    (pictures.parent / "pictures-more").mkdir()
    with pytest.raises(DataError) as caught:
        allowed_data(settings, said.replace("{pictures}", str(pictures)))
    assert len(str(caught.value)) < 1000


def test_a_link_out_of_a_folder_that_was_given_leads_nowhere(
    settings: Settings, pictures: Path
) -> None:
    (pictures / "out").symlink_to(settings.home)
    with pytest.raises(DataError, match="start it with lenswork studio FOLDER to add one"):
        allowed_data(settings, str(pictures / "out"))


@examples(deadline=None, suppress_health_check=list(HealthCheck))
@given(said=st.text(max_size=40))
@example("sample\0")
@example("a://b")
def test_any_text_is_a_place_that_was_given_or_refused(settings: Settings, said: str) -> None:
    try:
        found = allowed_data(settings, said)
    except DataError:
        return
    given = [str(folder.resolve()) for folder in settings.folders]
    assert found in {*KNOWN, SAMPLE.name} or any(found.startswith(folder) for folder in given)


@pytest.mark.parametrize(
    "path",
    [
        "/runs/first/../second/predict",
        "/runs/%2e%2e/predict",
        "/runs/..%2f..%2fetc/predict",
        "/runs/.studio/predict",
        "/runs/first\0/predict",
        f"/runs/{300 * 'a'}/predict",
        "/runs//etc/predict",
        "//etc/predict",
    ],
)
def test_an_address_that_is_written_oddly_reaches_nothing(settings: Settings, path: str) -> None:
    assert ask(studio(settings), path).status == 404


def test_a_run_that_is_deleted_while_it_is_shown_is_told_as_gone(settings: Settings) -> None:
    app = studio(settings)
    assert ask(app, "/runs/first/predict").status == 200
    (settings.home / "first").rename(settings.home.parent / "gone")
    answer = ask(app, "/runs/first/predict")
    assert answer.status == 404
    assert "there is no run &#39;first&#39; in" in answer.text
