"""The `lenswork` command: which commands there are, and how their errors are shown.

Commands are imported when they are used, so that `lenswork --help` loads neither torch nor
matplotlib.
"""

import importlib
import io
import keyword
import os
import sys
from collections.abc import Sequence

import click

from lenswork import __version__
from lenswork.errors import LensworkError
from lenswork.visible import visible

COMMANDS: dict[str, str] = {  # name (its module in this folder) -> one line of help
    "doctor": "Find what is wrong with the data, and the cure.",
    "train": "Turn pictures into a recorded classifier.",
    "predict": "Say what pictures show.",
    "export": "Take a classifier along: ONNX, one web page, Keras.",
    "runs": "List what has been recorded.",
    "show": "Show one run: recipe, net, curves, confusion matrix, accuracy.",
    "look": "Look inside a network: maps, filters, receptive fields, what decided.",
    "mistakes": "Show what a run got wrong, and how sure it was.",
    "compare": "Compare runs: the verdict, what differs, and the pictures that flip.",
    "curve": "Say whether more pictures would help.",
    "sizes": "Say how large pictures need be, and which ones a smaller size loses.",
    "study": "Compare settings over several seeds, and say what is true about them.",
    "share": "Show runs and studies on TensorBoard or MLflow.",
    "import": "Take over a Keras model.",
    "serve": "Answer pictures over HTTP, for programs.",
    "card": "Write a classifier's model card.",
    "filter": "Lay a hand-made filter on a picture, then pool it.",
    "net": "Show a net's shapes, parameters and work before it is trained.",
    "quiz": "Thirteen questions, each answered by a network of your own.",
    "data": "List and fetch the known data sets.",
    "studio": "All of it in the browser, on your own machine.",
    "cache": "Look after the decoded pictures that are kept on disk.",
    "pack": "Write data as WebDataset tar shards, or check shards.",
}


class LazyGroup(click.Group):
    """A group of commands that imports a command's module when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """The names of all commands, in the order of a first day's work."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command called `cmd_name`, imported now."""
        if cmd_name not in COMMANDS:
            return None
        name = cmd_name.replace("-", "_") + "_" * keyword.iskeyword(cmd_name)
        module = importlib.import_module(f"lenswork.cli.{name}")
        command = module.command
        if not isinstance(command, click.Command):
            raise TypeError(f"lenswork.cli.{cmd_name}.command is not a click command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List the commands with their one-line help, without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="lenswork")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def lenswork(debug: bool) -> None:
    """Train an image classifier from a folder of pictures and find out what is true about it."""
    if debug:
        os.environ["LENSWORK_DEBUG"] = "1"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit: 0 done, 1 failed while working, 2 wrong usage or data."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    _print_anywhere()
    try:
        code = lenswork.main(given, prog_name="lenswork", standalone_mode=False)
    except click.exceptions.Abort:
        _complain("stopped")
        code = 130
    except click.ClickException as error:
        error.show()
        code = 2
    except LensworkError as error:
        if _debugging():
            raise
        _complain(str(error))
        code = error.exit_code
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 1
    except OSError as error:
        if _debugging():
            raise
        _complain(f"{error.strerror or error}" + (f": {error.filename}" if error.filename else ""))
        code = 1
    sys.exit(code if isinstance(code, int) else 0)


def _print_anywhere() -> None:
    """Have a terminal or pipe that lacks a letter show its number in place of an error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _debugging() -> bool:
    return os.environ.get("LENSWORK_DEBUG", "") not in ("", "0")


def _complain(text: str) -> None:
    click.echo(f"{click.style('error:', fg='red', bold=True)} {visible(text)}", err=True)
