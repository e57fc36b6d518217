"""Runs for MLflow, by its tracking client: any server, or a database file.

A run is found again by its identity, kept in the tag `lenswork.id`; what is there of it already is
left as it is, so that its curves have each epoch once.
"""

import math
import os
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lenswork.data.shards.names import shown_source
from lenswork.errors import UsageError
from lenswork.files import write_bytes
from lenswork.record.extras import needed_by
from lenswork.record.run import ENVIRONMENT, HISTORY, RECIPE, Run
from lenswork.record.sinks import (
    Group,
    Pictures,
    Row,
    SinkError,
    fields_of,
    identity,
    report_of,
    rows_of,
    started_at,
)
from lenswork.record.writer import slug

ID, NOTE, PLAN = "lenswork.id", "mlflow.note.content", "lenswork.plan"
STATUSES = {"stopped": "FINISHED", "running": "RUNNING"}  # the others are the record's, in capitals
DATABASE = "sqlite:///"
SQLITE_HEAD = b"SQLite format 3\0"
LONGEST_PARAM, LONGEST_TAG = 500, 5000  # characters that every MLflow server takes
LONGEST_ERROR = 300
NO_ANSWER = "failed with exception"  # how the client begins the story of a failed connection
CUT = "\n\n(cut here: `lenswork study show` has all of it)"
# MLflow reports its use to its makers, asks a server that is down again for minutes, prints
# addresses among a command's JSON, and tells of the tables it makes; whoever wants that sets the
# variable.
SETTINGS = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "30",
    "MLFLOW_LOGGING_LEVEL": "WARNING",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
}


