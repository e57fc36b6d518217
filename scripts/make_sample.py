"""Make the embedded sample, horses-or-humans at 150x150 as JPEG, from the full set.

Usage: python scripts/make_sample.py FULL_FOLDER, where FULL_FOLDER holds train/ and validation/,
each with horses/ and humans/. The same pictures and the same Pillow give the same bytes.
"""

import argparse
import shutil
from pathlib import Path

import PIL
from PIL import Image

SAMPLE = Path(__file__).resolve().parents[1] / "src" / "lenswork" / "data" / "sample"
COUNTS = {
    ("train", "horses"): 500,
    ("train", "humans"): 527,
    ("validation", "horses"): 128,
    ("validation", "humans"): 128,
}
FULL_SIDE = 300
SIDE = 150
QUALITY = 88  # the highest even number that keeps all 1,283 pictures well under the limit
LIMIT_BYTES = 8_000_000

ATTRIBUTION = """\
# Attribution

The {count:,} pictures in `train/` and `validation/` are made from the data set
**Horses or Humans** by **Laurence Moroney** (lmoroney@gmail.com / laurencemoroney.com), 2019,
http://laurencemoroney.com/horses-or-humans-dataset

Licence: Creative Commons Attribution 2.0 Generic (CC BY 2.0),
https://creativecommons.org/licenses/by/2.0/

> free for you to share and adapt for all uses, commercial or non-commercial. Please just
> attribute and give appropriate credit to Laurence Moroney
> (lmoroney@gmail.com / laurencemoroney.com)

What was changed: every picture was brought from {full}x{full} to {side}x{side} pixels (Pillow,
bilinear), its alpha channel, opaque everywhere, was dropped, and it was saved as JPEG (quality
{quality}) in place of PNG. Names, classes and the division into training and validation are as
they were. The author has not endorsed this use.

Made by `scripts/make_sample.py`: {total:,} bytes.
"""


def shrink(source: Path, target: Path) -> None:
    """Save the picture at `source`, SIDE x SIDE, as a JPEG at `target`."""
    with Image.open(source) as full:
        if full.mode != "RGBA" or full.size != (FULL_SIDE, FULL_SIDE):
            raise SystemExit(
                f"{source}: expected {FULL_SIDE}x{FULL_SIDE} RGBA, got {full.size} {full.mode}"
            )
        if full.getchannel("A").getextrema() != (255, 255):
            raise SystemExit(f"{source}: expected an opaque picture, got a transparent one")
        small = full.convert("RGB").resize((SIDE, SIDE), Image.Resampling.BILINEAR)
    small.save(target, "JPEG", quality=QUALITY, optimize=True)


def make_part(full: Path, part: str, name: str) -> int:
    """Make one class of one part and return its bytes."""
    sources = sorted((full / part / name).glob("*.png"))
    expected = COUNTS[part, name]
    if len(sources) != expected:
        raise SystemExit(f"{full / part / name}: expected {expected} PNG files, got {len(sources)}")
    folder = SAMPLE / part / name
    folder.mkdir(parents=True)
    for source in sources:
        shrink(source, folder / f"{source.stem}.jpg")
    return sum(path.stat().st_size for path in folder.iterdir())


def main() -> None:
    """Make the sample anew."""
    parser = argparse.ArgumentParser(description="Make the embedded sample from the full set.")
    parser.add_argument("full", type=Path, metavar="FULL_FOLDER")
    full: Path = parser.parse_args().full
    for part in {part for part, _ in COUNTS}:
        shutil.rmtree(SAMPLE / part, ignore_errors=True)
    total = sum(make_part(full, part, name) for part, name in COUNTS)
    if total >= LIMIT_BYTES:
        raise SystemExit(f"expected less than {LIMIT_BYTES:,} bytes, got {total:,}: lower QUALITY")
    text = ATTRIBUTION.format(
        count=sum(COUNTS.values()), full=FULL_SIDE, side=SIDE, quality=QUALITY, total=total
    )
    (SAMPLE / "ATTRIBUTION.md").write_text(text, encoding="utf-8")
    print(f"{SAMPLE}: {sum(COUNTS.values()):,} pictures, {total:,} bytes, Pillow {PIL.__version__}")


if __name__ == "__main__":
    main()
