"""`lenswork mistakes`: what a run got wrong, and how sure it was."""

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import click
from rich.markup import escape

from lenswork.amounts import counted
from lenswork.cli.mistakes_wanted import Wanted, plain_table
from lenswork.cli.options import (
    data_home_option,
    home_option,
    json_option,
    print_json,
    table_console,
)
from lenswork.errors import UsageError
from lenswork.look.calibration import Calibration, calibration_of
from lenswork.look.mistakes import (
    Confusion,
    Judged,
    confused_pairs,
    confusion_of,
    judge,
    worst_mistakes,
)
from lenswork.record.accuracy import Accuracy
from lenswork.record.home import RECIPE, home_folder
from lenswork.record.index import open_run
from lenswork.record.run import CLASSIFIER, Run

MOST_ROWS = 12  # classes or pairs in a table
LISTED = 24  # mistakes, unless told otherwise
# What is done before the report is printed, so that it is not printed where this fails: where and
# by which function of `lenswork.cli`. It is imported when it is asked for, as the commands are,
# since torch and matplotlib take seconds to load.
BESIDE: dict[str, tuple[str, str]] = {
    "matrix": ("mistakes_drawn", "draw_matrix"),
    "calibration": ("mistakes_drawn", "draw_calibration"),
    "out": ("mistakes_with_pictures", "draw_sheet"),
    "embedding": ("mistakes_with_pictures", "draw_embedding"),
    "calibrated": ("mistakes_with_pictures", "save_calibrated"),
}
file_option = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.argument("run", default="last")
@click.option("--part", type=click.Choice(["validation", "test"]),
              help="[default: test if any; for --embedding validation if any]")  # fmt: skip
@click.option("--most", type=click.IntRange(1),
              help="Mistakes to list and to draw.  [default: 24 listed, 80 drawn]")  # fmt: skip
@click.option("--out", type=file_option, help="Draw the worst of every class pair as a PNG file.")
@click.option("--matrix", type=file_option, help="Draw the confusion matrix as a PNG file.")
@click.option("--calibration", type=file_option, help="Draw the reliability diagram (PNG).")
@click.option("--calibrated", type=file_option,
              help="Write the classifier with a temperature fitted on validation.")  # fmt: skip
@click.option("--embedding", type=file_option,
              help="Draw a map of the pictures: FILE.png, or FILE.html to explore.")  # fmt: skip
@click.option("--labels", is_flag=True,
              help="List suspected wrong labels; trains 3 small networks.")  # fmt: skip
@click.option("--labels-out", type=file_option, help="Draw them as a PNG file.")
@click.option("--predict", is_flag=True,
              help="First make predictions that a run lacks, with its classifier.")  # fmt: skip
@click.option("--data", help="Judge RUN, or a classifier's file, on these pictures instead.")
@home_option
@data_home_option
@json_option
def command(
    run: str,
    home: Path | None,
    data_home: Path | None,
    as_json: bool,
    data: str | None,
    **given: Any,
) -> None:
    """Show what a RUN got wrong: the worst mistakes, the most confused pairs, its calibration.

    RUN is a name, the path of a run's folder, or `last`. The report comes from the predictions
    that were recorded when the run ended. A classifier's file by itself has none: --data says which
    pictures it shall answer, a folder or a known data set. Else the network is run again only for
    --embedding, --labels and --predict, and pictures are read only for these and for --out.
    """
    if data is not None:
        others = {name: value for name, value in given.items() if name not in ("part", "most")}
        on_data = _beside("judged_models", "judged_model")
        judged = on_data(run, data, home, data_home, given["part"], others)
        _report(judged, given["most"], as_json=as_json)
        return
    opened = open_recorded(run, home)
    wanted = Wanted(opened, data_home, as_json, **given)
    wanted.check_files()
    if wanted.predict:
        _beside("mistakes_with_pictures", "make_predictions")(wanted)
        wanted.tell()
    judged = judge(opened, wanted.part)
    calibration = calibration_of(judged.truth, judged.probabilities)
    content = as_dict(judged, calibration, wanted.most or LISTED)
    if wanted.asks_for("labels"):
        _beside("suspects", "check_data")(wanted, judged)
    for name, where in BESIDE.items():
        if wanted.asks_for(name):
            content |= _beside(*where)(wanted, judged, calibration)
    if not as_json:
        _print_all(judged, calibration, wanted.most or LISTED)
    wanted.tell()
    if wanted.asks_for("labels"):  # after the report, since it takes minutes
        content |= _beside("suspects", "report_suspects")(wanted, judged)
    if as_json:
        print_json(content)


