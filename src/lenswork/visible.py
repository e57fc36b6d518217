"""Text that comes from names of files or from other people, made harmless for a terminal."""


def visible(text: str, *, lines: bool = True) -> str:
    """The text with what would steer a terminal shown as its code; with `lines` breaks stay."""
    kept = "\n" if lines else ""
    return "".join(c if c.isprintable() or c in kept else repr(c)[1:-1] for c in text)