class MLflow:
    """Tells runs to the tracking server or database at `address`.

    Runs go to `experiment`, or else to one named after their data or study. Raises `UsageError`
    when mlflow is not installed, `SinkError` when the address does not answer.
    """

    def __init__(self, address: str, experiment: str | None = None) -> None:
        if address != "databricks" and not re.match(r"[a-z][a-z0-9+.-]+:", address):
            raise UsageError(
                "--mlflow takes the address of a server or a database, such as "
                f"http://localhost:5000 or sqlite:///mlflow.db, got {address!r}"
            )
        if address.startswith(DATABASE):
            _refuse_no_database(Path(address.removeprefix(DATABASE)).resolve())
        self.address = address
        self.experiment = experiment
        self._library = _Library()
        self._run_id = ""
        self._told = 0  # the last epoch that MLflow has
        with self._explained():
            self._client = self._library.client(address)
            self._client.search_experiments(max_results=1)

    def begin(self, run: Run, group: Group | None = None) -> None:
        """Find the run or make it, and write its recipe and tags."""
        with self._explained():
            experiment = self._experiment_for(run, group)
            found = self._client.search_runs(
                [experiment], f"tags.`{ID}` = '{identity(run)}'", max_results=1
            )
            one = found[0] if found else self._made(run, experiment)
            self._run_id = one.info.run_id
            told = self._client.get_metric_history(self._run_id, "train_seconds")
            self._told = max((point.step for point in told), default=0)
            params = {name: str(value) for name, value in fields_of(run).items()}
            tags = {"mlflow.runName": run.name, **_tags_of(run, group)}
            self._batch(params=params, tags=tags)

    def row(self, row: Row) -> None:
        """Write one epoch, if it is not there."""
        if row.epoch <= self._told:
            return
        with self._explained():
            self._batch(row.values, step=row.epoch, moment=row.ended)
        self._told = row.epoch

    def end(self, run: Run, pictures: Pictures, files: Sequence[Path] = ()) -> None:
        """Write the final network's metrics, the report, the record's files and the pictures."""
        rows = rows_of(run)
        moment = rows[-1].ended if rows else started_at(run)
        final = {f"final_{name}": value for name, value in run.metrics.items()}
        with self._explained():
            there = self._client.get_run(self._run_id).data.metrics
            if run.end and not all(_same(there.get(name), final[name]) for name in final):
                self._batch(final, step=len(rows), moment=moment)
            self._batch(tags={NOTE: _cut(report_of(run))})
            self._keep(run, pictures, files)
            status = STATUSES.get(run.status, run.status.upper())
            if status == "RUNNING":
                self._client.update_run(self._run_id, status=status)
            else:
                self._client.set_terminated(self._run_id, status, int(moment * 1000))

    def note(self, group: Group, text: str, moment: float) -> None:  # noqa: ARG002
        """Write a study's findings beside its experiment's name."""
        with self._explained():
            experiment = self._experiment_for(None, group)
            self._client.set_experiment_tag(experiment, NOTE, _cut(text))

    def _experiment_for(self, run: Run | None, group: Group | None) -> str:
        own = group.study if group else slug(run.recipe.data) if run else ""
        name = self.experiment or own
        found = self._client.get_experiment_by_name(name)
        if found is None:
            tags = {PLAN: group.plan} if group else {}
            return str(self._client.create_experiment(name, self._artifacts(), tags=tags))
        if group and found.tags.get(PLAN, group.plan) != group.plan:
            raise SinkError(
                f"experiment {name} at {self.address} holds another study of that name: give this "
                "one an experiment of its own with --experiment NAME"
            )
        return str(found.experiment_id)

    def _artifacts(self) -> str | None:
        """Beside a database: MLflow would put the files wherever the command is called."""
        if not self.address.startswith(DATABASE):
            return None
        database = Path(self.address.removeprefix(DATABASE)).resolve()
        return (database.parent / "mlruns").as_uri()

    def _made(self, run: Run, experiment: str) -> Any:
        start = int(started_at(run) * 1000)
        return self._client.create_run(experiment, start, {ID: identity(run)}, run.name)

    def _batch(
        self,
        values: Mapping[str, float] | None = None,
        *,
        step: int = 0,
        moment: float = 0.0,
        params: Mapping[str, str] | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        make = self._library
        self._client.log_batch(
            self._run_id,
            [make.metric(n, v, int(moment * 1000), step) for n, v in (values or {}).items()],
            [make.param(n, v[:LONGEST_PARAM]) for n, v in (params or {}).items()],
            [make.tag(name, value) for name, value in (tags or {}).items()],
        )

    def _keep(self, run: Run, pictures: Pictures, files: Sequence[Path]) -> None:
        made, there = dict(pictures), [run.path / name for name in (ENVIRONMENT, HISTORY)]
        address = shown_source(run.recipe.data)
        if address == run.recipe.data:
            there.append(run.path / RECIPE)
        else:  # without the password or token that the record keeps
            made[RECIPE] = run.recipe.changed(data=address).to_toml().encode()
        for path in (*there, *files):
            self._client.log_artifact(self._run_id, str(path))
        with tempfile.TemporaryDirectory() as folder:
            for name, content in made.items():
                write_bytes(Path(folder) / name, content)
                self._client.log_artifact(self._run_id, str(Path(folder) / name))

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn the client's errors into a sentence."""
        try:
            yield
        except self._library.errors as error:
            raise SinkError(f"MLflow at {self.address}: {_sentence(error)}") from error


class _Library:
    """The parts of mlflow that are used, imported with its reports to its makers off."""

    def __init__(self) -> None:
        for name, value in SETTINGS.items():
            os.environ.setdefault(name, value)
        with needed_by("--mlflow", "mlflow-skinny", "mlflow"):
            from mlflow.entities import Metric, Param, RunTag
            from mlflow.exceptions import MlflowException
            from mlflow.tracking import MlflowClient
        self.client: Any = MlflowClient
        self.metric: Any = Metric
        self.param: Any = Param
        self.tag: Any = RunTag
        self.errors: tuple[type[Exception], ...] = (MlflowException, OSError)


def _refuse_no_database(path: Path) -> None:
    """Tell at once what MLflow would try again for minutes; raises `SinkError`."""
    problem = None
    if path.is_dir():
        problem = "it is a folder"
    elif path.is_file():
        if not os.access(path, os.R_OK | os.W_OK):
            problem = "it may not be read and written"
        elif _head(path) not in (b"", SQLITE_HEAD):
            problem = "it is another kind of file"
    else:
        there = next(folder for folder in path.parents if folder.exists())
        if not there.is_dir() or not os.access(there, os.W_OK):
            problem = f"nothing may be written to {there}"
    if problem is not None:
        raise SinkError(f"MLflow at {DATABASE}{path}: expected a SQLite database, but {problem}")


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(len(SQLITE_HEAD))


def _sentence(error: Exception) -> str:
    """What went wrong without the client's own story of connections, which fills a screen."""
    text = " ".join(str(error).split())
    if NO_ANSWER in text:
        return (
            "no answer. Expected a running server there, such as `mlflow server` starts: check "
            "the address and that it is up"
        )
    return text if len(text) <= LONGEST_ERROR else f"{text[: LONGEST_ERROR - 1]}…"


def _same(there: float | None, value: float) -> bool:
    """Whether MLflow has a value; a run that failed and then went on has had others."""
    return there == value or (there is not None and math.isnan(there) and math.isnan(value))


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_TAG else text[: LONGEST_TAG - len(CUT)] + CUT


def _tags_of(run: Run, group: Group | None) -> dict[str, str]:
    tags = {
        "lenswork.run": run.name,
        "lenswork.recipe": run.recipe.hash,
        "lenswork.version": str(run.environment["lenswork"]),
        "lenswork.processor": str(run.environment["processor"]),
        "lenswork.net": str(run.start.get("net", "")),
    }
    if group is not None:
        tags |= {"lenswork.study": group.study, "lenswork.setting": group.setting}
    return tags
