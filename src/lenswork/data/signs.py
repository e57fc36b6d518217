"""Classes that a mirror turns into others: digits and letters."""

from collections.abc import Collection

LEAST_LETTERS = 10  # fewer are names that somebody gave for want of better ones


def are_signs(classes: Collection[str]) -> bool:
    """Whether all classes are called like digits or numbers, or many of them like letters."""
    letters = len(classes) >= LEAST_LETTERS
    return bool(classes) and all(name.isdigit() or (letters and len(name) == 1) for name in classes)
