"""HDF5 files as Keras writes them, read without the HDF5 library.

That library is C which follows whatever addresses a file holds. This reads the few structures
that h5py writes by default ("HDF5 File Format Specification Version 3.0": superblock 0 or 1,
object headers 1, symbol tables, contiguous data). Each is checked against the file's length and
all are counted, so that a hostile file costs little. Everything else is refused by name: links,
data in other files, filters, chunks.
"""

import math
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from lenswork.errors import ClassifierError

SIGNATURE = b"\x89HDF\r\n\x1a\n"
NOWHERE = 2**64 - 1  # an address that stands for none
SPACE, KIND, EXTERNAL, LAYOUT, FILTERS, ATTRIBUTE, NEXT, TABLE = 1, 3, 7, 8, 11, 12, 16, 17
SHARED = 2  # a message's flag: its body is elsewhere
MOST_STEPS = 100_000  # each message, member and text is one; three hundred layers take 20,000
MOST_BYTES = 32 * 2**20  # of structures and texts, not of data
LARGEST_BLOCK = 16 * 2**20
LONGEST_NAME = 1000  # bytes
MOST_DIMENSIONS = 8
DEEPEST_TREE = 8
FLOATS = {(2, 16, 5): "f2", (4, 32, 8): "f4", (8, 64, 11): "f8"}  # bytes, bits, exponent's bits
FIXED_TEXT, VARIABLE = 3, 9  # classes of kinds


class Content(Protocol):
    """Bytes that can be read anywhere."""

    @property
    def size(self) -> int:
        """How many there are."""
        ...

    def read_at(self, start: int, length: int) -> bytes:
        """`length` bytes from `start`, fewer at the end."""
        ...


@dataclass(frozen=True)
class Stored:
    """An array in the file: its shape, its numbers' kind and where they are."""

    shape: tuple[int, ...]
    kind: np.dtype[np.floating]
    start: int

    @property
    def byte_count(self) -> int:
        """Bytes of all its numbers."""
        return math.prod(self.shape) * self.kind.itemsize


