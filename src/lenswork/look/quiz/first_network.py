"""A network for a reader who has none: the embedded sample in about half a minute."""

import numpy as np

from lenswork.data.dataset import Dataset
from lenswork.data.open import SAMPLE
from lenswork.training.recipe import Recipe

FIRST_NETWORK = Recipe(
    data=SAMPLE,
    recipe="notes",
    net="conv 16, pool, conv 32, pool, conv 64, pool, flatten, dense 512, dense classes",
    size="75x75",
    epochs=15,
)
"""What the notes train on pictures of 150x150, on a quarter of the pixels."""

SMALLEST, LARGEST = 28, 75  # pixels a side: three convolutions and poolings fit on the first
MOST_PICTURES, LOOKED_AT = 1200, 32  # as many as the embedded sample has, and a little more


def first_network(data: Dataset) -> Recipe:
    """The same net for a reader's own pictures: at most 1,200 of them, at most 75 pixels a side."""
    part = data.train
    places = np.linspace(0, len(part) - 1, min(LOOKED_AT, len(part))).astype(int).tolist()
    side = int(np.median([max(part.source.shape(place)[:2]) for place in places]))
    side = min(max(side, SMALLEST), LARGEST)
    most = max(MOST_PICTURES, len(data.classes))
    return FIRST_NETWORK.changed(
        data=data.source or data.name,
        size=f"{side}x{side}",
        train_pictures=most if len(part) > most else None,
    )
