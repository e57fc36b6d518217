"""What a recipe leaves open is filled in from the data."""

from typing import Any

import numpy as np
import pytest
from tiny_data import striped_data, striped_pictures

from lenswork.data.dataset import ArraySource, Dataset, Part
from lenswork.errors import NetError, RecipeError
from lenswork.model.spec import parse_net
from lenswork.training.choose import choose
from lenswork.training.defaults import default_net
from lenswork.training.recipe import Recipe, RecipeName


def sized_data(height: int, width: int, channels: int, classes: int, count: int = 40) -> Dataset:
    pictures = np.zeros((count, height, width, channels), dtype=np.uint8)
    labels = np.arange(count) % classes
    part = Part(ArraySource(pictures), labels, tuple(map(str, range(count))))
    return Dataset("blank", tuple("abcdefghij"[:classes]), {"train": part})


def test_the_notes_recipe_for_ten_classes_is_the_course_s_program() -> None:
    recipe = choose(Recipe(recipe="notes"), sized_data(28, 28, 1, 10)).recipe
    assert recipe.net == "conv 32, pool, conv 32, pool, flatten, dense 128, dense classes"
    assert (recipe.optimizer, recipe.learning_rate, recipe.epsilon) == ("adam", 0.001, 1e-7)
    assert (recipe.batch, recipe.epochs, recipe.schedule) == (32, 10, "constant")
    assert (recipe.output, recipe.weights) == ("softmax", "glorot-uniform")


def test_the_notes_recipe_for_two_classes_is_that_of_horses_or_humans() -> None:
    recipe = choose(Recipe(recipe="notes"), sized_data(300, 300, 3, 2, count=1027)).recipe
    assert (recipe.optimizer, recipe.rho, recipe.epsilon) == ("rmsprop", 0.9, 1e-7)
    assert (recipe.batch, recipe.steps_per_epoch, recipe.epochs) == (128, 8, 15)
    assert (recipe.output, recipe.size) == ("sigmoid", "300x300")


def test_what_is_said_is_never_overruled() -> None:
    said = Recipe(recipe="notes", epochs=3, batch=7, optimizer="sgd", output="softmax")
    recipe = choose(said, sized_data(28, 28, 1, 2)).recipe
    assert (recipe.epochs, recipe.batch, recipe.optimizer) == (3, 7, "sgd")
    assert recipe.output == "softmax"


def test_a_preset_brings_its_size_and_colours_unless_others_are_said() -> None:
    data = sized_data(300, 300, 3, 2)
    assert choose(Recipe(net="horses-150"), data).preprocess.input_shape == (150, 150, 3)
    assert choose(Recipe(net="conv-32x2"), data).preprocess.input_shape == (28, 28, 1)
    asked = Recipe(net="conv-32x2", size="40x30", colours="rgb")
    assert choose(asked, data).preprocess.input_shape == (40, 30, 3)


def test_small_pictures_keep_their_own_size_and_large_ones_are_brought_down() -> None:
    assert choose(Recipe(), sized_data(28, 20, 1, 3)).preprocess.input_shape == (28, 20, 1)
    assert choose(Recipe(), sized_data(640, 480, 3, 3)).preprocess.input_shape == (64, 64, 3)


@pytest.mark.parametrize("side", [8, 12, 16, 28, 48, 96])
@pytest.mark.parametrize("kind", ["fast", "notes"])
def test_the_default_net_fits_every_size(kind: str, side: int) -> None:
    choice = choose(Recipe(recipe=kind), sized_data(side, side, 3, 4))
    assert choice.recipe.net is not None


def test_a_sigmoid_is_refused_for_three_classes() -> None:
    with pytest.raises(RecipeError, match="two classes apart, and this data has 3: use softmax"):
        choose(Recipe(output="sigmoid"), striped_data(classes=3))


def test_a_net_that_does_not_fit_the_pictures_is_refused_with_the_layer() -> None:
    net = "conv 8, pool, conv 8, pool, conv 8, pool, flatten, dense classes"
    with pytest.raises(NetError, match=r"layer 5 of 8: 'conv 8' cannot be laid on a map of 1x1x8"):
        choose(Recipe(net=net), striped_data())


