"""The map of an embedding as one HTML file that needs nothing else: no host, no second file."""

import base64
import io
import json
import math
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from lenswork.files import write_bytes
from lenswork.kinds import Pictures
from lenswork.look.embedding import Embedding
from lenswork.look.embedding_figure import COLOURS, colour_of

LARGEST_THUMBNAIL = 64  # pixels
SMALL_SHEET = 2**20  # pixels of a sheet that is kept without loss


def embedding_page(embedding: Embedding) -> str:
    """The page's HTML: thumbnails inside it, names and ids only ever as text."""
    template = files("lenswork.look").joinpath("embedding.html").read_text("utf-8")
    # "<" as an escape, so that no name can end the script; U+2028 is escaped by ensure_ascii
    data = json.dumps(page_data(embedding)).replace("<", "\\u003c")
    return template.replace("{{title}}", escape(_title(embedding))).replace("{{data}}", data)


def save_embedding_page(embedding: Embedding, path: Path) -> None:
    """Write the page whole or not at all."""
    write_bytes(path, embedding_page(embedding).encode("utf-8"))


def page_data(embedding: Embedding) -> dict[str, Any]:
    """What the page shows, ready for JSON: a point is x and y from 0 to 1, right and down."""
    low = embedding.points.min(axis=0)
    span = float((embedding.points.max(axis=0) - low).max()) or 1.0
    points = (embedding.points - low) / span
    points[:, 1] = points[:, 1].max() - points[:, 1]
    columns = math.ceil(math.sqrt(len(embedding)))
    sheet, side = _sheet(embedding.pictures, columns)
    return {
        "title": _title(embedding),
        "how": embedding.how,
        "classes": [
            {"name": name, "colour": colour_of(label), "dashed": label >= len(COLOURS)}
            for label, name in enumerate(embedding.classes)
        ],
        "sheet": sheet,
        "columns": columns,
        "side": side,
        "x": [round(float(x), 4) for x in points[:, 0]],
        "y": [round(float(y), 4) for y in points[:, 1]],
        "ids": list(embedding.ids),
        "truth": embedding.truth.tolist(),
        "answer": embedding.answer.tolist(),
        "confidence": [round(float(value), 4) for value in embedding.confidence],
    }


def _title(embedding: Embedding) -> str:
    total = len(embedding)
    some = f"{total:,}" if total == embedding.total else f"{total:,} of {embedding.total:,}"
    return f"{embedding.run}: {some} {embedding.part} pictures as the network sees them"


def _sheet(pictures: Pictures, columns: int) -> tuple[str, int]:
    """All thumbnails in one picture, as a `data:` address, and the side of their squares."""
    height, width, channels = pictures.shape[1:]
    side = min(LARGEST_THUMBNAIL, max(height, width))
    rows = math.ceil(len(pictures) / columns)
    sheet = Image.new("L" if channels == 1 else "RGB", (columns * side, rows * side))
    for place, picture in enumerate(pictures):
        image = Image.fromarray(np.squeeze(picture, 2) if channels == 1 else picture)
        image.thumbnail((side, side))
        corner = (place % columns * side, place // columns * side)
        sheet.paste(image, corner)
    buffer = io.BytesIO()
    lossless = sheet.width * sheet.height <= SMALL_SHEET or channels == 1
    if lossless:
        sheet.save(buffer, "PNG", optimize=True)
    else:
        sheet.save(buffer, "JPEG", quality=88)
    kind = "png" if lossless else "jpeg"
    return f"data:image/{kind};base64,{base64.b64encode(buffer.getvalue()).decode('ascii')}", side
