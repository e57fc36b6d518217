"""A bar on a terminal for work that goes through many pictures."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn


@contextmanager
def pictures_bar(what: str, console: Console | None = None) -> Iterator[Callable[[int, int], None]]:
    """Give a function that is told how many pictures are done, and of how many.

    Drawn on standard error and taken away at the end; nothing is written where that is no
    terminal.
    """
    console = console or Console(file=sys.stderr, highlight=False)
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TextColumn("{task.completed:,.0f}/{task.total:,.0f} pictures"),
        TimeRemainingColumn(compact=True),
        console=console,
        transient=True,
        refresh_per_second=4,
        disable=not console.is_terminal,
    )
    with bar:
        task = bar.add_task(what, total=0)
        yield lambda done, total: bar.update(task, completed=done, total=total)