def test_choosing_gives_reasons() -> None:
    choice = choose(Recipe(), striped_data())
    assert any("the pictures' own size" in reason for reason in choice.reasons)
    assert any("net" in reason for reason in choice.reasons)


def test_a_chosen_recipe_is_chosen_already() -> None:
    data = Dataset("stripes", ("a", "b"), {"train": striped_pictures(40, 2, 1)})
    once = choose(Recipe(), data).recipe
    assert choose(once, data).recipe == once


def test_what_cannot_fit_into_memory_is_refused_before_it_is_tried() -> None:
    net = "flatten, dense 100000, dense 100000, dense 100000, dense 100000, dense classes"
    with pytest.raises(RecipeError, match=r"needs at least .* use a smaller size or net"):
        choose(Recipe(net=net), striped_data())


def test_batchnorm_with_one_picture_a_batch_is_refused() -> None:
    with pytest.raises(RecipeError, match="use a batch of 2 or more"):
        choose(Recipe(net="flatten, dense 8, batchnorm, dense classes", batch=1), striped_data())


def test_evaluation_steps_are_as_large_as_their_feature_maps_allow() -> None:
    assert choose(Recipe(), sized_data(28, 28, 1, 3)).recipe.validation_batch == 500
    large = choose(Recipe(net="horses-300"), sized_data(300, 300, 3, 2)).recipe.validation_batch
    assert large is not None
    assert 1 <= large < 50
    notes = choose(Recipe(recipe="notes"), sized_data(300, 300, 3, 2)).recipe
    assert notes.validation_batch == 32


def test_a_network_of_ones_own_leaves_the_net_open() -> None:
    choice = choose(Recipe(size="2x2"), striped_data(), own_network=True)
    assert choice.recipe.net is None
    assert choice.recipe.weights is None
    assert not any("net" in reason for reason in choice.reasons)


def test_a_preset_is_found_in_any_letter_case() -> None:
    data = sized_data(300, 300, 3, 2)
    assert choose(Recipe(net="CONV-32X2"), data).preprocess.input_shape == (28, 28, 1)


@pytest.mark.parametrize("name", ["fast", "thorough", "notes"])
def test_every_recipe_has_a_net_for_pictures_of_every_size(name: RecipeName) -> None:
    for side in [*range(1, 70), 96, 150, 300, 1000]:
        for height, width in (
            (side, side),
            (side, 2 * side),
            (side + 1, side),
            (side, 64),
            (96, side),
        ):
            net = parse_net(default_net(name, (height, width, 3))).with_outputs(2)
            assert net.shapes((height, width, 3))[-1] == (2,), (height, width)


@pytest.mark.parametrize("name", ["fast", "thorough", "notes"])
@pytest.mark.parametrize("side", [28, 150])
def test_every_choice_of_a_recipe_is_told_with_its_value(name: RecipeName, side: int) -> None:
    data = sized_data(side, side, 3, 4, count=300)
    choice = choose(Recipe(recipe=name), data)
    told = "\n".join(choice.reasons)
    plain = choose(Recipe(recipe="notes"), data).recipe
    for field in ("net", "augment", "views", "average", "label_smoothing", "weight_decay",
                  "optimizer", "learning_rate", "schedule", "batch", "epochs"):  # fmt: skip
        chosen = getattr(choice.recipe, field)
        if name == "notes" and field in ("augment", "views", "average", "label_smoothing"):
            assert chosen in (0.0, "one", "none")
        elif chosen != getattr(plain, field) or field in ("optimizer", "batch", "epochs"):
            assert f"{chosen:g}" in told if isinstance(chosen, float) else str(chosen) in told


def test_what_was_said_is_not_told_as_a_choice() -> None:
    said = Recipe(augment="flip", views="flip", net="flatten, dense classes", average=0.5)
    told = "\n".join(choose(said, sized_data(150, 150, 3, 4)).reasons)
    assert not any(word in told for word in ("augment", "views", "net of", "average"))


