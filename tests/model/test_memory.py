"""How much memory a process may still take, on made-up folders of /proc and /sys."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from lenswork.model import memory
from lenswork.model.memory import available_bytes

V2 = "sys/fs/cgroup"
V1 = "sys/fs/cgroup/memory"
MEMINFO = {"proc/meminfo": "MemTotal: 64000000 kB\nMemFree: 100 kB\nMemAvailable: 1000000 kB"}
OF_MEMINFO = 1_024_000_000
UNLIMITED = "9223372036854771712"  # what the first version says where there is no limit


@pytest.fixture(autouse=True)
def _no_limit_of_the_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "resource", None)


def system_of(folder: Path, files: Mapping[str, str]) -> Path:
    for name, text in (MEMINFO | dict(files)).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n")
    return folder


def of_version_2(group: str, limit: object, used: object, stat: str = "") -> dict[str, str]:
    folder = f"{V2}/{group}".rstrip("/")
    return {
        f"{folder}/memory.max": str(limit),
        f"{folder}/memory.current": str(used),
        f"{folder}/memory.stat": stat,
    }


def of_version_1(group: str, limit: object, used: object, stat: str = "") -> dict[str, str]:
    folder = f"{V1}/{group}".rstrip("/")
    return {
        f"{folder}/memory.limit_in_bytes": str(limit),
        f"{folder}/memory.usage_in_bytes": str(used),
        f"{folder}/memory.stat": stat,
    }


def test_without_control_groups_the_machine_s_memory_counts(tmp_path: Path) -> None:
    assert available_bytes(system_of(tmp_path, {})) == OF_MEMINFO


def test_where_no_one_can_tell_it_is_a_very_large_number(tmp_path: Path) -> None:
    assert available_bytes(tmp_path) > 10**15


@pytest.mark.parametrize(
    ("limit", "used", "free"),
    [
        (800_000_000, 300_000_000, 500_000_000),
        (300_000_000, 400_000_000, 0),
        (0, 0, 0),
        ("max", 300_000_000, OF_MEMINFO),
        (8_000_000_000, 0, OF_MEMINFO),
        ("", "", OF_MEMINFO),
        ("nonsense", 3, OF_MEMINFO),
    ],
)
def test_the_limit_of_a_group_of_the_second_version_counts(
    tmp_path: Path, limit: object, used: object, free: int
) -> None:
    files = {"proc/self/cgroup": "0::/"} | of_version_2("", limit, used)
    assert available_bytes(system_of(tmp_path, files)) == free


def test_pages_of_files_that_can_be_given_back_count_as_free(tmp_path: Path) -> None:
    stat = "anon 200000000\nfile 500000000\ninactive_file 400000000\nactive_file 100000000"
    files = {"proc/self/cgroup": "0::/"} | of_version_2("", 900_000_000, 700_000_000, stat)
    assert available_bytes(system_of(tmp_path, files)) == 600_000_000


def test_pages_of_files_never_free_more_than_the_group_has(tmp_path: Path) -> None:
    files = {"proc/self/cgroup": "0::/"} | of_version_2("", 100, 50, "inactive_file 90")
    assert available_bytes(system_of(tmp_path, files)) == 100


def test_the_group_with_the_least_room_counts_of_all_around_the_process(tmp_path: Path) -> None:
    files = {
        "proc/self/cgroup": "0::/outer/middle/inner",
        **of_version_2("outer", 900_000_000, 800_000_000),
        **of_version_2("outer/middle", 400_000_000, 10_000_000),
        **of_version_2("outer/middle/inner", "max", 10_000_000),
    }
    assert available_bytes(system_of(tmp_path, files)) == 100_000_000


def test_the_limit_of_a_group_of_the_first_version_counts(tmp_path: Path) -> None:
    stat = "inactive_file 1\ntotal_inactive_file 50000000"
    files = {
        "proc/self/cgroup": "9:name=systemd:/a\n4:cpu,cpuacct:/b\n3:memory:/jobs/one",
        **of_version_1("", UNLIMITED, 9_000_000_000),
        **of_version_1("jobs", UNLIMITED, 5_000_000_000),
        **of_version_1("jobs/one", 700_000_000, 600_000_000, stat),
    }
    assert available_bytes(system_of(tmp_path, files)) == 150_000_000


def test_where_the_path_is_the_host_s_the_mounted_group_counts(tmp_path: Path) -> None:
    files = {
        "proc/self/cgroup": "2:memory:/docker/0123abcd\n0::/docker/0123abcd",
        **of_version_1("", 600_000_000, 200_000_000),
    }
    assert available_bytes(system_of(tmp_path, files)) == 400_000_000


def test_this_machine_has_some() -> None:
    assert available_bytes() > 0
