"""Run the commands whose output README shows, and keep all that they print.

Run as `python scripts/make_outputs.py` on a machine with nothing else to do, since the output tells
times: half a minute of training on two cores. `python scripts/make_readme_tables.py` then takes the
lines that README shows from docs/outputs/readme.json.
"""

import tempfile
from pathlib import Path

from generated import ROOT
from outputs import keep, printed
from readme_outputs import EXCERPTS, FORGOTTEN, OUTPUTS

COMMANDS = (*(one.command for block in EXCERPTS.values() for one in block), FORGOTTEN)
TELLS_AS_IT_GOES = ("train",)  # what it says meanwhile belongs to its output


def main() -> None:
    """Run all commands in an empty folder, where the sources lie as in a clone."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "src").symlink_to(ROOT / "src")
        variables = {"LENSWORK_CACHE": str(folder / "cache")}
        shown = {
            command: printed(
                command,
                folder,
                variables=variables,
                progress=command.split()[0] in TELLS_AS_IT_GOES,
            )
            for command in COMMANDS
        }
    keep(OUTPUTS, shown)


if __name__ == "__main__":
    main()
