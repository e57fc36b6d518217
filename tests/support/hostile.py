"""The corpus: bad and odd picture files, and what must become of each.

A file either shows known pixels or is refused with known words. `whole_corpus` is the table; the
kinds of thing that are not merely bytes (pipes, links, odd names) are in `hostile_places`.
"""

import base64
import functools
import gzip
import io
import json
import struct
import zipfile
from collections.abc import Callable, Iterator

from hostile_bombs import bombs, grey_of, sizes
from hostile_kinds import kinds_of_pixels, metadata
from odd_files import png_chunks, png_of, segments
from odd_kinds import Odd
from picture_files import encoded, exif, four_colours, noise, png
from PIL import Image

COLOUR = noise(9, 13, 3)
NONE_OF_THESE = "that are none of these"
DAMAGED = "damaged"
EPS = (
    b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\n"
    b"0 0 10 10 rectfill\nshowpage\n%%EOF\n"
)


@functools.cache
def whole_corpus() -> tuple[Odd, ...]:
    """Every odd file, under names that differ."""
    makers: tuple[Callable[[], Iterator[Odd]], ...]
    makers = (cut_short, torn, disguised, other_formats, bombs, sizes, kinds_of_pixels, metadata,
              beyond_the_end)  # fmt: skip
    return tuple(odd for make in makers for odd in make())


def cut_short() -> Iterator[Odd]:
    """Files that end too soon, at every kind of place."""
    for name, content, length, says in (
        *_jpeg_cuts(), *_png_cuts(), *_gif_cuts(), *_webp_cuts(), *_bmp_cuts(), *_tiff_cuts()
    ):  # fmt: skip
        yield Odd(f"cut {name}", content[:length], says=says)
    whole = encoded(COLOUR, "PNG")
    end = png_chunks(whole)[b"IEND"][0]
    yield Odd("cut before the end mark.png", whole[:end], shows=COLOUR)
    yield Odd("cut in the end mark.png", whole[: end + 6], shows=COLOUR)
    palette = Image.fromarray(four_colours()).convert("P", palette=Image.Palette.ADAPTIVE)
    yield Odd("cut before the trailer.gif", encoded(palette, "GIF")[:-1], shows=four_colours())


Cut = tuple[str, bytes, int, str]  # name, whole file, bytes that are left, words of the refusal


