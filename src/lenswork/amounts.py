"""Amounts as people read them."""


def counted(count: int, one: str, many: str = "") -> str:
    """`1 epoch` or `2,000 epochs`; `many` where the plural is not `one` with an s."""
    return f"1 {one}" if count == 1 else f"{count:,} {many or one + 's'}"
