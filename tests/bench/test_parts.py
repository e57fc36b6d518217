"""The table of parts holds together: what it names is there."""

import string
import tomllib

import pytest

from environments import LISTS
from goals import GOALS
from lenswork import Recipe
from lenswork.model.presets import PRESETS
from lenswork.model.spec import parse_net
from part import PROJECT, Contender, Part
from parts import GROUPS, PARTS
from peers.nets import NETS, Net
from run import MEMBERS, NAMES, chosen_names

KNOWN = {"seed", "epochs", "pictures", "data", "arrays", "folder", "home", "bin"}
CONTENDERS = [contender for part in PARTS.values() for contender in part.contenders]


@pytest.mark.parametrize("contender", CONTENDERS, ids=lambda one: f"{one.script}-{one.name}")
def test_every_contender_has_its_script_and_its_exact_versions(contender: Contender) -> None:
    assert (LISTS / contender.script).is_file()
    if contender.environment != PROJECT:
        versions = (LISTS / f"{contender.environment}.txt").read_text().split()
        assert versions
        assert all("==" in version for version in versions)


@pytest.mark.parametrize("contender", CONTENDERS, ids=lambda one: f"{one.script}-{one.name}")
def test_every_contender_asks_only_for_what_it_can_be_given(contender: Contender) -> None:
    asked = {
        name
        for argument in contender.arguments
        for _, name, _, _ in string.Formatter().parse(argument)
        if name is not None
    }
    assert asked <= KNOWN


@pytest.mark.parametrize("part", PARTS.values(), ids=PARTS)
def test_every_target_names_contenders_and_a_measure_of_its_part(part: Part) -> None:
    names = {contender.name for contender in part.contenders}
    assert len(names) == len(part.contenders)
    for target in part.targets:
        assert target.of in names
        assert target.to is None or target.to in names
        assert set(target.fastest) <= names
        assert target.to is None or not target.fastest
        assert target.measure in {measure.name for measure in part.measures}


@pytest.mark.parametrize("part", PARTS.values(), ids=PARTS)
def test_a_part_needs_decoded_pictures_just_if_a_contender_asks_for_them(part: Part) -> None:
    asked = any("{arrays}" in one.arguments for one in part.contenders)
    assert asked == (part.pictures is not None)
    assert any("{folder}" in one.arguments for one in part.contenders) == bool(part.folder)
    assert part.group in {"", *GROUPS}


@pytest.mark.parametrize("name", NETS)
def test_the_peers_nets_are_lensworks_presets(name: str) -> None:
    net, preset = NETS[name], PRESETS[name]
    assert parse_net(preset.net) == parse_net(line_of(net))
    assert (preset.input_shape, preset.outputs) == (net.shape, net.outputs)


def line_of(net: Net) -> str:
    """The net as Lenswork writes it."""
    pooled = [f"conv {filters}, pool" for filters in net.filters]
    return ", ".join([*pooled, "flatten", f"dense {net.dense}", "dense classes"])


def test_every_goal_is_measured_once_and_its_fields_are_a_recipes() -> None:
    measured = [one.name for part in PARTS.values() for one in part.contenders]
    for goal in GOALS:
        assert measured.count(goal.name) == 1
        assert "seed" not in tomllib.loads(goal.fields)
        Recipe(**tomllib.loads(goal.fields), seed=1)


def test_a_group_stands_for_its_parts_and_nothing_for_all() -> None:
    assert chosen_names(["to-accuracy", "start"]) == [*MEMBERS["to-accuracy"], "start"]
    assert chosen_names([]) == list(NAMES)
