"""The parts of recorded outputs that README shows."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from generated import ROOT
from outputs import kept as kept_in

OUTPUTS = ROOT / "docs" / "outputs" / "readme.json"
SAMPLE = "src/lenswork/data/sample"  # the embedded pictures, as a clone has them
CUT, WIDEST = "...", 105  # characters of a line, beyond which it is cut


@dataclass(frozen=True)
class Excerpt:
    """A command, and patterns of the lines that are shown of its output."""

    command: str
    wanted: tuple[str, ...] = ("",)

    def of(self, lines: Sequence[str]) -> list[str]:
        """The lines whose beginning fits a pattern, with `...` for those between them.

        Ends the program where a pattern fits none.
        """
        stripped = [line.strip() for line in lines]
        for pattern in self.wanted:
            if not any(re.match(pattern, line) for line in stripped):
                raise SystemExit(f"lenswork {self.command} prints no line like {pattern!r}")
        kept: list[str] = []
        for line in lines:
            if any(re.match(pattern, line.strip()) for pattern in self.wanted):
                kept.append(shortened(line))
            elif kept and kept[-1] != CUT:
                kept.append(CUT)
        return kept[:-1] if kept[-1] == CUT else kept


FORGOTTEN = "look last --forgot rescale --out forgot.png"  # docs/look.md tells its last line
EXCERPTS: Mapping[str, Sequence[Excerpt]] = {
    "train": (Excerpt("train", (r"(?!epoch |lenswork )", r"epoch +1/", r"epoch (\d+)/\1 ")),),
    "doctor": (Excerpt("doctor horses-or-humans-150"),),
    "take-along": (
        Excerpt(f"predict last {SAMPLE}/validation/horses/horse1-000.jpg"),
        Excerpt("export last --to onnx"),
        Excerpt(
            f"predict horses-or-humans-150-1.onnx {SAMPLE}/validation/humans/valhuman01-00.jpg"
        ),
    ),
}


def shown(name: str, outputs: Path = OUTPUTS) -> str:
    """A block of README by its name: commands with what they printed; or the conditions of all."""
    if name == "conditions":
        return conditions(json.loads(outputs.read_text("utf-8")))
    if name not in EXCERPTS:
        raise SystemExit(f"README shows {name!r}, and there is {', '.join(EXCERPTS)}, conditions")
    printed = kept_in(outputs)
    blocks = [
        "\n".join([f"$ lenswork {one.command}", *one.of(printed[one.command])])
        for one in EXCERPTS[name]
    ]
    return "\n".join(["```", *blocks, "```"])


def conditions(found: Mapping[str, Any]) -> str:
    """Machine, versions and date of the outputs, in brackets."""
    machine = found["machine"]
    return (
        f"({machine['processor']}, {machine['threads']} of {machine['cores']} cores, PyTorch "
        f"{found['packages']['torch']}, seed 0, one run, {found['date']}; some lines, and the ends "
        "of long ones, are left out.)"
    )


def shortened(line: str) -> str:
    """A line that is not too wide."""
    return line if len(line) <= WIDEST else f"{line[: WIDEST - 2].rstrip(' ,')} …"
