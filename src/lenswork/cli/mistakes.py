"""`lenswork mistakes`: what a run got wrong, and how sure it was."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import click
from rich.markup import escape

from lenswork.cli.options import (
    data_home_option,
    home_option,
    json_option,
    print_json,
    table_console,
)
from lenswork.cli.outputs import check_output
from lenswork.cli.suspects import check_labels, labels_dict, plain_table, print_suspects
from lenswork.errors import UsageError
from lenswork.kinds import SplitName
from lenswork.look.calibration import (
    Calibration,
    calibration_of,
    temper,
    temperature_of,
    with_temperature,
)
from lenswork.look.calibration_figure import calibration_figure
from lenswork.look.embedding import embedding_of
from lenswork.look.embedding_figure import embedding_figure
from lenswork.look.embedding_page import save_embedding_page
from lenswork.look.mistakes import (
    Confusion,
    Judged,
    confused_pairs,
    confusion_of,
    judge,
    read_shown,
    worst_mistakes,
)
from lenswork.look.mistakes_figure import (
    confusion_figure,
    mistakes_sheet,
    numbers_of,
    sheet_rows,
)
from lenswork.look.style import save_figure
from lenswork.record.accuracy import Accuracy
from lenswork.record.home import home_folder
from lenswork.record.index import open_run
from lenswork.record.run import Run

MOST_ROWS = 12  # classes or pairs in a table
file_option = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.argument("run", default="last")
@click.option("--part", type=click.Choice(["validation", "test"]), help="[default: test if any]")
@click.option("--most", type=click.IntRange(1), default=24, show_default=True,
              help="Mistakes to list and to draw.")  # fmt: skip
@click.option("--out", type=file_option, help="Draw the worst, by class pair, as a PNG file.")
@click.option("--matrix", type=file_option, help="Draw the confusion matrix as a PNG file.")
@click.option("--calibration", type=file_option, help="Draw the reliability diagram (PNG).")
@click.option("--calibrated", type=file_option,
              help="Write the classifier with a temperature fitted on validation.")  # fmt: skip
@click.option("--embedding", type=file_option,
              help="Draw a map of the pictures: FILE.png, or FILE.html to explore.")  # fmt: skip
@click.option("--labels", is_flag=True,
              help="List suspected wrong labels; trains 3 small networks.")  # fmt: skip
@click.option("--labels-out", type=file_option, help="Draw them as a PNG file.")
@home_option
@data_home_option
@json_option
def command(
    run: str, home: Path | None, data_home: Path | None, as_json: bool, **wanted: Any
) -> None:
    """Show what a RUN got wrong: the worst mistakes, the most confused pairs, its calibration.

    RUN is a name, the path of a run's folder, or `last`. Everything but --embedding, --labels
    and --labels-out comes from the recorded predictions; the network is not run.
    """
    _check_files(wanted)
    opened = open_run(run, home_folder(home))
    judged = judge(opened, cast("SplitName | None", wanted["part"]))
    calibration = calibration_of(judged.truth, judged.probabilities)
    content = as_dict(judged, calibration, wanted["most"])
    if not as_json:
        _print_all(judged, calibration, wanted["most"])
    for line in _draw(opened, judged, calibration, data_home, wanted):
        click.echo(line, err=as_json)
    if wanted["calibrated"]:
        content["temperature"], said = _save_calibrated(opened, judged, wanted["calibrated"])
        click.echo(said, err=as_json)
    if wanted["labels"] or wanted["labels_out"]:
        checked = check_labels(opened, judged, data_home, wanted["labels_out"], wanted["most"])
        content["labels"] = [labels_dict(one, wanted["most"]) for one in checked]
        if not as_json:
            for one in checked:
                print_suspects(one, wanted["most"])
    if as_json:
        print_json(content)


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


def _check_files(wanted: dict[str, Any]) -> None:
    """Refuse what cannot be written, and two outputs in one file, before anything is done."""
    kinds = {"embedding": (".png", ".html"), "calibrated": (".safetensors",)}
    seen: dict[Path, str] = {}
    for name, path in wanted.items():
        if not isinstance(path, Path):
            continue
        option = f"--{name.replace('_', '-')}"
        check_output(path, option, kinds.get(name, (".png",)))
        if path.absolute() in seen:
            raise UsageError(f"{seen[path.absolute()]} and {option} name the same file {path}")
        seen[path.absolute()] = option


def _print_all(judged: Judged, calibration: Calibration, most: int) -> None:
    wrong = len(judged.wrong)
    click.echo(f"{judged.run}: {judged.part} accuracy {judged.accuracy}, {wrong:,} mistakes\n")
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


def _draw(
    run: Run,
    judged: Judged,
    calibration: Calibration,
    data_home: Path | None,
    wanted: dict[str, Any],
) -> Sequence[str]:
    """Write the figures that were asked for, and say where each is."""
    lines = []
    if path := wanted["out"]:
        rows = sheet_rows(confused_pairs(judged), wanted["most"])
        pictures = read_shown(run, judged, numbers_of(rows), data_home)
        save_figure(mistakes_sheet(judged, rows, pictures), path)
        lines.append(f"worst mistakes drawn in {path}")
    if path := wanted["matrix"]:
        save_figure(confusion_figure(judged), path)
        lines.append(f"confusion matrix drawn in {path}")
    if path := wanted["calibration"]:
        title = f"{judged.run}, {judged.part} pictures"
        save_figure(calibration_figure(title, calibration), path)
        lines.append(f"reliability diagram drawn in {path}")
    if path := wanted["embedding"]:
        embedding = embedding_of(run, judged.part, data_home=data_home)
        if path.suffix.lower() == ".html":
            save_embedding_page(embedding, path)
        else:
            save_figure(embedding_figure(embedding), path)
        lines.append(f"map of {len(embedding):,} pictures in {path}")
    return lines


def _save_calibrated(run: Run, judged: Judged, path: Path) -> tuple[dict[str, object], str]:
    """Fit the temperature, write the classifier with it, and say what it changes."""
    fitted = temperature_of(run)
    with_temperature(run.classifier, fitted.value).save(path)
    after = calibration_of(judged.truth, temper(judged.probabilities, fitted.value))
    same = judged.part == "validation"
    said = (
        f"temperature {fitted.value:.3f}, fitted on {fitted.pictures:,} validation pictures (loss "
        f"{fitted.loss_before:.4f} to {fitted.loss_after:.4f}), written in {path}\n"
        f"  with it, expected calibration error on {judged.part} pictures {after}"
        + (": measured on the pictures it was fitted on, so too good" if same else "")
    )
    return {**vars(fitted), "expected_error_after": after.error}, said
