"""What a study asks: a base recipe, the settings that change it, and how many seeds.

    name = "filters"
    question = "How many filters?"
    seeds = 5
    baseline = "32 filters"

    [base]
    data = "mnist"
    recipe = "notes"
    net = "conv {filters}, pool, conv {filters}, pool, flatten, dense 128, dense classes"

    [axes.filters]
    "16 filters" = 16
    "32 filters" = 32

An axis is a field of the recipe or a placeholder in one; its values are a list, or a table that
names them. A value that is a table changes several fields at once.
"""

import hashlib
import itertools
import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Self

import tomli_w
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from lenswork.errors import LensworkError, PlanError
from lenswork.toml_text import read_toml, shown, toml_file
from lenswork.training.recipe import Recipe

PLACEHOLDER = re.compile(r"\{(\w+)\}")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
LONGEST_NAME = 40
LONGEST_SLUG = 40  # with the seed it is the name of a run
MOST_SEEDS = 10_000
MOST_SETTINGS, MOST_TRIALS = 1_000, 100_000
MOST_NAMED = 20  # settings in an error

AxisValues = dict[str, Any]  # name of the value -> the value


@dataclass(frozen=True)
class Setting:
    """One point of the grid: its name and what it changes in the base recipe."""

    name: str
    fields: Mapping[str, Any]

    @property
    def slug(self) -> str:
        """The name in few letters that every file system takes.

        Where that takes away more than blanks and commas, digits of the whole name's hash tell
        it from others.
        """
        spaced = re.sub(r",? +", "-", self.name.lower())
        plain = re.sub(r"[^a-z0-9.]+", "-", spaced).strip("-.")
        if plain == spaced and len(plain) <= LONGEST_SLUG:
            return plain
        digits = hashlib.sha256(self.name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
        return f"{plain[: LONGEST_SLUG - 9].rstrip('-.')}-{digits}".lstrip("-")


@dataclass(frozen=True)
class Trial:
    """One run of a study."""

    setting: str
    seed: int
    name: str
    recipe: Recipe


def _named_values(axes: object) -> object:
    """Lists become tables whose names say axis and value."""
    if not isinstance(axes, dict) or not all(
        isinstance(v, dict | list | tuple) for v in axes.values()
    ):
        raise PlanError(
            "plan: axes: expected a list or a table of values for each axis, such as "
            f"[axes] epochs = [5, 10], got {shown(axes)}"
        )
    for axis, values in axes.items():
        if not isinstance(values, dict) and len(set(map(_shown, values))) < len(values):
            raise PlanError(
                f"plan: axis {axis!r} has a value twice: {shown(values)}. To compare a setting "
                'with itself name both: "one" = 1, "other" = 1'
            )
    return {
        axis: (
            {f"{axis} {_shown(value)}": value for value in values}
            if isinstance(values, list | tuple)
            else values
        )
        for axis, values in axes.items()
    }


class Plan(BaseModel):
    """A study in full, frozen and checked once.

    `pairs` are the comparisons of interest and `baseline` a setting that every other is compared
    with; left out, every pair is compared. Seeds are 0 to `seeds` - 1; where settings are one
    recipe under several names, the second has 10,000 and up, the third 20,000 and up, so that no
    two of their trainings are the same. Raises `PlanError` that names the axis, setting or field.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    name: str
    question: str = ""
    seeds: int = Field(5, ge=1, le=MOST_SEEDS)
    baseline: str | None = None
    pairs: tuple[tuple[str, str], ...] | None = None
    base: dict[str, Any] = Field(default_factory=dict)
    axes: Annotated[dict[str, AxisValues], BeforeValidator(_named_values)]

    def __init__(self, /, **fields: Any) -> None:
        """Check all fields, and every setting's recipe."""
        unknown = next((name for name in fields if name not in type(self).model_fields), None)
        if unknown is not None:  # pydantic would keep an error for each of a million
            known = ", ".join(type(self).model_fields)
            raise PlanError(f"plan: there is no field {shown(unknown)}; there are {known}")
        if fields.get("pairs") is not None:
            fields["pairs"] = _pairs(fields["pairs"])
        try:
            super().__init__(**fields)
        except ValidationError as error:
            problem = error.errors()[0]
            place, got = ".".join(map(str, problem["loc"])), shown(problem["input"])
            rule = f"expected 1 to {MOST_SEEDS:,}" if place == "seeds" else problem["msg"]
            raise PlanError(f"plan: {place}: {rule}, got {got}") from error
        _check(self)

    @property
    def settings(self) -> tuple[Setting, ...]:
        """Every combination of the axes' values, in their order."""
        names = list(self.axes)
        return tuple(
            Setting(
                ", ".join(name for name, _ in chosen),
                _fields(self, dict(zip(names, (value for _, value in chosen), strict=True))),
            )
            for chosen in itertools.product(*(self.axes[name].items() for name in names))
        )

    def trials(self) -> Iterator[Trial]:
        """Every run there is to do: all settings of a seed before the next seed."""
        settings = self.settings
        firsts = _first_seeds(settings)
        for count in range(self.seeds):
            for setting, first in zip(settings, firsts, strict=True):
                seed = first + count
                recipe = Recipe(**{**setting.fields, "seed": seed})
                yield Trial(setting.name, seed, f"{setting.slug}-seed{seed}", recipe)

    def compared(self) -> tuple[tuple[str, str], ...]:
        """The pairs of settings' names that get a verdict."""
        names = [setting.name for setting in self.settings]
        if self.pairs is not None:
            return self.pairs
        if self.baseline is not None:
            return tuple((name, self.baseline) for name in names if name != self.baseline)
        return tuple(itertools.combinations(names, 2))

    def twins(self) -> dict[str, tuple[int, str]]:
        """Settings whose recipe an earlier one has: (their first seed, that setting), by name."""
        settings = self.settings
        met: dict[Recipe, str] = {}
        found = {}
        for setting, first in zip(settings, _first_seeds(settings), strict=True):
            twin = met.setdefault(Recipe(**setting.fields), setting.name)
            if twin != setting.name:
                found[setting.name] = (first, twin)
        return found

    def changed(self, **fields: Any) -> Self:
        """The same plan with other `fields`, checked again."""
        return type(self)(**{**self.model_dump(), **fields})

    def with_base(self, **fields: Any) -> Self:
        """The same plan with other `fields` in its base; raises `PlanError` for one on an axis."""
        for name in fields:
            inside = _placeholders(self.base.get(name))
            on_axis = name in self.axes or any(name in _table(value) for value in _values(self))
            if inside or on_axis:
                what = f"{', '.join(sorted(inside))} inside {name}" if inside else name
                raise PlanError(
                    f"plan {self.name} varies {what} itself: leave --{name.replace('_', '-')} out"
                )
        return self.changed(base={**self.base, **fields})

    def to_toml(self) -> str:
        """The plan as TOML."""
        return tomli_w.dumps(self.model_dump(exclude_none=True, mode="json"))

    @classmethod
    def from_toml(cls, text: str) -> Self:
        """Read what `to_toml` wrote, or a person."""
        try:
            content = read_toml(text)
        except (ValueError, RecursionError) as error:
            raise PlanError(f"the plan is no TOML: {error}") from error
        return cls(**content)

    @classmethod
    def read(cls, path: str | Path) -> Self:
        """Read a plan's file; one without a name is called as its file. Raises `PlanError`."""
        path = Path(path)
        try:
            content = read_toml(toml_file(path))
            return cls(**{"name": path.stem, **content})
        except OSError as error:
            raise PlanError(f"cannot read the plan {path}: {error.strerror}") from error
        except (ValueError, RecursionError) as error:  # no UTF-8, no TOML
            raise PlanError(f"the plan {path} is no TOML: {error}") from error
        except PlanError as error:
            raise PlanError(f"{path}: {error}") from error


def _pairs(said: object) -> tuple[tuple[str, str], ...]:
    """Pairs of names, each once whichever comes first; TOML has no tuples."""
    form = 'plan: pairs: expected two names each, such as pairs = [["short", "long"]], got '
    if not isinstance(said, list | tuple):
        raise PlanError(f"{form}{shown(said)}")
    for pair in said:
        if not isinstance(pair, list | tuple) or len(pair) != 2:
            raise PlanError(f"{form}{shown(pair)}")
        if not all(isinstance(name, str) for name in pair):
            raise PlanError(f"{form}{shown(pair)}")
    pairs = tuple((one, other) for one, other in said)
    if len({frozenset(pair) for pair in pairs}) < len(pairs):
        raise PlanError(f"plan: pairs has a pair twice, got {shown(said)}")
    return pairs


def _first_seeds(settings: Sequence[Setting]) -> list[int]:
    """Where each setting's seeds begin: apart for settings of one recipe, however many follow."""
    met: Counter[Recipe] = Counter()
    firsts = []
    for setting in settings:
        recipe = Recipe(**setting.fields)
        firsts.append(met[recipe] * MOST_SEEDS)
        met[recipe] += 1
    return firsts


def _values(plan: Plan) -> list[Any]:
    return [value for values in plan.axes.values() for value in values.values()]


def _table(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _fields(plan: Plan, chosen: Mapping[str, Any]) -> dict[str, Any]:
    """The recipe's fields of one setting, its placeholders filled in."""
    fields: dict[str, Any] = {**plan.base}
    placeholders: dict[str, Any] = {}
    for axis, value in chosen.items():
        if isinstance(value, Mapping):
            fields |= value
        elif axis in Recipe.model_fields:
            fields[axis] = value
        else:
            placeholders[axis] = value
    return {name: _filled(value, placeholders) for name, value in fields.items()}


def _filled(value: Any, placeholders: Mapping[str, Any]) -> Any:
    if not isinstance(value, str):
        return value
    return PLACEHOLDER.sub(
        lambda found: str(placeholders.get(found[1], found[0])),
        value,
    )


def _check(plan: Plan) -> None:
    """Raise `PlanError` for what no study could be made of."""
    if not NAME.fullmatch(plan.name) or len(plan.name) > LONGEST_NAME:
        raise PlanError(
            f"plan: a name has letters, digits, '.', '_' and '-' only and at most {LONGEST_NAME} "
            f"of them, got {plan.name!r}"
        )
    if "seed" in plan.base or "seed" in plan.axes:
        raise PlanError("plan: seeds are not set by hand; say how many with seeds = 5")
    if plan.pairs is not None and plan.baseline is not None:
        raise PlanError("plan: give pairs or a baseline, not both")
    _check_axes(plan)
    _check_amount(plan)
    _check_settings(plan)
    names = [setting.name for setting in plan.settings]
    for name in [*([plan.baseline] if plan.baseline else []), *itertools.chain(*plan.pairs or ())]:
        if name not in names:
            raise PlanError(f"plan: there is no setting {shown(name)}; there are {_few(names)}")
    for one, other in plan.pairs or ():
        if one == other:
            raise PlanError(f"plan: pairs compares {one!r} with itself")


def _few(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more


def _check_axes(plan: Plan) -> None:
    texts = [*plan.base.values(), *_values(plan)]
    used = {name for text in texts for name in _placeholders(text)}
    if not plan.axes:
        raise PlanError("plan: expected at least one axis, such as [axes] epochs = [5, 10]")
    for axis, values in plan.axes.items():
        if not values:
            raise PlanError(f"plan: axis {axis!r} has no values")
        tables = [isinstance(value, Mapping) for value in values.values()]
        if all(tables):
            continue
        if axis not in Recipe.model_fields and axis not in used:
            raise PlanError(
                f"plan: axis {axis!r} is no field of a recipe, and no text of the base has "
                f"{{{axis}}} in it; fields are {', '.join(Recipe.model_fields)}"
            )
    for name in used - set(plan.axes):
        raise PlanError(f"plan: {{{name}}} stands in the base, but there is no axis {name!r}")


def _check_amount(plan: Plan) -> None:
    """Count the settings before any is made: ten axes of ten values are ten thousand million."""
    settings = math.prod(map(len, plan.axes.values()))
    trials = settings * plan.seeds
    if settings > MOST_SETTINGS or trials > MOST_TRIALS:
        raise PlanError(
            f"plan: expected at most {MOST_SETTINGS:,} settings and {MOST_TRIALS:,} trials, got "
            f"{settings:,} and {trials:,}: leave out axes, values or seeds"
        )


def _placeholders(value: Any) -> set[str]:
    if isinstance(value, Mapping):
        return {name for one in value.values() for name in _placeholders(one)}
    return set(PLACEHOLDER.findall(value)) if isinstance(value, str) else set()


def _check_settings(plan: Plan) -> None:
    seen: dict[str, str] = {}
    for setting in plan.settings:
        if setting.slug in seen:
            raise PlanError(
                f"plan: settings {seen[setting.slug]!r} and {setting.name!r} would share the "
                f"name {setting.slug}: name them apart"
            )
        seen[setting.slug] = setting.name
        try:
            Recipe(**setting.fields)
        except LensworkError as error:
            raise PlanError(f"plan: setting {setting.name!r}: {error}") from error


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return str(value)
