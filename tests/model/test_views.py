"""Several views of a picture, answered together."""

import numpy as np
import pytest
import torch
from tiny_data import striped_data

from lenswork.errors import UsageError
from lenswork.model.classifier import load
from lenswork.model.viewed import views_of
from lenswork.model.views import Views
from lenswork.training.events import Finished
from lenswork.training.fit import fit
from lenswork.training.recipe import Recipe


@pytest.mark.parametrize(("text", "count"), [("one", 1), ("flip", 2), ("shift 1", 5),
                                             ("flip, shift 2", 10)])  # fmt: skip
def test_a_text_says_how_many_views_there_are(text: str, count: int) -> None:
    views = Views.parse(text)
    assert len(views) == len(list(views_of(torch.zeros(1, 5, 5, 1), views))) == count
    assert str(views) == text


@pytest.mark.parametrize("text", ["", "flop", "flip, flip", "shift", "shift 0", "shift 999"])
def test_a_text_that_says_no_views_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="views"):
        Views.parse(text)


def test_all_views_of_a_symmetric_picture_of_one_colour_are_that_picture() -> None:
    picture = torch.full((1, 6, 5, 3), 7, dtype=torch.uint8)
    views = Views.parse("flip, shift 2")
    assert all(torch.equal(view, picture) for view in views_of(picture, views))


def test_views_are_mirrored_and_moved_with_the_edge_repeated() -> None:
    picture = torch.arange(9).view(1, 3, 3, 1)
    views = Views.parse("flip, shift 1")
    seen = [view[0, :, :, 0].tolist() for view in views_of(picture, views)]
    assert seen[:2] == [[[0, 1, 2], [3, 4, 5], [6, 7, 8]], [[2, 1, 0], [5, 4, 3], [8, 7, 6]]]
    assert [[0, 1, 2], [0, 1, 2], [3, 4, 5]] in seen
    assert [[1, 2, 2], [4, 5, 5], [7, 8, 8]] in seen


def test_a_classifier_keeps_its_views_and_answers_as_the_training_said(tmp_path: object) -> None:
    recipe = Recipe(data="stripes", net="flatten, dense classes", epochs=2, views="flip, shift 1")
    data = striped_data()
    finished = list(fit(recipe, data))[-1]
    assert isinstance(finished, Finished)
    path = f"{tmp_path}/c.safetensors"
    finished.classifier.save(path)
    read = load(path)
    assert read.contract.views == "flip, shift 1"
    pictures = np.stack([data.parts["validation"].source.read(i) for i in range(4)])
    said = finished.answers["validation"].probabilities[:4]
    np.testing.assert_allclose(read.probabilities(pictures), said, atol=1e-6)
    plain = list(fit(recipe.changed(views="one"), data))[-1]
    assert isinstance(plain, Finished)
    assert not np.allclose(plain.answers["validation"].probabilities[:4], said)
