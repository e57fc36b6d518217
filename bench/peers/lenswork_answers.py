"""The answers of a Lenswork classifier, by onnxruntime or by PyTorch."""

import tempfile
from pathlib import Path

import numpy as np
from answers import answer_arguments, test_pictures, timed
from lenswork_classifier import write_classifier
from measuring import answer

import lenswork


def main() -> None:
    """Time, then answer."""
    parser = answer_arguments()
    parser.add_argument("--by", choices=["onnxruntime", "torch"], required=True)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = write_classifier(Path(folder), asked.net, asked.seed)
        opens = lenswork.load_fast if asked.by == "onnxruntime" else lenswork.load
        classifier = opens(path)

    def one(picture: np.ndarray) -> object:
        return classifier.predict(picture)

    def many(pictures: np.ndarray, _: int) -> np.ndarray:
        return classifier.probabilities(pictures)

    measures = timed(one, many, test_pictures(asked))
    answer(measures, ["lenswork", asked.by, "numpy"])


if __name__ == "__main__":
    main()
