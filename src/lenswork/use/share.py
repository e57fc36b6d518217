"""Recorded runs and studies for a team's boards: TensorBoard, MLflow."""

import hashlib
import io
import json
from collections.abc import Iterator, Sequence

from lenswork.errors import RunError
from lenswork.look.confusion_figure import confusion_figure
from lenswork.look.mistakes import judge
from lenswork.record.run import CLASSIFIER, PREDICTIONS, Run
from lenswork.record.sinks import Group, Sink, rows_of, tell
from lenswork.study.folder import Study
from lenswork.study.summary import summarise
from lenswork.study.words import lines

DPI = 100


def share_run(
    run: Run, sinks: Sequence[Sink], *, classifier: bool = False, group: Group | None = None
) -> None:
    """Tell a run to every sink, with its classifier's file if asked for; raises `SinkError`."""
    files = [run.path / CLASSIFIER] if classifier else []
    if not all(path.is_file() for path in files):
        raise RunError(f"run {run.name} ({run.status}) has no classifier: share it without")
    tell(run, sinks, pictures_of(run), group=group, files=files)


def share_study(study: Study, sinks: Sequence[Sink], *, classifier: bool = False) -> Iterator[Run]:
    """Tell a study's finished trials, each yielded when it is told, and what the study says.

    Trials that come later are told when the study is shared again.
    """
    key = plan_key(study)
    moment = 0.0
    for record in study.records():
        if record.state == "done" and record.run is not None:
            group = Group(study.name, key, record.trial.setting)
            share_run(record.run, sinks, classifier=classifier, group=group)
            moment = max([moment, *(row.ended for row in rows_of(record.run))])
            yield record.run
    for sink in sinks:
        sink.note(Group(study.name, key, ""), findings_of(study), moment)


def pictures_of(run: Run) -> dict[str, bytes]:
    """The confusion matrix as a PNG file; nothing for a run without answers."""
    if not (run.path / PREDICTIONS).is_file():
        return {}
    try:
        judged = judge(run)
    except RunError:  # no held-out pictures, or a training that diverged
        return {}
    buffer = io.BytesIO()
    confusion_figure(judged).savefig(buffer, format="png", dpi=DPI)
    return {"confusion.png": buffer.getvalue()}


def findings_of(study: Study) -> str:
    """A study's verdicts in Markdown, with what failed and what is missing."""
    summary = summarise(study)
    pictures = f"{len(summary.results.ids):,} {summary.results.part} pictures"
    said = [f"Study {study.name}, on {pictures}.", *lines(summary.verdict)]
    said += summary.without_verdict
    said += [f"{one.setting}, seed {one.seed} failed: {one.reason}." for one in summary.failures]
    if summary.missing:
        said.append(f"{summary.missing} trials are still to be done.")
    return "\n\n".join(said)


def plan_key(study: Study) -> str:
    """16 hexadecimal digits of the settings: more seeds leave a study the same."""
    settings = {one.name: dict(one.fields) for one in study.plan.settings}
    text = json.dumps(settings, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
