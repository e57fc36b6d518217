"""Answers that a browser keeps as a file."""

from urllib.parse import quote


def kept_as(filename: str) -> dict[str, str]:
    """The header that has a browser save an answer, whatever letters the file's name has.

    Other letters than plain ones are said in the form of RFC 6266, section 4.3.
    """
    said = quote(filename, safe="")
    name = f'filename="{filename}"' if said == filename else f"filename*=utf-8''{said}"
    return {"content-disposition": f"attachment; {name}"}
