"""MODEL on the command line, where it is a file."""

from pathlib import Path

from lenswork.errors import UsageError

CLASSIFIER, ONNX = ".safetensors", ".onnx"
KERAS = (".keras", ".h5", ".hdf5")


def model_file(model: str, *, takes_onnx: bool = False) -> Path | None:
    """The file that MODEL names; None for the name or folder of a run.

    Raises `UsageError` for a file that is not there, and for one that is a model of another kind,
    with what makes a classifier of it.
    """
    path = Path(model)
    kind = path.suffix.lower()
    if not path.is_file():
        if kind in (CLASSIFIER, ONNX, *KERAS) and not path.is_dir():
            raise UsageError(f"there is no classifier file {path}")
        return None
    if kind in KERAS:
        raise UsageError(
            f"{path} is a Keras model: lenswork import {path} makes a classifier of it"
        )
    if kind == ONNX and not takes_onnx:
        raise UsageError(
            f"{path} is an ONNX file, which answers and no more: name the run or the classifier's "
            "file that it was made from"
        )
    return path
