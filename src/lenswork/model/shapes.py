"""Shapes: (height, width, channels) for maps and (units,) for vectors, without the batch."""

Shape = tuple[int, ...]


def format_shape(shape: Shape) -> str:
    """A shape as 26x26x32, or 800 for a vector."""
    return "x".join(str(side) for side in shape)
