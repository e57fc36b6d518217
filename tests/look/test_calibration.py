"""Calibration: the error, its interval, and the temperature."""

from pathlib import Path

import numpy as np
import pytest
import torch
from look_nets import cut_off
from scipy.optimize import minimize
from tiny_data import striped_data

from lenswork.errors import ClassifierError, RunError, UsageError
from lenswork.kinds import Labels, Probabilities
from lenswork.look.calibration import calibration_of
from lenswork.look.calibration_figure import calibration_figure
from lenswork.look.temperature import fit_temperature, temper, temperature_of, with_temperature
from lenswork.model.classifier import load, probabilities_from
from lenswork.model.contract import Contract
from lenswork.model.preprocess import Preprocess
from lenswork.record.run import Run
from lenswork.record.train import train


def drawn(count: int, seed: int, sharpen: float = 1.0) -> tuple[Labels, np.ndarray]:
    """Labels drawn from a softmax, and logits that are `sharpen` times too large."""
    chance = np.random.default_rng(seed)
    logits = chance.normal(0, 1.5, (count, 4))
    odds = np.exp(logits)
    odds /= odds.sum(axis=1, keepdims=True)
    labels = (chance.random((count, 1)) > odds.cumsum(axis=1)[:, :3]).sum(axis=1)
    return labels, logits * sharpen


def softmax(logits: np.ndarray) -> Probabilities:
    return torch.softmax(torch.from_numpy(logits).float(), dim=1).numpy()


def test_the_error_is_the_papers_formula_in_loops() -> None:
    labels, logits = drawn(500, 0, 2.0)
    p = softmax(logits)
    found = calibration_of(labels, p, binning="equal-width")
    total = 0.0
    confidence, right = p.max(axis=1).astype(float), p.argmax(axis=1) == labels
    for m in range(1, 16):  # Guo et al. 2017: I_m = ((m - 1) / M, m / M]
        inside = (confidence > (m - 1) / 15) & (confidence <= m / 15)
        if inside.any():
            total += inside.sum() / 500 * abs(right[inside].mean() - confidence[inside].mean())
    assert found.error == pytest.approx(total, abs=1e-12)


def test_equal_mass_bins_hold_equally_many_and_never_part_equal_confidences() -> None:
    labels, logits = drawn(600, 1)
    bins = calibration_of(labels, softmax(logits)).bins
    assert [one.accuracy.n for one in bins] == [40] * 15
    assert [one.confidence for one in bins] == sorted(one.confidence for one in bins)
    p = softmax(logits)
    p[:300] = [0.97, 0.01, 0.01, 0.01]
    tied = calibration_of(labels, p).bins
    assert sum(one.accuracy.n for one in tied) == 600
    assert any(one.accuracy.n >= 300 for one in tied)
    order = np.random.default_rng(0).permutation(600)
    assert calibration_of(labels[order], p[order]).error == pytest.approx(
        calibration_of(labels, p).error
    )


def test_a_perfect_classifier_is_not_called_miscalibrated_and_a_sharp_one_is() -> None:
    fair = calibration_of(*as_pair(2000, 5))
    assert fair.low == 0
    assert fair.error <= fair.chance
    assert "no miscalibration shown" in fair.words
    sharp = calibration_of(*as_pair(2000, 5, 3.0))
    assert sharp.low > 0
    assert sharp.mean_gap > 0.1
    assert sharp.words == "too sure of its answers"
    shy = calibration_of(*as_pair(2000, 5, 0.4))
    assert shy.words == "not sure enough of its answers"


def as_pair(count: int, seed: int, sharpen: float = 1.0) -> tuple[Labels, Probabilities]:
    labels, logits = drawn(count, seed, sharpen)
    return labels, softmax(logits)


@pytest.mark.parametrize("sharpen", [1.0, 2.0])
def test_the_interval_holds_the_true_error(sharpen: float) -> None:
    """88 of 100 would be met by a true 95% interval in all but one of 500 repetitions."""
    labels, p = as_pair(20_000, 0, sharpen)
    true = 0.0 if sharpen == 1 else calibration_of(labels, p, resamples=2).error
    held = 0
    for seed in range(1, 51):
        found = calibration_of(*as_pair(400, seed, sharpen), resamples=100, seed=seed)
        held += found.low <= true <= found.high
    assert held >= 43


def test_the_interval_repeats_with_its_seed() -> None:
    pair = as_pair(300, 2)
    assert calibration_of(*pair) == calibration_of(*pair)
    assert calibration_of(*pair).high != calibration_of(*pair, seed=1).high


def test_no_pictures_are_refused() -> None:
    with pytest.raises(UsageError, match="at least one picture"):
        calibration_of(np.empty(0, np.int64), np.empty((0, 3), np.float32))


@pytest.mark.parametrize("sharpen", [0.5, 1.0, 3.0])
def test_the_temperature_is_what_scipy_finds_from_the_logits(sharpen: float) -> None:
    labels, logits = drawn(1500, 3, sharpen)

    def loss(inverse: np.ndarray) -> float:
        scaled = logits * inverse
        whole = np.log(np.exp(scaled).sum(axis=1))
        return float((whole - scaled[np.arange(1500), labels]).mean())

    oracle = 1 / minimize(loss, [1.0], method="Nelder-Mead", tol=1e-9).x[0]
    found = fit_temperature(labels, softmax(logits))
    assert found.value == pytest.approx(oracle, rel=1e-3)
    assert found.loss_after == pytest.approx(loss(np.array([1 / oracle])), abs=1e-6)
    assert found.loss_after <= found.loss_before
    assert found.value == pytest.approx(sharpen, rel=0.15)  # what the logits were made with


