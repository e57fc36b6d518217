"""The colours of maps: inferno for values, purple to orange for what has a sign."""

from functools import cache

from matplotlib import colormaps

VALUES, SIGNED, GREY = "inferno", "PuOr_r", "gray"
STEPS = 256
DARK, LIGHT = "#000000", "#ffffff"
_HALF = 0.179  # the relative luminance on which both are read equally well


@cache
def table(name: str = VALUES) -> tuple[str, ...]:
    """256 colours such as #fca50a, from the least value to the greatest."""
    colours = (colormaps[name](step)[:3] for step in range(STEPS))
    return tuple("#" + "".join(f"{round(255 * part):02x}" for part in one) for one in colours)


def packed_table(name: str = VALUES) -> str:
    """The same as one text of 6 letters a colour, for a script."""
    return "".join(colour[1:] for colour in table(name))


def colour_of(value: float, low: float, high: float, name: str = VALUES) -> str:
    """The colour of a value between two ends; of a scale without length the lowest."""
    share = (value - low) / (high - low) if high > low else 0.0
    return table(name)[round(min(max(share, 0.0), 1.0) * (STEPS - 1))]


def signed_colour_of(value: float, most: float) -> str:
    """The colour of a value between -most and most; 0 has the middle one."""
    return colour_of(value, -most, most, SIGNED) if most > 0 else table(SIGNED)[STEPS // 2]


def ink_on(colour: str) -> str:
    """Black or white, whichever is read better on the colour."""
    red, green, blue = (_linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return DARK if 0.2126 * red + 0.7152 * green + 0.0722 * blue > _HALF else LIGHT


def _linear(part: float) -> float:
    """Of sRGB (WCAG 2.2, "relative luminance")."""
    linear: float = part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
    return linear
