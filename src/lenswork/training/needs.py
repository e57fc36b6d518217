"""The memory that a training cannot do without, reckoned before anything is allocated."""

from dataclasses import dataclass

import torch

from lenswork.data.cache.home import cache_folder
from lenswork.data.dataset import Dataset, FileSource, Part
from lenswork.errors import RecipeError
from lenswork.kinds import SplitName
from lenswork.model.describe import BYTES_A_NUMBER, Description, format_bytes
from lenswork.model.memory import available_bytes
from lenswork.training.recipe import Recipe

COPIES = 4  # weights, gradients and two moments of each
STEP_COPIES = 2  # feature maps, their gradients, pooling's indices: 1.5 to 1.9 were measured
EVALUATION_BYTES = 256_000_000  # feature maps of one evaluation step


@dataclass(frozen=True)
class Needs:
    """What one net needs at the least, in bytes."""

    parameter_bytes: int
    activation_bytes: int  # a picture
    picture_bytes: int  # a picture, 8 bits a number

    def largest_batch(self, most: int) -> int:
        """The evaluation batch whose feature maps stay within 256 MB, from 1 to `most`."""
        return max(1, min(most, EVALUATION_BYTES // max(1, self.activation_bytes)))

    def fitting_batch(self, free: int, *, trained: bool = True) -> int:
        """The largest power of two whose step fits into `free` bytes; 0 if no picture does."""
        each = max(1, self.activation_bytes) * (STEP_COPIES if trained else 1)
        fitting = max(0, free) // each
        return 1 << (fitting.bit_length() - 1) if fitting else 0

    def bytes_for(self, recipe: Recipe, data: Dataset) -> int:
        """All that training cannot do without."""
        return sum(self._bytes(recipe, data))

    def check(self, recipe: Recipe, data: Dataset) -> None:
        """Raise `RecipeError` when less memory is available than training cannot do without."""
        weights, maps, pictures = self._bytes(recipe, data)
        needed, available = weights + maps + pictures, available_bytes()
        if needed > available:
            fitting = self.fitting_batch(available - weights - pictures)
            cure = f"try --batch {fitting}" if fitting else "use a smaller size or net"
            raise RecipeError(
                f"this training needs at least {format_bytes(needed)} of memory "
                f"({format_bytes(weights)} for weights and how they move, {format_bytes(maps)} for "
                f"the feature maps of {recipe.batch} pictures, {format_bytes(pictures)} for the "
                f"pictures) "
                f"and {format_bytes(available)} are free: {cure}"
            )

    def _bytes(self, recipe: Recipe, data: Dataset) -> tuple[int, int, int]:
        """Bytes of the weights and how they move, a batch's feature maps, all pictures."""
        batch = min(recipe.batch or 1, len(data.train))
        pictures = sum(
            len(part) for name, part in data.parts.items() if _stay_in_memory(part, name, recipe)
        )
        return (
            self.parameter_bytes * COPIES,
            self.activation_bytes * batch,
            self.picture_bytes * pictures,
        )


def _stay_in_memory(part: Part, name: SplitName, recipe: Recipe) -> bool:
    """Whether its pictures take memory: a mapped file's can be dropped, a stream's pass by."""
    if isinstance(part.source, FileSource):
        return cache_folder() is None
    return not (name == "train" and recipe.stream)


def free_bytes(device: torch.device) -> int:
    """The memory that may still be taken where a network computes."""
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    return available_bytes()


def needs_of(description: Description) -> Needs:
    """The needs of a described net."""
    height, width, channels = description.input_shape
    return Needs(
        parameter_bytes=description.parameters * BYTES_A_NUMBER,
        activation_bytes=description.activation_bytes,
        picture_bytes=height * width * channels,
    )
