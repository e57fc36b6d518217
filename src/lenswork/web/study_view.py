"""What the pages of studies show: how far each is, and what it has found."""

import hashlib
from dataclasses import dataclass
from typing import Any

from lenswork.record.durations import format_seconds
from lenswork.study.amounts import rate_text, seconds_text
from lenswork.study.folder import PLAN, Study, TrialRecord
from lenswork.study.left import seconds_left
from lenswork.study.progress import SettingRow, setting_rows
from lenswork.study.summary import Summary, pair_sentences, summarise
from lenswork.study.words import notes
from lenswork.web.lines import HELD_OUT, held_out_prefix, lines_of
from lenswork.web.marks import Scale, scale_of
from lenswork.web.opened import Shelf
from lenswork.web.processes import Job
from lenswork.web.standing import standings

DRAWN = 220  # pixels of a setting's trials, drawn as dots
_STUDIES: Shelf[Study] = Shelf(32)
_SUMMARIES: Shelf[Summary] = Shelf(8)


@dataclass(frozen=True)
class Progress:
    """How far a study is.

    `left` says how long it still takes, where that can be told; `problem` why the process that a
    page began has ended before the study did.
    """

    study: Study
    records: tuple[TrialRecord, ...]
    rows: tuple[SettingRow, ...]
    scale: Scale
    running: bool
    stopping: bool
    starting: bool
    left: str
    problem: str

    @property
    def trials(self) -> int:
        """How many there are in all."""
        return len(self.records)

    @property
    def done(self) -> int:
        """How many have a finished run."""
        return sum(row.done for row in self.rows)

    @property
    def failed(self) -> int:
        """How many ended in an error."""
        return sum(row.failed for row in self.rows)

    @property
    def missing(self) -> int:
        """How many are still to be done, or in the making."""
        return self.trials - self.done - self.failed

    @property
    def state(self) -> str:
        """One word or two."""
        if self.stopping:
            return "stopping"
        if self.running or self.starting:
            return "running" if self.running else "starting"
        return "left unfinished" if self.missing else "done"

    @property
    def digest(self) -> str:
        """What changes when the table would look otherwise."""
        said = (self.rows, self.state, self.left, self.problem)
        return hashlib.sha256(repr(said).encode()).hexdigest()[:12]

    @property
    def found_digest(self) -> str:
        """What changes when there is more to say of the results."""
        said = (self.done, self.failed, self.running, tuple(row.accuracies for row in self.rows))
        return hashlib.sha256(repr(said).encode()).hexdigest()[:12]


def kept(study: Study) -> Study:
    """The same study as it was opened before, so that its trials' recipes are not read again."""
    stamp = (study.path / PLAN).stat().st_mtime_ns
    return _STUDIES.get((study.path, stamp), lambda: study)


def progress_of(study: Study, job: Job | None = None) -> Progress:
    """How far a study is, and the `job` that carries it out, if a page has begun one.

    Raises `RunError` where a trial was trained by another plan.
    """
    study = kept(study)
    records = study.records()
    rows = tuple(setting_rows(records))
    running = study.is_carried_out
    seconds = seconds_left(records) if running else None
    is_left = not running and any(one.state in ("missing", "running") for one in records)
    alive = job is not None and job.alive
    return Progress(
        study=study,
        records=records,
        rows=rows,
        scale=scale_of([value for row in rows for value in row.accuracies], 8, DRAWN - 8),
        running=running,
        stopping=running and study.is_asked_to_stop(),
        starting=is_left and alive,
        left="" if seconds is None else f"about {format_seconds(_rounded(seconds))} left",
        problem=job.problem if is_left and job and not alive and job.code != 0 else "",
    )


def found_by(progress: Progress) -> dict[str, Any]:
    """The results so far, for the template; raises `RunError` where none can be read."""
    summary = _summary(progress)
    results = summary.results
    groups = [(name, progress.study.runs(name)) for name in results.settings]
    rows, scale = standings(
        summary.verdict.settings, {name: one.accuracies for name, one in results.settings.items()}
    )
    prefix = held_out_prefix(groups)
    return {
        "summary": summary,
        "pairs": [(pair, pair_sentences(pair, results)) for pair in summary.verdict.pairs],
        "notes": notes(summary.verdict),
        "standings": rows,
        "scale": scale,
        "costs": [
            (name, seconds_text(cost.train_seconds), rate_text(cost.pictures_a_second), cost)
            for name, cost in summary.costs.items()
        ],
        "way": lines_of(groups, f"{prefix}accuracy"),
        "way_of": HELD_OUT[prefix],
    }


def _summary(progress: Progress) -> Summary:
    states = tuple((record.trial.name, record.state) for record in progress.records)
    key = (progress.study.path, states, tuple(row.accuracies for row in progress.rows))
    return _SUMMARIES.get(key, lambda: summarise(progress.study))


def _rounded(seconds: float) -> float:
    """In steps of five seconds: a figure that jumps each second says no more."""
    return 5 * max(1, round(seconds / 5))
