"""A network for a reader who has none: the embedded sample in about half a minute."""

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
