"""docs/doctor.md lists every code that a finding can have, with its severity and meaning."""

from pathlib import Path

from lenswork.cli.doctor import command
from lenswork.data.doctor.codes import CODES
from lenswork.data.doctor.content_codes import CONTENT_CODES
from lenswork.data.doctor.finding import SEVERITIES

PAGE = Path(__file__).parents[3] / "docs" / "doctor.md"


def test_the_table_of_findings_is_that_of_the_code() -> None:
    codes = {**CONTENT_CODES, **CODES}
    rows = [
        f"| `{code}` | {severity} | {meaning} |"
        for severity in SEVERITIES
        for code, (its, meaning) in codes.items()
        if its == severity
    ]
    lines = PAGE.read_text("utf-8").splitlines()
    table = [
        line for line in lines if line.split(" | ")[1:2] and line.split(" | ")[1] in SEVERITIES
    ]
    assert table == rows, "put this into docs/doctor.md:\n" + "\n".join(rows)


def test_every_option_of_the_command_is_on_the_page() -> None:
    page = PAGE.read_text("utf-8")
    options = [option for parameter in command.params for option in parameter.opts]
    assert [one for one in options if one.startswith("--") and f"| `{one}" not in page] == []


def test_a_code_that_both_parts_have_is_as_bad_in_both() -> None:
    for code in CODES.keys() & CONTENT_CODES.keys():
        assert CODES[code][0] == CONTENT_CODES[code][0]
