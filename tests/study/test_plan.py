"""A plan says a study in full, or is refused with the word that is wrong."""

import re
from pathlib import Path
from typing import Any

import pytest

from lenswork.errors import PlanError
from lenswork.study.builtin import BUILTIN
from lenswork.study.plan import Plan

NET = "conv {filters}, pool, flatten, dense classes"


def plan(**fields: Any) -> Plan:
    whole: dict[str, Any] = {"name": "try", "axes": {"epochs": [1, 2]}} | fields
    return Plan(**whole)


def test_the_settings_are_every_combination_of_the_axes() -> None:
    grid = plan(base={"net": NET}, axes={"filters": [2, 4], "epochs": [1, 3]})
    assert [setting.name for setting in grid.settings] == [
        "filters 2, epochs 1", "filters 2, epochs 3", "filters 4, epochs 1", "filters 4, epochs 3",
    ]  # fmt: skip
    assert dict(grid.settings[3].fields) == {
        "net": "conv 4, pool, flatten, dense classes",
        "epochs": 3,
    }


def test_a_value_that_is_a_table_changes_several_fields_at_once() -> None:
    grid = plan(
        axes={"picture": {"large": {"size": "28x28", "batch": 8}, "small": {"size": "9x9"}}}
    )
    assert [dict(setting.fields) for setting in grid.settings] == [
        {"size": "28x28", "batch": 8},
        {"size": "9x9"},
    ]


def test_trials_go_through_all_settings_of_a_seed_before_the_next_seed() -> None:
    trials = list(plan(seeds=2).trials())
    assert [(trial.setting, trial.seed, trial.recipe.seed) for trial in trials] == [
        ("epochs 1", 0, 0), ("epochs 2", 0, 0), ("epochs 1", 1, 1), ("epochs 2", 1, 1),
    ]  # fmt: skip
    assert len({trial.name for trial in trials}) == 4


def test_more_seeds_add_trials_and_change_none() -> None:
    few, many = (list(plan(seeds=seeds).trials()) for seeds in (2, 5))
    assert many[: len(few)] == few


def test_names_of_trials_are_short_and_differ_whatever_the_settings_are_called() -> None:
    nets = [
        "conv 8, pool, conv 8, pool, flatten, dense 128, dense classes",
        "flatten, dense classes",
    ]
    names = {"ясно": 1, "тихо": 2, "x" * 300: 3, "16 filters, epochs 5": 4, "a/b": 5}
    trials = list(plan(axes={"net": nets, "epochs": names}, seeds=3).trials())
    assert len({trial.name for trial in trials}) == len(trials)
    for trial in trials:
        assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,55}", trial.name), trial.name
    assert next(plan(axes={"epochs": names}).trials()).setting == "ясно"
    assert BUILTIN["filters"].settings[0].slug == "16-filters"


def test_left_out_every_pair_is_compared_and_with_a_baseline_each_with_it() -> None:
    axes = {"epochs": {"one": 1, "two": 2, "three": 3}}
    assert len(plan(axes=axes).compared()) == 3
    assert plan(axes=axes, baseline="two").compared() == (("one", "two"), ("three", "two"))
    assert plan(axes=axes, pairs=[["one", "three"]]).compared() == (("one", "three"),)


def test_a_plan_reads_what_it_wrote() -> None:
    for one in (*BUILTIN.values(), plan(pairs=[["epochs 1", "epochs 2"]], question='"why" ünd')):
        assert Plan.from_toml(one.to_toml()) == one


