"""Answers as lines of CSV: one a picture, one column a class."""

import csv
import io
from collections.abc import Sequence

from lenswork.use.predict import Answer

FORMULAS = ("=", "+", "-", "@", "\t", "\r")
"""With these a spreadsheet takes a cell for a formula
(https://owasp.org/www-community/attacks/CSV_Injection)."""


def csv_header(classes: Sequence[str], *, for_spreadsheet: bool = False) -> str:
    """The columns' names as one line, without its end."""
    return _line(["file", "class", "probability", *classes, "error"], for_spreadsheet)


def csv_line(answer: Answer, classes: Sequence[str], *, for_spreadsheet: bool = False) -> str:
    """One answer as one line, without its end; probabilities have six digits.

    `for_spreadsheet` puts an apostrophe before what would be taken for a formula.
    """
    prediction = answer.prediction
    if prediction is None:
        cells = [answer.file, "", "", *("" for _ in classes), answer.error]
    else:
        values = [f"{value:.6f}" for value in prediction.probabilities.values()]
        said = [prediction.class_name, f"{prediction.probability:.6f}"]
        cells = [answer.file, *said, *values, ""]
    return _line(cells, for_spreadsheet)


def _line(cells: Sequence[str], for_spreadsheet: bool) -> str:
    stream = io.StringIO(newline="")
    harmless = [f"'{cell}" if cell.startswith(FORMULAS) else cell for cell in cells]
    csv.writer(stream).writerow(harmless if for_spreadsheet else cells)  # quotes line ends too
    return stream.getvalue().removesuffix("\r\n")
