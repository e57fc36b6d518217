"""The filter lab: nine numbers, a picture, and pooling."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
from PIL import Image
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from lenswork.errors import LensworkError, UsageError
from lenswork.kinds import Picture
from lenswork.look.kernels import PRESETS, Kernel, format_number, parse_number, preset
from lenswork.look.lab import Filtered, FilterLab, photograph
from lenswork.web.form import asked
from lenswork.web.images import png, png_response, png_uri
from lenswork.web.render import page
from lenswork.web.settings import Settings
from lenswork.web.uploads import Sent, decoded

SIZES = (1, 2, 3, 5, 7, 9)
LARGEST_SIDE = 768  # pixels of a picture of one's own: dragging stays quick, and pixels visible
SMALL_SIDE = 128  # of the picture under each preset
FIRST = "laplacian"
WORDS: Mapping[str, str] = {
    "size": "3", "weight": "1", "stride": "1", "padding": "none", "pool": "2",
    "method": "max", "clip": "on", "flip": "",
}  # fmt: skip
PADDINGS = (
    ("none", "none"),
    ("zero", "zeros"),
    ("edge", "edge"),
    ("reflect", "mirror"),
)
METHODS = (("max", "largest"), ("avg", "mean"))
MARKS = {"pooling": "pool", "pool": "pool", "stride": "stride", "padding": "padding"}
"""The field that an error of the library speaks of, by its first word."""


@dataclass(frozen=True)
class Asked:
    """What was typed, the lab that it means, and what is wrong with it by field."""

    words: Mapping[str, str]
    lab: FilterLab | None
    wrong: Mapping[str, str]


def show(request: Request) -> Response:
    """The page, with the numbers that its address has, or the first preset's."""
    said = request.query_params
    words = {**WORDS, **_numbers_of(preset(FIRST)), **dict(said)}
    if "size" in said and "clip" not in said:
        words["clip"] = ""  # a box that is not ticked is not sent
    read = read_words(words)
    size = _size(read.words)
    return page(
        request,
        "lab.html",
        422 if read.wrong else 200,
        asked=read,
        size=size,
        sizes=SIZES,
        presets=[_as_choice(kernel) for kernel in PRESETS.values()],
        paddings=PADDINGS,
        methods=METHODS,
        largest_side=LARGEST_SIDE,
    )


async def filtered(request: Request) -> Response:
    """The picture filtered and pooled, as JSON, or what is wrong by field.

    Half a number is no failure: it is answered with 200, as typing goes on.
    """
    words, sent = await asked(request)
    return await run_in_threadpool(_filtered, request.app.state.settings, words, sent)


def preset_picture(request: Request) -> Response:
    """What one preset makes of the photograph, small."""
    return png_response(_preset_png(preset(request.query_params.get("name", FIRST)).name))


def read_words(words: Mapping[str, str]) -> Asked:
    """The lab that a form means; every field that is wrong says what was expected."""
    wrong: dict[str, str] = {}

    def read(field: str, what: str, text: str) -> float:
        try:
            return parse_number(text, what)
        except UsageError as error:
            wrong[field] = str(error)
            return 1.0

    size = _size(words)
    places = [(row, column) for row in range(size) for column in range(size)]
    flat = [
        read(name, f"row {row + 1}, column {column + 1}", words.get(name, "0"))
        for row, column in places
        for name in [f"n-{row}-{column}"]
    ]
    weight = read("weight", "the weight", words.get("weight", "1"))
    stride, pool = (_whole(words, name, wrong) for name in ("stride", "pool"))
    if wrong:
        return Asked(words, None, wrong)
    rows = tuple(tuple(flat[start : start + size]) for start in range(0, size * size, size))
    try:
        lab = FilterLab(
            Kernel(rows, weight),
            stride,
            words.get("padding", "none"),  # type: ignore[arg-type]  # the lab refuses other words
            flip=bool(words.get("flip")),
            clip=bool(words.get("clip")),
            pool=pool,
            pool_method=words.get("method", "max"),  # type: ignore[arg-type]
        )
    except UsageError as error:
        return Asked(words, None, {_field_of(error): str(error)})
    return Asked(words, lab, {})