def test_a_file_without_a_name_is_called_as_its_file(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("[axes]\nepochs = [1, 2]\n")
    assert Plan.read(file).name == "mine"


def test_the_built_in_plans_ask_what_the_notes_ask() -> None:
    assert [setting.name for setting in BUILTIN["filters"].settings] == [
        "16 filters", "32 filters", "64 filters",
    ]  # fmt: skip
    nets = [setting.fields["net"] for setting in BUILTIN["filters"].settings]
    assert nets[0].startswith("conv 16, pool, conv 16, pool, flatten, dense 128")
    assert [s.fields["epochs"] for s in BUILTIN["epochs"].settings] == [5, 10, 15, 30]


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"axes": {}}, "at least one axis"),
        ({"axes": {"epochs": []}}, "axis 'epochs' has no values"),
        ({"axes": {"filters": [2]}}, "axis 'filters' is no field of a recipe"),
        ({"base": {"net": NET}}, "there is no axis 'filters'"),
        ({"axes": {"epochs": [0]}}, "setting 'epochs 0': epochs: "),
        ({"axes": {"epochs": ["many"]}}, "setting 'epochs many': epochs: "),
        ({"base": {"epoch": 3}}, "a recipe has no field 'epoch'"),
        ({"axes": {"net": ["conv"]}}, "setting 'net conv'"),
        ({"axes": {"seed": [1, 2]}}, "seeds are not set by hand"),
        ({"base": {"seed": 1}}, "seeds are not set by hand"),
        ({"axes": {"epochs": {"a b": 1, "a-b": 2}}}, "would share the name a-b"),
        ({"axes": {"epochs": [1, 1]}}, "has a value twice"),
        ({"axes": {"epochs": 3}}, "expected a list or a table of values"),
        ({"pairs": [["epochs 1", "epochs 2"], ["epochs 2", "epochs 1"]]}, "a pair twice"),
        ({"pairs": [["epochs 1", "epochs 2"]], "baseline": "epochs 1"}, "not both"),
        ({"baseline": "epochs 9"}, "there is no setting 'epochs 9'"),
        ({"pairs": [["epochs 1", "epochs 1"]]}, "compares 'epochs 1' with itself"),
        ({"pairs": [["epochs 1"]]}, "pairs: expected two names each"),
        ({"name": "../up"}, "a name has letters"),
        ({"seeds": 0}, "seeds"),
        ({"axes": [1, 2]}, "axes"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_what_cannot_be_carried_out_is_refused(fields: dict[str, Any], text: str) -> None:
    with pytest.raises(PlanError) as refused:
        plan(**fields)
    assert text in str(refused.value)


def test_a_field_on_an_axis_cannot_be_set_for_all() -> None:
    with pytest.raises(PlanError, match="varies epochs itself: leave --epochs out"):
        plan().with_base(epochs=3)
    with pytest.raises(PlanError, match="varies size itself"):
        plan(axes={"picture": {"small": {"size": "9x9"}}}).with_base(size="10x10")
    assert plan().with_base(batch=8).settings[0].fields["batch"] == 8


@pytest.mark.parametrize("content", [b"\xff\xfe", b"[axes", b"x = 1"])
def test_a_file_that_is_no_plan_is_named(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "bad.toml"
    file.write_bytes(content)
    with pytest.raises(PlanError, match=r"bad\.toml"):
        Plan.read(file)


def test_settings_of_one_recipe_share_no_seed_and_each_keeps_its_seeds_when_extended() -> None:
    axes = {"batch": {"one": 8, "other": 8, "large": 16, "third": 8}}

    def seeds_of(count: int) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for trial in plan(axes=axes, seeds=count).trials():
            assert trial.recipe.seed == trial.seed
            found.setdefault(trial.setting, []).append(trial.seed)
        return found

    few, many = seeds_of(2), seeds_of(5)
    assert few["one"] == few["large"] == [0, 1]
    assert not set(many["one"]) & set(many["other"])
    assert not set(many["other"]) & set(many["third"])
    for name, seeds in few.items():
        assert many[name][:2] == seeds
        assert len(many[name]) == 5


def test_too_many_seeds_are_refused_in_words() -> None:
    with pytest.raises(PlanError, match=r"plan: seeds: expected 1 to 10,000, got 10001"):
        plan(seeds=10_001)


def test_of_very_many_unknown_fields_one_is_named_and_no_error_of_the_others_is_kept() -> None:
    with pytest.raises(PlanError, match="there is no field 'a0'; there are name, ") as caught:
        Plan.from_toml("".join(f"a{number} = 1\n" for number in range(5_000)))
    assert caught.value.__cause__ is None  # pydantic would keep every one of them


@pytest.mark.parametrize(
    "fields",
    [
        {"axes": {f"a{number}": number for number in range(5_000)}},
        {"axes": {"epochs": [1] * 5_000}},
        {"pairs": [[f"a{number}"] * 2 for number in range(5_000)] * 2},
        {"pairs": "x" * 10_000},
        {"question": ["x" * 10_000]},
        {"axes": {"epochs": list(range(1, 900))}, "baseline": "x" * 10_000},
    ],
    ids=["axes", "values", "pairs", "no pairs", "question", "baseline"],
)
def test_however_much_is_wrong_the_error_is_short(fields: dict[str, Any]) -> None:
    with pytest.raises(PlanError) as refused:
        plan(**fields)
    assert len(str(refused.value)) < 600


def test_a_plan_s_file_that_is_too_long_is_named(tmp_path: Path) -> None:
    (tmp_path / "long.toml").write_bytes(b"#" * 1_000_001)
    with pytest.raises(PlanError, match=r"long\.toml is no TOML: it is longer than 1,000,000"):
        Plan.read(tmp_path / "long.toml")
