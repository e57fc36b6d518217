"""Recipes: frozen, validated once, TOML in and out, a stable hash."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lenswork.errors import RecipeError, UsageError
from lenswork.training.recipe import Recipe, recipe_fields

RECIPES = st.builds(
    Recipe,
    data=st.text(min_size=1, max_size=20).filter(lambda text: text.isprintable()),
    recipe=st.sampled_from(["fast", "notes"]),
    size=st.none() | st.sampled_from(["28x28", "150x100"]),
    net=st.none() | st.sampled_from(["conv-32x2", "flatten, dense classes"]),
    learning_rate=st.none() | st.floats(1e-6, 1.0),
    normalise=st.booleans(),
    epochs=st.none() | st.integers(1, 100),
    stop_when=st.lists(st.sampled_from(["loss < 0.4", "accuracy >= 0.995"])).map(tuple),
    seed=st.integers(0, 2**63 - 1),
)


@given(RECIPES)
def test_a_recipe_reads_what_it_wrote(recipe: Recipe) -> None:
    again = Recipe.from_toml(recipe.to_toml())
    assert again == recipe
    assert again.hash == recipe.hash


def test_the_hash_stays_what_it_was_when_this_was_written() -> None:
    assert Recipe().hash == "44136fa355b3"
    assert Recipe(data="mnist", recipe="notes", epochs=10).hash == "54bf05ddc9b7"


def test_any_said_field_changes_the_hash_and_a_default_said_aloud_does_not() -> None:
    plain = Recipe(data="mnist")
    assert Recipe(data="mnist", seed=1).hash != plain.hash
    assert Recipe(data="mnist", normalise=False).hash != plain.hash
    assert Recipe(data="mnist", normalise=True, seed=0).hash == plain.hash


def test_two_ways_of_writing_the_same_thing_are_one_recipe() -> None:
    assert Recipe(size="28").size == "28x28"
    one = Recipe(stop_when="accuracy>0.995")
    two = Recipe(stop_when=["accuracy  >  .995"])
    assert one == two
    assert one.stop_when == ("accuracy > 0.995",)


def test_a_recipe_cannot_be_changed_but_gives_a_changed_copy() -> None:
    recipe = Recipe(epochs=5)
    with pytest.raises(Exception, match="frozen"):
        recipe.epochs = 6  # type: ignore[misc]
    assert recipe.changed(epochs=6).epochs == 6
    assert recipe.epochs == 5


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"epoch": 5}, "a recipe has no field 'epoch'; it has data, recipe"),
        ({"epochs": 0}, "epochs: should be greater than or equal to 1, got 0"),
        ({"learning_rate": -1}, "learning_rate: should be greater than 0, got -1"),
        ({"learning_rate": float("nan")}, "learning_rate"),
        ({"validation": 1.5}, "validation: should be less than 1, got 1.5"),
        ({"optimizer": "adagrad"}, "optimizer: should be 'adam', 'adamw', 'sgd' or 'rmsprop'"),
        ({"net": "conv 32, pol"}, "Did you mean 'pool'"),
        ({"size": "big"}, "size must be HEIGHTxWIDTH in pixels such as 150x150, got 'big'"),
        ({"batch": 10**23}, "batch: should be less than or equal to 1000000000, got 1000"),
        ({"batch": "8"}, "batch: should be a valid integer, got '8'"),
        ({"seed": True}, "seed: should be a valid integer, got True"),
        ({"stop_when": "loss = 3"}, "expected a rule such as 'loss < 0.4'"),
    ],
)
def test_a_wrong_field_is_named_with_its_rule_and_value(
    fields: dict[str, object], message: str
) -> None:
    with pytest.raises(UsageError, match=re.escape(message)):
        Recipe(**fields)


def test_a_bad_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "bad.toml"
    path.write_text("epochs = = 3")
    with pytest.raises(RecipeError, match=r"bad\.toml.*no TOML"):
        Recipe.read(path)
    with pytest.raises(RecipeError, match=r"nowhere\.toml"):
        Recipe.read(tmp_path / "nowhere.toml")


def test_the_table_has_a_row_with_help_for_every_field() -> None:
    rows = list(recipe_fields())
    assert [row.name for row in rows] == list(Recipe.model_fields)
    for row in rows:
        assert row.help.endswith("."), row.name
        assert row.kind in (str, int, float, bool), row.name
    by_name = {row.name: row for row in rows}
    assert by_name["optimizer"].choices == ("adam", "adamw", "sgd", "rmsprop")
    assert by_name["stop_when"].many
    assert by_name["epochs"].kind is int
    assert by_name["learning_rate"].kind is float


@pytest.mark.parametrize("text", ["data = " + "[" * 20_000, "batch = " + "9" * 5_000])
def test_hostile_toml_is_refused_in_one_sentence(text: str) -> None:
    with pytest.raises(RecipeError) as caught:
        Recipe.from_toml(text)
    assert len(str(caught.value)) < 500


def test_the_hash_is_the_same_wherever_the_folder_is() -> None:
    assert Recipe(data="/home/ann/pets").hash == Recipe(data="/mnt/pets").hash
    assert Recipe(data="/home/ann/pets").hash != Recipe(data="/home/ann/cars").hash


def test_of_very_many_unknown_fields_one_is_named_and_no_error_of_the_others_is_kept() -> None:
    with pytest.raises(RecipeError, match="a recipe has no field 'a0'; it has data, ") as caught:
        Recipe.from_toml("".join(f"a{number} = 1\n" for number in range(5_000)))
    assert caught.value.__cause__ is None  # pydantic would keep every one of them


def test_a_misspelt_field_is_told_which_one_was_meant() -> None:
    with pytest.raises(RecipeError, match=r"no field 'learnig_rate'; .*mean 'learning_rate'\?$"):
        Recipe(learnig_rate=0.1)
    with pytest.raises(RecipeError, match=r"no field 'aaaaaaaaaa.*…; it has .*seed$"):
        Recipe(**{"a" * 10_000: 1})


def test_a_long_wrong_value_is_shown_by_its_beginning() -> None:
    with pytest.raises(RecipeError, match=r"^optimizer: should .*, got 'xxxxxx.*x…$") as caught:
        Recipe(optimizer="x" * 10_000)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    ("content", "why"),
    [(b"\xff\xfe", "not UTF-8 text"), (b"#" * 1_000_001, "longer than 1,000,000 bytes")],
    ids=["no text", "too long"],
)
def test_a_file_that_can_be_no_recipe_is_named(tmp_path: Path, content: bytes, why: str) -> None:
    (tmp_path / "odd.toml").write_bytes(content)
    with pytest.raises(RecipeError, match=rf"cannot read the recipe .*odd\.toml: it is .*{why}"):
        Recipe.read(tmp_path / "odd.toml")
