"""A study's plan as a form, and the form as a plan: nothing that a plan can say is lost on the way.

The form has the fields that matter most; all else that a plan says stays in it as TOML.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import tomli_w
from starlette.datastructures import FormData

from lenswork.errors import LensworkError, PlanError
from lenswork.study.plan import PLACEHOLDER, Plan
from lenswork.toml_text import read_toml
from lenswork.training.recipe import FieldRow, Recipe, recipe_fields
from lenswork.web.named import allowed_data
from lenswork.web.plan_lines import read, read_values, written, written_values
from lenswork.web.settings import Settings

SHOWN = (
    "data", "net", "recipe", "epochs", "size", "batch", "learning_rate", "augment",
    "train_pictures",
)  # fmt: skip
ROWS = {row.name: row for row in recipe_fields()}
FIELDS: dict[str, FieldRow] = {name: ROWS[name] for name in SHOWN}
RESERVED = "new"  # the address of the form itself
MOST_AXES = 20
Errors = dict[str, str]


@dataclass(frozen=True)
class AxisRow:
    """One axis as it was typed."""

    name: str
    values: str


@dataclass(frozen=True)
class PlanForm:
    """The form's texts; `others` is TOML with what has no field here."""

    name: str = ""
    question: str = ""
    seeds: str = "5"
    baseline: str = ""
    base: Mapping[str, str] = field(default_factory=dict)
    axes: tuple[AxisRow, ...] = ()
    others: str = ""

    @classmethod
    def sent(cls, form: FormData) -> Self:
        """What a browser sends; `axis` and `values` stand once for each axis."""
        names, values = _texts(form, "axis"), _texts(form, "values")
        rows = [AxisRow(name, said) for name, said in zip(names, values, strict=False)]
        return cls(
            **{name: _text(form, name) for name in ("name", "question", "seeds", "baseline")},
            base={name: _text(form, f"base.{name}") for name in SHOWN},
            axes=tuple(row for row in rows[:MOST_AXES] if row.name or row.values),
            others=_text(form, "others"),
        )

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> Self:
        """The form of what a plan's TOML says; what is no plan yet is kept too."""
        rest = dict(content)
        texts = {
            name: str(rest.pop(name))
            for name in ("name", "question", "seeds", "baseline")
            if isinstance(rest.get(name), str | int)
        }
        base = {}
        if isinstance(rest.get("base"), Mapping):
            others = dict(rest.pop("base"))
            for name in SHOWN:
                if isinstance(others.get(name), str | int | float):
                    value = others.pop(name)
                    base[name] = value if isinstance(value, str) else written(value)
            if others:
                rest["base"] = others
        axes = []
        if isinstance(rest.get("axes"), Mapping):
            odd = {}
            for name, values in rest.pop("axes").items():
                if isinstance(values, Mapping | list | tuple):
                    axes.append(AxisRow(name, written_values(name, values)))
                else:
                    odd[name] = values
            if odd:
                rest["axes"] = odd
        return cls(**texts, base=base, axes=tuple(axes), others=tomli_w.dumps(rest))

    def content(self) -> tuple[dict[str, Any], Errors]:
        """What the plan's TOML would say, and what cannot be read in the form."""
        errors: Errors = {}
        content: dict[str, Any] = {}
        try:
            content = read_toml(self.others)
        except (ValueError, RecursionError) as error:
            errors["others"] = f"this is no TOML: {error}"
        plain = {"name": self.name, "question": self.question, "baseline": self.baseline}
        content |= {name: text for name, text in plain.items() if text}
        if self.seeds:
            content["seeds"] = read(self.seeds)
        base = {
            name: text if FIELDS[name].kind is str else read(text)
            for name, text in self.base.items()
            if text
        }
        if base or "base" in content:
            content["base"] = {**_table(content.get("base")), **base}
        axes = dict(_table(content.get("axes")))
        for place, row in enumerate(self.axes):
            problem = _add_axis(axes, row)
            if problem:
                errors[f"axis.{place}"] = problem
        content["axes"] = axes
        return content, errors