def test_tempering_recorded_probabilities_equals_dividing_the_logits() -> None:
    _, logits = drawn(50, 4, 4.0)
    expected = probabilities_from(torch.from_numpy(logits), "softmax", 2.5).numpy()
    np.testing.assert_allclose(temper(softmax(logits), 2.5), expected, atol=1e-6)
    one = torch.linspace(-9, 9, 40)[:, None]
    pair = probabilities_from(one, "sigmoid").numpy()
    expected = probabilities_from(one, "sigmoid", 2.5).numpy()
    np.testing.assert_allclose(temper(pair, 2.5), expected, atol=2e-4)


def test_answers_that_are_all_right_have_no_best_temperature() -> None:
    labels, logits = drawn(100, 0)
    with pytest.raises(UsageError, match="100 are answered rightly: set more pictures aside"):
        fit_temperature(logits.argmax(axis=1), softmax(logits))
    with pytest.raises(UsageError, match="no better than chance: train longer"):
        fit_temperature(logits.argmin(axis=1), softmax(logits))
    with pytest.raises(UsageError, match="at least one picture"):
        fit_temperature(labels[:0], softmax(logits)[:0])


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    home = tmp_path_factory.mktemp("calibration")
    data = striped_data(30, validation=60, test=30)
    return train(data, net="flatten, dense classes", epochs=2, home=home, progress=False)


def test_a_temperature_in_the_contract_is_kept_and_its_golden_answers_with_it(
    run: Run, tmp_path: Path
) -> None:
    pictures = [striped_data().train.source.read(number) for number in range(5)]
    before = run.classifier.probabilities_of(pictures)
    warm = with_temperature(run.classifier, 2.5)
    np.testing.assert_allclose(warm.probabilities_of(pictures), temper(before, 2.5), atol=1e-6)
    assert [one.class_name for one in warm.predict(pictures)] == [
        one.class_name for one in run.classifier.predict(pictures)
    ]
    warm.save(tmp_path / "warm.safetensors")
    again = load(tmp_path / "warm.safetensors")  # which checks the golden answers
    assert again.contract.temperature == 2.5
    np.testing.assert_array_equal(again.probabilities_of(pictures), warm.probabilities_of(pictures))
    assert with_temperature(again, None).contract == run.classifier.contract


def test_a_file_without_temperature_is_written_as_before_there_was_one(
    run: Run, tmp_path: Path
) -> None:
    assert "temperature" not in run.classifier.contract.model_dump_json()
    run.classifier.save(tmp_path / "same.safetensors")
    assert (tmp_path / "same.safetensors").read_bytes() == run.classifier_path.read_bytes()


@pytest.mark.parametrize("bad", [0.0, -1.0, float("nan"), float("inf")])
def test_a_temperature_that_cannot_be_divided_by_is_refused(bad: float) -> None:
    preprocess = Preprocess(height=2, width=2, colours="grey")
    with pytest.raises(ValueError, match="temperature"):
        Contract(
            classes=("a", "b"), preprocess=preprocess, output="softmax", net=None, temperature=bad
        )


def test_a_changed_temperature_in_a_file_is_noticed(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "warm.safetensors"
    with_temperature(run.classifier, 2.5).save(path)
    content = path.read_bytes().replace(b'\\"temperature\\":2.5', b'\\"temperature\\":9.5')
    path.write_bytes(content)
    with pytest.raises(ClassifierError, match="contract was changed"):
        load(path)


def test_the_temperature_of_a_run_is_fitted_on_validation_or_refused(
    run: Run, tmp_path: Path
) -> None:
    answers = run.answers["validation"]
    assert temperature_of(run) == fit_temperature(answers.truth, answers.probabilities)
    data = striped_data(30, validation=0, test=30)
    bare = train(data, net="flatten, dense classes", epochs=1, home=tmp_path, progress=False)
    with pytest.raises(RunError, match=r"fitted on validation pictures.*--validation 0\.1"):
        temperature_of(bare)


def test_the_figure_has_a_point_a_bin_and_the_error_as_its_area() -> None:
    found = calibration_of(*as_pair(600, 1, 2.0))
    figure = calibration_figure("tiny", found)
    diagram, along = figure.axes
    points = diagram.containers[0].lines[0]  # type: ignore[attr-defined]
    assert len(points.get_xdata()) == len(found.bins)
    stairs = along.patches[0]
    values, edges, baseline = stairs.get_data()  # type: ignore[attr-defined]
    area = float((np.abs(values - baseline) * np.diff(edges)).sum())
    assert area == pytest.approx(found.error)
    texts = " ".join(text.get_text() for text in figure.texts)
    assert f"{found.error:.2%}" in texts
    assert found.words in texts


@pytest.mark.parametrize("sharpen", [0.3, 1.0, 1.1, 4.0])
def test_nothing_of_the_figure_is_cut_off(sharpen: float) -> None:
    labels, logits = drawn(4000, 3, sharpen)
    figure = calibration_figure("t" * 90, calibration_of(labels, softmax(logits)))
    assert cut_off(figure) == []


def test_one_picture_has_a_figure_too() -> None:
    one = calibration_of(np.array([1]), np.array([[0.25, 0.75]], np.float32))
    assert cut_off(calibration_figure("one", one)) == []
