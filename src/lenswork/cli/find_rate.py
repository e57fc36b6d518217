"""`lenswork train --find-rate`: a learning rate to train with."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click

from lenswork.cli.options import print_json
from lenswork.cli.outputs import check_output
from lenswork.data.shards.names import shown_source
from lenswork.errors import LensworkError, UsageError
from lenswork.record.curves import sparkline
from lenswork.record.rate_figure import rate_figure
from lenswork.record.style import save_figure
from lenswork.record.train import open_for
from lenswork.training.find_rate import BELOW_WARMED_UP, RateTest, rate_test
from lenswork.training.recipe import Recipe
from lenswork.visible import visible

Command = Callable[..., Any]
WIDTH = 60  # letters of the curve in the terminal


def find_rate_options(command: Command) -> Command:
    """--find-rate and --out."""
    for option in (
        click.option(
            "--out",
            type=click.Path(path_type=Path, dir_okay=False),
            help="With --find-rate: where to draw the test (PNG).",
        ),
        click.option(
            "--find-rate",
            is_flag=True,
            help="Train for up to 150 steps to suggest a learning rate; no run is kept.",
        ),
    ):
        command = option(command)
    return command


def check_alone(find_rate: bool, out: Path | None, others: Mapping[str, object]) -> None:
    """Raise `UsageError` for options that mean nothing with --find-rate, or only with it.

    `others` are the options of a training that is recorded, by what they are called.
    """
    if not find_rate:
        if out is not None:
            raise UsageError("--out is where --find-rate draws: give --find-rate with it")
        return
    if given := [name for name, value in others.items() if value]:
        raise UsageError(
            f"--find-rate records no run and works in this process: leave out {', '.join(given)}"
        )
    if out is not None:
        check_output(out, "--out")


def find_and_say(
    recipe: Recipe, data_home: Path | None, device: str, out: Path | None, *, as_json: bool
) -> None:
    """Test the rates, draw them where asked, and print the option to type."""
    recipe, data = open_for(recipe, data_home)
    for note in data.notes:
        click.echo(visible(f"note: {note}"), err=True)
    test = rate_test(recipe, data, device=device)
    if out is not None:
        save_figure(rate_figure(test), out)
    if as_json:
        print_json(dict_of(test))
        return
    _print(test)
    if out is not None:
        click.echo(f"drawn in {out}")


def dict_of(test: RateTest) -> dict[str, Any]:
    """The test for JSON; losses are in nats."""
    return {
        "suggestion": test.suggestion,
        "recipe_learning_rate": test.recipe.learning_rate,
        "steps": test.steps,
        "rates": list(test.rates),
        "losses": list(test.losses),
        "smoothed": list(test.smoothed),
    }


def _print(test: RateTest) -> None:
    means, rates, recipe = test.smoothed, test.rates, test.recipe
    click.echo(
        f"{visible(shown_source(recipe.data))}: {len(rates)} steps with {recipe.optimizer}, batch "
        f"{recipe.batch}, at learning rates from {rates[0]:.0e} to {rates[-1]:.2g}"
    )
    click.echo(f"  loss {sparkline(means[:: -(-len(means) // WIDTH)])}")
    if test.suggestion is None:
        raise LensworkError(
            f"no learning rate lowered the loss within {len(rates)} steps (it began at "
            f"{means[0]:.3g} and was {means[test.lowest]:.3g} at best): look at the pictures and "
            "their labels, or try another net"
        )
    share = "fifth" if test.below_lowest == BELOW_WARMED_UP else "tenth"
    click.echo(
        f"  lowest, {means[test.lowest]:.3g}, at {rates[test.lowest]:.2g}; suggested is a {share} "
        f"of that rate, and the {recipe.recipe} recipe would take {recipe.learning_rate:g}"
    )
    click.echo(f"--learning-rate {test.suggestion:g}")