def toml_of(content: Mapping[str, Any]) -> str:
    """The content as TOML, with the plan's own fields before its tables."""
    return tomli_w.dumps(dict(content))


def checked(content: Mapping[str, Any], settings: Settings) -> tuple[Plan | None, Errors]:
    """The plan, or what is wrong beside the field in which it is wrong (or "plan")."""
    errors: Errors = {}
    if content.get("name") == RESERVED:
        errors["name"] = f"the studio's form has the name {RESERVED!r}: give the study another"
    for name, value in _table(content.get("base")).items():
        problem = _field_problem(name, value, settings)
        if problem:
            errors[f"base.{name}" if name in FIELDS else "others"] = problem
    if errors:
        return None, errors
    try:
        if "name" not in content:
            raise PlanError("plan: a name is missing: by it the study is found again")
        return with_allowed_data(Plan(**content), settings), {}
    except LensworkError as error:
        return None, {_place(str(error), content): str(error).removeprefix("plan: ")}


def with_allowed_data(plan: Plan, settings: Settings) -> Plan:
    """The plan with whole paths of its data; raises `DataError` for data that may not be opened."""
    base = dict(plan.base)
    if "data" in base and not PLACEHOLDER.search(str(base["data"])):
        base["data"] = allowed_data(settings, str(base["data"]))
    axes = {
        axis: {name: _allowed_value(axis, value, settings) for name, value in values.items()}
        for axis, values in plan.axes.items()
    }
    allowed = plan.changed(base=base, axes=axes)
    for setting in allowed.settings:  # a placeholder may stand in the data's name
        allowed_data(settings, Recipe(**setting.fields).data)
    return allowed


def _allowed_value(axis: str, value: Any, settings: Settings) -> Any:
    if isinstance(value, Mapping) and "data" in value:
        return {**value, "data": allowed_data(settings, str(value["data"]))}
    return allowed_data(settings, str(value)) if axis == "data" else value


def _field_problem(name: str, value: Any, settings: Settings) -> str:
    """What is wrong with one field of the base, whatever the others say."""
    if isinstance(value, str) and PLACEHOLDER.search(value):
        return ""
    try:
        Recipe(**{name: value})
        if name == "data":
            allowed_data(settings, str(value))
    except LensworkError as error:
        return str(error).removeprefix(f"{name}: ")
    return ""


def _add_axis(axes: dict[str, Any], row: AxisRow) -> str:
    """Read one axis into `axes`; what is wrong with it, or nothing."""
    if not row.name:
        return "name the axis: a field of the recipe, or the word in braces that it fills in"
    if row.name in axes:
        return f"there are two axes called {row.name}: put their values together"
    try:
        axes[row.name] = read_values(row.name, row.values)
    except ValueError as error:
        return str(error)
    return "" if axes[row.name] else "expected one value a line, two or more to compare"


def _place(problem: str, content: Mapping[str, Any]) -> str:
    """The form's field that an error speaks of."""
    axes = list(_table(content.get("axes")))
    for start, place in (
        ("plan: a name", "name"),
        ("plan: name", "name"),
        ("plan: seeds", "seeds"),
        ("plan: there is no setting", "baseline"),
        ("plan: question", "question"),
    ):
        if problem.startswith(start):
            return place
    found = re.match(r"plan: axis '(\w+)'", problem) or re.match(
        r"plan: setting .*?': (\w+):", problem
    )
    named = found[1] if found else ""
    if named in axes:
        return f"axis.{axes.index(named)}"
    if named in FIELDS:
        return f"base.{named}"
    return "axis.0" if problem.startswith("plan: expected at least one axis") else "plan"


def _table(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _texts(form: FormData, name: str) -> Sequence[str]:
    return [str(value).replace("\r\n", "\n").strip() for value in form.getlist(name)]


def _text(form: FormData, name: str) -> str:
    return next(iter(_texts(form, name)), "")
