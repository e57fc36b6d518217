"""Packing a data set into shards: tar files that WebDataset, `tar` and Lenswork read."""

import hashlib
import io
import os
import secrets
import shutil
import stat
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import numpy as np
from PIL import Image

from lenswork.data.dataset import Dataset, FileSource, Part
from lenswork.data.decode import BYTE_LIMIT, printable
from lenswork.data.shards.manifest import Index, Manifest, ShardFacts
from lenswork.data.shards.names import MANIFEST, SUFFIX, key_of
from lenswork.data.shards.source import ShardSource
from lenswork.data.shards.tar import END, member_header, padded
from lenswork.errors import DataError, PictureError, UsageError
from lenswork.files import sync, write_bytes
from lenswork.kinds import SPLIT_NAMES, Picture, SplitName
from lenswork.seeds import generator

SHARD_BYTES = 100_000_000
DIGITS = 3  # of a shard's number, at least


@dataclass(frozen=True)
class ShardSize:
    """How large a shard may be: so many pictures or, if that is not said, so many bytes."""

    pictures: int | None = None
    size_bytes: int = SHARD_BYTES

    def is_full(self, pictures: int, size_bytes: int, more_bytes: int) -> bool:
        """Whether a shard with something in it has no room for a picture of `more_bytes`."""
        if pictures == 0:
            return False
        if self.pictures is not None:
            return pictures >= self.pictures
        return size_bytes + more_bytes > self.size_bytes


@dataclass
class _Columns:
    """What the index will say."""

    members: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    labels: list[int] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    offsets: list[int] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    crc32: list[int] = field(default_factory=list)


class _Shard:
    """A tar that is being written."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size_bytes = 0
        self.columns = _Columns()
        self._digest = hashlib.sha256()
        self._file = path.open("xb")

    def add(self, picture_id: str, place: int, label: int, content: bytes, ending: str) -> None:
        """Add a picture and its label, which comes first, as in the alphabet."""
        key, digits = key_of(picture_id), b"%d" % label
        columns, member = self.columns, f"{key}{ending}"
        self._write(member_header(f"{key}.cls", len(digits)), digits)
        header = member_header(member, len(content))
        columns.members.append(member)
        columns.ids.append(picture_id)
        columns.labels.append(label)
        columns.places.append(place)
        columns.offsets.append(self.size_bytes + len(header))
        columns.sizes.append(len(content))
        columns.crc32.append(zlib.crc32(content))
        self._write(header, content)

    def end(self) -> None:
        """Write what a tar ends in, and have the disk keep it all."""
        self._write(END, b"")
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()

    def named(self, name: str, class_count: int) -> ShardFacts:
        """Give the ended tar its name and write its index beside it."""
        tar = self.path.rename(self.path.with_name(f"{name}{SUFFIX}"))
        index = self.path.with_name(f"{name}.index.json")
        content = Index(**vars(self.columns)).model_dump_json().encode() + b"\n"
        write_bytes(index, content)
        return ShardFacts(
            name=tar.name,
            size_bytes=self.size_bytes,
            sha256=self._digest.hexdigest(),
            pictures=len(self.columns.ids),
            per_class=tuple(np.bincount(self.columns.labels, minlength=class_count).tolist()),
            index=index.name,
            index_sha256=hashlib.sha256(content).hexdigest(),
        )

    def close(self) -> None:
        """Leave it as it is."""
        self._file.close()

    def _write(self, header: bytes, content: bytes) -> None:
        for block in (header, content, bytes(padded(len(content)) - len(content))):
            self._file.write(block)
            self._digest.update(block)
            self.size_bytes += len(block)


def pack(
    data: Dataset,
    out: Path,
    size: ShardSize | None = None,
    *,
    seed: int = 0,
    count: Callable[[int], None] = lambda _: None,
) -> Manifest:
    """Write the data set as shards to the new folder `out`: all of it, or nothing.

    Each part's pictures are shuffled by `seed` before they are dealt, so that every shard is a
    fair sample. Files go in as they are; pictures that are in no file become PNG. The same data,
    size and seed give the same bytes. `count` is called with 1 for each picture. Raises
    `UsageError` where `out` is there already or within the data, and `PictureError` for a file
    that is gone.
    """
    _refuse_place(data, out)
    with _whole_folder(out) as folder:
        splits = {
            name: _pack_part(data, name, folder, size or ShardSize(), seed, count)
            for name in SPLIT_NAMES
            if name in data.parts and len(data.parts[name])
        }
        notes = (_cut_note(data),) if data.cut else ()
        manifest = Manifest(
            name=data.name, classes=data.classes, notes=notes, seed=seed, splits=splits
        )
        text = manifest.model_dump_json(indent=1)
        write_bytes(folder / MANIFEST, text.encode() + b"\n")
    return manifest


def _pack_part(
    data: Dataset,
    split: SplitName,
    folder: Path,
    size: ShardSize,
    seed: int,
    count: Callable[[int], None],
) -> tuple[ShardFacts, ...]:
    part = data.parts[split]
    if len(set(part.ids)) < len(part):
        raise DataError(f"two {split} pictures of {data.name} have the same id: pack each once")
    order = generator(seed, f"pack {split}").permutation(len(part))
    shards = _dealt(part, order.tolist(), _even(size, len(part)), folder / split, count)
    digits = max(DIGITS, len(str(len(shards) - 1)))
    return tuple(
        shard.named(f"{split}-{number:0{digits}d}", len(data.classes))
        for number, shard in enumerate(shards)
    )


def _dealt(
    part: Part, order: Sequence[int], size: ShardSize, path: Path, count: Callable[[int], None]
) -> list[_Shard]:
    """The part's pictures in ended shards, which are called by their number after `path`."""
    shards = [_Shard(path.with_name(f"{path.name}.0"))]
    try:
        for place in order:
            content, ending = _file_of(part, place)
            if size.is_full(len(shards[-1].columns.ids), shards[-1].size_bytes, len(content)):
                shards[-1].end()
                shards.append(_Shard(path.with_name(f"{path.name}.{len(shards)}")))
            shards[-1].add(part.ids[place], place, int(part.labels[place]), content, ending)
            count(1)
        shards[-1].end()
    finally:
        shards[-1].close()
    return shards


