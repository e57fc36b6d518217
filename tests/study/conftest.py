"""A real Ray cluster on this machine, and pictures to work on."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tiny_data import write_striped_folder

from lenswork.training.cluster import load_ray

# a node that is lost is noticed in 2 seconds, not in 25
HEALTH = {
    "health_check_initial_delay_ms": 0,
    "health_check_period_ms": 500,
    "health_check_timeout_ms": 500,
    "health_check_failure_threshold": 3,
}


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_striped_folder(tmp_path_factory.mktemp("pictures"))


@pytest.fixture(scope="session")
def cluster() -> Iterator[Any]:
    """Two nodes of one CPU each that nobody is connected to."""
    load_ray()
    from ray.cluster_utils import Cluster

    head = {"num_cpus": 1, "_system_config": HEALTH, "include_dashboard": False}
    cluster = Cluster(initialize_head=True, head_node_args=head)
    try:
        cluster.add_node(num_cpus=1)
        yield cluster
    finally:
        cluster.shutdown()  # type: ignore[no-untyped-call]


@pytest.fixture(scope="module")
def connection(cluster: Any) -> Iterator[Any]:
    """The module `ray`, connected by the program itself, so that its processes are kept."""
    ray = load_ray()
    ray.init(address=cluster.address, log_to_driver=False, logging_level="ERROR")
    try:
        yield ray
    finally:
        ray.shutdown()
