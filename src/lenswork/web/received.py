"""A form as it comes, held to the studio's limits."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request

from lenswork.amounts import counted
from lenswork.errors import UsageError

MOST_FIELDS = 100
FIELD_BYTES = 200_000  # of one text: a plan has some hundreds


@asynccontextmanager
async def received(request: Request, files: int = 0) -> AsyncIterator[FormData]:
    """The form that a request sends, with at most so many `files`; they are closed at the end.

    Raises `UsageError` for what is no form or has too much in it.
    """
    try:
        form = await request.form(
            max_files=files, max_fields=MOST_FIELDS, max_part_size=FIELD_BYTES
        )
    except HTTPException as error:
        raise UsageError(_refusal(error.detail, files)) from error
    except ValueError as error:  # a text in an alphabet that Python cannot read
        raise UsageError(_refusal("its text cannot be read", files)) from error
    try:
        yield form
    finally:
        await request.close()


def _refusal(detail: str, files: int) -> str:
    if detail.startswith("Too many files"):
        return f"the studio takes {counted(files, 'picture')} at once: send them in parts"
    return f"what was sent is not a form that can be read ({detail.rstrip('.')}): send it again"
