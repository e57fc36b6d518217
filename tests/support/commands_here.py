"""The command line in this process, for parts of the notes."""

import contextlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from lenswork.cli.app import main


@dataclass
class Here:
    """Runs `lenswork` in this process; commands that begin with a word in `failing` fail."""

    failing: Sequence[str] = ()
    asked: list[str] = field(default_factory=list)

    def __call__(
        self, words: Sequence[str], folder: Path, environment: Mapping[str, str], progress: bool
    ) -> tuple[int, str]:
        self.asked.append(words[0])
        if words[0] in self.failing:
            return 1, "it was asked to fail"
        out = io.StringIO()
        err = out if progress else io.StringIO()
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("LENSWORK_HOME", environment["LENSWORK_HOME"])
            patch.chdir(folder)
            with (
                contextlib.redirect_stdout(out),
                contextlib.redirect_stderr(err),
                pytest.raises(SystemExit) as end,
            ):
                main(list(words))
        return int(end.value.code or 0), out.getvalue()
