"""The table of parts holds together: what it names is there."""

import string

import pytest

from environments import LISTS
from parts import PARTS, PROJECT, Contender, Part

KNOWN = {"seed", "epochs", "pictures", "data", "home", "bin"}
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
        assert target.measure in {measure.name for measure in part.measures}
