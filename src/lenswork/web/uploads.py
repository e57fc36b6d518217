"""Pictures that are sent to the studio, held to its limits; none of them is kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from starlette.datastructures import UploadFile
from starlette.requests import Request

from lenswork.data.decode import decode_bytes
from lenswork.errors import UsageError
from lenswork.kinds import Picture
from lenswork.web.received import received
from lenswork.web.settings import Settings

LONGEST_NAME = 200
ESCAPED = {"%22": '"', "%0D": "\r", "%0A": "\n"}
"""What browsers write for these in a file's name
(https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#multipart-form-data)."""


@dataclass(frozen=True)
class Sent:
    """One file as it was sent."""

    name: str
    content: bytes

    @classmethod
    async def of(cls, file: UploadFile) -> Self:
        """Take a form's file as a whole."""
        return cls(_name(file.filename), await file.read())


async def sent_pictures(request: Request, field: str = "picture") -> Sequence[Sent]:
    """The files of a form's field; raises `UsageError` for none, too many or no form at all."""
    settings: Settings = request.app.state.settings
    async with received(request, settings.upload_count) as form:
        files = [item for item in form.getlist(field) if isinstance(item, UploadFile)]
        sent = [await Sent.of(file) for file in files]
    if not any(one.content for one in sent):
        raise UsageError("no picture was sent: choose, drop, paste or draw one")
    return sent


def decoded(sent: Sent, settings: Settings) -> Picture:
    """The picture in a file; raises `PictureError` that names the file and what is wrong."""
    return decode_bytes(sent.content, sent.name, pixel_limit=settings.upload_pixels)


def _name(said: str | None) -> str:
    """A name to speak of the file by, cut at its beginning where it is long; never a path."""
    name = said or "picture"
    for written, meant in ESCAPED.items():
        name = name.replace(written, meant)
    return name if len(name) <= LONGEST_NAME else f"…{name[1 - LONGEST_NAME :]}"
