"""Files that a browser keeps."""

import pytest

from lenswork.web.download import kept_as


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("doctor.html", 'filename="doctor.html"'),
        ("my run.toml", "filename*=utf-8''my%20run.toml"),
        ('猫"\n; x.html', "filename*=utf-8''%E7%8C%AB%22%0A%3B%20x.html"),
    ],
)
def test_a_file_s_name_is_said_in_plain_letters(name: str, said: str) -> None:
    assert kept_as(name) == {"content-disposition": f"attachment; {said}"}
