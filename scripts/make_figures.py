"""Make the figures of docs/look.md from mnist, fashion-mnist and horses-or-humans.

Run as `python scripts/make_figures.py [HOME]`: trains the three runs that are not yet in HOME
(default .figures/, which git ignores), then draws every figure into docs/figures/ and keeps what
the commands print in docs/outputs/look.json.
"""

import shlex
import sys
import tempfile
from pathlib import Path

from PIL import Image

from generated import ROOT
from outputs import keep, printed

LARGE_BYTES = 300_000  # beyond it, 256 colours are enough for a page
FIGURES = ROOT / "docs" / "figures"

RUNS = {
    "mnist": "mnist --preset conv-32x2 --recipe notes --epochs 3",
    "fashion": "fashion-mnist --preset conv-32x2 --recipe notes --epochs 3 --validation 0.1",
    "horses": "horses-or-humans --preset horses-150 --recipe notes --epochs 8",
}

LOOKS = {  # file -> command; every figure of docs/look.md
    "maps-mnist.png": "look mnist --pictures 0,7,26 --channel 1",
    "maps-horses.png": "look horses --pictures 0,23,128 --channel 1",
    "all-channels-fashion.png": "look fashion --pictures 0 --all-channels --layers 1,2",
    "filters-mnist.png": "look mnist --filters",
    "sizes-mnist.png": "look mnist --sizes",
    "sees-horses.png": "look horses --sees 5:10,10",
    "value-mnist.png": "look mnist --value 1:1,10,12",
    "attribution-horses.png": "look horses --pictures 0,130 --attribution grad-cam",
    "occlusion-horses.png": "look horses --pictures 0,130 --attribution occlusion",
    "gradients-mnist.png": "look mnist --pictures 0,7 --attribution integrated-gradients",
    "forgot-rescale-horses.png": "look horses --pictures 0,1,128,129 --forgot rescale",
    "forgot-colours-horses.png": "look horses --pictures 0,1,128,129 --forgot colours",
    "forgot-size-horses.png": "look horses --pictures 0,1,128,129 --forgot size",
    "forgot-class-order-mnist.png": "look mnist --pictures 0,7,26 --forgot class-order",
    "augmented-horses.png": "look horses-or-humans --augmented",
    "augmented-mnist.png": "look mnist --augmented 'shift 2, turn 15, zoom 0.3, contrast 0.5'",
    "filter-vertical.png": "filter --preset vertical-edges",
    "filter-presets.png": "filter --preset all",
    "mistakes-fashion.png": "mistakes fashion --most 24",
}
MORE = [  # commands whose figures have options of their own
    "mistakes fashion --matrix {figures}/matrix-fashion.png",
    (
        "mistakes fashion --calibration {figures}/calibration-fashion.png"
        " --calibrated {aside}/fashion.safetensors"
    ),
    "mistakes fashion --embedding {figures}/embedding-fashion.png",
]
OUTPUTS = ROOT / "docs" / "outputs" / "look.json"


def told_by(words: str, home: Path, aside: Path) -> list[str]:
    """What one command prints, with the names that a reader knows."""
    takes_home = words.split()[0] != "filter"
    line = f"{words} --home {shlex.quote(str(home))}" if takes_home else words
    return printed(line, aside, names=((f"{FIGURES}/", ""), (str(home), "runs")))


def main() -> None:
    """Train what is missing, draw everything, and keep what is said of it."""
    home = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / ".figures").resolve()
    FIGURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        aside = Path(name)
        for run, words in RUNS.items():
            if not (home / run / "classifier.safetensors").is_file():
                told_by(f"train {words} --name {run}", home, aside)
        told = {
            words: told_by(f"{words} --out {shlex.quote(str(FIGURES / file))}", home, aside)
            for file, words in LOOKS.items()
        }
        for words in MORE:
            line = words.format(figures=FIGURES, aside=aside)
            told[words.partition(" {")[0]] = told_by(line, home, aside)
    keep(OUTPUTS, told)
    for path in FIGURES.glob("*.png"):
        if path.stat().st_size > LARGE_BYTES:
            with Image.open(path) as figure:
                figure.convert("RGB").quantize(256).save(path, optimize=True)


if __name__ == "__main__":
    main()
