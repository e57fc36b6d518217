"""The changelog says why each dependency is there, as the architecture's page promises."""

import itertools
import re
import tomllib

from pages import ROOT

NAME = re.compile(r"[A-Za-z0-9-]+")


def test_every_dependency_has_its_line_in_the_changelog() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = itertools.chain.from_iterable(project["optional-dependencies"].values())
    wanted = [*project["dependencies"], *extras]
    names = {match[0] for one in wanted if (match := NAME.match(one))} - {"lenswork"}
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    told = text.partition("\n### Dependencies, and why each is there\n")[2].casefold()
    missing = {name for name in names if not re.search(rf"(?<![\w-]){name}(?![\w-])", told)}
    assert missing == set()
