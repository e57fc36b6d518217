"""The benchmark page says what the results say, and the ratios are taken within rounds."""

from dataclasses import replace
from pathlib import Path

import pytest

import report
import run
from figures import Figures, figures, paired_ratios, ratios_to_mean
from machine import Machine
from part import Contender, Measure, Part, Target
from results import Document, document, read_all, write
from rounds import Round, Settings

MACHINE = Machine("A processor", 2, 4, 7.5, "Linux 6.1", "3.11.2")
SETTINGS = Settings(epochs=3, pictures=0, data=Path("pictures"))
PART = Part(
    name="start",
    title="A small race",
    about="Two programs do the same.",
    conditions=("Nobody looked.",),
    contenders=(
        Contender("ours", "what we do", "project", "ours.py", ("--epochs", "{epochs}")),
        Contender("theirs", "what they do", "theirs", "theirs.py"),
    ),
    measures=(Measure("seconds", "time", "s"), Measure("right", "accuracy", "", 3)),
    targets=(
        Target("ours", "seconds", at_most=0.5, to="theirs"),
        Target("ours", "seconds", at_most=3.5),
        Target("theirs", "seconds", to="ours"),
    ),
)


def answer(seconds: float, right: float) -> Document:
    return {
        "measures": {"seconds": seconds, "right": right},
        "versions": {"library": "1.2"},
        "threads": 2,
    }


def three_rounds() -> list[Round]:
    """Ours 2, 3, 4 seconds beside theirs 4, 4, 16: ratios 0.5, 0.75, 0.25."""
    pairs = [(2.0, 4.0), (3.0, 4.0), (4.0, 16.0)]
    return [
        Round(seed, 10.0 * seed, 0.5, {"ours": answer(ours, 0.9), "theirs": answer(theirs, 0.8)})
        for seed, (ours, theirs) in enumerate(pairs)
    ]


def made() -> Document:
    return document(PART, SETTINGS, MACHINE, three_rounds())


def test_figures_of_an_odd_and_an_even_number_of_values() -> None:
    odd, even = figures([3.0, 1.0, 8.0]), figures([4.0, 1.0, 2.0, 3.0])
    assert odd == Figures(3, 3.0, 1.0, 8.0, 4.0, 13.0**0.5)  # (1 + 9 + 16) / 2
    assert even == Figures(4, 2.5, 1.0, 4.0, 2.5, (5 / 3) ** 0.5)


def test_one_value_has_no_deviation() -> None:
    assert figures([3.0]) == Figures(1, 3.0, 3.0, 3.0, 3.0, None)


def test_ratios_are_paired_by_round_and_not_taken_of_medians() -> None:
    ratios = paired_ratios([2.0, 3.0, 4.0], [4.0, 4.0, 16.0])
    assert ratios == [0.5, 0.75, 0.25]
    assert figures(ratios).median == 0.5  # of the medians it would be 3 / 4


def test_ratios_of_unequal_numbers_of_rounds_are_refused() -> None:
    with pytest.raises(ValueError, match="shorter"):
        paired_ratios([1.0, 2.0], [1.0])


def test_what_slows_a_whole_round_leaves_its_ratio_as_it_was() -> None:
    assert paired_ratios([2.0 * 7, 3.0], [4.0 * 7, 4.0]) == paired_ratios([2.0, 3.0], [4.0, 4.0])


def test_a_result_keeps_every_value_and_every_answer() -> None:
    result = made()
    ours = result["contenders"][0]
    assert ours["figures"]["seconds"] == {
        "n": 3,
        "median": 3.0,
        "min": 2.0,
        "max": 4.0,
        "mean": 3.0,
        "deviation": 1.0,
    }
    assert [one["measures"]["seconds"] for one in ours["answers"]] == [2.0, 3.0, 4.0]
    assert result["targets"][0]["values"] == [0.5, 0.75, 0.25]
    assert result["settings"] == {"epochs": 3, "pictures": "all"}


