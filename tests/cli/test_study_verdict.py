"""What a terminal shows of a study."""

import re
from dataclasses import replace

import pytest
from rich.console import Console
from tiny_data import write_striped_folder
from tiny_studies import finished_study

from lenswork.cli.study_verdict import print_tables, show_verdict
from lenswork.study.intervals import Estimate, Interval
from lenswork.study.summary import Cost, Summary, summarise


@pytest.fixture(scope="module")
def summary(tmp_path_factory: pytest.TempPathFactory) -> Summary:
    root = tmp_path_factory.mktemp("study")
    axes = {"epochs": {"short": 1, "long": 2, "bad": 3}}
    failing = ["bad-seed0", "bad-seed1"]
    return summarise(
        finished_study(write_striped_folder(root / "stripes"), root, failing=failing, axes=axes)
    )


def printed(summary: Summary, width: int) -> list[str]:
    console = Console(width=width, record=True, quiet=False)
    with console.capture() as captured:
        print_tables(console, summary)
    return captured.get().splitlines()


def test_the_tables_are_whole_on_80_columns(summary: Summary) -> None:
    wide = Cost(
        Estimate(0.008, 0.001, Interval(0.001, 0.079)),
        Estimate(13583, 9000, Interval(1400, 135_000)),
        summary.costs["short"].parameters,
        144,
    )
    summary = replace(summary, costs=dict.fromkeys(summary.costs, wide))
    lines = printed(summary, 80)
    assert max(map(len, lines)) <= 80
    [accuracies, costs] = [line.split() for line in lines if line.startswith("short ")]
    first = summary.verdict.settings[0]
    assert first.on_new_pictures is not None
    assert accuracies[:3] == ["short", "2", f"{100 * first.mean:.2f}"]
    assert accuracies[-1] == f"{100 * first.on_new_pictures.high:.2f}"
    assert costs[-2] == f"{summary.costs['short'].parameters:,}"
    assert not any("…" in line for line in lines)


def test_a_setting_of_which_everything_failed_has_a_row(summary: Summary) -> None:
    [row] = [line for line in printed(summary, 100) if line.startswith("bad ")]
    assert row.split() == ["bad", "0", "of", "2", "failed"]


def test_what_failed_and_what_has_no_verdict_is_said(
    summary: Summary, capsys: pytest.CaptureFixture[str]
) -> None:
    show_verdict(summary)
    said = capsys.readouterr().out
    assert "FAILED bad, seed 0: it was asked to fail" in said
    assert len(summary.without_verdict) == 2
    assert all(f"- {sentence}" in said for sentence in summary.without_verdict)
    unsure = r"(Training times cannot be told apart: )?"
    assert re.search(rf"- {unsure}(long|short) took .* times as long to train as (long|sho)", said)


def test_an_interval_of_times_or_rates_never_goes_below_0(summary: Summary) -> None:
    for cost in summary.costs.values():
        for interval in (cost.train_seconds.interval, cost.pictures_a_second.interval):
            assert interval is not None
            assert interval.low > 0
