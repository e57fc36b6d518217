"""Marks stand where their numbers say."""

from hypothesis import given
from hypothesis import strategies as st

from lenswork.web.marks import PADDING, Scale, miniature, scale_of
from lenswork.web.short import short_data, short_net

SHARES = st.floats(0, 1)


def points(said: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in (pair.split(",") for pair in said.split())]


@given(st.lists(st.none() | SHARES, max_size=50), st.lists(st.none() | SHARES, max_size=50))
def test_a_miniature_stays_within_its_bounds_and_keeps_the_order_of_values(
    train: list[float | None], held_out: list[float | None]
) -> None:
    drawn = miniature(train, held_out, width=100, height=30)
    every: list[tuple[float, float]] = []
    for curve, said in ((train, drawn.train), (held_out, drawn.held_out)):
        known = [value for value in curve if value is not None]
        marks = points(said)
        assert len(marks) == len(known)
        every += zip((y for _, y in marks), known, strict=True)
        assert all(PADDING <= x <= 100 - PADDING for x, _ in marks)
    assert all(0 <= y <= 30 for y, _ in every)
    for y, value in every:
        assert all(other_y <= y for other_y, other in every if other > value)


def test_a_run_without_epochs_is_drawn_empty() -> None:
    drawn = miniature((), ())
    assert (drawn.train, drawn.held_out, drawn.end) == ("", "", None)


@given(st.lists(SHARES, min_size=1, max_size=20))
def test_a_scale_has_its_values_and_round_ticks_within_it(values: list[float]) -> None:
    scale = scale_of(values, 10, 310)
    assert all(9.9 <= scale.at(value) <= 310.1 for value in values)
    ticks = scale.ticks()
    assert all(9.9 <= place <= 310.1 for place, _ in ticks)
    assert len(ticks) <= 7
    assert len({text for _, text in ticks}) == len(ticks), "none is written twice"


def test_ticks_are_round_percents() -> None:
    assert [text for _, text in Scale(0.9801, 0.9912, 0, 100).ticks()] == ["98.5%", "99.0%"]
    assert [text for _, text in Scale(0, 1, 0, 100).ticks()] == [
        "0%", "20%", "40%", "60%", "80%", "100%",
    ]  # fmt: skip


def test_nets_are_told_by_what_can_be_chosen_in_them() -> None:
    deep = "conv 16, pool, conv 32, pool, conv 64, pool, flatten, dense 512, dense classes"
    assert short_net(deep) == "conv 16-32-64, dense 512"
    assert short_net("conv 32 5x5 same, pool, dropout, dense classes") == "conv 32"
    assert short_net("flatten, dense classes") == "flatten, dense classes"
    assert short_net("MyOwnNet") == "MyOwnNet"


def test_data_is_told_by_its_name_or_its_folders() -> None:
    assert short_data("mnist") == "mnist"
    assert short_data("/home/ada/pictures/leaves") == "leaves"
    assert "secret" not in short_data("https://ada:secret@example.org/a-{0..9}.tar?token=secret")