class H5File:
    """The groups, attributes and arrays of a file; raises `ClassifierError` naming it.

    Paths are names joined by slashes, "" for the file's first group.
    """

    def __init__(self, content: Content, name: str) -> None:
        self.content = content
        self.name = name
        self._steps = self._bytes = 0
        self._members: dict[int, dict[str, int]] = {}
        self._messages: dict[int, list[tuple[int, bytes]]] = {}
        with self._told():
            self._root = self._first_group()

    def has(self, path: str) -> bool:
        """Whether there is a group or an array at `path`."""
        with self._told():
            return self._found(path) is not None

    def names(self, path: str) -> tuple[str, ...]:
        """What is in the group at `path`; nothing where there is no such group."""
        with self._told():
            address = self._found(path)
            return () if address is None else tuple(self._members_of(address))

    def texts(self, path: str, attribute: str) -> tuple[str, ...] | None:
        """The texts of an attribute, or None where it is not there."""
        with self._told():
            address = self._found(path)
            if address is None:
                return None
            for kind, body in self._messages_of(address):
                if kind == ATTRIBUTE and (found := self._attribute(body, attribute)) is not None:
                    return found
            return None

    def stored(self, path: str) -> Stored:
        """Shape and kind of the array at `path`, which holds floats."""
        with self._told():
            address = self._found(path)
            if address is None:
                raise self._error(f"expected an array {path!r}, but there is none")
            return self._stored(address, path)

    def array(self, stored: Stored) -> NDArray[np.float32]:
        """The numbers of an array, of its shape."""
        if stored.byte_count == 0:
            return np.empty(0, np.float32)
        with self._told():
            content = self.content.read_at(stored.start, stored.byte_count)
            if len(content) < stored.byte_count:
                raise self._error("it ends before its data does")
            values = np.frombuffer(content, stored.kind).reshape(stored.shape)
            return values.astype(np.float32)

    def _error(self, problem: str) -> ClassifierError:
        return ClassifierError(f"{self.name}: {problem}; save it again with Keras as a .keras file")

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except (struct.error, UnicodeDecodeError, ValueError, OverflowError, IndexError) as error:
            raise self._error(f"it is no whole HDF5 file ({error})") from error

    def _count(self, steps: int, length: int = 0) -> None:
        """More that is looked at, also again: a small file can refer to itself without end."""
        self._steps += steps
        self._bytes += length
        if self._steps > MOST_STEPS or length > LARGEST_BLOCK or self._bytes > MOST_BYTES:
            raise self._error("its HDF5 structure is larger than that of any Keras model")

    def _at(self, start: int, length: int) -> bytes:
        self._count(1, length)
        if not 0 <= start <= self.content.size - length:
            raise self._error("it is no whole HDF5 file (an address lies outside of it)")
        content = self.content.read_at(start, length)
        if len(content) != length:
            raise self._error("it is no whole HDF5 file (it ends too early)")
        return content

    def _first_group(self) -> int:
        head = self._at(0, 16)
        if head[:8] != SIGNATURE:
            raise self._error("it is no HDF5 file")
        if head[8] not in (0, 1) or (head[13], head[14]) != (8, 8):
            raise self._error(f"it is an HDF5 file of an unusual form (superblock {head[8]})")
        start = 24 + 4 * head[8]
        base, _, _, _, _, address = struct.unpack("<6Q", self._at(start, 48))
        if base != 0:
            raise self._error("it is an HDF5 file that begins in the middle")
        return int(address)

    def _found(self, path: str) -> int | None:
        address: int | None = self._root
        for name in path.split("/") if path else ():
            address = self._members_of(address).get(name) if address is not None else None
        return address

    def _messages_of(self, address: int) -> list[tuple[int, bytes]]:
        """(kind, body) of each message of an object's header."""
        if address in self._messages:
            self._count(len(self._messages[address]))  # which are gone through again
            return self._messages[address]
        version, _, count, _, length = struct.unpack("<BBHII", self._at(address, 12))
        if version != 1:
            raise self._error(f"it is an HDF5 file of an unusual form (object header {version})")
        blocks, found, seen = [(address + 16, length)], [], 0
        for start, size in blocks:  # grows while it is read; every block is counted
            block, place = self._at(start, size), 0
            while place + 8 <= len(block) and seen < count:
                self._count(1)
                kind, size, flags = struct.unpack_from("<HHB", block, place)
                body = block[place + 8 : place + 8 + size]
                if len(body) != size or (flags & SHARED and kind in (SPACE, KIND, LAYOUT)):
                    raise self._error("it is an HDF5 file of an unusual form (a shared message)")
                if kind == NEXT:
                    blocks.append(struct.unpack_from("<QQ", body))
                found.append((kind, body))
                place, seen = place + 8 + size, seen + 1
        self._messages[address] = found
        return found

    def _members_of(self, address: int) -> dict[str, int]:
        """The addresses of a group's members by name; nothing for an array."""
        if address in self._members:
            return self._members[address]
        bodies = self._messages_of(address)
        tables = [body for kind, body in bodies if kind == TABLE]
        if not tables:
            if not any(kind == LAYOUT for kind, _ in bodies):
                raise self._error("it is an HDF5 file of an unusual form (a group without table)")
            return {}
        tree, heap = struct.unpack_from("<QQ", tables[0])
        signature, _, size, _, start = struct.unpack("<4sIQQQ", self._at(heap, 32))
        if signature != b"HEAP":
            raise self._error("it is no whole HDF5 file (a group's names are missing)")
        names = self._at(start, size)
        members: dict[str, int] = {}
        for leaf in self._leaves(tree, DEEPEST_TREE):
            members |= self._symbols(leaf, names)
        self._members[address] = members
        return members

    def _leaves(self, address: int, highest: int) -> Iterator[int]:
        """The symbol nodes below a node of a group's B-tree."""
        signature, kind, level, used = struct.unpack("<4sBBH", self._at(address, 8))
        if signature != b"TREE" or kind != 0 or level > highest:
            raise self._error("it is no whole HDF5 file (a group's tree is broken)")
        numbers = struct.unpack(f"<{2 * used + 1}Q", self._at(address + 24, 16 * used + 8))
        for child in numbers[1::2]:
            if level == 0:
                yield child
            else:
                yield from self._leaves(child, level - 1)

    def _symbols(self, address: int, names: bytes) -> dict[str, int]:
        signature, _, _, count = struct.unpack("<4sBBH", self._at(address, 8))
        if signature != b"SNOD":
            raise self._error("it is no whole HDF5 file (a group's members are missing)")
        entries = self._at(address + 8, 40 * count)
        self._count(count)
        members = {}
        for number in range(count):
            place, target, cached = struct.unpack_from("<QQI", entries, 40 * number)
            end = names.index(b"\0", place, place + LONGEST_NAME)
            name = names[place:end].decode("utf-8")
            if target == NOWHERE or cached == 2:
                raise self._error(f"{name!r} is a link, which no Keras model holds")
            members[name] = target
        return members

    def _attribute(self, body: bytes, wanted: str) -> tuple[str, ...] | None:
        """The texts in an attribute's message if it has the wanted name."""
        version, flags, *sizes = struct.unpack_from("<BBHHH", body)
        if version not in (1, 2, 3):
            raise self._error(f"it is an HDF5 file of an unusual form (attribute {version})")
        place, parts = 9 if version == 3 else 8, []
        for size in sizes:
            parts.append(body[place : place + size])
            place += size + (-size % 8 if version == 1 else 0)
        if parts[0].split(b"\0")[0].decode("utf-8") != wanted:
            return None
        if version > 1 and flags & 3:
            raise self._error("it is an HDF5 file of an unusual form (a shared attribute)")
        count = math.prod(self._shape(parts[2]))
        return tuple(self._texts(parts[1], count, body[place:]))

    def _texts(self, kind: bytes, count: int, data: bytes) -> Iterator[str]:
        family, size = kind[0] & 15, struct.unpack_from("<I", kind, 4)[0]
        if count == 0:
            return
        if not 0 < count * size <= len(data):
            raise self._error("it is no whole HDF5 file (an attribute is cut off)")
        for start in range(0, count * size, size):
            if family == FIXED_TEXT:
                yield data[start : start + size].rstrip(b"\0").decode("utf-8")
            elif family == VARIABLE and kind[1] & 15 == 1:
                length, address, number = struct.unpack_from("<IQI", data, start)
                yield self._heap_text(address, number, length) if length else ""
            else:
                raise self._error("an attribute that should be text is none")

    def _heap_text(self, address: int, wanted: int, length: int) -> str:
        signature, _, size = struct.unpack("<4sIQ", self._at(address, 16))
        if signature != b"GCOL":
            raise self._error("it is no whole HDF5 file (a text is missing)")
        heap, place = self._at(address, size), 16
        while place + 16 <= len(heap):
            self._count(1)
            number, _, _, taken = struct.unpack_from("<HHIQ", heap, place)
            if number == wanted and length <= taken:
                return heap[place + 16 : place + 16 + length].rstrip(b"\0").decode("utf-8")
            if number == 0:
                break
            place += 16 + taken + -taken % 8
        raise self._error("it is no whole HDF5 file (a text is missing)")

    def _shape(self, body: bytes) -> tuple[int, ...]:
        version, dimensions = body[0], body[1]
        if version not in (1, 2) or dimensions > MOST_DIMENSIONS:
            raise self._error(f"it is an HDF5 file of an unusual form (dataspace {version})")
        if version == 2 and body[3] == 2:  # nothing at all
            return (0,)
        return struct.unpack_from(f"<{dimensions}Q", body, 8 if version == 1 else 4)

    def _stored(self, address: int, path: str) -> Stored:
        bodies = dict(reversed(self._messages_of(address)))
        if missing := {SPACE, KIND, LAYOUT} - set(bodies):
            raise self._error(f"{path!r} is no array (message {min(missing)} is missing)")
        if EXTERNAL in bodies:
            raise self._error(f"the numbers of {path!r} are in another file")
        shape, kind = self._shape(bodies[SPACE]), self._floats(bodies[KIND], path)
        layout = bodies[LAYOUT]
        if FILTERS in bodies or layout[0] not in (3, 4) or layout[1] != 1:
            raise self._error(f"{path!r} is compressed or in pieces, which Keras does not write")
        start, size = struct.unpack_from("<QQ", layout, 2)
        found = Stored(shape, kind, start)
        if size != found.byte_count or (size and start + size > self.content.size):
            raise self._error(
                f"{path!r} says that it has {found.byte_count:,} bytes of numbers, but the file "
                "does not hold them"
            )
        return found

    def _floats(self, body: bytes, path: str) -> np.dtype[np.floating]:
        size = struct.unpack_from("<I", body, 4)[0]
        _, bits, _, exponent = struct.unpack_from("<HHBB", body, 8)
        known = FLOATS.get((size, bits, exponent))
        if body[0] & 15 != 1 or known is None:
            raise self._error(f"the numbers of {path!r} are no floats of 16, 32 or 64 bits")
        return np.dtype((">" if body[1] & 1 else "<") + known)