def open_recorded(run: str, home: Path | None) -> Run:
    """The run; for a classifier file, raises `UsageError` saying what would work."""
    path = Path(run)
    known = (home_folder(home) / path / RECIPE).is_file()
    if known or not (path.is_file() or path.suffix == ".safetensors"):
        return open_run(run, home_folder(home))
    beside = path.parent
    hint = (
        f"this one belongs to the run {beside}: lenswork mistakes {beside}"
        if path.name == CLASSIFIER and (beside / RECIPE).is_file()
        else "give the run that it came from (lenswork runs lists them), or pictures that it shall "
        f"answer now: lenswork mistakes {path} --data FOLDER"
    )
    raise UsageError(
        f"expected a run's name or folder, got the file {path}. Mistakes are read from the "
        f"predictions in a run's record, and a classifier file has none; {hint}"
    )


def _beside(module: str, function: str) -> Callable[..., Any]:
    return cast(
        "Callable[..., Any]", getattr(importlib.import_module(f"lenswork.cli.{module}"), function)
    )


def _report(judged: Judged, most: int | None, *, as_json: bool) -> None:
    calibration = calibration_of(judged.truth, judged.probabilities)
    if as_json:
        print_json(as_dict(judged, calibration, most or LISTED))
    else:
        _print_all(judged, calibration, most or LISTED)


def as_dict(judged: Judged, calibration: Calibration, most: int) -> dict[str, object]:
    """Everything that is printed, for JSON."""
    confusion = confusion_of(judged)
    return {
        "run": judged.run,
        "part": judged.part,
        "accuracy": _accuracy_dict(judged.accuracy),
        "classes": [
            {"name": name, "accuracy": None if one is None else _accuracy_dict(one)}
            for name, one in zip(confusion.classes, confusion.accuracies, strict=True)
        ],
        "confusion": confusion.counts.tolist(),
        "pairs": [
            {"truth": pair.truth, "answer": pair.answer, "share": _accuracy_dict(pair.share)}
            for pair in confused_pairs(judged)
        ],
        "mistakes": [vars(mistake) for mistake in worst_mistakes(judged, most)],
        "calibration": {
            "expected_error": calibration.error,
            "95%": [calibration.low, calibration.high],
            "by_chance": calibration.chance,
            "mean_gap": calibration.mean_gap,
            "words": calibration.words,
            "bins": [
                {"confidence": one.confidence, "accuracy": _accuracy_dict(one.accuracy)}
                for one in calibration.bins
            ],
        },
    }


def _accuracy_dict(one: Accuracy) -> dict[str, object]:
    return {
        "correct": one.correct,
        "n": one.n,
        "fraction": one.fraction,
        "95%": [one.low, one.high],
    }


def _print_all(judged: Judged, calibration: Calibration, most: int) -> None:
    wrong = counted(len(judged.wrong), "mistake")
    click.echo(f"{judged.run}: {judged.part} accuracy {judged.accuracy}, {wrong}\n")
    _print_pairs(judged)
    _print_classes(confusion_of(judged))
    _print_worst(judged, most)
    click.echo(f"expected calibration error {calibration}\n  {calibration.words}")


def _print_pairs(judged: Judged) -> None:
    pairs = confused_pairs(judged, MOST_ROWS)
    if not pairs:
        return
    table = plain_table("most confused", "taken for", "pictures", "of the class, 95% interval")
    for pair in pairs:
        table.add_row(
            escape(pair.truth), escape(pair.answer), f"{pair.count:,}", _interval(pair.share)
        )
    table_console().print(table, "")


def _print_classes(confusion: Confusion) -> None:
    rows = [
        (one.fraction, name, one)
        for name, one in zip(confusion.classes, confusion.accuracies, strict=True)
        if one is not None
    ]
    rows.sort(key=lambda row: row[0])
    table = plain_table("class, worst first", "pictures", "answered rightly, 95% interval")
    for _, name, one in rows[:MOST_ROWS]:
        table.add_row(escape(name), f"{one.n:,}", _interval(one))
    table_console().print(table, "")


def _print_worst(judged: Judged, most: int) -> None:
    worst = worst_mistakes(judged, most)
    if not worst:
        return
    table = plain_table("surest mistakes", "truth", "answer", "its probability", "the truth's")
    for one in worst:
        chances = (f"{one.confidence:.4f}", f"{one.truth_probability:.4f}")
        table.add_row(escape(one.id), escape(one.truth), escape(one.answer), *chances)
    table_console().print(table, "")


def _interval(share: Accuracy) -> str:
    return f"{share.fraction:.1%} ({share.low:.1%} to {share.high:.1%})"
