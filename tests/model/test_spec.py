"""The grammar of nets: every word, its canonical text, and errors that point at the word."""

import re
from typing import Literal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lenswork.errors import NetError
from lenswork.model.layers import (
    ACTIVATIONS,
    Activation,
    BatchNorm,
    Conv,
    Dense,
    Dropout,
    Flatten,
    Layer,
    Pool,
)
from lenswork.model.presets import PRESETS
from lenswork.model.spec import FORMS, NetSpec, check_net, parse_net
from lenswork.model.window import Padding, Window

END = "flatten, dense classes"


def first_layer(text: str) -> Layer:
    """The one layer written in `text`."""
    return parse_net(f"{text}, {END}").layers[0]


def complaint(text: str) -> str:
    with pytest.raises(NetError) as caught:
        parse_net(text)
    return str(caught.value)


def pointed_at(text: str) -> str:
    """What stands above the caret in the error that `text` causes."""
    _, line, mark = complaint(text).rsplit("\n", 2)
    start, end = mark.index("^"), mark.rindex("^") + 1
    assert mark == "  " + " " * (start - 2) + "^" * (end - start)
    return line[start:end]


@pytest.mark.parametrize(
    ("text", "layer"),
    [
        ("conv 32", Conv(32, Window(3, 3, 1, 0), "relu", True)),
        ("conv 32 5x3", Conv(32, Window(5, 3))),
        ("conv 32 5", Conv(32, Window(5, 5))),
        ("conv 32 stride 2", Conv(32, Window(3, 3, stride=2))),
        ("conv 32 same", Conv(32, Window(3, 3, padding="same"))),
        ("conv 32 valid", Conv(32)),
        ("conv 32 padding 2", Conv(32, Window(3, 3, padding=2))),
        ("conv 32 padding 0", Conv(32)),
        ("conv 32 tanh", Conv(32, activation="tanh")),
        ("conv 32 linear", Conv(32, activation=None)),
        ("conv 32 no-bias", Conv(32, bias=False)),
        ("conv 32 gelu no-bias", Conv(32, activation="gelu", bias=False)),
        ("conv 32 no-bias gelu", Conv(32, activation="gelu", bias=False)),
        ("conv 8 7x1 stride 3 same elu", Conv(8, Window(7, 1, 3, "same"), "elu")),
        ("conv classes", Conv(None, activation=None)),
        ("conv classes 1x1 no-bias", Conv(None, Window(1, 1), activation=None, bias=False)),
        ("pool", Pool("max", Window(2, 2, stride=2))),
        ("pool max", Pool("max", Window(2, 2, stride=2))),
        ("pool avg", Pool("avg", Window(2, 2, stride=2))),
        ("pool average", Pool("avg", Window(2, 2, stride=2))),
        ("pool 3x3", Pool("max", Window(3, 3, stride=3))),
        ("pool 3x2", Pool("max", Window(3, 2, stride=3))),
        ("pool avg 3x3 stride 2 same", Pool("avg", Window(3, 3, 2, "same"))),
        ("pool padding 1", Pool("max", Window(2, 2, 2, padding=1))),
        ("pool max global", Pool("max", None)),
        ("pool avg global", Pool("avg", None)),
        ("flatten", Flatten()),
        ("dense 128", Dense(128, "relu", True)),
        ("dense 128 linear no-bias", Dense(128, None, False)),
        ("dense classes", Dense(None, None)),
        ("dense classes linear", Dense(None, None)),
        ("dropout", Dropout(0.5)),
        ("dropout 0.25", Dropout(0.25)),
        ("dropout .1", Dropout(0.1)),
        ("dropout 0", Dropout(0.0)),
        ("batchnorm", BatchNorm()),
        *((name, Activation(name)) for name in ACTIVATIONS),
    ],
)
def test_every_word_means_what_the_grammar_says(text: str, layer: Layer) -> None:
    assert first_layer(text) == layer


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation_can_follow_a_convolution_and_a_dense_layer(activation: str) -> None:
    net = parse_net(f"conv 1 {activation}, flatten, dense 1 {activation}, dense classes")
    assert net.layers[0] == Conv(1, activation=activation)
    assert net.layers[2] == Dense(1, activation)


def test_the_canonical_text_leaves_defaults_out() -> None:
    text = "conv 8 3x3 stride 1 valid relu, pool max 2x2 stride 2, flatten, dense classes linear"
    assert str(parse_net(text)) == "conv 8, pool, flatten, dense classes"


def test_capital_letters_spaces_and_new_lines_make_no_difference() -> None:
    text = "  CONV 32  5X5 Same,\n\tPool AVG Global ,\r\n Dense  Classes\n"
    assert str(parse_net(text)) == "conv 32 5x5 same, pool avg global, dense classes"


