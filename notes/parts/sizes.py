"""300 against 150 pixels: the size apart from the net, and the pictures that change sides."""

from collections.abc import Sequence

from lenswork.look.compare import compare
from lenswork.look.compare_study import settings_of_study
from lenswork.look.flips import Flips
from lenswork.look.flips_text import count, head_lines
from lenswork.study.folder import Study
from lenswork.study.results import Results
from lenswork.study.sizes import Moved, change_between, moved_pictures, size_pairs
from lenswork.study.summary import Summary, pair_sentences, summarise
from lenswork.study.words import sentences
from notes.desk import Desk
from notes.part import Drawn, Found, Part, Table
from notes.parts.studies import facts_of
from notes.printed import Shown
from notes.tables import accuracy_table, conditions, cost_table, pairs_table

SEEDS, EPOCHS = 3, 8
NAME = "sizes-horses-or-humans"
LARGE, SAME, OWN = "300 pixels", "150 pixels (same net)", "150 pixels (own net)"
FIGURE, FLIPS = "notes-sizes.png", "notes-flips.png"
WOMEN = ("valhuman02", "valhuman04")  # of five figures; by eye, none is seen from behind
MOST = 12  # pictures in a table
LINES = 22  # of the comparison


def carried_out(desk: Desk) -> tuple[Study, Summary, Shown]:
    """Do what is missing of the study of sizes."""
    sizes, epochs, seeds = ("300,150", 1, 2) if desk.short else ("300,150,75", EPOCHS, SEEDS)
    less = desk.only("--train-pictures 128")
    shown = desk.lenswork(
        f"sizes horses-or-humans --sizes {sizes} --recipe notes --epochs {epochs} --seeds {seeds}"
        f"{less} --out {FIGURE}"
    )
    study = desk.study(NAME)
    return study, summarise(study), shown


def measure(desk: Desk) -> Found:
    """Train 300 and 150 pixels with one net, 150 with its own, and see which pictures move."""
    study, summary, shown = carried_out(desk)
    results = summary.results
    pairs = (*size_pairs(summary.plan), (OWN, LARGE))  # the last changes both, as the notes did
    moved = [moved_pictures(results, *pair) for pair in pairs]
    line = f"compare --study {NAME} '{LARGE}' '{OWN}' --most {MOST} --out {FLIPS}"
    beside = desk.lenswork(line)
    flips = compare(settings_of_study(NAME, [LARGE, OWN], desk.home)).flips[0]
    return Found(
        verdicts=(
            f"{_of(summary, 'size')} {sides_sentence(moved[0])}",
            f"The net alone, at 150 pixels: {_of(summary, 'net')}",
            *(one.sentence() for one in moved),
            " ".join(head_lines(flips)[:2]),
            _women(results, flips),
        ),
        shown=(shown.beginning("Of ", "The ", "- On new"), beside.since("On average").first(LINES)),
        conditions=(*conditions(study, summary), f"{summary.plan.base['epochs']} epochs"),
        figures=(
            Drawn(desk.drawn(FIGURE), "Pictures that 150 pixels lose, at both sizes."),
            Drawn(desk.drawn(FLIPS), "Pictures that change sides, with what each size answers."),
        ),
        tables=(
            accuracy_table(summary),
            pairs_table(summary),
            cost_table(summary),
            _table(results, [n for one in moved for n in (*one.lost, *one.won)]),
        ),
        facts={
            **facts_of(summary),
            "moved": {
                f"{one.largest} to {one.size}": {
                    "lost": [results.ids[n] for n in one.lost],
                    "won": [results.ids[n] for n in one.won],
                }
                for one in moved
            },
        },
    )


def _of(summary: Summary, change: str) -> str:
    """The verdict, on new pictures and on the time, of the pair that differs in this only."""
    for pair in summary.verdict.pairs:
        if change_between(summary.plan, (pair.first, pair.second)) == change:
            said = pair_sentences(pair, summary.results)
            answers = len(sentences(pair))
            return " ".join([said[answers - 1], *said[answers:]])
    return "not compared."


def sides_sentence(moved: Moved) -> str:
    """How many pictures change sides between two settings: in most seeds, and in all."""
    places = [*moved.lost, *moved.won]
    always = sum(abs(moved.right[place] - moved.right_largest[place]) == 1 for place in places)
    return (
        f"Between {moved.largest} and {moved.size} {len(places)} of {len(moved.right)} pictures "
        f"change sides in most seeds, {always} of them in all."
    )


def _women(results: Results, flips: Flips) -> str:
    """What becomes of the women in the validation pictures, and what a single picture says."""
    women = [n for n, name in enumerate(results.ids) if any(woman in name for woman in WOMEN)]
    large, same, own = (
        results.settings[name].correct[:, women].mean() for name in (LARGE, SAME, OWN)
    )
    by_chance = count(max(one for one in flips.churn if one is not None))
    return (
        "The woman seen from behind, in a blue dress, is on a photograph of the learner's own: the "
        f"set does not have it, and none of its {len(women)} validation pictures of women shows "
        f"one from behind. 300 pixels get {large:.1%} of these right, 150 pixels {same:.1%} with "
        f"the same net and {own:.1%} with their own (means over seeds). That one picture turned "
        f"says nothing of the size: between two seeds of one size up to {by_chance} of "
        f"{flips.pictures} pictures turn."
    )


def _table(results: Results, numbers: Sequence[int]) -> Table:
    """The pictures that change sides, with how many seeds answer them right."""
    numbers = sorted(set(numbers))
    head = ("picture", LARGE, SAME, OWN)
    rows = tuple(
        (
            results.ids[number],
            *(
                f"{int(results.settings[name].correct[:, number].sum())} of "
                f"{len(results.settings[name].seeds)}"
                for name in (LARGE, SAME, OWN)
            ),
        )
        for number in numbers[:MOST]
    )
    few = "" if len(numbers) <= MOST else f" (the first {MOST} of {len(numbers)})"
    what = f"Pictures that change sides with the size in most seeds{few}; seeds that are right:"
    return Table(what, head, rows)


PART = Part(
    name="sizes",
    title="300 pixels or 150?",
    question="Are 300 pixels better than 150, and which pictures change sides?",
    rows=(
        "300 against 150",
        "size apart from net",
        "pictures that change sides",
        "the woman seen from behind",
    ),
    said="150x150 in place of 300x300 pixels, with convolutions left out for it: a quarter of the "
    "data, faster, and the picture of a woman seen from behind in a blue dress turns from human "
    'into horse. "Inspect where it got it wrong."',
    measure=measure,
)
