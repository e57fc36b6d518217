"""The kinds of findings for which pictures were opened, and how bad each of them is."""

from collections.abc import Mapping, Sequence

from lenswork.data.doctor.finding import Finding, Severity, alone

CONTENT_CODES: Mapping[str, tuple[Severity, str]] = {  # what it says in docs/doctor.md
    # files that training cannot read
    "empty": ("refuse", "a file of 0 bytes"),
    "unreadable": ("refuse", "a file that the system does not give"),
    "not-a-picture": ("refuse", "another kind of file under a picture's name"),
    "cut-off": ("refuse", "a picture whose file breaks off"),
    "damaged": ("refuse", "a picture that cannot be decoded"),
    "too-many-pixels": ("refuse", "a picture that unpacks to more pixels than the limit"),
    "not-opened": ("note", "pictures in tar shards, of which only the names are looked at"),
    # pictures that training reads
    "decoder-warnings": ("warn", "a picture that the decoder warns of"),
    "over-limit": ("warn", "a picture of more pixels than `--pixel-limit`, which training takes"),
    "unwritten": ("warn", "a WebP, BMP or TIFF that ends in zeros from a disk's block on"),
    "grey-below": ("note", "a JPEG that ends in even grey: data is missing, or it is a border"),
    "one-colour": ("warn", "a picture of one even colour"),
    "colour-tells-class": ("warn", "grey pictures in some classes, colour in the others"),
    "mixed-colours": ("note", "grey and colour pictures side by side"),
    "mixed-models": ("note", "colours kept as CMYK, YCbCr, LAB or HSV beside others"),
    "mislabelled": ("note", "a suffix that says another format than the content"),
    "animated": ("note", "several frames, of which the first is read"),
    "see-through": ("note", "pixels that are not opaque, and are laid on white"),
    "stretched": (
        "note",
        "sides of another proportion than the input's, or the middle size's",
    ),
    "enlarged": ("note", "less than half as large as the network's input"),
    "shrunk": ("note", "more than 16 times as large as the network's input on each side"),
    # copies
    "two-labels": ("warn", "the same picture in two classes"),
    "copies-across": ("warn", "the same picture on both sides of a split"),
    "copies": ("note", "the same picture several times in one class"),
    "near-copies-across": ("warn", "nearly the same picture on both sides of a split"),
    "near-copies": ("note", "nearly the same picture twice, where a split may yet be cut"),
    # the parts
    "other-world": ("warn", "validation pictures that look unlike the training pictures"),
}


def seen(
    code: str,
    title: str,
    meaning: str,
    cure: str,
    *,
    files: Sequence[str] = (),
    groups: Sequence[Sequence[str]] = (),
    move: Sequence[str] = (),
) -> Finding:
    """A finding with the severity of its code."""
    together = alone(files) if files else tuple(tuple(group) for group in groups)
    return Finding(code, CONTENT_CODES[code][0], title, meaning, cure, together, tuple(move))
