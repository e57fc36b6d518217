"""Train and record in one call, from Python."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from torch import nn

from lenswork.data.dataset import Dataset
from lenswork.data.open import open_data
from lenswork.errors import UsageError
from lenswork.record.home import home_folder
from lenswork.record.progress import shown
from lenswork.record.run import Run
from lenswork.record.writer import Recorder
from lenswork.training.events import Event
from lenswork.training.fit import fit
from lenswork.training.recipe import Recipe

CUT_FIELDS = frozenset({"validation", "group", "split_seed"})


def train(
    data: Dataset | str | Path | None = None,
    *,
    net: str | nn.Module | None = None,
    home: str | Path | None = None,
    name: str | None = None,
    device: str = "auto",
    progress: bool = True,
    **fields: Any,
) -> Run:
    """Train on `data` and record the run; `fields` are any of the recipe's.

    `data` is an opened data set, a known name or a folder; left out, the embedded sample. `net`
    is a line of text, a preset's name, or a torch module of your own. The run goes to `home`
    (LENSWORK_HOME, or ./runs). Raises what `open_data` and `fit` raise, before anything is
    trained or written.
    """
    network = net if isinstance(net, nn.Module) else None
    if network is None and net is not None:
        fields["net"] = net
    if isinstance(data, Dataset):
        if twice := CUT_FIELDS & set(fields):
            raise UsageError(
                f"{', '.join(sorted(twice))}: this data set is cut already; say it when opening, "
                "open_data(..., validation=0.2)"
            )
        recipe = Recipe(**(_said_by(data) | fields))
        opened = data
    else:
        recipe = Recipe(**({} if data is None else {"data": str(data)}), **fields)
        recipe, opened = open_for(recipe)
    recorder = Recorder(home_folder(home), name)
    events: Iterator[Event] = recorder.record(fit(recipe, opened, network=network, device=device))
    for _ in shown(events) if progress else events:
        pass
    return recorder.run


def open_for(recipe: Recipe, data_home: Path | None = None) -> tuple[Recipe, Dataset]:
    """Open the data that a recipe names, cut as it says; the recipe then says all of that."""
    opened = open_data(
        recipe.data,
        data_home=data_home,
        validation=recipe.validation,
        group=recipe.group,
        split_seed=recipe.split_seed,
    )
    return recipe.changed(**_said_by(opened)), opened


def _said_by(data: Dataset) -> dict[str, Any]:
    """What an opened data set says of itself in a recipe."""
    cut = data.cut
    said: dict[str, Any] = {"data": data.source or data.name}
    if cut is not None:
        said |= {"validation": cut.fraction, "group": cut.group, "split_seed": cut.seed}
    return said
