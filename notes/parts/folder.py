"""Pictures from a folder: the common mistake, validation from beside, and what one uploads."""

import itertools

import numpy as np

from lenswork.data.open import open_data
from lenswork.record.run import Run
from notes.desk import Desk
from notes.made import write_folder, write_picture
from notes.part import Drawn, Found, Part, Table
from notes.parts.data import COUNTS, FOLDER
from notes.parts.inside import train_missing
from notes.tables import conditions_of_runs

UPLOADS = {"a-horse.png": 4, "a-human.png": 130}  # of the validation pictures
NAME = "from-a-folder"
CURVES = "notes-curves-horses.png"


def measure(desk: Desk) -> Found:
    """Point at the wrong folder and at the right one, train, and answer what is uploaded."""
    train_missing(desk)
    horses = open_data("horses-or-humans")
    own = desk.folder("own")
    write_folder(horses, own / FOLDER, COUNTS)
    for file, place in UPLOADS.items():
        write_picture(horses, "validation", place, own / file)
    wrong = desk.lenswork(f"train {FOLDER}/train/horses", code=2, folder=own)
    words = f"{FOLDER} --recipe notes --size 150x150 --epochs 2"
    trained = desk.trained(NAME, words, folder=own).ends(4, 5)
    files = " ".join(UPLOADS)
    predicted = desk.lenswork(f"predict horses {files}", folder=own)
    desk.lenswork(f"show horses --png {CURVES}")
    difference, answered = largest_difference(desk.run("horses"))
    return Found(
        verdicts=(
            (
                f"A prediction cannot differ from training: of all {answered} validation pictures, "
                "given as a user would give them, the probabilities are those of the training's "
                f"own record (largest difference {difference:.1g}): size, scaling, colours and the "
                "classes' order travel in the classifier's file."
            ),
            (
                "The common mistake, to point at the sub-directory, is refused before any "
                "training, with the folder that was meant."
            ),
            _jumps(desk.run("horses")),
            uploaded_sentence(desk.run("horses")),
        ),
        shown=(wrong, trained, predicted),
        conditions=conditions_of_runs([desk.run("horses"), desk.run(NAME)]),
        figures=(Drawn(desk.drawn(CURVES), "Run horses: loss and accuracy by epoch."),),
        tables=(_table(desk.run("horses")),),
        facts={"largest_difference": difference, "pictures": answered},
    )


def largest_difference(run: Run) -> tuple[float, int]:
    """How far predictions of the validation pictures are from the run's record, and how many."""
    part = open_data(run.recipe.data).parts["validation"]
    pictures = [part.source.read(place) for place in range(len(part))]
    said = run.classifier.predict(pictures)
    found = np.array([[one.probabilities[name] for name in run.classes] for one in said])
    recorded = run.answers["validation"].probabilities  # (pictures, classes)
    return float(np.abs(found - recorded).max()), len(part)


def _jumps(run: Run) -> str:
    """How the validation accuracy moves from epoch to epoch."""
    accuracies = [row["metrics"]["val_accuracy"] for row in run.history]
    moves = [abs(b - a) for a, b in itertools.pairwise(accuracies)]
    return (
        f"Validation from the second directory, after every epoch: over {len(accuracies)} epochs "
        f"it lay between {min(accuracies):.1%} and {max(accuracies):.1%} and moved by up to "
        f"{100 * max(moves, default=0.0):.1f} points from one epoch to the next."
    )


def uploaded_sentence(run: Run) -> str:
    """How many of the uploaded pictures are answered rightly, and how many of all."""
    answers = run.answers["validation"]
    right = answers.probabilities.argmax(axis=1) == answers.truth  # (pictures,)
    count = sum(bool(right[place]) for place in UPLOADS.values())
    return (
        f"Of the {len(UPLOADS)} pictures uploaded below it calls {count} what they are, which says "
        f"little: over all validation pictures it is right for {run.accuracy('validation')}."
    )


def _table(run: Run) -> Table:
    rows = tuple(
        (
            str(row["epoch"]),
            f"{row['metrics']['accuracy']:.4f}",
            f"{row['metrics']['val_accuracy']:.4f}",
            f"{row['metrics']['val_loss']:.4f}",
        )
        for row in run.history
    )
    head = ("epoch", "training accuracy", "validation accuracy", "validation loss")
    return Table(f"Run {run.name}, 150x150, epoch by epoch:", head, rows)


PART = Part(
    name="folder",
    title="Pictures from a folder",
    question="Can a prediction differ from training?",
    rows=(
        "pointing at the sub-directory",
        "validation from a second directory",
        "upload and predict",
    ),
    said="pictures are read from folders, brought to 300x300 and divided by 255. \"It's a common "
    "mistake that people point the generator at the sub-directory. It will fail in that "
    'circumstance." Uploaded pictures are called a horse or a human, by code that forgets to '
    "divide by 255 and passes another variable.",
    measure=measure,
)
