"""An answer is the same with and without its explanation, which says what was really done."""

import numpy as np
import pytest
import torch
from picture_files import encoded, exif, noise
from PIL import Image

from lenswork.errors import PictureError
from lenswork.model.classifier import Classifier
from lenswork.model.contract import Contract
from lenswork.model.network import Network
from lenswork.model.preprocess import Preprocess
from lenswork.model.spec import parse_net
from lenswork.use.explain import explain
from lenswork.use.predict import Upload, answer_files

NET = "conv 3, pool, flatten, dense classes"


def classifier(height: int = 8, width: int = 8, **options: object) -> Classifier:
    """Untrained, with weights that are the same each time."""
    contract_options = {
        name: options.pop(name) for name in ("views", "temperature") if name in options
    }
    preprocess = Preprocess(height=height, width=width, **{"colours": "grey", **options})
    contract = Contract(
        classes=("a", "b", "c"),
        preprocess=preprocess,
        output="softmax",
        net=NET,
        **contract_options,
    )
    torch.manual_seed(0)
    network = Network(parse_net(NET).with_outputs(3), preprocess.input_shape)
    return Classifier(network, contract, [])


def upload(height: int = 12, width: int = 20, channels: int = 3, **options: object) -> Upload:
    return Upload("a.png", encoded(noise(height, width, channels), "PNG", **options))


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("size", [(8, 8), (12, 20), (3, 50)])
def test_the_answer_is_the_one_without_an_explanation(size: tuple[int, int], channels: int) -> None:
    given = upload(*size, channels)
    explained = explain(classifier(), given)
    (plain,) = answer_files(classifier(), [given])
    assert explained.prediction == plain.prediction


def test_the_picture_is_what_the_network_was_given() -> None:
    net = classifier()
    explained = explain(net, upload())
    assert explained.picture.shape == (8, 8, 1)
    (again,) = net.predictions(net.probabilities(explained.picture[np.newaxis]))
    assert again == explained.prediction


def test_the_steps_say_what_was_done_and_nothing_else() -> None:
    assert explain(classifier(), upload(8, 8, 1)).steps == (
        "kept at its size, 8 × 8 pixels",
        "values divided by 255",
    )
    assert explain(classifier(normalise=False), upload(16, 16, 4)).steps == (
        "transparent pixels laid on white",
        "made grey",
        "resized from 16 × 16 to 8 × 8 pixels (bilinear)",
        "values left from 0 to 255",
    )
    assert explain(classifier(6, 9, colours="rgb", resize="box"), upload(30, 9, 1)).steps == (
        "its grey used for red, green and blue",
        "resized from 9 × 30 to 9 × 6 pixels (box), which changes its proportions",
        "values divided by 255",
    )
    turned = Upload("a.jpg", encoded(noise(20, 12, 3), "JPEG", exif=exif(6)))
    assert explain(classifier(12, 20, reduced=True), turned).steps == (
        "turned upright, as its camera noted",
        "decoded at a reduced size where it is much larger than the input",
        "made grey",
        "kept at its size, 20 × 12 pixels",
        "values divided by 255",
    )
    wide = Upload("a.png", encoded(Image.fromarray(np.zeros((8, 8), np.uint16)), "PNG"))
    assert explain(classifier(views="flip", temperature=1.25), wide).steps == (
        "16-bit samples brought to 8 bits",
        "kept at its size, 8 × 8 pixels",
        "values divided by 255",
        "answered as the mean over views of it (flip)",
        "logits divided by 1.25 (temperature)",
    )


def test_a_change_of_proportions_that_cannot_be_seen_is_not_told() -> None:
    assert "resized from 101 × 100 to 8 × 8 pixels (bilinear)" in (
        explain(classifier(), upload(100, 101)).steps
    )


def test_what_is_no_picture_is_refused_by_name() -> None:
    with pytest.raises(PictureError, match="cannot read notes: expected a JPEG, PNG"):
        explain(classifier(), Upload("notes", b"no picture"))


def test_a_picture_of_too_many_pixels_is_refused_in_both_ways() -> None:
    with pytest.raises(PictureError) as caught:
        explain(classifier(), upload(), pixel_limit=200)
    (plain,) = answer_files(classifier(), [upload()], pixel_limit=200)
    assert plain.error == str(caught.value)
    assert "it unpacks to 20 x 12 pixels, more than the limit of 200" in plain.error
