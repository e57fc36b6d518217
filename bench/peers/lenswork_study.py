"""A study of 20 trials by local processes or by a Ray cluster of the same cores, start to end."""

import argparse
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from measuring import answer

from lenswork.cores import available_cores
from lenswork.study.conduct import conduct
from lenswork.study.folder import start_study
from lenswork.study.plan import Plan
from lenswork.study.ray_workers import RayWorkers
from lenswork.study.workers import LocalWorkers, Workers
from lenswork.training.cluster import load_ray

NET = "conv {filters}, pool, conv {filters}, pool, flatten, dense 128, dense classes"


def plan(pictures: int, seed: int) -> Plan:
    """Two settings of ten seeds each; another `seed` moves no weight, but the round is told."""
    base = {
        "data": "fashion-mnist",
        "recipe": "notes",
        "net": NET,
        "epochs": 1,
        "train_pictures": pictures or 6000,
    }
    return Plan(name=f"round-{seed}", seeds=10, base=base, axes={"filters": [16, 32]})


@contextmanager
def workers_of(kind: str) -> Iterator[Workers]:
    """One worker a core; a Ray cluster is there before the study begins, and idle."""
    if kind != "ray":
        yield _local(kind)
        return
    load_ray()
    from ray.cluster_utils import Cluster

    head = {"num_cpus": available_cores(), "include_dashboard": False}
    cluster = Cluster(initialize_head=True, head_node_args=head)
    try:
        yield RayWorkers(cluster.address)
    finally:
        cluster.shutdown()


def _local(kind: str) -> LocalWorkers:
    """One process a core with one thread each, or one process with a thread a core."""
    return (
        LocalWorkers(available_cores()) if kind == "local" else LocalWorkers(1, available_cores())
    )


def main() -> None:
    """Conduct the study, answer."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--pictures", type=int, default=0, help="a trial's; 0 for 6000")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--workers", choices=("local", "one-process", "ray"), required=True)
    asked = parser.parse_args()
    home = asked.data.parent  # of the folder fashion-mnist
    with tempfile.TemporaryDirectory() as folder, workers_of(asked.workers) as workers:
        study = start_study(plan(asked.pictures, asked.seed), folder)
        began = time.perf_counter()
        failed = [done.reason for done in conduct(study, workers, home) if done.reason]
        seconds = time.perf_counter() - began
        trained = sum(
            record.run.summary().train_seconds for record in study.records() if record.run
        )
    if failed:
        raise SystemExit(f"{len(failed)} trials failed: {failed[0]}")
    measures = {"wall_seconds": seconds, "train_seconds": trained / 20}
    answer(
        measures,
        ["lenswork", "torch", "ray"],
        available_cores() if asked.workers == "one-process" else 1,
    )


if __name__ == "__main__":
    main()
