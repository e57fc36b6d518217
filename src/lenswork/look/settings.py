"""Runs grouped into settings, and what differs between these.

Nothing here loads torch as long as the recipes have the same fields.
"""

import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from string import ascii_uppercase
from typing import Any

from lenswork.errors import UsageError
from lenswork.record.home import RECIPE
from lenswork.record.run import Run
from lenswork.toml_text import read_toml

LONGEST_NAME = 30  # letters of a name that is made of a field and its value


@dataclass(frozen=True)
class Setting:
    """Runs of one recipe that differ in their seeds only."""

    name: str
    runs: tuple[Run, ...]


@dataclass(frozen=True)
class Difference:
    """One row of what differs: a field of the recipe or a cost, and its text in each setting."""

    field: str
    values: tuple[str, ...]


def settings_of(runs: Sequence[Run], in_studies: Mapping[Path, str] | None = None) -> list[Setting]:
    """Group runs whose recipes differ in the seed only; two such runs alone stay apart.

    `in_studies` has the settings' names of runs that are trials of a study, by their folders; a
    study may have one recipe as several settings. Raises `UsageError` for one run, the same run
    twice, one recipe and seed twice in a setting, and more than two runs that are all of one
    recipe.
    """
    _refuse_too_few(runs)
    called = in_studies or {}
    by_recipe: dict[str, list[Run]] = {}
    for run, fields in zip(runs, resolved_recipes(runs), strict=True):
        by_recipe.setdefault(_but_the_seed(run, fields), []).append(run)
    groups = [part for group in by_recipe.values() for part in _apart(group, called)]
    if len(groups) > 1:
        for group in by_recipe.values():
            _refuse_same_seed(group)
    elif len(runs) > 2:
        raise UsageError(
            f"these {len(runs)} runs are all of one recipe with other seeds, so there are no "
            "settings to compare: name two of them to compare those two networks, or add runs of "
            "another recipe"
        )
    else:
        groups = [[run] for run in runs]
    names = _names(groups, called)
    return [Setting(name, tuple(group)) for name, group in zip(names, groups, strict=True)]


def is_trial(run: Run) -> bool:
    """Whether a run's folder is in that of a study, as `study/folder.py` lays it out."""
    return run.path.parent.name == "trials" and (run.path.parents[1] / "plan.toml").is_file()


def seed_of(run: Run) -> int:
    """The seed in a run's recipe."""
    return int(resolved_recipes([run])[0].get("seed", 0))


def resolved_recipes(runs: Sequence[Run]) -> list[dict[str, Any]]:
    """The recipes' fields, those that are None left out; raises `RecipeError`."""
    texts = [_plain_fields(run) for run in runs]
    if all(one is not None and one.keys() == (texts[0] or {}).keys() for one in texts):
        return [one for one in texts if one is not None]
    # Another version may not have known a field: reading it as a recipe fills in its default.
    return [run.recipe.model_dump(mode="json", exclude_none=True) for run in runs]


def are_one_recipe(settings: Sequence[Setting]) -> bool:
    """Whether all settings are of one recipe, so that what tells them apart is chance."""
    first = [setting.runs[0] for setting in settings]
    recipes = zip(first, resolved_recipes(first), strict=True)
    return len({_but_the_seed(run, fields) for run, fields in recipes}) == 1


def differences(settings: Sequence[Setting]) -> list[Difference]:
    """The recipes' fields that differ, then net, parameters, epochs, time, and where it ran.

    Seeds are left out; of a setting's runs, time and epochs are means and the rest the first's.
    """
    first = [setting.runs[0] for setting in settings]
    recipes = resolved_recipes(first)
    rows = [
        Difference(field, tuple(_shown(recipe.get(field)) for recipe in recipes))
        for field in dict.fromkeys(itertools.chain(*recipes))
        if field not in ("seed", "net")
    ]
    starts = [run.start for run in first]
    rows.append(_row("training pictures", (one.get("pictures", {}).get("train") for one in starts)))
    rows.append(_row("lenswork", (run.environment["lenswork"] for run in first)))
    rows.append(_row("torch", (run.environment["packages"].get("torch") for run in first)))
    rows.append(_row("machine", (_machine(run) for run in first)))
    rows = [row for row in rows if len(set(row.values)) > 1]
    always = [
        _row("net", (one.get("net") for one in starts)),
        _row("parameters", (one.get("parameters") for one in starts)),
        _row("epochs done", (_mean(len(run.history) for run in one.runs) for one in settings)),
        Difference("training time", tuple(_time(setting) for setting in settings)),
    ]
    return [*rows, *always]


def _refuse_too_few(runs: Sequence[Run]) -> None:
    seen: set[Path] = set()
    for run in runs:
        if run.path in seen:
            raise UsageError(f"run {run.name} is named twice: name each run once")
        seen.add(run.path)
    if len(runs) < 2:
        got = f"got only {runs[0].name}" if runs else "got none"
        raise UsageError(f"a comparison needs two runs or more, {got}; lenswork runs lists them")


