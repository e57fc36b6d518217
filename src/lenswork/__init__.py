"""Lenswork: train an image classifier from a folder of pictures, and find out what is true of it.

Public names are loaded when they are first used, so that `import lenswork` stays light.
"""

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from lenswork.data.dataset import Dataset as Dataset
    from lenswork.data.open import open_data as open_data
    from lenswork.errors import LensworkError as LensworkError
    from lenswork.look.draw_data import draw_confusion as draw_confusion
    from lenswork.look.draw_data import draw_lost as draw_lost
    from lenswork.look.draw_data import draw_mistakes as draw_mistakes
    from lenswork.look.draw_data import draw_pictures as draw_pictures
    from lenswork.look.draw_filtered import draw_filtered as draw_filtered
    from lenswork.look.draw_inside import draw_attribution as draw_attribution
    from lenswork.look.draw_inside import draw_channels as draw_channels
    from lenswork.look.draw_inside import draw_filters as draw_filters
    from lenswork.look.draw_inside import draw_forgotten as draw_forgotten
    from lenswork.look.draw_inside import draw_maps as draw_maps
    from lenswork.look.draw_inside import draw_value as draw_value
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
    from lenswork.study.sizes import sizes_plan as sizes_plan
    from lenswork.study.summary import summarise as summarise
    from lenswork.training.fit import fit as fit
    from lenswork.training.recipe import Recipe as Recipe
    from lenswork.use.fast import load_fast as load_fast

_PUBLIC = {  # name -> the module that defines it
    "Classifier": "lenswork.model.classifier",
    "Dataset": "lenswork.data.dataset",
    "LensworkError": "lenswork.errors",
    "Plan": "lenswork.study.plan",
    "Recipe": "lenswork.training.recipe",
    "Run": "lenswork.record.run",
    "Study": "lenswork.study.folder",
    "describe": "lenswork.model.describe",
    "draw_attribution": "lenswork.look.draw_inside",
    "draw_channels": "lenswork.look.draw_inside",
    "draw_confusion": "lenswork.look.draw_data",
    "draw_filtered": "lenswork.look.draw_filtered",
    "draw_filters": "lenswork.look.draw_inside",
    "draw_forgotten": "lenswork.look.draw_inside",
    "draw_lost": "lenswork.look.draw_data",
    "draw_maps": "lenswork.look.draw_inside",
    "draw_mistakes": "lenswork.look.draw_data",
    "draw_pictures": "lenswork.look.draw_data",
    "draw_value": "lenswork.look.draw_inside",
    "find_rate": "lenswork.record.find_rate",
    "fit": "lenswork.training.fit",
    "load": "lenswork.model.classifier",
    "load_fast": "lenswork.use.fast",
    "open_data": "lenswork.data.open",
    "open_run": "lenswork.record.index",
    "open_study": "lenswork.study.folder",
    "run_study": "lenswork.study.conduct",
    "sizes_plan": "lenswork.study.sizes",
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