def test_a_result_comes_back_from_its_file_as_it_was(tmp_path: Path) -> None:
    write(made(), tmp_path / "results" / "start.json")
    assert read_all(tmp_path / "results") == [made()]
    assert [path.name for path in (tmp_path / "results").iterdir()] == ["start.json"]


def test_the_page_shows_the_figures_of_the_json() -> None:
    text = report.page([made()])
    assert "| n = 3 | time, s | accuracy |" in text
    assert "| ours: what we do | **3.00** (2.00 to 4.00) | **0.900** (0.900 to 0.900) |" in text
    assert "| theirs: what they do | **4.00** (4.00 to 16.00) |" in text
    assert (
        "| ours / theirs, time | **0.500** (0.250 to 0.750) | at most 0.5: met | 2 of 3 |" in text
    )


def test_the_page_follows_the_json_when_it_changes() -> None:
    result = made()
    result["contenders"][0]["figures"]["seconds"]["median"] = 2.75
    result["targets"][0]["figures"]["median"] = 0.61
    text = report.page([result])
    assert "**2.75** (2.00 to 4.00)" in text
    assert "**0.610** (0.250 to 0.750) | at most 0.5: **missed**" in text


def test_a_target_without_a_limit_promises_nothing() -> None:
    text = report.page([made()])
    assert "| theirs / ours, time | **2.000** (1.333 to 4.000) | none |  |" in text
    assert "| ours, time | **3.00** (2.00 to 4.00) s | at most 3.5 s: met | 2 of 3 |" in text


def test_the_fastest_other_is_the_one_with_the_smallest_median() -> None:
    third = Contender("third", "what a third does", "third", "third.py")
    rounds_of_three = [
        replace(one, answers=one.answers | {"third": answer(seconds, 0.8)})
        for one, seconds in zip(three_rounds(), [3.0, 5.0, 5.0], strict=True)
    ]
    target = Target("ours", "seconds", at_most=0.5, fastest=("theirs", "third"))
    part = replace(PART, contenders=(*PART.contenders, third), targets=(target,))
    result = document(part, SETTINGS, MACHINE, rounds_of_three)
    assert result["targets"][0]["to"] == "theirs"  # 4 is the median, of third 5
    assert result["targets"][0]["values"] == [0.5, 0.75, 0.25]
    assert "| ours / theirs (the fastest other), time |" in report.page([result])


def test_a_promise_can_be_a_lower_limit() -> None:
    part = replace(PART, targets=(Target("ours", "right", at_least=0.95),))
    text = report.page([document(part, SETTINGS, MACHINE, three_rounds())])
    assert "(0.900 to 0.900) | at least 0.95: **missed** | 0 of 3 |" in text


def test_a_program_without_a_measure_has_an_empty_cell() -> None:
    rounds_without = three_rounds()
    for one in rounds_without:
        del one.answers["theirs"]["measures"]["right"]
    text = report.page([document(PART, SETTINGS, MACHINE, rounds_without)])
    assert "| theirs: what they do | **4.00** (4.00 to 16.00) |  |" in text


def test_with_means_a_ratio_is_to_the_mean_of_however_many_rounds_there_are() -> None:
    assert ratios_to_mean([2.0, 3.0, 4.0], [4.0, 6.0]) == [0.4, 0.6, 0.8]
    fewer = three_rounds()
    del fewer[1].answers["theirs"]
    target = Target("ours", "seconds", at_most=0.25, to="theirs")
    part = replace(PART, targets=(target,), spread="mean")
    text = report.page([document(part, SETTINGS, MACHINE, fewer)])  # theirs: 4 and 16 s
    assert "| ours: what we do (n = 3) | **3.00** (sd 1.00, 2.00 to 4.00) |" in text
    assert "| theirs: what they do (n = 2) | **10.00** (sd 8.49, 4.00 to 16.00) |" in text
    assert (
        "| **0.3000** (sd 0.1000, 0.2000 to 0.4000) | at most 0.25: **missed** | 1 of 3 |" in text
    )


