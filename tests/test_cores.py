"""How many cores a process was given, on made-up folders of /proc and /sys."""

import os
from pathlib import Path

import pytest

from lenswork.cores import available_cores

V2 = "sys/fs/cgroup"


@pytest.fixture(autouse=True)
def _eight_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)


def system_of(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n")
    return folder


def test_without_control_groups_the_affinity_counts(tmp_path: Path) -> None:
    assert available_cores(tmp_path) == 8


@pytest.mark.parametrize(
    ("limit", "cores"),
    [
        ("200000 100000", 2),
        ("150000 100000", 2),
        ("10000 100000", 1),
        ("max 100000", 8),
        ("3200000 100000", 8),
        ("", 8),
        ("nonsense here", 8),
    ],
)
def test_a_quota_of_the_second_version_is_rounded_up(
    tmp_path: Path, limit: str, cores: int
) -> None:
    files = {"proc/self/cgroup": "0::/", f"{V2}/cpu.max": limit}
    assert available_cores(system_of(tmp_path, files)) == cores


def test_the_tightest_of_nested_groups_counts(tmp_path: Path) -> None:
    files = {
        "proc/self/cgroup": "0::/outer/middle/inner",
        f"{V2}/outer/cpu.max": "600000 100000",
        f"{V2}/outer/middle/cpu.max": "300000 100000",
        f"{V2}/outer/middle/inner/cpu.max": "max 100000",
    }
    assert available_cores(system_of(tmp_path, files)) == 3


@pytest.mark.parametrize("mounted", ["cpu,cpuacct", "cpu"])
def test_a_quota_of_the_first_version_counts(tmp_path: Path, mounted: str) -> None:
    group = f"{V2}/{mounted}/jobs/one"
    files = {
        "proc/self/cgroup": "9:name=systemd:/jobs/one\n4:cpu,cpuacct:/jobs/one\n3:memory:/jobs",
        f"{group}/cpu.cfs_quota_us": "250000",
        f"{group}/cpu.cfs_period_us": "50000",
        f"{V2}/{mounted}/jobs/cpu.cfs_quota_us": "-1",
        f"{V2}/{mounted}/jobs/cpu.cfs_period_us": "100000",
    }
    assert available_cores(system_of(tmp_path, files)) == 5


def test_where_the_path_is_the_host_s_the_mounted_group_counts(tmp_path: Path) -> None:
    files = {
        "proc/self/cgroup": "2:cpu:/docker/0123abcd\n0::/docker/0123abcd",
        f"{V2}/cpu/cpu.cfs_quota_us": "400000",
        f"{V2}/cpu/cpu.cfs_period_us": "100000",
    }
    assert available_cores(system_of(tmp_path, files)) == 4


def test_a_period_of_zero_is_no_limit(tmp_path: Path) -> None:
    files = {"proc/self/cgroup": "0::/", f"{V2}/cpu.max": "100000 0"}
    assert available_cores(system_of(tmp_path, files)) == 8


def test_a_quota_larger_than_the_affinity_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {3}, raising=False)
    files = {"proc/self/cgroup": "0::/", f"{V2}/cpu.max": "400000 100000"}
    assert available_cores(system_of(tmp_path, files)) == 1


def test_this_machine_gives_at_least_one() -> None:
    assert available_cores() >= 1
