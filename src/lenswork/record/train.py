"""Train and record in one call, from Python."""

from pathlib import Path
from typing import Any

from torch import nn

from lenswork.data.dataset import Dataset
from lenswork.data.doctor.told import told
from lenswork.data.open import open_data
from lenswork.errors import UsageError
from lenswork.record.home import home_folder
from lenswork.record.index import open_run
from lenswork.record.progress import progress_stream, shown
from lenswork.record.resume import Training, recorded, refuse_unfit
from lenswork.record.run import Run
from lenswork.record.writer import CHECKPOINT_SECONDS, Recorder
from lenswork.training.recipe import Recipe
from lenswork.visible import visible

CUT_FIELDS = frozenset({"validation", "group", "split_seed"})


def train(
    data: Dataset | str | Path | None = None,
    *,
    net: str | nn.Module | None = None,
    home: str | Path | None = None,
    name: str | None = None,
    device: str = "auto",
    progress: bool = True,
    resume: bool | str | Path = True,
    checkpoint_seconds: float = CHECKPOINT_SECONDS,
    **fields: Any,
) -> Run:
    """Train on `data` and record the run; `fields` are any of the recipe's.

    `data` is an opened data set, a known name or a folder; left out, the embedded sample. `net`
    is a line of text, a preset's name, or a torch module of your own. The run goes to `home`
    (LENSWORK_HOME, or ./runs). A run that was killed or has failed goes on from its last
    checkpoint when the same is asked for again (`resume` false: a new one begins), or with
    `resume` its name or path; one of a module of your own only so. Raises what `open_data` and
    `fit` raise, before anything is trained or written.
    """
    network = net if isinstance(net, nn.Module) else None
    if network is None and net is not None:
        fields["net"] = net
    folder = home_folder(home)
    goes_on = open_run(resume, folder) if isinstance(resume, str | Path) else None
    if goes_on is not None:
        recipe, opened = _of_run(
            goes_on, network, data, {**fields, **({"name": name} if name else {})}
        )
    else:
        recipe, opened = asked_for(data, fields)
    if progress:
        for line in (*(f"note: {note}" for note in opened.notes), *told(opened)):
            _say(line)
    recorder = Recorder(folder, name, resume=bool(resume), checkpoint_seconds=checkpoint_seconds)
    events = recorded(
        Training(recipe, opened, network, device),
        recorder,
        run=goes_on,
        resume=bool(resume),
        tell=_say if progress else _keep_quiet,
        anew="resume=False",
    )
    for _ in shown(events) if progress else events:
        pass
    return recorder.run


def asked_for(data: Dataset | str | Path | None, fields: dict[str, Any]) -> tuple[Recipe, Dataset]:
    """The recipe of `fields` and the data, opened and cut as it says; it may be opened already."""
    if isinstance(data, Dataset):
        if twice := CUT_FIELDS & set(fields):
            raise UsageError(
                f"{', '.join(sorted(twice))}: this data set is cut already; say it when opening, "
                "open_data(..., validation=0.2)"
            )
        return Recipe(**(_said_by(data) | fields)), data
    return open_for(Recipe(**({} if data is None else {"data": str(data)}), **fields))


def _of_run(
    run: Run,
    network: nn.Module | None,
    data: Dataset | str | Path | None,
    said: dict[str, Any],
) -> tuple[Recipe, Dataset]:
    """The recipe of a run that goes on, and its data: opened again, or the opened set given."""
    if said:
        raise UsageError(
            f"{', '.join(sorted(said))}: run {run.name} goes on with its own recipe and name; "
            "leave that out, or resume=False trains a new run"
        )
    refuse_unfit(run, network)
    if isinstance(data, Dataset):
        return run.recipe, data
    recipe = run.recipe if data is None else run.recipe.changed(data=str(data))
    return run.recipe, open_for(recipe)[1]


def _say(text: str) -> None:
    print(visible(text), file=progress_stream())


def _keep_quiet(text: str) -> None: ...


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
