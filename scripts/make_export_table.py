"""Write the table of docs/export.md: how far the forms of a classifier are apart.

Run as `python scripts/make_export_table.py`; with `--check` it writes nothing, and its exit code is
1 where the page says something else than bench/forms.json. Measure again with
`python bench/forms.py`, then run this.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from generated import DOCS, ROOT, table, write_or_check
from make_readme_tables import MARKED

PAGE = DOCS / "export.md"
MEASURED = ROOT / "bench" / "forms.json"
HEAD = ("run", "pictures", "runtime", "form", "largest difference", "other")


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the table, or check it."""
    result = json.loads(MEASURED.read_text("utf-8"))
    text = filled(PAGE.read_text("utf-8"), result)
    return write_or_check(PAGE, text, "Write the table of docs/export.md.", arguments)


def filled(text: str, result: Mapping[str, Any]) -> str:
    """`text` with what stands between its marks made anew from what was measured."""
    return MARKED.sub(lambda found: f"{found['begin']}{measured(result)}\n{found['end']}", text)


def measured(result: Mapping[str, Any]) -> str:
    """The table, and what it was measured on."""
    rows = [
        [
            one["run"],
            f"{one['pictures']:,} {one['files']}",
            one["runtime"],
            one["form"],
            f"{one['difference']:.1e}",
            str(one["other"]),
        ]
        for one in result["rows"]
    ]
    machine = result["machine"]
    conditions = (
        f"(Compared with {result['reference']}; {machine['processor']}, {machine['cores_given']} "
        f"cores, {machine['system']}, Python {machine['python']}; {result['date']}.)"
    )
    return f"{table(HEAD, rows)}\n\n{conditions}"


if __name__ == "__main__":
    sys.exit(main())
