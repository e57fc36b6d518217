"""Whether more pictures would help."""

from lenswork.amounts import counted
from lenswork.study.curve import answer, points_of
from lenswork.study.report import conditions_of
from lenswork.study.results import results_of
from notes.desk import Desk
from notes.part import Drawn, Found, Part

SEEDS = 3
FIGURE = "notes-curve.png"
NAME = "curve-horses-or-humans"


def measure(desk: Desk) -> Found:
    """Train on growing parts of the pictures and foretell what twice as many would bring."""
    seeds = 2 if desk.short else SEEDS
    epochs, fractions = (1, "1/8,1/4,1/2") if desk.short else (8, "1/8,1/4,1/2,1")
    shown = desk.lenswork(
        f"curve horses-or-humans --recipe notes --size 150x150 --epochs {epochs} "
        f"--steps-per-epoch 8 --fractions {fractions} --seeds {seeds} --out {FIGURE}"
    )
    study = desk.study(NAME)
    found = answer(points_of(study.plan, results_of(study)))
    runs = {setting.name: study.runs(setting.name) for setting in study.plan.settings}
    verdicts = [found.sentence()]
    if found.check is not None:
        verdicts.append(found.check.sentence())
    verdicts.append(
        "The validation pictures stand on plain white and the training pictures in scenery: more "
        "pictures of the same scenery are not the pictures that are missing, so this curve "
        "answers for this validation part and for no other. Every size was trained for as many "
        "steps."
    )
    return Found(
        verdicts=(*verdicts, *found.notes()),
        shown=(shown.since(found.sentence()[:8]),),
        conditions=(*conditions_of(runs), f"{counted(seeds, 'seed')} each"),
        figures=(Drawn(desk.drawn(FIGURE), "The error by the number of training pictures."),),
        facts={
            "verdict": found.verdict,
            "gain": found.gain._asdict(),
            "error": found.error._asdict(),
            "law": found.law.numbers(),
        },
    )


PART = Part(
    name="more",
    title="Would more pictures help?",
    question='"Does this mean that the training set must be made larger??"',
    rows=("would more pictures help",),
    said='after the woman turned into a horse: "does this mean that the training set must be made '
    'larger??", and no answer.',
    measure=measure,
)