SIZES = st.integers(1, 100_000)
PADDINGS: st.SearchStrategy[Padding] = st.one_of(st.just("same"), st.integers(0, 100_000))
WINDOWS = st.builds(Window, SIZES, SIZES, SIZES, PADDINGS)
METHODS: st.SearchStrategy[Literal["max", "avg"]] = st.sampled_from(["max", "avg"])
MAYBE_ACTIVATION = st.sampled_from([None, *ACTIVATIONS])
LAYERS: st.SearchStrategy[Layer] = st.one_of(
    st.builds(Conv, SIZES, WINDOWS, MAYBE_ACTIVATION, st.booleans()),
    st.builds(Conv, st.none(), WINDOWS, st.none(), st.booleans()),
    st.builds(Pool, METHODS, st.none() | WINDOWS),
    st.builds(Pool, METHODS, st.just(Window(2, 2, 2))),
    st.builds(Flatten),
    st.builds(Dense, SIZES, MAYBE_ACTIVATION, st.booleans()),
    st.builds(Dense, st.none(), st.none(), st.booleans()),
    st.builds(Dropout, st.floats(0, 1, exclude_max=True)),
    st.builds(BatchNorm),
    st.builds(Activation, st.sampled_from(ACTIVATIONS)),
)


@given(st.lists(LAYERS, max_size=5))
@example([Dropout(1e-5)])
@example([Dropout(0.1234567)])
@example([Dropout(0.99999999)])
def test_the_text_of_any_net_reads_back_as_the_same_net(layers: list[Layer]) -> None:
    spec = NetSpec((*layers, Dense(None, None)))
    assert parse_net(str(spec)) == spec


WORDS = st.sampled_from(
    [*FORMS, "classes", "same", "valid", "padding", "stride", "global", "max", "no-bias", ",", ","]
)
ODD = st.sampled_from(["0", "3x0", "x", "9" * 5000, "٣", "²", "İ", "\x00", "\n", "0.5", "32", "-1"])


@given(st.text() | st.lists(WORDS | ODD | st.text(max_size=4)).map(" ".join))
@example("dense " + "9" * 5000)
@example("conv 32 " + "9" * 5000)
@example("dropout 0." + "9" * 5000)
@example("İ 32")
def test_no_text_whatever_causes_another_error_than_a_net_error(text: str) -> None:
    try:
        parse_net(text)
    except NetError as error:
        assert str(error).strip()  # noqa: PT017


@given(st.lists(WORDS | ODD, max_size=8).map(" ".join), st.lists(WORDS | ODD).map(" ".join))
def test_a_mark_is_always_one_line_under_the_line_that_it_points_into(head: str, tail: str) -> None:
    lines = complaint(f"{head} bogus {tail}").splitlines()
    assert len(lines) == 3
    assert re.fullmatch(r" +\^+", lines[2])
    assert len(lines[2]) <= len(lines[1])


@pytest.mark.parametrize(
    ("text", "word", "problem"),
    [
        ("conv 32, poool, flatten, dense classes", "poool", "no layer is called 'poool'"),
        ("conv, dense classes", "conv", "'conv' needs a number of filters, or 'classes'"),
        ("dense, dense classes", "dense", "'dense' needs a number of units, or 'classes'"),
        ("conv many, dense classes", "many", "expected a number of filters, or 'classes' from 1"),
        ("conv 0, dense classes", "0", "from 1 to 100,000, got '0'"),
        ("conv 100001, dense classes", "100001", "from 1 to 100,000, got '100001'"),
        ("dense -5, dense classes", "-5", "from 1 to 100,000, got '-5'"),
        ("conv 32 3x0, dense classes", "3x0", "expected a window's side from 1 to 100,000"),
        ("conv 32 0x3, dense classes", "0x3", "expected a window's side from 1 to 100,000"),
        ("conv 32 3x3x3, dense classes", "3x3x3", "'conv' does not know '3x3x3' in this place"),
        ("conv 32 stride, dense classes", "conv", "'stride' needs a number after it"),
        ("conv 32 stride 0, dense classes", "0", "expected a number after 'stride' from 1 to"),
        ("conv 32 padding x, dense classes", "x", "expected a number after 'padding' from 0 to"),
        ("conv 32 valid padding 3, dense classes", "padding", "'conv' does not know 'padding'"),
        ("conv 32 relu tanh, dense classes", "tanh", "'conv' does not know 'tanh'"),
        ("conv 32 same stride 2, dense classes", "stride", "write 'conv FILTERS [3x3] [stride 1]"),
        ("pool global, dense classes", "pool", "say which: 'pool max global' or 'pool avg global'"),
        ("pool avg global 2x2, dense classes", "2x2", "'pool' does not know '2x2'"),
        ("dropout 1, dense classes", "1", "a fraction of at least 0 and less than 1"),
        ("dropout 0.99999999999999999999, dense classes", "0.99999999999999999999", "less than 1"),
        ("flatten 3, dense classes", "3", "write 'flatten' alone"),
        ("relu 3, dense classes", "3", "write 'relu' alone"),
        ("conv 32 pool, dense classes", "pool", "is a comma missing before it?"),
        ("dense classes softmax", "softmax", "'classes' has no activation: its softmax or sigmoid"),
        ("dense classes sigmoid", "sigmoid", "is added by itself"),
    ],
)
def test_errors_say_what_is_wrong_and_point_at_the_word(text: str, word: str, problem: str) -> None:
    assert problem in complaint(text)
    assert pointed_at(text) == word


