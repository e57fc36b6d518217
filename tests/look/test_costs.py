"""What settings cost is what their runs have recorded."""

from pathlib import Path

import pytest
from tiny_data import striped_data

from lenswork.look.costs import costs_of
from lenswork.look.settings import Setting
from lenswork.record.train import train


def test_costs_are_means_over_a_settings_runs_and_the_net_and_file_of_the_first(
    tmp_path: Path,
) -> None:
    runs = [
        train(
            striped_data(), home=tmp_path, net="flatten, dense classes", epochs=epochs, seed=epochs,
            progress=False,
        )
        for epochs in (1, 2)
    ]  # fmt: skip
    both, second = costs_of([Setting("both", tuple(runs)), Setting("second", (runs[1],))])
    seconds = [sum(row["train_seconds"] for row in run.history) for run in runs]
    assert both.train_seconds == pytest.approx(sum(seconds) / 2)
    assert (both.epochs, second.epochs) == (1.5, 2)
    assert both.epoch_seconds == pytest.approx(sum(seconds) / 3)
    assert both.parameters == runs[0].start["parameters"]
    assert both.classifier_bytes == runs[0].classifier_path.stat().st_size
    runs[1].classifier_path.unlink()
    assert costs_of([Setting("second", (runs[1],))])[0].classifier_bytes is None
