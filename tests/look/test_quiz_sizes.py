"""Questions 4, 5, 9 and 13: sizes."""

from pathlib import Path

import numpy as np
import pytest
from look_nets import noise
from quiz_subjects import panels_of, striped_subject, tables_of

from lenswork.errors import NetError, UsageError
from lenswork.look.quiz.sizes import filter_size, pool_size
from lenswork.look.quiz.smaller import smaller, without_detail
from lenswork.look.quiz.subject import Subject
from lenswork.look.quiz.target_size import target_size


@pytest.fixture(scope="module")
def subject(tmp_path_factory: pytest.TempPathFactory) -> Subject:
    return striped_subject(tmp_path_factory.mktemp("home"))


def test_a_3x3_filter_on_28x28_gives_26x26(subject: Subject) -> None:
    shown = filter_size(subject, {})
    assert shown.said[0] == "A 3x3 filter on 28x28: 28 - 3 + 1 = 26. The map is 26x26."


def test_2x2_pooling_of_26x26_gives_13x13(subject: Subject) -> None:
    shown = pool_size(subject, {})
    assert shown.said[0].startswith("2x2 pooling of 26x26: floor(26 / 2) = 13")
    assert shown.said[0].endswith("What comes out is 13x13.")


def test_other_numbers_are_worked_out(subject: Subject) -> None:
    wanted = {"side": "300", "window": "5", "stride": "2", "padding": "none"}
    assert filter_size(subject, wanted).said[0].endswith("The map is 148x148.")
    assert filter_size(subject, wanted | {"padding": "same"}).said[0].endswith("is 150x150.")
    wanted = {"side": "27", "window": "3", "stride": "1", "method": "avg"}
    assert pool_size(subject, wanted).said[0].endswith("What comes out is 25x25.")


def test_every_layer_of_the_own_network_is_measured_as_worked_out(subject: Subject) -> None:
    shown = filter_size(subject, {})
    [table] = tables_of(shown)
    assert "6 of 6 sizes as worked out" in shown.said[1]
    assert all(row[2] == row[3] for row in table.rows)
    assert [row[3] for row in table.rows] == ["10x10x4", "5x5x4", "3x3x6", "1x1x6", "6", "3"]
    assert table.marked == (0, 2)
    assert tables_of(pool_size(subject, {}))[0].marked == (1, 3)


def test_sizes_that_cannot_be_say_why(subject: Subject) -> None:
    with pytest.raises(NetError, match="window is larger than the map"):
        filter_size(subject, {"side": "2"})
    with pytest.raises(UsageError, match=r"side must be from 1 to 1,000, got 0"):
        filter_size(subject, {"side": "0"})
    with pytest.raises(UsageError, match="padding must be one of none, same, got 'odd'"):
        filter_size(subject, {"padding": "odd"})


def test_a_picture_is_brought_to_the_own_size_and_to_another(subject: Subject) -> None:
    shown = target_size(subject, {"side": "9"})
    assert [panel.picture.shape for panel in panels_of(shown)[0].panels] == [
        (12, 12, 1), (12, 12, 1), (9, 9, 1)
    ]  # fmt: skip
    assert "12 x 12 x 1 = 144 numbers" in shown.said[0]
    assert "all stored at 12x12" in shown.said[1]
    assert "could not be made for 9x9" in shown.said[2]
    larger = target_size(subject, {"side": "24"})
    assert "Made for 24x24, your net would have" in larger.said[2]


def test_a_net_that_ends_in_one_mean_a_channel_has_the_same_parameters(tmp_path: Path) -> None:
    subject = striped_subject(tmp_path, net="conv 4, pool avg global, dense classes")
    assert "has the same 55 parameters" in target_size(subject, {"side": "24"}).said[2]


def test_detail_is_lost_and_the_size_is_kept() -> None:
    picture = noise((12, 10, 3))
    coarse = without_detail(picture, 3)
    assert coarse.shape == picture.shape
    assert coarse.std() < picture.std() / 2
    flat = np.full((12, 12, 1), 77, np.uint8)
    assert np.array_equal(without_detail(flat, 2), flat)


def test_all_detail_kept_changes_no_answer(subject: Subject) -> None:
    shown = smaller(subject, {"side": "12"})
    assert "0 answers changed" in shown.said[0]
    assert panels_of(shown) == []


def test_the_notes_nets_are_named_with_their_parameters(subject: Subject) -> None:
    shown = smaller(subject, {})
    [table] = tables_of(shown)
    counts = [row[3] for row in table.rows]
    assert counts[3:] == ["1,704,097", "9,494,561"]
    assert counts[1] == "does not fit"  # 6x6 pixels
    assert "2 convolutions fewer at 150x150" in shown.said[1]
