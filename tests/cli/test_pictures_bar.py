"""The bar of long work: seen on a terminal, silent elsewhere."""

import io

from rich.console import Console

from lenswork.cli.pictures_bar import pictures_bar


def test_a_bar_is_drawn_on_a_terminal_and_nothing_elsewhere() -> None:
    for terminal in (True, False):
        console = Console(file=io.StringIO(), force_terminal=terminal, width=100)
        with pictures_bar("looking", console) as progress:
            progress(256, 1027)
            progress(1027, 1027)
        written = console.file.getvalue()  # type: ignore[attr-defined]
        assert ("1,027 pictures" in written) == terminal
        assert bool(written) == terminal