def test_the_page_says_whether_the_programs_agree() -> None:
    spread = [(0.90, 0.80), (0.91, 0.81), (0.92, 0.79)]
    apart = [
        replace(one, answers={"ours": answer(1.0, ours), "theirs": answer(1.0, theirs)})
        for one, (ours, theirs) in zip(three_rounds(), spread, strict=True)
    ]
    part = replace(PART, agrees="right")
    text = report.page([document(part, SETTINGS, MACHINE, apart)])
    assert (
        "accuracy: 0.1100 (ours above theirs), interval 0.0873 to 0.1327: **they differ**" in text
    )
    one_round = report.page([document(part, SETTINGS, MACHINE, apart[:1])])
    assert "accuracy: 0.1000 (ours above theirs); one round has no interval." in one_round


def test_parts_of_a_group_share_its_heading_and_conditions() -> None:
    first = made() | {"part": "equal-dense-512", "group": "equal"}
    second = made() | {"part": "equal-conv-32x2", "group": "equal"}
    text = report.page([second, first])
    assert text.count("## Equal work\n") == 1
    assert text.count("Conditions of all of them:") == 1
    assert text.count("### A small race") == 2


def test_the_page_states_its_conditions() -> None:
    text = report.page([made()])
    for stated in (
        "- Nobody looked.",
        "- 3 epochs in a process, all training pictures.",
        "A processor, 2 of 4 cores, 7.5 GiB, Linux 6.1, Python 3.11.2.",
        "Other work took 10.0% of the cores' time meanwhile, 20.0% in the worst round.",
        "- ours: library 1.2, 2 threads.",
    ):
        assert stated in text


def test_check_tells_a_page_that_is_out_of_date(tmp_path: Path) -> None:
    write(made(), tmp_path / "start.json")
    given = ["--results", str(tmp_path), "--page", str(tmp_path / "page.md")]
    assert report.main([*given, "--check"]) == 1
    assert report.main(given) == 0
    assert report.main([*given, "--check"]) == 0
    (tmp_path / "page.md").write_text("4.99 s, trust me")
    assert report.main([*given, "--check"]) == 1


def test_the_page_in_docs_is_what_the_results_come_to() -> None:
    assert report.main(["--check"]) == 0


@pytest.mark.parametrize(
    ("theirs", "verdict"),
    [
        ((0.90, 0.91, 0.92), "they agree"),
        ((0.50, 0.99, 0.70), "no difference is shown, and the interval is too wide to show that"),
    ],
)
def test_only_a_narrow_interval_shows_that_programs_agree(
    theirs: tuple[float, ...], verdict: str
) -> None:
    rounds = [
        replace(one, answers={"ours": answer(1.0, ours), "theirs": answer(1.0, other)})
        for one, ours, other in zip(three_rounds(), (0.90, 0.91, 0.92), theirs, strict=True)
    ]
    text = report.page([document(replace(PART, agrees="right"), SETTINGS, MACHINE, rounds)])
    assert f": {verdict}" in text


def test_parts_without_a_result_are_listed() -> None:
    text = report.page([made()])
    assert "## Not measured\n\nThese parts of the bench have no result" in text
    assert "- Time to accuracy: Horses or Humans (`to-accuracy-horses`)" in text
    assert f"(`{made()['part']}`)" not in text


def test_a_part_that_has_been_measured_is_printed_as_the_page_has_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(run, "run_rounds", lambda *_: iter(three_rounds()))
    monkeypatch.setattr(run, "this_machine", lambda: MACHINE)
    monkeypatch.setattr(run, "HOME", tmp_path)
    run.run_part(PART, SETTINGS, 3, tmp_path / "results" / "start.json")
    [result] = read_all(tmp_path / "results")
    assert capsys.readouterr().out == f"{report.section(result)}\n"
