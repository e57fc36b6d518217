"""The part of `lenswork compare` that needs the data."""

from pathlib import Path

from lenswork.look.compare import Compared
from lenswork.look.flips import shown_of
from lenswork.look.flips_figure import flips_sheet
from lenswork.look.flips_page import flips_page, save_flips_page
from lenswork.look.held_out import read_shown
from lenswork.record.style import save_figure
from lenswork.study.words import lines, sentences

ON_A_SHEET, ON_A_PAGE = 24, 500  # flips, unless told otherwise


def draw_flips(compared: Compared, out: Path, most: int | None, data_home: Path | None) -> str:
    """Draw the flips between the two settings, and say where.

    Raises `RunError` where the data cannot be opened or has changed.
    """
    flips = compared.flips[0]
    is_page = out.suffix.lower() == ".html"
    shown = shown_of(flips, most or (ON_A_PAGE if is_page else ON_A_SHEET))
    run, judged = compared.settings[0].runs[0], flips.sides[0].judged[0]
    pictures = read_shown(run, judged, [flip.number for flip in shown], data_home)
    if is_page:
        rows = [(row.field, row.values[0], row.values[1]) for row in compared.differences]
        verdict = [said for pair in compared.verdict.pairs for said in sentences(pair)]
        measured = [said for said in lines(compared.verdict) if said not in verdict]
        page = flips_page(flips, shown, pictures, verdict, measured, rows)
        save_flips_page(page, out)
    else:
        save_figure(flips_sheet(flips, shown, pictures), out)
    return f"{len(shown):,} of {len(flips.flips):,} flips drawn in {out}"
