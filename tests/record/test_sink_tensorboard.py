"""What TensorBoard's own reader finds in what is written for it."""

import io
import sys
from pathlib import Path

import pytest
from PIL import Image
from recorded_runs import write_run
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from lenswork.errors import UsageError
from lenswork.record.sink_tensorboard import TensorBoard, tag_of
from lenswork.record.sinks import Group, rows_of, tell


def read(folder: Path) -> EventAccumulator:
    found = EventAccumulator(str(folder))
    found.Reload()
    return found


def text_of(found: EventAccumulator, tag: str) -> str:
    (one,) = found.Tensors(f"{tag}/text_summary")
    return one.tensor_proto.string_val[0].decode()  # type: ignore[no-any-return]


def png() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (7, 5), "red").save(buffer, "PNG")
    return buffer.getvalue()


def everything(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_scalars_texts_and_pictures_are_read_back(tmp_path: Path) -> None:
    run = write_run(tmp_path / "owls", [0, 1], [0, 1])
    tell(run, [TensorBoard(tmp_path / "logs")], {"confusion.png": png()})
    found = read(tmp_path / "logs" / "owls")
    (loss,) = found.Scalars("loss/train")
    assert (loss.step, loss.value, loss.wall_time) == (1, 0.5, rows_of(run)[0].ended)
    assert found.Scalars("seconds/train")[0].value == 2.5
    assert found.Scalars("final/loss")[0].value == 0.5
    assert 'net = "flatten, dense classes"' in text_of(found, "recipe")
    assert "test accuracy 100.00%" in text_of(found, "report")
    (picture,) = found.Images("confusion")
    assert (picture.width, picture.height) == (7, 5)
    assert picture.encoded_image_string == png()
    settings = found.SummaryMetadata("_hparams_/session_start_info")
    assert b"dense classes" in settings.plugin_data.content


def test_a_run_told_again_gives_the_same_bytes_in_the_same_file(tmp_path: Path) -> None:
    run = write_run(tmp_path / "owls", [0, 1], [0, 1])
    tell(run, [TensorBoard(tmp_path / "logs")], {"confusion.png": png()})
    before = everything(tmp_path / "logs")
    tell(run, [TensorBoard(tmp_path / "logs")], {"confusion.png": png()})
    assert everything(tmp_path / "logs") == before
    assert len(before) == 1


def test_a_board_that_is_open_sees_an_epoch_once_though_the_file_is_written_anew(
    tmp_path: Path,
) -> None:
    run = write_run(tmp_path / "owls", [0], [0])
    sink = TensorBoard(tmp_path / "logs")
    sink.begin(run)
    sink.row(rows_of(run)[0])
    found = read(tmp_path / "logs" / "owls")
    assert len(found.Scalars("loss/train")) == 1
    tell(run, [TensorBoard(tmp_path / "logs")], {})
    found.Reload()
    assert len(found.Scalars("loss/train")) == 1
    assert len(found.Scalars("final/loss")) == 1


def test_another_run_of_the_same_name_gets_a_folder_of_its_own(tmp_path: Path) -> None:
    one = write_run(tmp_path / "a" / "owls", [0], [0], seed=1)
    two = write_run(tmp_path / "b" / "owls", [0], [0], seed=2)
    for run in (one, two, one, two):
        tell(run, [TensorBoard(tmp_path / "logs")], {})
    folders = sorted(path.name for path in (tmp_path / "logs").iterdir())
    assert folders[0] == "owls"
    assert len(folders) == len(everything(tmp_path / "logs")) == 2
    assert "seed = 1" in text_of(read(tmp_path / "logs" / "owls"), "recipe")


def test_events_of_another_program_are_left_alone(tmp_path: Path) -> None:
    foreign = tmp_path / "logs" / "owls" / "events.out.tfevents.1.host"
    foreign.parent.mkdir(parents=True)
    foreign.write_bytes(b"theirs")
    tell(write_run(tmp_path / "owls", [0], [0]), [TensorBoard(tmp_path / "logs")], {})
    assert everything(foreign.parent) == {foreign: b"theirs"}


def test_a_study_has_a_folder_with_its_trials_and_its_verdict(tmp_path: Path) -> None:
    run = write_run(tmp_path / "wide-1", [0], [0])
    sink = TensorBoard(tmp_path / "logs")
    group = Group("widths", "abc", "wide")
    for _ in range(2):
        tell(run, [sink], {}, group=group)
        sink.note(group, "wide is **better**", 5.0)
    assert read(tmp_path / "logs" / "widths" / "wide-1").Scalars("loss/train")
    assert text_of(read(tmp_path / "logs" / "widths"), "verdict") == "wide is **better**"
    assert len(everything(tmp_path / "logs")) == 2


def test_no_file_names_the_machine(tmp_path: Path) -> None:
    tell(write_run(tmp_path / "owls", [0], [0]), [TensorBoard(tmp_path / "logs")], {})
    (path,) = everything(tmp_path / "logs")
    assert path.name.startswith("events.out.tfevents.lenswork-")


@pytest.mark.parametrize(
    ("name", "tag"),
    [
        ("loss", "loss/train"),
        ("val_accuracy", "accuracy/validation"),
        ("test_loss", "loss/test"),
        ("learning_rate", "learning_rate"),
        ("evaluate_seconds", "seconds/evaluate"),
    ],
)
def test_values_of_the_parts_stand_side_by_side(name: str, tag: str) -> None:
    assert tag_of(name) == tag


def test_without_tensorboard_the_error_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "tensorboard.compat.proto", None)
    with pytest.raises(UsageError, match=r"pip install 'lenswork\[tensorboard\]'"):
        TensorBoard(tmp_path)
