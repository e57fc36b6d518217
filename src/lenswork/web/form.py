"""The words of a form and the one picture that may come with them."""

from collections.abc import Mapping

from starlette.datastructures import UploadFile
from starlette.requests import Request

from lenswork.web.received import received
from lenswork.web.uploads import Sent

PICTURE = "picture-file"


async def asked(request: Request) -> tuple[Mapping[str, str], Sent | None]:
    """What was typed, by the fields' names, and the picture; raises `UsageError` for two."""
    async with received(request, files=1) as form:
        words = {name: said for name, said in form.items() if isinstance(said, str)}
        file = form.get(PICTURE)
        sent = await Sent.of(file) if isinstance(file, UploadFile) else None
    return words, sent
