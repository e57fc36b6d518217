"""JSON has no word for what is not a number; a diverged training has such numbers."""

import math
from collections.abc import Mapping
from typing import Any


def json_ready(value: Any) -> Any:
    """The same value with null where a float is not finite."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {key: json_ready(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [json_ready(item) for item in value]
    return value