def _filtered(settings: Settings, words: Mapping[str, str], sent: Sent | None) -> Response:
    read = read_words(words)
    if read.lab is None:
        return JSONResponse({"wrong": read.wrong})
    try:
        picture = _photograph() if sent is None else decoded(sent, settings)
    except LensworkError as error:
        return JSONResponse({"wrong": {"picture": str(error)}})
    small = at_most(picture, LARGEST_SIDE)
    try:
        result = read.lab.apply(small)
    except UsageError as error:
        return JSONResponse({"wrong": {_field_of(error): str(error)}})
    shrunk = "" if small is picture else f"brought from {_sides(picture)} to {_sides(small)} pixels"
    return JSONResponse({**as_dict(result), "shrunk": shrunk})


def as_dict(result: Filtered) -> dict[str, object]:
    """What the page draws: three pictures, their sizes in words, and how a window is laid."""
    lab = result.lab
    rows = lab.kernel.array[::-1, ::-1] if lab.flip else lab.kernel.array
    return {
        "original": png_uri(result.original),
        "filtered": png_uri(result.filtered),
        "pooled": png_uri(result.pooled),
        "sides": {
            name: list(picture.shape[:2])
            for name, picture in (
                ("original", result.original),
                ("filtered", result.filtered),
                ("pooled", result.pooled),
            )
        },
        "words": result.sizes,
        "colours": result.colours,
        "effect": result.effect,
        "manner": lab.manner,
        "rows": rows.tolist(),
        "weight": lab.kernel.weight,
        "stride": lab.stride,
        "padding": lab.padding,
        "before": lab.before,
        "clip": lab.clip,
        "scale": list(result.scale),
        "pool": lab.pool,
        "method": lab.pool_method,
    }


def at_most(picture: Picture, side: int) -> Picture:
    """The picture, made smaller where a side is longer."""
    longest = max(picture.shape[:2])
    if longest <= side:
        return picture
    image = Image.fromarray(picture[:, :, 0] if picture.shape[2] == 1 else picture)
    image = image.resize(
        (
            max(1, round(picture.shape[1] * side / longest)),
            max(1, round(picture.shape[0] * side / longest)),
        ),
        Image.Resampling.BOX,
    )
    return np.asarray(image).reshape(image.height, image.width, picture.shape[2])


def _size(words: Mapping[str, str]) -> int:
    said = words.get("size", "3")
    return int(said) if said in map(str, SIZES) else 3


def _whole(words: Mapping[str, str], name: str, wrong: dict[str, str]) -> int:
    text = words.get(name, "").strip()
    if text.isascii() and text.isdigit() and int(text[:6]) >= 1 and len(text) < 6:
        return int(text)
    wrong[name] = f"{name} must be a whole number of 1 or more, got {text!r}"
    return 1


def _field_of(error: UsageError) -> str:
    return MARKS.get(str(error).split(" ", 1)[0], "kernel")


def _numbers_of(kernel: Kernel) -> dict[str, str]:
    """A preset as the form's fields have it."""
    numbers = {
        f"n-{row}-{column}": format_number(number)
        for row, numbers in enumerate(kernel.rows)
        for column, number in enumerate(numbers)
    }
    return {**numbers, "size": str(kernel.size), "weight": format_number(kernel.weight)}


def _as_choice(kernel: Kernel) -> dict[str, object]:
    return {"name": kernel.name, "meaning": kernel.meaning, "fields": _numbers_of(kernel)}


@cache
def _photograph() -> Picture:
    return photograph()


@cache
def _preset_png(name: str) -> bytes:
    small = at_most(_photograph(), SMALL_SIDE)
    return png(FilterLab(PRESETS[name], padding="edge", pool=1).apply(small).filtered)


def _sides(picture: Picture) -> str:
    return f"{picture.shape[0]}x{picture.shape[1]}"
