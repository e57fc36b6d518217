"""Pictures in formats that training cannot read, and the command that converts them."""

from collections.abc import Sequence

from lenswork.data.doctor.codes import found, quoted
from lenswork.data.doctor.finding import Finding
from lenswork.data.doctor.survey import Folder, Survey
from lenswork.data.doctor.wording import in_data
from lenswork.data.formats import Unread, endings_of, other_formats, told

# Not mogrify, which would write over a JPEG of the same name
CONVERT = 'for f do [ -e "${f%.*}.jpg" ] || magick "$f[0]" -auto-orient "${f%.*}.jpg"; done'


def unread_in(folder: Folder) -> list[str]:
    """The files of a class that training leaves out for their formats."""
    return other_formats(folder.others, folder.pictures)


def format_findings(surveyed: Survey) -> list[Finding]:
    """What of each class training leaves out for its format, and the command that converts it."""
    classes = {id(folder): folder for _, folder in surveyed.classes()}.values()
    left_out = [(folder, names) for folder in classes if (names := unread_in(folder))]
    if not left_out:
        return []
    unread = [
        Unread(in_data(folder), names, len(folder.pictures) + len(folder.others))
        for folder, names in left_out
    ]
    return [
        found(
            "other-format",
            told(unread),
            "training leaves them out, and learns from fewer pictures than there are",
            "write each as a JPEG beside it, with ImageMagick:\n"
            + _convert(surveyed, endings_of(unread)),
            [folder.id_of(name) for folder, names in left_out for name in names],
        )
    ]


def _convert(surveyed: Survey, endings: Sequence[str]) -> str:
    """The command for all classes: no file is taken away, and none is written over."""
    level = 2 if surveyed.flat else 3
    kinds = " -o ".join(f"-iname '*.{ending}'" for ending in endings)
    kinds = rf"\( {kinds} \)" if len(endings) > 1 else kinds
    return (
        f"find -L {quoted(surveyed.top.path)} -mindepth {level} -maxdepth {level} -type f {kinds} "
        f"-exec sh -c '{CONVERT}' sh {{}} +"
    )
