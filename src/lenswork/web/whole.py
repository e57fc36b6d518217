"""Whole numbers as addresses and forms say them."""

LONGEST = 18  # digits: int() refuses to read a text of thousands


def whole(said: str, most: int) -> int | None:
    """The number that a text means, 0 to `most`; None for any other text."""
    if not (said.isascii() and said.isdecimal()) or len(said) > LONGEST:
        return None
    number = int(said)
    return number if number <= most else None