def _even(size: ShardSize, count: int) -> ShardSize:
    """Shards of so many pictures each, with the last not left with a few."""
    if size.pictures is None:
        return size
    shards = -(-count // size.pictures)
    return ShardSize(-(-count // shards))


def _file_of(part: Part, place: int) -> tuple[bytes, str]:
    """The bytes of a picture's file and the file's ending, in small letters."""
    source = part.source
    if isinstance(source, FileSource):
        return _bytes_of(source.files[place]), source.files[place].suffix.lower()
    if isinstance(source, ShardSource):
        return source.content(place), PurePosixPath(source.member(place)).suffix.lower()
    return _as_png(source.read(place)), ".png"


def _bytes_of(path: Path) -> bytes:
    name = printable(path)
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):  # a FIFO would wait for ever
            raise PictureError(f"cannot pack {name}: it is not a regular file")
        if found.st_size > BYTE_LIMIT:
            raise PictureError(
                f"cannot pack {name}: it has {found.st_size:,} bytes, more than the limit of "
                f"{BYTE_LIMIT:,}"
            )
        return path.read_bytes()
    except OSError as error:
        raise PictureError(f"cannot pack {name}: {error.strerror}") from error


def _as_png(picture: Picture) -> bytes:
    file = io.BytesIO()
    Image.fromarray(picture[:, :, 0] if picture.shape[2] == 1 else picture).save(file, "PNG")
    return file.getvalue()


def _cut_note(data: Dataset) -> str:
    cut = data.cut
    if cut is None:
        return ""
    group = f", groups {cut.group!r} kept together" if cut.group else ""
    return f"pack set {cut.fraction:g} of the training pictures aside for validation{group}"


def _refuse_place(data: Dataset, out: Path) -> None:
    if os.path.lexists(out) and not (out.is_dir() and not any(out.iterdir())):
        raise UsageError(
            f"there is a {printable(out)} already, and shards are written to a folder of their "
            "own: name another, or remove it"
        )
    inside = data.location is not None and out.resolve().is_relative_to(data.location.resolve())
    if inside:
        raise UsageError(
            f"{printable(out)} is within the data, where it would be taken for a class: name a "
            "folder elsewhere"
        )


@contextmanager
def _whole_folder(out: Path) -> Iterator[Path]:
    """A folder that takes the name `out` when the block ends well, and is removed otherwise."""
    out = out.absolute()
    out.parent.mkdir(parents=True, exist_ok=True)
    folder = out.with_name(f".{out.name}.{secrets.token_hex(4)}.part")
    folder.mkdir()
    try:
        yield folder
        sync(folder)
        if out.is_dir():
            out.rmdir()  # it was empty; Windows does not rename over it
        folder.rename(out)
        sync(out.parent)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