def _jpeg_cuts() -> Iterator[Cut]:
    whole = encoded(four_colours(), "JPEG", quality=95, exif=exif(1))
    found = segments(whole)
    start = found[0xDA][1]
    places = {
        "the signature": (2, NONE_OF_THESE),
        "the header": (_middle(found[0xE0]), DAMAGED),
        "the EXIF": (_middle(found[0xE1]), DAMAGED),
        "the quantisation tables": (_middle(found[0xDB]), DAMAGED),
        "the size": (_middle(found[0xC0]), DAMAGED),
        "the Huffman tables": (_middle(found[0xC4]), DAMAGED),
        "the scan's header": (_middle(found[0xDA]), DAMAGED),
        "the scan at its start": (start, DAMAGED),
        "the scan": ((start + len(whole)) // 2, DAMAGED),
        "front of the end mark": (len(whole) - 2, DAMAGED),
        "the end mark": (len(whole) - 1, DAMAGED),
    }
    for place, (length, says) in places.items():
        yield f"in {place}.jpg", whole, length, says
    progressive = encoded(four_colours(), "JPEG", progressive=True)
    for part in (3, 6, 9):
        name = f"in a progressive scan at {part} tenths.jpg"
        yield name, progressive, len(progressive) * part // 10, DAMAGED


def _png_cuts() -> Iterator[Cut]:
    whole = encoded(COLOUR, "PNG")
    start, end = png_chunks(whole)[b"IDAT"]
    places = {"the signature": 3, "front of the header": 8, "the size": 20, "the header": 30,
              "front of the pixels": start, "the length of the pixels": start + 3,
              "the name of the pixels": start + 6, "the pixels": (start + end) // 2,
              "the last pixel": end - 20, "the last checksum": end - 2}  # fmt: skip
    for place, length in places.items():
        yield f"in {place}.png", whole, length, NONE_OF_THESE if length == 3 else DAMAGED
    paletted = encoded(Image.fromarray(four_colours()).convert("P"), "PNG")
    yield "in the palette.png", paletted, _middle(png_chunks(paletted)[b"PLTE"]), DAMAGED


def _gif_cuts() -> Iterator[Cut]:
    whole = encoded(Image.fromarray(noise(20, 20, 1)[:, :, 0]), "GIF")
    frame = whole.index(b"\x2c\0\0\0\0")
    places = {"the signature": 3, "front of the size": 6, "the size": 8, "the palette": 200,
              "front of the frame": frame, "the frame's size": frame + 5,
              "front of the pixels": frame + 10, "the pixels": (frame + len(whole)) // 2,
              }  # fmt: skip
    for place, length in places.items():
        yield f"in {place}.gif", whole, length, NONE_OF_THESE if length == 3 else DAMAGED


def _webp_cuts() -> Iterator[Cut]:
    lossy = encoded(four_colours(), "WEBP", quality=80)
    lossless = encoded(COLOUR, "WEBP", lossless=True)
    extended = encoded(COLOUR, "WEBP", lossless=True, exif=exif(6))
    for place, length in {"the signature": 8, "the chunk's header": 16, "the size": 24}.items():
        yield f"in {place}.webp", lossy, length, NONE_OF_THESE if length == 8 else DAMAGED
    for kind, content in (("lossy", lossy), ("lossless", lossless), ("extended", extended)):
        yield f"in the pixels, {kind}.webp", content, len(content) // 2, DAMAGED
        yield f"in the last byte, {kind}.webp", content, len(content) - 1, DAMAGED


def _bmp_cuts() -> Iterator[Cut]:
    whole = encoded(COLOUR, "BMP")
    paletted = encoded(Image.fromarray(noise(9, 13, 1)[:, :, 0]), "BMP")
    places = {"the signature": 1, "the first header": 10, "the size": 20, "the second header": 40,
              "front of the pixels": 54, "the pixels": 200,
              "the last pixel": len(whole) - 2}  # fmt: skip
    for place, length in places.items():
        yield f"in {place}.bmp", whole, length, NONE_OF_THESE if length == 1 else DAMAGED
    yield "in the palette.bmp", paletted, 300, DAMAGED


def _tiff_cuts() -> Iterator[Cut]:
    whole = encoded(COLOUR, "TIFF")
    packed = encoded(COLOUR, "TIFF", compression="tiff_lzw")
    places = {"the signature": 3, "front of the tags": 8, "the tags": 40, "the pixels": 300,
              "the last byte": len(whole) - 1}  # fmt: skip
    for place, length in places.items():
        yield f"in {place}.tif", whole, length, NONE_OF_THESE if length == 3 else DAMAGED
    yield "in the packed pixels.tif", packed, len(packed) // 3, DAMAGED
    yield "in the tags at the end.tif", packed, len(packed) - 20, DAMAGED


def torn() -> Iterator[Odd]:
    """Files of full length of which a part was never written, or written over."""
    jpeg = encoded(_photo(), "JPEG", quality=90)
    png_file, half = encoded(_photo(), "PNG"), len(jpeg) // 2
    yield Odd("second half zero.jpg", _zeros(jpeg), says=DAMAGED)
    yield Odd("second half ones.jpg", jpeg[:half] + b"\xff" * (len(jpeg) - half), says=DAMAGED)
    yield Odd("second half zero.png", _zeros(png_file), says=DAMAGED)
    yield Odd("second half zero.gif", _zeros(encoded(_photo().convert("P"), "GIF")), says=DAMAGED)
    packed = encoded(_photo(), "TIFF", compression="tiff_lzw")
    yield Odd("a hole in the pixels.tif", _hole(packed), says=DAMAGED)
    yield Odd("a hole in the pixels.png", _hole(png_file), says=DAMAGED)
    wrong = bytearray(encoded(COLOUR, "PNG"))
    wrong[-14] ^= 1
    yield Odd("a wrong checksum of the pixels.png", bytes(wrong), says=DAMAGED)
    # Kinds without a checksum: what is there is a picture, and no decoder can tell that it is not
    # the one that was. The doctor tells of zeros at the end that begin at a disk's block.
    shape = (120, 160, 3)
    bent = bytearray(jpeg)
    bent[half] ^= 4
    yield Odd("one bit of its pixels.jpg", bytes(bent), shape=shape)
    lossless = encoded(_photo(), "WEBP", lossless=True)
    yield Odd("second half zero, lossless.webp", _zeros(lossless), shape=shape)
    yield Odd("second half zero, lossy.webp", _zeros(encoded(_photo(), "WEBP")), shape=shape)
    yield Odd("second half zero.bmp", _zeros(encoded(_photo(), "BMP")), shape=shape)
    yield Odd("second half zero.tif", _zeros(encoded(_photo(), "TIFF")), shape=shape)
    flipped = bytearray(encoded(COLOUR, "PNG", compress_level=0))
    flipped[flipped.index(b"IDAT") + 60] ^= 0x10
    yield Odd("one bit of a pixel.png", bytes(flipped), says=DAMAGED)
    header = struct.pack(">IIBBBBB", 2, 2, 8, 0, 0, 0, 0)
    yield Odd("rows too few.png", png_of(header, b"\0ab"), shape=(2, 2, 1))  # checksums are right
    yield Odd("a filter that is none.png", png_of(header, b"\x09ab\0cd"), says=DAMAGED)
    yield Odd("rows too many.png", png_of(header, b"\0ab\0cd\0ef"), shows=grey_of([b"ab", b"cd"]))
    wrong = bytearray(encoded(COLOUR, "PNG"))
    wrong[30] ^= 1
    yield Odd("a wrong checksum of the size.png", bytes(wrong), says=DAMAGED)
    no_palette = png(2, 1, 8, 3, [b"\0\1"])
    yield Odd("no palette where one must be.png", no_palette, says=DAMAGED)
    yield Odd("line ends as text.png", png_file.replace(b"\r\n", b"\n"), says=DAMAGED)
    yield Odd("as text in UTF-8.jpg", jpeg.decode("latin-1").encode(), says=NONE_OF_THESE)


def disguised() -> Iterator[Odd]:
    """Something else under a picture's name."""
    page = b"<!DOCTYPE html>\n<html><head><title>404 Not Found</title></head></html>\n"
    jpeg = encoded(four_colours(), "JPEG", quality=95)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("cat.jpg", jpeg)
    others = {
        "a page of an error.jpg": page,
        "an answer in JSON.jpg": json.dumps({"error": "no such picture"}).encode(),
        "text.png": b"dear diary, " * 40,
        "text that begins as a bitmap.bmp": b"BMW is a maker of cars. " * 9,
        "a drawing in SVG.png": b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>',
        "a pointer of Git LFS.jpg": b"version https://git-lfs.github.com/spec/v1\noid sha256:4d",
        "a document.jpg": b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n",
        "a program in PostScript.jpg": EPS,
        "a program in PostScript behind DOS bytes.tif": b"\xc5\xd0\xd3\xc6\x1e\0\0\0" + EPS,
        "an archive.jpg": archive.getvalue(),
        "a packed picture.jpg": gzip.compress(jpeg, mtime=0),
        "a picture in base64.jpg": base64.b64encode(jpeg),
        "a picture as a web address.jpg": b"data:image/jpeg;base64," + base64.b64encode(jpeg),
        "a film.jpg": b"\0\0\0\x20ftypisom\0\0\2\0isomiso2avc1mp41" + bytes(50),
        "a pickle.jpg": b"\x80\x04\x95\x10\0\0\0\0\0\0\0\x8c\x02os\x94.",
        "a program.gif": b"\x7fELF\2\1\1" + bytes(60),
        "one byte.jpg": b"\xff",
        "one zero.png": b"\0",
        "zeros.jpg": bytes(5_000),
        "a line in front.jpg": b"\n" + jpeg,
        "a byte order mark in front.png": b"\xef\xbb\xbf" + encoded(COLOUR, "PNG"),
    }
    for name, content in others.items():
        says = DAMAGED if content.startswith(b"BM") else NONE_OF_THESE
        yield Odd(name, content, says=says)
    yield Odd("nothing.jpg", b"", says="the file is empty (0 bytes)")
    yield Odd("in truth a PNG.jpg", encoded(COLOUR, "PNG"), shows=COLOUR)
    yield Odd("in truth a JPEG.png", jpeg, shows=four_colours(), lossy=True)
    yield Odd("in truth a BMP.gif", encoded(COLOUR, "BMP"), shows=COLOUR)
    yield Odd("in truth a TIFF.webp", encoded(COLOUR, "TIFF"), shows=COLOUR)


def other_formats() -> Iterator[Odd]:
    """Pictures of formats that are not read, some of which Pillow would read."""
    for kind, name in (("AVIF", "avif"), ("JPEG2000", "jpeg 2000"), ("ICO", "icon"),
                       ("PPM", "portable"), ("TGA", "targa"), ("PCX", "paintbrush"),
                       ("ICNS", "mac"), ("DDS", "texture"), ("SGI", "irix"),
                       ("EPS", "postscript"), ("PDF", "pdf"), ("XBM", "x")):  # fmt: skip
        image = Image.fromarray(noise(16, 16, 3)).convert("1" if kind == "XBM" else "RGB")
        quick = {"speed": 10} if kind == "AVIF" else {}
        yield Odd(f"{name} by Pillow.jpg", encoded(image, kind, **quick), says=NONE_OF_THESE)
    heic = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic\0\0\0\x08mdat"
    yield Odd("of a telephone.jpg", heic, says=NONE_OF_THESE)
    yield Odd("of Photoshop.tif", b"8BPS\0\1" + bytes(60), says=NONE_OF_THESE)
    yield Odd("raw of a camera.tif", b"FUJIFILMCCD-RAW 0201" + bytes(90), says=NONE_OF_THESE)
    jpeg_xl = b"\xff\x0a\xfa\x1f\x41\x91\x08\x06\x01\0"
    yield Odd("jpeg xl.jpg", jpeg_xl, says=NONE_OF_THESE)
    yield Odd("jpeg ls.jpg", b"\xff\xd8\xff\xf7\0\x0b\x08\0\1\0\1\1\1\x11\0", says=DAMAGED)
    for bits, marker, name in ((12, 0xC1, "of 12 bits"), (8, 0xC3, "lossless")):
        content = bytearray(encoded(four_colours()[:, :, :1], "JPEG"))
        size = segments(bytes(content))[0xC0][0]
        content[size + 1], content[size + 4] = marker, bits
        yield Odd(f"jpeg {name}.jpg", bytes(content), says=DAMAGED)


def beyond_the_end() -> Iterator[Odd]:
    """Whole pictures with something behind them."""
    behind = b"\r\n<script>alert(1)</script>" * 40
    two = Image.fromarray(four_colours()[:, ::-1])
    palette = Image.fromarray(four_colours()).convert("P", palette=Image.Palette.ADAPTIVE)
    jpeg = encoded(four_colours(), "JPEG", quality=95)
    yield Odd("rubbish behind.jpg", jpeg + behind, shows=four_colours(), lossy=True)
    yield Odd("zeros behind.jpg", jpeg + bytes(4096), shows=four_colours(), lossy=True)
    second = encoded(two, "JPEG", quality=95)
    yield Odd("two of them.jpg", jpeg + second, shows=four_colours(), lossy=True)
    yield Odd(
        "an archive behind.jpg", jpeg + b"PK\3\4" + bytes(99), shows=four_colours(), lossy=True
    )
    for kind, name in (("PNG", "png"), ("BMP", "bmp"), ("TIFF", "tif")):
        yield Odd(f"rubbish behind.{name}", encoded(COLOUR, kind) + behind, shows=COLOUR)
    yield Odd("rubbish behind.gif", encoded(palette, "GIF") + behind, shows=four_colours())
    webp = encoded(COLOUR, "WEBP", lossless=True)
    yield Odd("rubbish behind.webp", webp + behind, shows=COLOUR)
    pair = encoded(COLOUR, "PNG") + encoded(noise(4, 4, 3), "PNG")
    yield Odd("two of them.png", pair, shows=COLOUR)


def _middle(ends: tuple[int, int]) -> int:
    return sum(ends) // 2


@functools.cache
def _photo() -> Image.Image:
    """Soft colours, 160 x 120, that need some thousand bytes in any format."""
    return Image.fromarray(noise(15, 20, 3, seed=5)).resize((160, 120), Image.Resampling.BICUBIC)


def _zeros(content: bytes) -> bytes:
    half = len(content) // 2
    return content[:half] + bytes(len(content) - half)


def _hole(content: bytes) -> bytes:
    start, length = len(content) // 3, len(content) // 4
    return content[:start] + bytes(length) + content[start + length :]
