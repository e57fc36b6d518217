"""Where the filters of a convolution answer most strongly, and what they see there."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from lenswork.data.dataset import Part
from lenswork.errors import UsageError
from lenswork.kinds import Picture, Pictures
from lenswork.look.fields import Field, fields_of
from lenswork.look.places import Place, device_of, output_at
from lenswork.model.classifier import Classifier
from lenswork.model.network import to_input

PATCHES = 9
Progress = Callable[[int, int], None]  # pictures seen, pictures in all

BATCH, BATCH_BYTES = 256, 64 * 1024 * 1024  # of the widest layer on the way


@dataclass(frozen=True)
class Patch:
    """What a filter saw where it answered most strongly in one picture.

    `pixels` is (height, width, channels) uint8: the receptive field of the place (`row`,
    `column`) of the map, cut at the picture's edges as `field` says.
    """

    id: str
    class_name: str
    answer: float
    row: int
    column: int
    field: Field
    pixels: Picture

    def as_dict(self) -> dict[str, object]:
        """For JSON, without the pixels."""
        field = self.field
        return {
            "id": self.id,
            "class": self.class_name,
            "answer": self.answer,
            "place": [self.row, self.column],
            "rows": [field.top, field.bottom],
            "columns": [field.left, field.right],
        }


class Seen:
    """What has been seen so far: extremes, the strongest places, products of answers.

    `fired` counts the pictures for which each filter is somewhere above 0.
    """

    def __init__(self, place: Place, patches: int) -> None:
        filters = place.output_shape[-1]
        device = device_of(place.module)
        self.place = place
        self.values = torch.full((patches, filters), -torch.inf, device=device)
        self.pictures = torch.full((patches, filters), -1, device=device)
        self.units = torch.zeros((patches, filters), dtype=torch.int64, device=device)
        self.lowest = torch.full((filters,), torch.inf, device=device)
        self.fired = torch.zeros((filters,), dtype=torch.int64, device=device)
        self.products = torch.zeros((filters, filters), dtype=torch.float64, device=device)

    def add(self, start: int, maps: Tensor) -> None:
        """Add maps, (batch, filters, height, width), of the pictures from number `start` on."""
        flat = maps.flatten(2)
        best, units = flat.max(dim=2)  # one place a picture: patches that differ
        if not bool(best.isfinite().all()):
            raise UsageError(
                f"layer {self.place.name!r} gives no finite numbers: the training diverged; train "
                "again with a smaller learning rate"
            )
        numbers = torch.arange(start, start + len(maps), device=maps.device)
        values = torch.cat([self.values, best])
        pictures = torch.cat([self.pictures, numbers[:, None].expand_as(units)])
        order = values.argsort(dim=0, descending=True, stable=True)[: len(self.values)]
        self.values = values.gather(0, order)
        self.pictures = pictures.gather(0, order)
        self.units = torch.cat([self.units, units]).gather(0, order)
        self.fired += (best > 0).sum(dim=0)
        # of the flat copy: over three sides of maps whose channels lie last, as oneDNN gives them,
        # amin takes 146 ms where this takes 8 (48x16x148x148, one core, torch 2.13)
        self.lowest = torch.minimum(self.lowest, flat.amin(dim=2).amin(dim=0))
        answers = maps.permute(0, 2, 3, 1).flatten(0, 2)  # (batch x height x width, filters)
        self.products += answers.T @ answers


def see_all(
    classifier: Classifier,
    part: Part,
    places: list[Place],
    place: Place,
    patches: int,
    progress: Progress | None = None,
) -> Seen:
    """Run every picture of a part up to one layer, in batches that keep to 64 MiB a layer.

    `progress` is told how many pictures have been seen, and of how many, after each batch.
    Raises `UsageError` for a part without pictures and for fewer than one patch.
    """
    if not len(part):
        raise UsageError("expected pictures to look at, got a part that has none")
    if patches < 1:
        raise UsageError(f"expected at least 1 patch a filter, got {patches}")
    shapes = [one.output_shape for one in places[: places.index(place) + 1]]
    shapes.append(classifier.contract.preprocess.input_shape)
    widest = max(int(np.prod(shape)) for shape in shapes)
    seen = Seen(place, patches)
    for start, maps in _maps(classifier, part, place, widest):
        seen.add(start, maps)
        if progress is not None:
            progress(start + len(maps), len(part))
    return seen


def strongest_patches(
    classifier: Classifier, part: Part, place: Place, seen: Seen
) -> tuple[tuple[Patch, ...], ...]:
    """The patches of every filter, strongest first; a filter that is never above 0 has none.

    The first pictures would otherwise stand for it, whatever they show.
    """
    fields = fields_of(classifier.network, place, classifier.contract.preprocess.input_shape)
    width = place.output_shape[1]
    read: dict[int, Picture] = {}
    rows = []
    for number in range(place.output_shape[-1]):
        patches = []
        for value, index, unit in zip(
            *(held[:, number].tolist() for held in (seen.values, seen.pictures, seen.units)),
            strict=True,
        ):
            if index < 0 or value <= 0:
                continue
            if index not in read:
                read[index] = classifier.contract.preprocess.read(part.source, index)
            row, column = divmod(unit, width)
            field = fields.at(row, column)
            patches.append(
                Patch(
                    id=part.ids[index],
                    class_name=classifier.classes[part.labels[index]],
                    answer=value,
                    row=row,
                    column=column,
                    field=field,
                    pixels=read[index][field.top : field.bottom, field.left : field.right].copy(),
                )
            )
        rows.append(tuple(patches))
    return tuple(rows)


def _maps(
    classifier: Classifier, part: Part, place: Place, widest: int
) -> Iterator[tuple[int, Tensor]]:
    """The layer's maps for every picture of a part, batch by batch; the next is read meanwhile."""
    preprocess = classifier.contract.preprocess
    device = device_of(classifier.network)
    batch = max(1, min(BATCH, BATCH_BYTES // (4 * widest)))

    def read(start: int) -> Pictures:
        indices = range(start, min(start + batch, len(part)))
        return preprocess.read_all(part.source.subset(indices))

    with ThreadPoolExecutor(1) as reader:
        coming = reader.submit(read, 0)
        for start in range(0, len(part), batch):
            pictures = torch.from_numpy(coming.result())
            if start + batch < len(part):
                coming = reader.submit(read, start + batch)
            with torch.inference_mode():
                inputs = to_input(pictures.to(device), preprocess.scale)
                yield start, output_at(classifier.network, place, inputs)
