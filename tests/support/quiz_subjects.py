"""A reader's network, trained in a moment on striped pictures."""

from pathlib import Path

from tiny_data import striped_data

from lenswork.look.quiz.shown import Bars, Demonstration, Panels, Sweep, Table
from lenswork.look.quiz.subject import Subject
from lenswork.record.train import train

NET = "conv 4, pool, conv 6, pool, flatten, dense classes"


def striped_subject(
    home: Path, *, net: str = NET, name: str = "mine", channels: int = 1
) -> Subject:
    """A network of two epochs, its data and its home."""
    data = striped_data(channels=channels)
    run = train(data, net=net, name=name, home=home, epochs=2, seed=1, progress=False)
    return Subject(run, run.classifier, data, home)


def sweep_of(shown: Demonstration) -> Sweep:
    """The only filter on its way."""
    [found] = [part for part in shown.parts if isinstance(part, Sweep)]
    return found


def tables_of(shown: Demonstration) -> list[Table]:
    """All tables."""
    return [part for part in shown.parts if isinstance(part, Table)]


def panels_of(shown: Demonstration) -> list[Panels]:
    """All groups of pictures."""
    return [part for part in shown.parts if isinstance(part, Panels)]


def bars_of(shown: Demonstration) -> Bars:
    """The only bars."""
    [found] = [part for part in shown.parts if isinstance(part, Bars)]
    return found
