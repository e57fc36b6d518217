"""Figures in one call are those of the parts that they are made of."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from look_nets import texts
from matplotlib.figure import Figure
from tiny_data import write_striped_folder
from tiny_studies import carry_out, finished_study

import lenswork as lw
from lenswork.errors import UsageError
from lenswork.look.activations import activations
from lenswork.look.arithmetic_figure import arithmetic_figure
from lenswork.look.attribution import attribute
from lenswork.look.attribution_figure import attribution_figure
from lenswork.look.confusion_figure import confusion_figure
from lenswork.look.each_number import EachNumber, work_out
from lenswork.look.each_number_figure import each_number_figure
from lenswork.look.filters import look_at_filters
from lenswork.look.filters_figure import patches_figure
from lenswork.look.forgot import forget, forget_part, slip
from lenswork.look.forgot_figure import forgot_figure
from lenswork.look.grid import all_channel_maps
from lenswork.look.kernels import PRESETS
from lenswork.look.lab import photograph
from lenswork.look.mistakes import judge
from lenswork.look.pictures import Shown, part_of, some_pictures
from lenswork.look.sheet_figure import sheet_figure
from lenswork.record.run import Run
from lenswork.record.style import Drawing
from lenswork.study.folder import start_study
from lenswork.study.sizes_seen import lost_figure, moved_in

NET = "conv 4, pool, conv 3, flatten, relu, dense classes"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_striped_folder(tmp_path_factory.mktemp("draw") / "stripes")


@pytest.fixture(scope="module")
def run(folder: Path) -> Run:
    home = folder.parent / "runs"
    return lw.train(folder, net=NET, recipe="notes", epochs=1, home=home, progress=False)


def shown(run: Run, *numbers: int) -> list[Shown]:
    preprocess = run.classifier.contract.preprocess
    return some_pictures(part_of(run), numbers, run.classes, preprocess)


def content(figure: Figure) -> tuple[list[str], list[bytes]]:
    """All words and all pictures of a figure, which a notebook shows by itself."""
    assert isinstance(figure, Drawing)
    images = [image for axes in figure.axes for image in axes.images]
    return texts(figure), [np.asarray(image.get_array()).tobytes() for image in images]


def test_pictures_are_shown_under_their_class_with_their_id(folder: Path) -> None:
    data = lw.open_data(folder)
    figure = lw.draw_pictures(data, "validation", each=3)
    part = data.validation
    assert part is not None
    assert len(figure.axes) == 6
    for axes in figure.axes:
        place = part.ids.index(axes.get_xlabel().replace("\n", ""))
        pixels = np.asarray(axes.images[0].get_array())
        assert np.array_equal(pixels, part.source.read(place)[:, :, 0])
    assert {"high, 6", "low, 6"} <= set(texts(figure))
    assert content(lw.draw_pictures(folder, "validation", each=3)) == content(figure)


def test_every_picture_can_be_asked_for_and_another_seed_shows_others(folder: Path) -> None:
    assert len(lw.draw_pictures(folder, each=99).axes) == 24
    one, other = (content(lw.draw_pictures(folder, each=2, seed=seed)) for seed in (0, 1))
    assert one[1] != other[1]


def test_a_part_that_is_not_there_is_refused_naming_those_that_are(folder: Path) -> None:
    with pytest.raises(UsageError, match="has no test pictures; it has train, validation"):
        lw.draw_pictures(folder, "test")
    with pytest.raises(UsageError, match="expected 1 or more, got 0"):
        lw.draw_pictures(folder, each=0)


def test_maps_are_those_of_the_pictures_that_were_asked_for(run: Run) -> None:
    figure = lw.draw_maps(run, [7, 0], channel=2)
    (first, *_) = activations(run.classifier, [one.picture for one in shown(run, 7, 0)])
    rows = [figure.axes[0:4], figure.axes[4:8]]  # a picture, then its three maps
    for row, values in zip(rows, first.values[..., 2], strict=True):
        assert np.allclose(np.asarray(row[1].images[0].get_array()), values)


def test_left_out_the_pictures_are_those_of_the_notes_that_there_are(run: Run) -> None:
    assert content(lw.draw_maps(run)) == content(lw.draw_maps(run, [0, 7]))


def test_a_file_is_shown_as_the_same_picture_of_the_part_is(run: Run, folder: Path) -> None:
    path = folder / part_of(run).ids[7]
    number, file = (content(lw.draw_channels(run, one, layers=[1]))[1] for one in (7, path))
    assert number == file
    mixed = lw.draw_maps(run, [str(path), 7], layers=["1"])
    maps = [np.asarray(axes.images[0].get_array()) for axes in mixed.axes if axes.images]
    assert np.array_equal(maps[1], maps[3])


def test_pictures_that_are_not_there_are_refused(run: Run) -> None:
    with pytest.raises(UsageError, match="no picture 99: this part has 12"):
        lw.draw_maps(run, [99])
    with pytest.raises(UsageError, match="give at least one picture"):
        lw.draw_maps(run, [])


def test_one_call_draws_what_its_parts_draw(run: Run) -> None:
    classifier, two = run.classifier, shown(run, 0, 7)
    part = part_of(run)
    assert content(lw.draw_channels(run, 7)) == content(
        sheet_figure(all_channel_maps(classifier, two[1]))
    )
    assert content(lw.draw_filters(run, 3, part="validation")) == content(
        patches_figure(look_at_filters(classifier, part, "3"))
    )
    assert content(lw.draw_forgotten(run, "rescale", [0, 7])) == content(
        forgot_figure(
            slip(classifier, "rescale"),
            forget(classifier, two, "rescale"),
            forget_part(classifier, part, "rescale"),
        )
    )
    assert content(lw.draw_confusion(run)) == content(confusion_figure(judge(run)))


@pytest.mark.slow
def test_attribution_in_one_call_is_that_of_its_parts(run: Run) -> None:
    found = attribute(run.classifier, shown(run, 0), "occlusion", class_name="high")
    figure = lw.draw_attribution(run, [0], "occlusion", class_name="high")
    assert content(figure) == content(attribution_figure(found))


@pytest.mark.parametrize("layer", [1, 2, 5, 6])
def test_the_arithmetic_of_any_layer_is_drawn(run: Run, layer: int) -> None:
    worked = work_out(run.classifier, shown(run, 0)[0].picture, str(layer))
    figure = lw.draw_value(run, layer)
    if isinstance(worked, EachNumber):
        assert content(figure) == content(each_number_figure(worked))
    else:
        assert content(figure) == content(arithmetic_figure(worked))


def test_mistakes_are_drawn_up_to_as_many_as_were_asked_for(run: Run) -> None:
    wrong = len(judge(run).wrong)
    assert len(lw.draw_mistakes(run).axes) == min(24, wrong)
    assert len(lw.draw_mistakes(run, 1).axes) == min(1, wrong)
    with pytest.raises(UsageError, match="expected 1 or more, got 0"):
        lw.draw_mistakes(run, 0)


@pytest.mark.parametrize(
    "kernel", ["0 1 0 / 1 -4 1 / 0 1 0", [[0, 1, 0], [1, -4, 1], [0, 1, 0]], "Laplacian"]
)
def test_a_kernel_may_be_a_name_a_text_or_rows(kernel: str | list[list[float]]) -> None:
    assert content(lw.draw_filtered(kernel))[1] == content(lw.draw_filtered("laplacian"))[1]


def test_a_weight_makes_a_sum_a_mean() -> None:
    ones = [[1.0] * 3] * 3
    picture = photograph()[:40, :40]
    means = lw.draw_filtered(ones, picture, weight=1 / 9)
    assert content(means)[1][2:] == content(lw.draw_filtered("box-3", picture[:, :, 0]))[1][2:]


def test_all_presets_come_on_one_sheet_and_a_slip_in_a_name_is_answered() -> None:
    assert len(lw.draw_filtered("all", photograph()[:30, :30]).axes) == len(PRESETS)
    with pytest.raises(UsageError, match="Did you mean vertical-edges"):
        lw.draw_filtered("vertcal-edges")


def test_the_pictures_that_a_size_loses_are_drawn_from_the_study_alone(
    folder: Path, tmp_path: Path
) -> None:
    data = lw.open_data(folder)
    fields: dict[str, Any] = {"recipe": "notes", "epochs": 1, "batch": 8}
    plan = lw.sizes_plan(data, [12, 6], net="conv 2, flatten, dense classes", seeds=1, **fields)
    study = start_study(plan, tmp_path)
    carry_out(study)
    summary = lw.summarise(study)
    drawn = lost_figure(study, summary.results, moved_in(summary), data)
    assert content(lw.draw_lost(study)) == content(drawn)


def test_a_study_of_something_else_has_no_sizes_to_lose_pictures_by(
    folder: Path, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="study try does not compare picture sizes alone"):
        lw.draw_lost(finished_study(folder, tmp_path))
