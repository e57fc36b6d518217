"""What a run's record must say: its folder may have been sent, or written to, by anybody."""

import math
from collections.abc import Callable, Mapping
from typing import Any

LARGEST = 2**63
MOST_MISTAKES = 100  # of a run in the making: a page shows all
Check = Callable[[Any], bool]


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_text_or_none(value: Any) -> bool:
    return value is None or isinstance(value, str)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and 0 <= value < LARGEST


def _is_number(value: Any) -> bool:
    return isinstance(value, float) or (isinstance(value, int) and abs(value) < LARGEST)


def _is_finite(value: Any) -> bool:
    return _is_number(value) and math.isfinite(value)


def _is_finite_or_none(value: Any) -> bool:
    return value is None or _is_finite(value)


def _is_held_out(value: Any) -> bool:
    return value in ("validation", "test")


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_text, value))


def _are_counts(value: Any) -> bool:
    return isinstance(value, dict) and all(map(_is_count, value.values()))


def _are_metrics(value: Any) -> bool:
    return isinstance(value, dict) and all(one is None or _is_number(one) for one in value.values())


def _is_table(value: Any) -> bool:
    return isinstance(value, dict)


def _are_few_tables(value: Any) -> bool:
    return isinstance(value, list) and len(value) <= MOST_MISTAKES and all(map(_is_table, value))


CONDITIONS: Mapping[str, Check] = {
    "started": _is_text,
    "processor": _is_text,
    "cores": _is_count,
    "packages": _is_table,
    "lenswork": _is_text,
}
NEEDED: Mapping[str, Mapping[str, Check]] = {
    "epoch": {
        "epoch": _is_count,
        "metrics": _are_metrics,
        "train_seconds": _is_number,
        "evaluate_seconds": _is_number,
    },
    "finished": {"stopped": _is_text_or_none, "metrics": _are_metrics},
    "failed": {"reason": _is_text},
}
OPTIONAL: Mapping[str, Mapping[str, Check]] = {
    "started": {
        "classes": _are_texts,
        "pictures": _are_counts,
        "net": _is_text,
        "parameters": _is_count,
        "device": _is_text,
        "reasons": _are_texts,
        "digests": _is_table,
    },
    "read": {"digests": _is_table, "unread": _is_count},
}

NOW: Mapping[str, Check] = {
    "epoch": _is_count,
    "epochs": _is_count,
    "step": _is_count,
    "steps_per_epoch": lambda value: _is_count(value) and value > 0,
    "pictures": _is_count,
    "pictures_a_second": _is_finite,
    "loss": _is_finite_or_none,
    "seconds_left": _is_finite,
    "written": _is_finite,
}
MISTAKES: Mapping[str, Check] = {
    "epoch": _is_count,
    "part": _is_held_out,
    "pictures": _are_few_tables,
}
MISTAKE: Mapping[str, Check] = {
    "row": _is_count,
    "id": _is_text,
    "truth": _is_text,
    "said": _is_text,
    "confidence": _is_finite,
}


def checked_line(line: Any) -> dict[str, Any]:
    """A line of the history with all that its event must say; raises `ValueError`."""
    if not isinstance(line, dict) or not isinstance(line.get("event"), str):
        raise ValueError("a line is no event")
    event = line["event"]
    return _checked(line, NEEDED.get(event, {}), OPTIONAL.get(event, {}), f"event {event}")


def checked_conditions(content: Any) -> dict[str, Any]:
    """What a run says of the machine, the versions and the time; raises `ValueError`."""
    if not isinstance(content, dict):
        raise ValueError("expected a table")
    return _checked(content, CONDITIONS, {}, "the conditions")


def checked_now(content: Any) -> dict[str, Any]:
    """What a run says of how far it is; raises `ValueError`."""
    if not isinstance(content, dict):
        raise ValueError("expected a table")
    return _checked(content, NOW, {}, "how far it is")


def checked_mistakes(content: Any) -> dict[str, Any]:
    """What a run in the making says that it gets wrong; raises `ValueError`."""
    if not isinstance(content, dict):
        raise ValueError("expected a table")
    _checked(content, MISTAKES, {}, "what it gets wrong")
    for one in content["pictures"]:
        _checked(one, MISTAKE, {}, "a mistake")
    return content


def _checked(
    content: dict[str, Any], needed: Mapping[str, Check], optional: Mapping[str, Check], what: str
) -> dict[str, Any]:
    missing = set(needed) - set(content)
    if missing:
        raise ValueError(f"{what} lacks {', '.join(sorted(missing))}")
    for name, fits in {**needed, **optional}.items():
        if name in content and not fits(content[name]):
            raise ValueError(f"{name} of {what} cannot be {str(content[name])[:60]}")
    return content
