"""The conditions of a run: machine, versions, time."""

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

from lenswork import __version__
from lenswork.cores import available_cores

PACKAGES = ("torch", "numpy", "pillow", "scipy", "safetensors")


def environment(device: str) -> dict[str, Any]:
    """What a figure's reader must know; nothing that names a person or a machine's address."""
    return {
        "started": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "lenswork": __version__,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "processor": processor_name(),
        "cores": available_cores(),
        "threads": torch.get_num_threads(),
        "device": device,
        "process": os.getpid(),
        "packages": versions(),
    }


def versions() -> dict[str, str]:
    """The installed versions of what a run's numbers depend on."""
    return {name: version(name) for name in PACKAGES}


def processor_name() -> str:
    """The processor's model, where the system tells it."""
    listing = Path("/proc/cpuinfo")
    if listing.is_file():
        for line in listing.read_text("utf-8", "replace").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()