def test_the_mark_stands_under_the_second_of_two_equal_words() -> None:
    text = "conv 32 tanh, conv 32 tanh tanh, dense classes"
    *_, line, mark = complaint(text).split("\n")
    assert line == f"  {text}"
    assert mark.index("^") - 2 == text.rindex("tanh")


def test_the_mark_stands_right_though_the_text_has_new_lines_and_tabs() -> None:
    assert pointed_at("conv 32,\n\tbogus 3,\ndense classes") == "bogus"


def test_the_mark_stands_right_though_a_capital_letter_grows_when_made_small() -> None:
    assert pointed_at("conv 32 İİİ, dense classes") == "İİİ"


def test_a_long_line_is_cut_around_the_word_so_that_no_terminal_breaks_it() -> None:
    text = "conv 16, pool, " * 20 + "bogus 3, " + "conv 16, pool, " * 20 + "dense classes"
    assert pointed_at(text) == "bogus"
    assert max(len(line) for line in complaint(text).splitlines()[1:]) <= 80


@pytest.mark.parametrize(
    ("text", "column"), [("conv 32,", 7), ("conv 32,, pool", 8), (", conv 32", 0), (",", 0)]
)
def test_a_missing_layer_is_pointed_at(text: str, column: int) -> None:
    *_, mark = complaint(text).split("\n")
    assert "a layer is missing here" in complaint(text)
    assert mark == " " * (2 + column) + "^"


def test_a_number_of_thousands_of_digits_is_refused_and_not_printed_whole() -> None:
    message = complaint("dense " + "9" * 5000)
    assert "got '999" in message
    assert len(message) < 400


@pytest.mark.parametrize("text", ["", "  ", "\n"])
def test_an_empty_net_is_answered_with_an_example_and_the_presets(text: str) -> None:
    assert "the net is empty: expected layers such as 'conv 32, pool" in complaint(text)
    assert "horses-300-deep" in complaint(text)


def test_a_net_without_classes_is_told_how_to_end() -> None:
    message = complaint("flatten, dense 10")
    assert message.startswith("the net must end in one unit a class, but ends in 'dense 10'")
    assert "'dense classes'" in message


@pytest.mark.parametrize(
    ("word", "meant"), [("cov", "conv"), ("danse", "dense"), ("batch-norm", "batchnorm")]
)
def test_a_slip_of_the_keyboard_is_answered_with_the_nearest_layer(word: str, meant: str) -> None:
    assert f"Did you mean '{meant}'?" in complaint(f"{word} 3, dense classes")


def test_a_word_like_no_other_is_answered_with_all_layers() -> None:
    assert f"Layers are {', '.join(FORMS)}\n" in complaint("xyzzy, dense classes")


def test_a_misspelt_preset_is_answered_with_the_nearest_preset() -> None:
    assert "Did you mean 'horses-300-deep'?" in complaint("horses-300-dep")
    assert "presets are dense-128, dense-512," in complaint("xyzzy")


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_is_read_by_its_name_and_fits_its_own_input(name: str) -> None:
    preset = PRESETS[name]
    assert parse_net(name) == parse_net(preset.net) == parse_net(f" {name.upper()}\n")
    check_net(parse_net(name), preset.input_shape, preset.outputs)


def test_classes_are_filled_in_as_units_and_as_filters() -> None:
    net = parse_net("conv classes 1x1, pool avg global, dense classes no-bias")
    assert str(net.with_outputs(7)) == "conv 7 1x1 linear, pool avg global, dense 7 linear no-bias"
    assert str(net).startswith("conv classes"), "the net itself stays as it was"


def test_shapes_need_the_classes_to_be_filled_in() -> None:
    with pytest.raises(TypeError, match="the number of classes has not been filled in"):
        parse_net("flatten, dense classes").shapes((2, 2, 1))


@pytest.mark.parametrize(
    ("net", "reason"),
    [
        ("conv classes", "it ends in a map of 26x26x10: end it with 'flatten, dense classes'"),
        ("flatten, dense classes, dense 5", "a vector of 10 numbers, .* it ends in a vector of 5"),
    ],
)
def test_a_net_that_does_not_end_in_a_vector_of_the_classes_is_refused(
    net: str, reason: str
) -> None:
    with pytest.raises(NetError, match=reason):
        check_net(parse_net(net), (28, 28, 1), 10)


@pytest.mark.parametrize("shape", [(28, 28), (784,), (0, 28, 1)])
def test_an_input_that_is_no_picture_is_refused(shape: tuple[int, ...]) -> None:
    got = "x".join(map(str, shape))
    with pytest.raises(NetError, match=f"height x width x channels such as 28x28x1, got {got}$"):
        check_net(parse_net("flatten, dense classes"), shape, 10)
