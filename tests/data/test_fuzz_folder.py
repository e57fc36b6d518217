"""Any tree of folders and names is a data set or a refusal."""

import os
import stat
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from picture_files import encoded, noise

from lenswork.data.dataset import Dataset
from lenswork.data.folder import open_folder
from lenswork.data.open import open_data
from lenswork.errors import DataError, PictureError
from lenswork.model.preprocess import Preprocess

TRIES = int(os.environ.get("LENSWORK_FUZZ", "60"))
FUZZ = settings(
    max_examples=TRIES,
    derandomize="LENSWORK_FUZZ" not in os.environ,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
PNG = encoded(noise(3, 4, 3), "PNG")
USUAL = (
    "train", "Train", "training", "validation", "val", "valid", "test", "testing", "cats", "Cats",
    "dogs", "dogs ", "a", "b", ".hidden", "__MACOSX", "..data", "\u202ex", "caf\udce9", r"caf\xe9",
    "two\nlines", "e\u0301", "\u00e9", "-r", "C:", "$x$",
)  # fmt: skip
FILES = (
    "a.png",
    "b.PNG",
    "c.jpg",
    ".d.png",
    "e.txt",
    "f",
    "g.webp",
    "caf\udce9.png",
    r"caf\xe9.png",
)

folder_names = st.one_of(
    st.sampled_from(USUAL),
    st.text(st.characters(exclude_characters="/\0", codec="utf-8"), min_size=1),
).filter(lambda name: name not in (".", ".."))
things = st.sampled_from(
    ["picture", "picture", "picture", "empty", "text", "pipe", "socket", "broken", "up", "itself"]
)
trees = st.recursive(
    st.dictionaries(st.sampled_from(FILES), things, max_size=3),
    lambda inner: st.dictionaries(folder_names, inner, max_size=4),
    max_leaves=12,
)


def build(tree: object, path: Path) -> None:
    """Make what a tree says; names that the disk does not take are left out."""
    if isinstance(tree, dict):
        path.mkdir()
        for name, inner in tree.items():
            try:
                build(inner, path / name)
            except OSError:
                continue
    elif tree in ("picture", "empty", "text"):
        path.write_bytes({"picture": PNG, "empty": b"", "text": b"dear diary"}[str(tree)])
    elif tree in ("pipe", "socket"):
        os.mknod(path, (stat.S_IFIFO if tree == "pipe" else stat.S_IFSOCK) | 0o600)
    else:
        path.symlink_to({"broken": "gone", "up": "..", "itself": path.name}[str(tree)])


def check(data: Dataset) -> None:
    assert len(data.classes) == len(set(data.classes)) >= 2
    for part in data.parts.values():
        assert len(part) == len(set(part.ids)) > 0
        assert set(part.labels) <= set(range(len(data.classes)))
        for name, label in zip(part.ids, part.labels, strict=True):
            assert name.encode("utf-8")
            assert data.classes[label] in name
        preprocess = Preprocess(height=2, width=2, colours="grey")
        try:
            assert preprocess.read_all(part.source).shape == (len(part), 2, 2, 1)
        except PictureError as error:
            assert str(error).encode("utf-8")  # noqa: PT017
    assert "\n".join([data.describe(), *data.notes]).encode("utf-8")


@FUZZ
@given(tree=trees)
@example(tree={"train": {}, "caf\udce9": {}})
@example(tree={"cats": {"a.png": "picture"}, "dogs": {"c.jpg": "pipe"}})
@example(tree={"train": {"a": {"a.png": "picture"}, "b": {}}, "val": {"a": {}, "b": {}}})
@example(
    tree={"a": {"caf\udce9.png": "picture", r"caf\xe9.png": "picture"}, "b": {"a.png": "text"}}
)
def test_any_tree_is_a_data_set_or_a_refusal(tree: dict[str, object]) -> None:
    with tempfile.TemporaryDirectory() as name:
        root = Path(name) / "above" / "above" / "above" / "data"  # three levels above are looked at
        root.parent.mkdir(parents=True)
        build(tree, root)
        for fraction in (None, 0.5):
            try:
                data = open_data(root, validation=fraction) if fraction else open_folder(root)
            except DataError as error:
                assert str(error).encode("utf-8")  # noqa: PT017
                continue
            check(data)
