"""Nets that have a name: those of the course's notes."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Preset:
    """A net's line of text, the input it was made for (height, width, channels), its outputs."""

    net: str
    input_shape: tuple[int, int, int]
    outputs: int = 10


_DIGIT = (28, 28, 1)
_LARGE = (300, 300, 3)
_HALF = (150, 150, 3)


def _pooled(*filters: int, dense: int) -> str:
    layers = "".join(f"conv {count}, pool, " for count in filters)
    return f"{layers}flatten, dense {dense}, dense classes"


PRESETS: dict[str, Preset] = {
    "dense-128": Preset(_pooled(dense=128), _DIGIT),
    "dense-512": Preset(_pooled(dense=512), _DIGIT),
    "conv-16x2": Preset(_pooled(16, 16, dense=128), _DIGIT),
    "conv-32x1": Preset(_pooled(32, dense=128), _DIGIT),
    "conv-32x2": Preset(_pooled(32, 32, dense=128), _DIGIT),
    "conv-32x3": Preset(_pooled(32, 32, 32, dense=128), _DIGIT),
    "conv-64x2": Preset(_pooled(64, 64, dense=128), _DIGIT),
    "conv-64x2-512": Preset(_pooled(64, 64, dense=512), _DIGIT),
    "horses-300": Preset(_pooled(16, 32, 64, dense=512), _LARGE, outputs=1),
    "horses-300-deep": Preset(_pooled(16, 32, 64, 64, 64, dense=512), _LARGE, outputs=1),
    "horses-150": Preset(_pooled(16, 32, 64, dense=512), _HALF, outputs=1),
}
