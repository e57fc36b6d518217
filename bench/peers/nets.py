"""The nets of the part *equal work*, for peers that do not know Lenswork's presets."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Net:
    """3x3 convolutions with ReLU, each followed by 2x2 pooling; then two dense layers.

    With one output it ends in a sigmoid and learns by RMSprop, with more in a softmax by Adam.
    """

    filters: tuple[int, ...]
    dense: int
    shape: tuple[int, int, int]  # (height, width, channels)
    outputs: int = 10


NETS = {
    "dense-512": Net((), 512, (28, 28, 1)),
    "conv-32x2": Net((32, 32), 128, (28, 28, 1)),
    "conv-64x2": Net((64, 64), 128, (28, 28, 1)),
    "horses-300-deep": Net((16, 32, 64, 64, 64), 512, (300, 300, 3), outputs=1),
    "horses-150": Net((16, 32, 64), 512, (150, 150, 3), outputs=1),
}