@pytest.mark.parametrize("fields", [{"augment": "shift 28"}, {"views": "shift 28"}])
def test_a_shift_that_leaves_nothing_but_the_edge_is_refused(fields: dict[str, str]) -> None:
    with pytest.raises(RecipeError, match="can be shifted by 27 at the most, got shift 28"):
        choose(Recipe(**fields), sized_data(28, 40, 1, 3))


@pytest.mark.parametrize(
    ("classes", "mirrored"),
    [
        (("cats", "dogs"), True),
        (("a", "b"), True),
        (tuple("0123456789"), False),
        (("10", "20"), False),
        (tuple("ABCDEFGHIJ"), False),
    ],
)
def test_digits_and_letters_are_not_mirrored(classes: tuple[str, ...], mirrored: bool) -> None:
    side, count = 64, 2 * len(classes)
    part = Part(
        ArraySource(np.zeros((count, side, side, 3), np.uint8)),
        np.arange(count) % len(classes),
        tuple(map(str, range(count))),
    )
    chosen = choose(Recipe(), Dataset("signs", classes, {"train": part}))
    assert ("flip" in (chosen.recipe.augment or "")) is mirrored
    assert any("in a mirror" in reason for reason in chosen.reasons) is not mirrored


def told_of(recipe: Recipe, data: Dataset) -> str:
    return "\n".join(choose(recipe, data).reasons)


def test_how_often_a_picture_is_shown_is_told_in_plain_digits() -> None:
    photos = sized_data(96, 96, 3, 4, count=300)
    assert "each of the 300 160 times" in told_of(Recipe(recipe="thorough"), photos)
    assert "each of the 40 1,000 times" in told_of(Recipe(epochs=1000), sized_data(28, 28, 1, 4))
    assert "each of the 70,000 1.7 times" in told_of(Recipe(), sized_data(2, 2, 1, 4, count=70_000))


@pytest.mark.parametrize("batch", [None, 32, 500])
def test_of_more_pictures_than_are_to_be_shown_no_batch_makes_it_show_more(
    batch: int | None,
) -> None:
    recipe = choose(Recipe(batch=batch), sized_data(2, 2, 1, 4, count=100_000)).recipe
    assert recipe.steps_per_epoch is not None
    assert recipe.batch is not None
    assert recipe.epochs == 2
    assert 119_000 <= 2 * recipe.steps_per_epoch * recipe.batch <= 120_000


def test_epochs_that_were_said_are_whole_passes() -> None:
    recipe = choose(Recipe(epochs=3), sized_data(2, 2, 1, 4, count=100_000)).recipe
    assert (recipe.epochs, recipe.steps_per_epoch) == (3, None)


@pytest.mark.parametrize("name", ["fast", "thorough", "notes"])
@pytest.mark.parametrize("shape", [(1, 1), (1, 30), (30, 1), (1, 90), (90, 2)])
def test_every_recipe_takes_pictures_of_a_pixel_or_a_line(
    name: RecipeName, shape: tuple[int, int]
) -> None:
    asked = Recipe(recipe=name, size=f"{shape[0]}x{shape[1]}")
    recipe = choose(asked, sized_data(*shape, 3, 4)).recipe
    assert "shift" not in f"{recipe.augment}, {recipe.views}"


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        (
            {"optimizer": "adam", "weight_decay": 0.1},
            "weight decay 0.1 does nothing: adam has none",
        ),
        ({"optimizer": "adamw", "momentum": 0.9}, "momentum 0.9 does nothing: adamw has none"),
        ({"recipe": "notes", "momentum": 0.9}, "momentum 0.9 does nothing: adam has none"),
    ],
)
def test_what_the_optimizer_does_not_have_is_told_to_do_nothing(
    fields: dict[str, Any], line: str
) -> None:
    data = sized_data(28, 28, 1, 4)
    assert line in choose(Recipe(**fields), data).reasons
    assert "does nothing" not in told_of(Recipe(**(fields | {"optimizer": "sgd"})), data)


def test_a_weight_decay_that_the_optimizer_does_not_have_is_not_told_as_chosen() -> None:
    data = sized_data(28, 28, 1, 4)
    assert "weight decay 0.01" in told_of(Recipe(), data)
    assert "weight decay" not in told_of(Recipe(optimizer="adam"), data)
