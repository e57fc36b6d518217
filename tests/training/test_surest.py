"""What is wrong most surely, told from the answers that an epoch was judged by."""

import numpy as np
import torch
from tiny_data import striped_data

from lenswork.model.contract import Output
from lenswork.training.events import EpochDone, Finished
from lenswork.training.fit import fit
from lenswork.training.recipe import Recipe
from lenswork.training.surest import Evaluated

QUICK = {"net": "flatten, dense classes", "epochs": 1, "batch": 8}


def evaluated(logits: torch.Tensor, labels: list[int], rows: list[int] | None = None) -> Evaluated:
    ids = [f"picture {row}" for row in range(100)]
    at = None if rows is None else torch.tensor(rows)
    output: Output = "softmax" if logits.shape[1] > 1 else "sigmoid"
    return Evaluated("validation", ids, at, logits, torch.tensor(labels), output)


def test_the_wrong_answers_come_surest_first_with_their_probabilities() -> None:
    p = np.array([[0.9, 0.1, 0.0], [0.2, 0.3, 0.5], [0.05, 0.05, 0.9], [0.0, 1.0, 0.0]])
    logits = torch.tensor(np.log(p + 1e-12))
    found = evaluated(logits, [1, 0, 0, 1]).surely_wrong()
    assert [(one.row, one.id, one.truth, one.said) for one in found] == [
        (0, "picture 0", 1, 0),
        (2, "picture 2", 0, 2),
        (1, "picture 1", 0, 2),
    ]
    np.testing.assert_allclose([one.confidence for one in found], [0.9, 0.9, 0.5], atol=1e-6)


def test_of_a_sigmoid_both_classes_can_be_said() -> None:
    found = evaluated(torch.tensor([[3.0], [-2.0], [1.0]]), [0, 1, 1]).surely_wrong()
    assert [(one.row, one.said) for one in found] == [(0, 1), (1, 0)]


def test_rows_are_those_of_the_whole_part() -> None:
    logits = torch.tensor([[5.0, 0.0], [0.0, 5.0]])
    (found,) = evaluated(logits, [1, 1], rows=[70, 3]).surely_wrong()
    assert (found.row, found.id) == (70, "picture 70")


def test_no_more_than_asked_for_and_none_that_is_no_number() -> None:
    logits = torch.zeros(50, 2)
    logits[:, 0] = torch.linspace(0, 5, 50)
    logits[49] = torch.nan
    found = evaluated(logits, [1] * 50).surely_wrong(most=3)
    assert [one.row for one in found] == [48, 47, 46]


def test_an_epoch_tells_what_the_record_tells_at_the_end() -> None:
    events = list(fit(Recipe(**QUICK), striped_data(validation=40, test=20)))
    (epoch,) = [event for event in events if isinstance(event, EpochDone)]
    finished = events[-1]
    assert isinstance(finished, Finished)
    assert epoch.answered is not None
    assert epoch.answered.part == "validation"
    answers = finished.answers["validation"]
    said = answers.probabilities.argmax(axis=1)
    wrong = np.flatnonzero(said != answers.truth)
    found = epoch.answered.surely_wrong(most=40)
    assert sorted(one.row for one in found) == wrong.tolist()
    for one in found:
        assert answers.ids[one.row] == one.id
        assert one.confidence == answers.probabilities[one.row].max()


def test_of_a_limited_validation_only_what_was_seen_is_told() -> None:
    recipe = Recipe(**QUICK, validation_steps=1, validation_batch=7)
    data = striped_data(validation=40)
    (epoch,) = [event for event in fit(recipe, data) if isinstance(event, EpochDone)]
    assert epoch.answered is not None
    assert epoch.answered.rows is not None
    assert len(epoch.answered.rows) == 7
    part = data.validation
    assert part is not None
    for one in epoch.answered.surely_wrong():
        assert part.ids[one.row] == one.id
        assert part.labels[one.row] == one.truth


def test_without_held_out_pictures_nothing_is_told() -> None:
    events = fit(Recipe(**QUICK), striped_data(validation=0))
    assert [event.answered for event in events if isinstance(event, EpochDone)] == [None]
