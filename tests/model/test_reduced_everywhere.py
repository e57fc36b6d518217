"""Pictures decoded at reduced size are the same for training, prediction and every look."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lenswork.look.held_out import answer_again
from lenswork.model.classifier import Prediction
from lenswork.record.run import Run
from lenswork.record.train import train
from lenswork.use.predict import Upload, answer_files

SIDE = 16


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("large")
    chance = np.random.default_rng(0)
    for name, base in (("dark", 40), ("light", 180)):
        (root / name).mkdir()
        for number in range(6):
            fine = chance.integers(0, 70, (9 * SIDE, 11 * SIDE, 3), dtype=np.uint8)
            Image.fromarray(fine + np.uint8(base)).save(root / name / f"{number}.jpg", quality=95)
    return root


@pytest.fixture(scope="module")
def run(folder: Path) -> Run:
    return train(
        folder,
        net="flatten, dense classes",
        size=str(SIDE),
        epochs=1,
        home=folder.parent / "runs",
        progress=False,
        device="cpu",
    )


def test_large_jpegs_are_read_at_reduced_size_unless_the_course_is_followed(
    folder: Path, run: Run
) -> None:
    assert run.classifier.contract.preprocess.reduced
    course = train(
        folder,
        recipe="notes",
        net="flatten, dense classes",
        size=str(SIDE),
        epochs=1,
        home=folder.parent / "runs",
        progress=False,
    )
    assert not course.classifier.contract.preprocess.reduced


def test_predictions_are_those_that_the_training_recorded(folder: Path, run: Run) -> None:
    recorded = run.answers["validation"]
    paths = [folder / name for name in recorded.ids]
    uploads = [Upload(path.name, path.read_bytes()) for path in paths]
    ways: list[list[Prediction | None]] = [list(run.classifier.predict(paths))]
    ways += [
        [one.prediction for one in answer_files(run.classifier, files)]
        for files in (paths, uploads)
    ]
    for predicted in ways:
        best = [one.probability for one in predicted if one is not None]
        np.testing.assert_allclose(best, recorded.probabilities.max(axis=1), atol=1e-6)
    again = answer_again(run)["validation"]
    np.testing.assert_allclose(again.probabilities, recorded.probabilities, atol=1e-6)
