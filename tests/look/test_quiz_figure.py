"""A demonstration as one figure: everything that is drawn, nothing cut off."""

from dataclasses import replace

import numpy as np
import pytest
from look_nets import cut_off, noise, overlapping, smallest_printed, texts
from matplotlib.patches import Rectangle
from quiz_subjects import striped_subject

from lenswork.look.quiz.demonstrate import demonstrate
from lenswork.look.quiz.figure import demonstration_figure, still
from lenswork.look.quiz.shown import (
    Bars,
    Curve,
    Curves,
    Demonstration,
    Panel,
    Panels,
    Sweep,
    Table,
)
from lenswork.look.quiz.subject import Subject

DRAWN = (1, 3, 10, 11)


@pytest.fixture(scope="module")
def subject(tmp_path_factory: pytest.TempPathFactory) -> Subject:
    return striped_subject(tmp_path_factory.mktemp("home"))


def panels_of_size(*shapes: tuple[int, int, int], small: bool = False) -> Panels:
    panels = (
        Panel(f"picture {place}", noise(shape), f"of {shape[0]} rows", frame=(1, 2, 3, 4))
        for place, shape in enumerate(shapes)
    )
    return Panels("Some pictures", tuple(panels), small)


CURVES = Curves(
    "Accuracy",
    "epoch",
    (1.0, 2.0, 3.0),
    (Curve("training", (0.5, 0.8, 0.9), 1), Curve("validation", (0.4, None, 0.6), 2)),
    percent=True,
)
SWEEP = Sweep(
    "Filter 3 on its way",
    noise((10, 12, 1)),
    noise((5, 6, 3)),
    np.arange(30, dtype=np.float32).reshape(5, 6),
    (3, 3),
    2,
    (1, 1),
    start=13,
)


def test_what_has_neither_pictures_nor_curves_is_not_drawn() -> None:
    words = (Table("t", ("a",), (("1",),)), Bars("b", ("one",), (("cat", (1.0,)),)))
    assert demonstration_figure("Words", Demonstration(("said",), words)) is None


@pytest.mark.parametrize(
    "part",
    [
        panels_of_size((20, 20, 3), (20, 20, 1), (20, 20, 3)),
        panels_of_size(*[(9, 9, 3)] * 11, small=True),
        panels_of_size((90, 10, 3), (10, 90, 3), (1, 1, 1)),
        CURVES,
        SWEEP,
    ],
    ids=["three", "many", "odd", "curves", "sweep"],
)
def test_every_picture_has_its_words_and_none_is_cut_off(part: Panels | Curves | Sweep) -> None:
    figure = demonstration_figure("8. Rescaling: mine", Demonstration((), (part, part)))
    assert figure is not None
    said = " ".join(texts(figure))
    shown = still(part) if isinstance(part, Sweep) else part
    assert said.count(shown.title) == 2
    if isinstance(shown, Panels):
        for panel in shown.panels:
            assert panel.title.split()[0] in said
    assert cut_off(figure) == []
    assert overlapping(figure) == []
    assert smallest_printed(figure) >= 6


def test_a_filter_on_its_way_is_drawn_where_it_answers_most() -> None:
    seen, its_map = still(SWEEP).panels
    assert its_map.frame == (2, 1, 1, 1)  # place 13 of 6 a row
    assert seen.frame == (3, 1, 3, 3)  # 2 * 2 - 1, 1 * 2 - 1


def test_a_frame_is_around_its_place_and_can_be_seen_however_small() -> None:
    panels = Panels("One", (Panel("large", noise((200, 100, 3)), frame=(50, 20, 1, 30)),))
    figure = demonstration_figure("x", Demonstration((), (panels,)))
    assert figure is not None
    frame = next(one for one in figure.axes[0].patches if isinstance(one, Rectangle))
    assert frame.get_height() == pytest.approx(8)  # 1 of 200 rows would not be seen
    assert frame.get_width() == 30
    assert frame.get_y() + frame.get_height() / 2 == pytest.approx(50)
    assert frame.get_x() == 19.5


def test_names_with_dollars_are_words() -> None:
    panel = replace(panels_of_size((9, 9, 3)).panels[0], title="$x_1$.png", words="in $\\frac$")
    figure = demonstration_figure("x", Demonstration((), (Panels("$a$", (panel,)),)))
    assert figure is not None
    assert cut_off(figure) == []


@pytest.mark.slow
@pytest.mark.parametrize("number", DRAWN)
def test_every_demonstration_that_draws_is_whole(subject: Subject, number: int) -> None:
    figure = demonstration_figure("x", demonstrate(number, subject, {}))
    assert figure is not None
    assert cut_off(figure) == []
    assert overlapping(figure) == []
