"""An ONNX file looked over before it is read: its texts, and of how many parts it is made.

A stranger's file may hold gigabytes of anything. What it says of itself tells how large it may be,
so that is read first. A file is one message of parts, each with its number, its kind and, for texts
and messages, its length (Protocol Buffers, "Encoding": wire types), so the others are passed over.
Of a message of two bytes a reader makes one of hundreds, so all parts are counted before it reads.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO

from google.protobuf.message import DecodeError
from onnx import ModelProto, StringStringEntryProto

from lenswork.errors import ClassifierError

TEXTS = ModelProto.DESCRIPTOR.fields_by_name["metadata_props"].number
NUMBER, WIDE, SIZED, NARROW = 0, 1, 2, 5  # wire types; groups, 3 and 4, are in no ONNX file
MOST_PARTS = 10_000  # a file of ours has a dozen
MOST_INSIDE = 200_000  # parts at any depth; a layer takes a hundred
MOST_LETTERS = 64_000_000  # of all texts: the golden answers of a thousand classes need 7 million
MOST_WORDS = 8 * 2**20  # of a text that is not ASCII: a letter of it takes up to four bytes
LONGEST_HEAD = 64  # bytes of a text's name and lengths
LONGEST_NUMBER = 10  # bytes
HEAD = 2 * LONGEST_NUMBER  # bytes of a part's number, kind and length
SEVEN_BITS = 127


def texts_in(path: Path) -> dict[str, str]:
    """The metadata of an ONNX file; raises `ClassifierError` for one that is torn or no such file.

    Of the rest nothing is read, nor is it known to be whole.
    """
    texts: dict[str, str] = {}
    with path.open("rb") as file:
        try:
            left = MOST_LETTERS
            for number, start, length in _parts(file, path.stat().st_size):
                if number != TEXTS:
                    continue
                left -= length
                if left < 0:
                    raise ClassifierError(
                        f"{path}: its texts are longer than those of any classifier, "
                        f"{MOST_LETTERS:,} bytes"
                    )
                file.seek(start)
                name, text = _text(file.read(length), path)
                texts[name] = text
        except (ValueError, DecodeError) as error:
            raise ClassifierError(
                f"{path} is no whole ONNX file: export or copy it again"
            ) from error
    return texts


def refuse_many_parts(content: bytes) -> None:
    """Raise `ClassifierError` for a file of more parts than a graph of ours, at whatever depth.

    Raises `DecodeError` for one that is torn.
    """
    waiting: list[tuple[Any, int, int]] = [(ModelProto.DESCRIPTOR, 0, len(content))]
    left = MOST_INSIDE
    try:
        while waiting:
            message, place, end = waiting.pop()
            inside = _messages_in(message)
            while place < end:
                left -= 1
                if left < 0:
                    raise ClassifierError(f"it is made of more than {MOST_INSIDE:,} parts")
                number, start, length = _part(content[place : place + HEAD], place)
                place = start + length
                if length and number in inside:
                    waiting.append((inside[number], start, place))
            if place != end:
                raise ValueError("a part reaches beyond what it is in")
    except ValueError as error:
        raise DecodeError(str(error)) from error


@cache
def _messages_in(message: Any) -> Mapping[int, Any]:
    """What kinds of message a kind of message has in it, by the numbers of the parts."""
    return {
        field.number: field.message_type
        for field in message.fields
        if field.message_type is not None
    }


def _text(content: bytes, path: Path) -> tuple[str, str]:
    """A text and its name."""
    if len(content) > MOST_WORDS and not content[LONGEST_HEAD:].isascii():
        raise ClassifierError(
            f"{path}: one of its texts has {len(content):,} bytes that are not plain letters, as "
            "no classifier has"
        )
    entry = StringStringEntryProto.FromString(content)
    if not isinstance(entry.key, str) or not isinstance(text := entry.value, str):
        raise ValueError("a text that is not in UTF-8")  # protobuf gives its bytes
    return entry.key, text


def _parts(file: BinaryIO, size: int) -> Iterator[tuple[int, int, int]]:
    """(number, first byte, count of bytes) of each part; raises `ValueError` where there is none.

    What has no length of its own, a number, counts none.
    """
    place = 0
    for _ in range(MOST_PARTS):
        if place == size:
            return
        file.seek(place)
        number, start, length = _part(file.read(HEAD), place)
        if start + length > size:
            raise ValueError("it ends too early")
        yield number, start, length
        place = start + length
    raise ValueError(f"more than {MOST_PARTS:,} parts")


def _part(head: bytes, place: int) -> tuple[int, int, int]:
    """(number, first byte, count of bytes) of the part that begins with `head` at `place`."""
    key, taken = _number(head, 0)
    kind, length = key & 7, 0
    if kind == NUMBER:
        _, taken = _number(head, taken)
    elif kind == SIZED:
        length, taken = _number(head, taken)
    elif kind in (WIDE, NARROW):
        taken += 8 if kind == WIDE else 4
    else:
        raise ValueError(f"a part of the unknown kind {kind}")
    return key >> 3, place + taken, length


def _number(content: bytes, place: int) -> tuple[int, int]:
    """A number of seven bits a byte, the lowest first, and where the next thing begins."""
    if place < len(content) and content[place] <= SEVEN_BITS:  # as nearly all are
        return content[place], place + 1
    value = 0
    for count, byte in enumerate(content[place : place + LONGEST_NUMBER]):
        value |= (byte & SEVEN_BITS) << (7 * count)
        if byte <= SEVEN_BITS:
            return value, place + count + 1
    raise ValueError("a number without an end")
