"""The words of a form and the one picture that may come with them."""

from collections.abc import Mapping

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

from lenswork.errors import UsageError
from lenswork.web.uploads import LONGEST_NAME, MOST_FIELDS, Sent

PICTURE = "picture-file"


async def asked(request: Request) -> tuple[Mapping[str, str], Sent | None]:
    """What was typed, by the fields' names, and the picture; raises `UsageError` for two."""
    try:
        async with request.form(max_files=1, max_fields=MOST_FIELDS) as form:
            words = {name: said for name, said in form.items() if isinstance(said, str)}
            file = form.get(PICTURE)
            if not isinstance(file, UploadFile):
                return words, None
            content = await file.read()
            return words, Sent((file.filename or "your picture")[-LONGEST_NAME:], content)
    except (HTTPException, ValueError) as error:
        detail = error.detail if isinstance(error, HTTPException) else "its text cannot be read"
        raise UsageError(f"expected a form with one picture at most: {detail}") from error
