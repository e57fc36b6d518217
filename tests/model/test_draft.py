"""A net while it is being written: described as far as it can be read, and never refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lenswork.model.describe import describe
from lenswork.model.draft import draft
from lenswork.model.presets import PRESETS

DIGIT = (28, 28, 1)
NET = "conv 32, pool, flatten, dense 128, dense classes"


@pytest.mark.parametrize("name", PRESETS)
def test_a_whole_net_is_drafted_as_it_is_described(name: str) -> None:
    preset = PRESETS[name]
    drawn = draft(preset.net, preset.input_shape, preset.outputs)
    whole = describe(preset.net, preset.input_shape, preset.outputs)
    assert drawn.rows == whole.rows
    assert drawn.problem is None
    assert drawn.wrong is None
    assert drawn.pieces == tuple(preset.net.split(", "))
    assert (drawn.parameters, drawn.multiply_adds, drawn.activation_bytes) == (
        whole.parameters,
        whole.multiply_adds,
        whole.activation_bytes,
    )


def test_a_preset_s_name_stands_for_its_line() -> None:
    assert draft("conv-32x1", DIGIT, 10).line == PRESETS["conv-32x1"].net


def test_a_word_that_is_wrong_is_pointed_at_and_what_stands_before_it_is_described() -> None:
    drawn = draft("conv 32, pool, cnv 64, flatten, dense classes", DIGIT, 10)
    assert [row.layer for row in drawn.rows] == ["conv 32", "pool"]
    assert drawn.wrong == 2
    assert drawn.span is not None
    assert drawn.line[slice(*drawn.span)] == "cnv"
    assert drawn.problem == "no layer is called 'cnv'. Did you mean 'conv'?"


def test_a_layer_that_does_not_fit_its_input_is_named() -> None:
    drawn = draft("pool 20x20, conv 8, flatten, dense classes", DIGIT, 10)
    assert [row.output_shape for row in drawn.rows] == [(1, 1, 1)]
    assert (drawn.wrong, drawn.span) == (1, None)
    assert drawn.problem is not None
    assert drawn.problem.startswith("'conv 8' cannot be laid on a map of 1x1x1")


def test_a_net_without_an_end_is_wrong_as_a_whole() -> None:
    drawn = draft("conv 32, pool", DIGIT, 10)
    assert len(drawn.rows) == 2
    assert drawn.wrong is None
    assert drawn.problem == (
        "the net must end in one unit a class, but ends in 'pool': end it with 'dense classes'"
    )
    unended = draft("conv classes", DIGIT, 10)
    assert len(unended.rows) == 1
    assert unended.problem is not None
    assert unended.problem.startswith("the net must end in a vector of 10 numbers")


def test_an_empty_line_has_no_layers() -> None:
    drawn = draft("  ", DIGIT, 10)
    assert (drawn.pieces, drawn.rows) == ((), ())
    assert drawn.problem is not None
    assert drawn.problem.startswith("the net is empty")


@given(st.text(alphabet="convpldes 0123456789x,.-", max_size=60))
def test_whatever_is_typed_is_drafted(text: str) -> None:
    drawn = draft(text, DIGIT, 10)
    assert len(drawn.rows) <= max(1, len(drawn.pieces))
    if drawn.span is not None:
        start, end = drawn.span
        assert 0 <= start < end <= len(drawn.line)


def test_more_layers_see_more_of_the_picture() -> None:
    fields = [row.receptive_field for row in draft(NET, DIGIT, 10).rows]
    assert fields[:2] == [(3, 3), (4, 4)]
    assert fields == sorted(fields)
