"""A torch module of one's own, looked into from Python as the docs show it."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from torch import Tensor, nn

from lenswork import Classifier
from lenswork.errors import UsageError
from lenswork.look.activations import activations
from lenswork.look.attribution import attribute
from lenswork.look.feature_maps import save_arrays
from lenswork.look.grid import all_channel_maps, channel_maps
from lenswork.look.grid_figure import channel_figure
from lenswork.look.pictures import picture_file
from lenswork.look.places import last_convolution, places_of
from lenswork.look.sheet_figure import sheet_figure
from lenswork.model.contract import Contract
from lenswork.model.preprocess import Preprocess


class TwoWays(nn.Module):
    """Two convolutions side by side, which no line of text can say."""

    def __init__(self) -> None:
        super().__init__()
        self.fine = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.ReLU())
        self.coarse = nn.Conv2d(3, 4, 7, padding=3)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.answer = nn.Linear(4, 2)

    def forward(self, pictures: Tensor) -> Tensor:
        """Logits, (batch, 2)."""
        maps = self.fine(pictures) + self.coarse(pictures)
        answer: Tensor = self.answer(self.pool(maps).flatten(1))
        return answer


@pytest.fixture
def classifier() -> Classifier:
    contract = Contract(
        classes=("cat", "dog"),
        preprocess=Preprocess(height=32, width=32, colours="rgb"),
        output="softmax",
        net=None,
    )
    return Classifier(TwoWays(), contract, golden=[])


def test_its_layers_are_named_drawn_and_saved(classifier: Classifier, tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (48, 64, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "cat.png")
    shown = picture_file(tmp_path / "cat.png", classifier.contract.preprocess)

    maps = channel_maps(classifier, [shown], channel=1, layers=["fine.0", "coarse"])
    channel_figure(maps).savefig(tmp_path / "maps.png")
    every = all_channel_maps(classifier, shown)
    sheet_figure(every).savefig(tmp_path / "sheet.png")
    save_arrays(every, tmp_path / "maps.npz")
    (decided,) = attribute(classifier, [shown], "grad-cam", layer="fine.0", redrawn=0)

    assert [layer.name for layer in every.layers] == [
        "1 fine.0 Conv2d", "2 fine.1 ReLU", "3 coarse Conv2d", "4 pool AdaptiveAvgPool2d",
        "5 answer Linear",
    ]  # fmt: skip
    assert decided.values.shape == (32, 32)
    with np.load(tmp_path / "maps.npz") as saved:
        assert saved["3 coarse Conv2d"].shape == (1, 32, 32, 4)


def test_maps_and_places_have_the_same_names_shapes_and_kinds(classifier: Classifier) -> None:
    outputs = activations(classifier, [np.zeros((32, 32, 3), np.uint8)])
    places = places_of(classifier.network, (32, 32, 3))
    assert [(one.name, one.shape, one.kind) for one in outputs] == [
        (place.name, place.output_shape, place.kind) for place in places
    ]
    last = last_convolution(places)
    assert last is not None
    assert last.name == "3 coarse Conv2d"


def test_a_module_that_cannot_take_the_contracts_pictures_is_said_to(
    classifier: Classifier,
) -> None:
    with pytest.raises(UsageError, match="TwoWays cannot take a picture of 32x32x1"):
        places_of(classifier.network, (32, 32, 1))
