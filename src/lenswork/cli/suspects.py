"""The part of `lenswork mistakes` that looks for wrong labels."""

from dataclasses import dataclass
from pathlib import Path

import click
from rich.markup import escape

from lenswork.cli.mistakes_wanted import Wanted, plain_table
from lenswork.cli.options import table_console
from lenswork.data.dataset import Dataset
from lenswork.errors import RunError
from lenswork.look.contact_sheet import DPI, numbers_of
from lenswork.look.labels import Suspects, find_suspects, gather, train_folds
from lenswork.look.labels_figure import suspects_blocks, suspects_sheet
from lenswork.look.mistakes import Judged
from lenswork.record.run import Run
from lenswork.record.style import save_figure
from lenswork.record.train import open_for
from lenswork.training.recipe import Recipe

LISTED = 24  # suspects, unless told otherwise


@dataclass(frozen=True)
class CheckedLabels:
    """Suspects among the pictures whose `ids` and `classes` these are."""

    part: str
    ids: tuple[str, ...]
    classes: tuple[str, ...]
    suspects: Suspects


def check_data(wanted: Wanted, judged: Judged) -> dict[str, object]:
    """Refuse data that cannot be opened or that have other classes now."""
    _open(wanted.run, judged, wanted.data_home)
    return {}


def report_suspects(wanted: Wanted, judged: Judged) -> dict[str, object]:
    """Look for wrong labels, print the likeliest, and draw them where that was asked for."""
    most = wanted.most or LISTED
    checked = check_labels(wanted.run, judged, wanted.data_home, wanted.labels_out, most)
    if not wanted.as_json:
        for one in checked:
            print_suspects(one, most)
    return {"labels": [labels_dict(one, most) for one in checked]}


def check_labels(
    run: Run, judged: Judged, data_home: Path | None, out: Path | None, most: int
) -> list[CheckedLabels]:
    """Suspects of the training pictures by folds, and of the held-out ones by the run itself."""
    data = _open(run, judged, data_home)
    recipe = Recipe(data=run.recipe.data, seed=run.recipe.seed)
    done = []
    for fold in train_folds(data, recipe, seed=run.recipe.seed):
        click.echo(
            f"fold {fold.fold} of {fold.folds}: {len(fold.numbers):,} training pictures judged, "
            f"accuracy {fold.accuracy:.2%}, {fold.seconds:.0f} s",
            err=True,
        )
        done.append(fold)
    probabilities = gather(done, len(data.train), len(data.classes))
    train = find_suspects(data.train.labels, probabilities)
    held_out = find_suspects(judged.truth, judged.probabilities)
    if out:
        blocks = suspects_blocks(train, data.train.ids, data.classes, most)
        pictures = [data.train.source.read(number) for number in numbers_of(blocks)]
        save_figure(suspects_sheet(train, blocks, pictures, f"{run.name}, training"), out, DPI)
        click.echo(f"suspected wrong labels drawn in {out}", err=True)
    return [
        CheckedLabels("train", data.train.ids, data.classes, train),
        CheckedLabels(judged.part, judged.ids, data.classes, held_out),
    ]


def _open(run: Run, judged: Judged, data_home: Path | None) -> Dataset:
    _, data = open_for(run.recipe, data_home)
    if data.classes != judged.classes:
        raise RunError(f"the data has other classes now than when run {run.name} was trained")
    return data


def labels_dict(checked: CheckedLabels, most: int) -> dict[str, object]:
    """The first suspects, for JSON."""
    found = checked.suspects
    return {
        "part": checked.part,
        "pictures": found.pictures,
        "suspects": len(found),
        "first": [
            {
                "id": checked.ids[found.numbers[place]],
                "label": checked.classes[found.given[place]],
                "seems": checked.classes[found.seen[place]],
                "label_probability": float(found.self_confidence[place]),
                "margin": float(found.margin[place]),
            }
            for place in range(min(most, len(found)))
        ],
    }


def print_suspects(checked: CheckedLabels, most: int) -> None:
    """Print the first suspects."""
    found = checked.suspects
    click.echo(
        f"\n{len(found):,} of {found.pictures:,} {checked.part} pictures have a suspect label; the "
        "first are the likeliest to be wrong. Look before you change one"
    )
    if not len(found):
        return
    table = plain_table("picture", "label", "seems to be", "its label's probability")
    for place in range(min(most, len(found))):
        table.add_row(
            escape(checked.ids[found.numbers[place]]),
            escape(checked.classes[found.given[place]]),
            escape(checked.classes[found.seen[place]]),
            f"{found.self_confidence[place]:.4f}",
        )
    table_console().print(table)
