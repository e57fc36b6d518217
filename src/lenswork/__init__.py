"""Lenswork: train an image classifier from a folder of pictures, and find out what is true of it.

Public names are loaded when they are first used, so that `import lenswork` stays light.
"""

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from lenswork.data.dataset import Dataset as Dataset
    from lenswork.data.open import open_data as open_data
    from lenswork.model.classifier import Classifier as Classifier
    from lenswork.model.classifier import load as load
    from lenswork.model.describe import describe as describe
    from lenswork.record.find_rate import find_rate as find_rate
    from lenswork.record.index import open_run as open_run
    from lenswork.record.run import Run as Run
    from lenswork.record.train import train as train
    from lenswork.study.conduct import run_study as run_study
    from lenswork.study.folder import Study as Study
    from lenswork.study.folder import open_study as open_study
    from lenswork.study.plan import Plan as Plan
    from lenswork.study.summary import summarise as summarise
    from lenswork.training.fit import fit as fit
    from lenswork.training.recipe import Recipe as Recipe
    from lenswork.use.fast import load_fast as load_fast

_PUBLIC = {  # name -> the module that defines it
    "Classifier": "lenswork.model.classifier",
    "Dataset": "lenswork.data.dataset",
    "Plan": "lenswork.study.plan",
    "Recipe": "lenswork.training.recipe",
    "Run": "lenswork.record.run",
    "Study": "lenswork.study.folder",
    "describe": "lenswork.model.describe",
    "find_rate": "lenswork.record.find_rate",
    "fit": "lenswork.training.fit",
    "load": "lenswork.model.classifier",
    "load_fast": "lenswork.use.fast",
    "open_data": "lenswork.data.open",
    "open_run": "lenswork.record.index",
    "open_study": "lenswork.study.folder",
    "run_study": "lenswork.study.conduct",
    "summarise": "lenswork.study.summary",
    "train": "lenswork.record.train",
}

__all__ = ["__version__", *_PUBLIC]


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'lenswork' has no attribute {name!r}")
    value = getattr(importlib.import_module(_PUBLIC[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
