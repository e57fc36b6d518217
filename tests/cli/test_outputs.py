"""What a command writes harms nothing that is there."""

from pathlib import Path

import pytest

from lenswork.cli.outputs import check_output
from lenswork.errors import UsageError


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (".", "must end in .png"),
        ("figure.pdf", "must end in .png"),
        ("nofolder/figure.png", "there is no folder"),
        ("folder.png", "cannot write to"),
        ("picture.png", "is the picture itself"),
    ],
)
def test_what_cannot_be_written_without_harm_is_refused(
    tmp_path: Path, name: str, message: str
) -> None:
    (tmp_path / "folder.png").mkdir()
    picture = tmp_path / "picture.png"
    picture.touch()
    with pytest.raises(UsageError, match=message):
        check_output(tmp_path / name, "--out", spared=picture)


def test_a_run_s_classifier_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "recipe.toml").touch()
    with pytest.raises(UsageError, match="is the record of a run"):
        check_output(tmp_path / "classifier.safetensors", "--calibrated", (".safetensors",))
    assert check_output(tmp_path / "new.png", "--out") == tmp_path / "new.png"