def _refuse_same_seed(group: Sequence[Run]) -> None:
    """The same training twice is no second witness."""
    seeds: dict[int, str] = {}
    for run in group:
        seed = seed_of(run)
        if seed in seeds:
            raise UsageError(
                f"runs {seeds[seed]} and {run.name} have the same recipe and the same seed {seed}: "
                "counted twice they would make the answer look surer than it is; leave one out"
            )
        seeds[seed] = run.name


def _plain_fields(run: Run) -> dict[str, Any] | None:
    try:
        return read_toml((run.path / RECIPE).read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return None


def _but_the_seed(run: Run, fields: dict[str, Any]) -> str:
    """The same text for runs that differ in their seeds only; of a folder only its name counts."""
    said = {name: value for name, value in sorted(fields.items()) if name != "seed"}
    said["data"] = Path(str(said.get("data", ""))).name
    return repr((said, run.start.get("net"), run.start.get("parameters")))


def _apart(runs: Sequence[Run], called: Mapping[Path, str]) -> list[list[Run]]:
    """Runs of one recipe: a group for each setting when all are of one study, or else one."""
    if len({run.path.parent for run in runs}) > 1 or not all(run.path in called for run in runs):
        return [list(runs)]
    names = dict.fromkeys(called[run.path] for run in runs)
    return [[run for run in runs if called[run.path] == name] for name in names]


def _names(groups: Sequence[Sequence[Run]], called: Mapping[Path, str]) -> list[str]:
    """What a reader would call each group, the same for no two of them.

    The name of its setting in a study; or what its runs' names begin with; or the one field in
    which their recipes differ; or letters.
    """
    common = [_common_name([run.name for run in group]) for group in groups]
    of_study = [_name_in_study(group, called) for group in groups]
    said = [name or other for name, other in zip(of_study, common, strict=True)]
    if any(of_study) and len(set(said)) < len(said):  # two networks of one setting
        said = [
            f"{name}, seed {seed_of(group[0])}" if name and len(group) == 1 else name or other
            for name, other, group in zip(of_study, common, groups, strict=True)
        ]
    for names in (said, common, _by_the_field([group[0] for group in groups])):
        if "" not in names and len(set(names)) == len(groups):
            return names
    if all(len(group) == 1 for group in groups):
        return [str(group[0].path) for group in groups]
    return [_letter(number) for number in range(len(groups))]


def _name_in_study(group: Sequence[Run], called: Mapping[Path, str]) -> str:
    names = {called.get(run.path, "") for run in group}
    return names.pop() if len(names) == 1 else ""


def _by_the_field(runs: Sequence[Run]) -> list[str]:
    """Such as "batch 16" and "batch 64"; empty where several fields differ, or by long texts."""
    recipes = [{**fields, "seed": 0} for fields in resolved_recipes(runs)]
    unlike = [
        name
        for name in dict.fromkeys(itertools.chain(*recipes))
        if len({repr(fields.get(name)) for fields in recipes}) > 1
    ]
    names = [f"{unlike[0]} {_shown(fields.get(unlike[0]))}" for fields in recipes if unlike]
    if len(unlike) != 1 or max(map(len, names)) > LONGEST_NAME:
        return [""] * len(runs)
    return names


def _letter(number: int) -> str:
    """A, B, ... Z, then A2, B2, ..."""
    turn = number // len(ascii_uppercase)
    return ascii_uppercase[number % len(ascii_uppercase)] + (str(turn + 1) if turn else "")


def _common_name(names: Sequence[str]) -> str:
    """Such as "conv" for conv-s0 and conv-s1; a lone run's own name."""
    if len(names) == 1:
        return names[0]
    letters = zip(*names, strict=False)
    start = "".join(
        column[0] for column in itertools.takewhile(lambda c: len(set(c)) == 1, letters)
    )
    found = re.fullmatch(r"(.*[^-_. ])[-_. ]+[^-_. ]*", start)
    return found[1] if found else ""


def _row(field: str, values: Iterable[Any]) -> Difference:
    return Difference(field, tuple(_shown(value) for value in values))


def _shown(value: Any) -> str:
    if value is None or value == []:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return f"{value:,}" if isinstance(value, int) else str(value)


def _mean(values: Iterable[float]) -> str:
    return f"{fmean(values):,.1f}".removesuffix(".0")


def _time(setting: Setting) -> str:
    seconds = [sum(row["train_seconds"] for row in run.history) for run in setting.runs]
    return f"{fmean(seconds):,.1f} s" + (" on average" if len(seconds) > 1 else "")


def _machine(run: Run) -> str:
    return f"{run.environment['processor']}, {run.environment['cores']} cores"
