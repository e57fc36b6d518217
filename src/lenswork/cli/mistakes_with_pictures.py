"""The parts of `lenswork mistakes` that need the data or the network."""

from lenswork.cli.mistakes_wanted import Wanted
from lenswork.errors import RunError
from lenswork.look.calibration import Calibration, calibration_of
from lenswork.look.contact_sheet import DPI as SHEET_DPI
from lenswork.look.contact_sheet import numbers_of
from lenswork.look.embedding import embedding_of
from lenswork.look.embedding_figure import DPI, embedding_figure
from lenswork.look.embedding_page import save_embedding_page
from lenswork.look.held_out import answer_again, read_shown
from lenswork.look.mistakes import Judged, confused_pairs
from lenswork.look.mistakes_figure import mistakes_blocks, mistakes_sheet
from lenswork.look.temperature import temper, temperature_of, with_temperature
from lenswork.record.predictions import write_predictions
from lenswork.record.run import PREDICTIONS
from lenswork.record.style import save_figure

DRAWN = 80  # mistakes, unless told otherwise


def make_predictions(wanted: Wanted) -> dict[str, object]:
    """Write the predictions that a run lacks; whole ones are left as they are."""
    run = wanted.run
    path = run.path / PREDICTIONS
    if path.is_file():
        try:
            kept = run.answers
        except RunError as error:
            wanted.say(f"{error.args[0].split('. Make them')[0]}: it is made anew")
        else:
            wanted.say(f"{path} is there already for {', '.join(kept) or 'no part'}: it is kept")
            return {}
    answers = answer_again(run, wanted.data_home)
    write_predictions(path, answers)
    counted = ", ".join(f"{len(one.ids):,} {name}" for name, one in answers.items())
    wanted.say(f"predictions for {counted} pictures written in {path}")
    return {}


def draw_sheet(wanted: Wanted, judged: Judged, _calibration: Calibration) -> dict[str, object]:
    """Draw the worst mistakes of every class pair."""
    if wanted.out:
        pairs = confused_pairs(judged)
        blocks = mistakes_blocks(pairs, wanted.most or DRAWN)
        pictures = read_shown(wanted.run, judged, numbers_of(blocks), wanted.data_home)
        save_figure(mistakes_sheet(judged, blocks, pictures, len(pairs)), wanted.out, SHEET_DPI)
        wanted.say(
            f"{len(pictures):,} of {len(judged.wrong):,} mistakes, {len(blocks):,} of "
            f"{len(pairs):,} class pairs, drawn in {wanted.out}"
        )
    return {}


def draw_embedding(wanted: Wanted, _judged: Judged, _calibration: Calibration) -> dict[str, object]:
    """Draw the map of pictures, for a printed page or to be explored."""
    if wanted.embedding:
        embedding = embedding_of(wanted.run, wanted.part, data_home=wanted.data_home)
        if wanted.embedding.suffix.lower() == ".html":
            save_embedding_page(embedding, wanted.embedding)
        else:
            save_figure(embedding_figure(embedding), wanted.embedding, DPI)
        some = "" if len(embedding) == embedding.total else f"of {embedding.total:,} "
        wanted.say(
            f"map of {len(embedding):,} {some}{embedding.part} pictures in {wanted.embedding}"
        )
    return {}


def save_calibrated(wanted: Wanted, judged: Judged, before: Calibration) -> dict[str, object]:
    """Fit the temperature, write the classifier with it, and say what it changes."""
    if not wanted.calibrated:
        return {}
    fitted = temperature_of(wanted.run)
    with_temperature(wanted.run.classifier, fitted.value).save(wanted.calibrated)
    after = calibration_of(judged.truth, temper(judged.probabilities, fitted.value))
    same = judged.part == "validation"
    wanted.say(
        f"temperature {fitted.value:.3f}, fitted on {fitted.pictures:,} validation pictures (loss "
        f"{fitted.loss_before:.4f} to {fitted.loss_after:.4f}), written in {wanted.calibrated}\n"
        f"  expected calibration error on {judged.part} pictures\n"
        f"    without it  {before}\n"
        f"    with it     {after}"
        + (": measured on the pictures it was fitted on, so too good" if same else "")
    )
    found = {
        **vars(fitted),
        "expected_error_before": before.error,
        "expected_error_after": after.error,
        "after_95%": [after.low, after.high],
    }
    return {"temperature": found}
