"""The quick form of the examination, for the beginning of every training."""

from lenswork.data.dataset import Dataset
from lenswork.data.doctor.codes import quoted
from lenswork.data.doctor.examine import examine


def told(data: Dataset) -> list[str]:
    """A line for each thing that is wrong with an opened data set, by names and sizes only.

    No file is opened. What `data.notes` say is not said again, and notes are not told.
    """
    findings = [one for one in examine(data, quick=True).findings if one.severity != "note"]
    lines = [f"warning: {one.title}: {one.meaning}" for one in findings]
    if lines:
        lines.append(f"  lenswork doctor {quoted(data.source or data.name)} says what to do")
    return lines
