"""What forgetting to divide by 255 does to a network that was trained on divided pixels."""

from collections.abc import Sequence
from dataclasses import dataclass

from lenswork.look.forgot import ForgottenPart, forget_part
from lenswork.look.pictures import part_of
from lenswork.record.run import Run
from lenswork.study.intervals import mean_of
from lenswork.study.report import conditions_of
from notes.desk import Desk
from notes.part import Drawn, Found, Part, Table
from notes.parts import sizes
from notes.parts.inside import train_missing
from notes.parts.studies import SHORT_EPOCHS, carried_out

FIGURE = "notes-forgot-rescale.png"


@dataclass(frozen=True)
class Forgotten:
    """A setting's networks, each answering a whole part both ways."""

    name: str
    runs: tuple[Run, ...]
    parts: tuple[ForgottenPart, ...]

    @property
    def lost(self) -> list[float]:
        """What the accuracy of each network loses, as a fraction."""
        return [one.right.fraction - one.wrong.fraction for one in self.parts]

    def sentence(self) -> str:
        """What the slip costs, over the seeds."""
        right = mean_of([one.right.fraction for one in self.parts]).mean
        wrong = mean_of([one.wrong.fraction for one in self.parts]).mean
        lost, changed = mean_of(self.lost), sum(len(one.changed) for one in self.parts)
        answered = sum(one.right.n for one in self.parts)
        between = lost.interval
        ends = f" ({100 * between.low:.2f} to {100 * between.high:.2f})" if between else ""
        surely = between is not None and between.low > 0
        verdict = "costs" if surely else "cannot be told to cost anything: on average"
        return (
            f"{self.name}: forgetting to divide {verdict} {100 * lost.mean:.2f} points{ends}, from "
            f"{right:.2%} to {wrong:.2%} over {len(self.parts)} seeds; {changed:,} of {answered:,} "
            "answers change."
        )


def measure(desk: Desk) -> Found:
    """Show the slip on four pictures, then let every seed's network answer its whole part."""
    train_missing(desk)
    shown = [
        desk.lenswork(f"look horses --pictures 0,1,128,129 --forgot rescale --out {FIGURE}"),
        desk.lenswork("look mnist --forgot rescale --out notes-forgot-mnist.png"),
    ]
    (desk.figures / "notes-forgot-mnist.png").unlink()  # its lines say enough
    study, _, _ = sizes.carried_out(desk)
    less = desk.only(SHORT_EPOCHS)
    digits, _, _ = carried_out(desk, f"study filters{less}", "filters-mnist")
    found = [
        forgotten("horses or humans, 150 pixels, the notes' net", study.runs(sizes.OWN)),
        forgotten("mnist, 2 convolutions of 32", digits.runs("32 filters")),
    ]
    return Found(
        verdicts=(" ".join(one.sentence() for one in found),),
        shown=tuple(shown),
        conditions=tuple(conditions_of({one.name: one.runs for one in found})),
        figures=(Drawn(desk.drawn(FIGURE), "Four pictures, as trained and not divided."),),
        tables=(_table(found),),
        facts={one.name: {"lost": one.lost} for one in found},
    )


def forgotten(name: str, runs: Sequence[Run]) -> Forgotten:
    """Let each network answer the part that it reports on, as trained and not divided."""
    parts = tuple(forget_part(run.classifier, part_of(run), "rescale") for run in runs)
    return Forgotten(name, tuple(runs), parts)


def _table(found: Sequence[Forgotten]) -> Table:
    rows = tuple(
        (
            one.name,
            str(run.recipe.seed),
            f"{part.right.fraction:.2%}",
            f"{part.wrong.fraction:.2%}",
            f"{len(part.changed):,} of {part.right.n:,}",
        )
        for one in found
        for run, part in zip(one.runs, one.parts, strict=True)
    )
    head = ("networks", "seed", "as trained", "not divided", "answers that change")
    return Table("Seed by seed:", head, rows)


PART = Part(
    name="rescale",
    title="Forgetting to rescale",
    question="What does forgetting to rescale an uploaded picture do?",
    rows=("forgetting to rescale",),
    said="the code for uploaded pictures does not divide their pixels by 255, as training did; "
    "what that does is not looked at.",
    measure=measure,
)
