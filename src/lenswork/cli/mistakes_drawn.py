"""The figures of `lenswork mistakes` that need matplotlib and nothing but the record."""

from lenswork.cli.mistakes_wanted import Wanted
from lenswork.look.calibration import Calibration
from lenswork.look.calibration_figure import calibration_figure
from lenswork.look.confusion_figure import confusion_figure
from lenswork.look.mistakes import Judged
from lenswork.record.style import PRINT_WIDTH, save_figure


def draw_matrix(wanted: Wanted, judged: Judged, _calibration: Calibration) -> dict[str, object]:
    """Draw the confusion matrix."""
    if wanted.matrix:
        figure = confusion_figure(judged)
        save_figure(figure, wanted.matrix)
        wide = figure.get_figwidth() > PRINT_WIDTH
        page = ", for a landscape page 24 cm wide or more" if wide else ""
        wanted.say(f"confusion matrix drawn in {wanted.matrix}{page}")
    return {}


def draw_calibration(wanted: Wanted, judged: Judged, calibration: Calibration) -> dict[str, object]:
    """Draw the reliability diagram."""
    if wanted.calibration:
        title = f"{judged.run}, {judged.part} pictures"
        save_figure(calibration_figure(title, calibration), wanted.calibration)
        wanted.say(f"reliability diagram drawn in {wanted.calibration}")
    return {}
