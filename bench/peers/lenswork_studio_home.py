"""How long the studio takes for the page of a home with 1,000 runs."""

import argparse
import http.client
import shutil
import statistics
import threading
import time
from pathlib import Path

import uvicorn
from measuring import answer

from lenswork.record.run import ENVIRONMENT, HISTORY, RECIPE
from lenswork.record.train import train
from lenswork.web.app import studio
from lenswork.web.settings import Settings

RUNS = 1_000
TIMES = 20
NET = "conv 8, pool, conv 8, pool, flatten, dense classes"


def fill(home: Path, seed: int) -> None:
    """Train one run and make a thousand of it."""
    first = train(
        net=NET, size="32x32", epochs=10, steps_per_epoch=2, seed=seed, name="run-0", home=home,
        progress=False,
    )  # fmt: skip
    recipe = (first.path / RECIPE).read_text("utf-8")
    for number in range(1, RUNS):
        folder = home / f"run-{number}"
        folder.mkdir()
        for name in (ENVIRONMENT, HISTORY):
            shutil.copy2(first.path / name, folder / name)
        changed = recipe.replace(f"\nseed = {seed}\n", f"\nseed = {seed + number}\n")
        (folder / RECIPE).write_text(changed, "utf-8")


def serve(home: Path) -> tuple[uvicorn.Server, int]:
    """The studio of `home` in a thread, and its port."""
    config = uvicorn.Config(lambda: None, port=0, log_level="warning", lifespan="off")
    listening = config.bind_socket()
    port: int = listening.getsockname()[1]
    config.app = studio(Settings(home=home, port=port))
    server = uvicorn.Server(config)
    threading.Thread(target=server.run, args=([listening],), daemon=True).start()
    while not server.started:
        time.sleep(0.01)
    return server, port


def ask(connection: http.client.HTTPConnection, address: str) -> tuple[float, bytes]:
    """The seconds until the whole answer is there, and the answer."""
    began = time.perf_counter()
    connection.request("GET", address)
    found = connection.getresponse()
    content = found.read()
    seconds = time.perf_counter() - began
    if found.status != http.client.OK:
        raise SystemExit(f"{address} was answered with {found.status}: {content[-500:]!r}")
    return seconds, content


def main() -> None:
    """Measure and answer."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--home", type=Path, required=True)
    asked = parser.parse_args()
    fill(asked.home, asked.seed)
    server, port = serve(asked.home)
    connection = http.client.HTTPConnection("127.0.0.1", port)
    first_seconds, content = ask(connection, "/")
    ms = {
        name: [1000 * ask(connection, address)[0] for _ in range(TIMES)]
        for name, address in (
            ("page", "/"),
            ("sorted", "/?sort=reported"),
            ("found", "/?text=run-77"),
        )
    }
    connection.close()
    server.should_exit = True
    measures = {
        **{f"{name}_ms": statistics.median(times) for name, times in ms.items()},
        "slowest_ms": max(max(times) for times in ms.values()),
        "first_seconds": first_seconds,
        "page_kb": len(content) / 1000,
    }
    answer(measures, ["lenswork", "starlette", "jinja2"])


if __name__ == "__main__":
    main()
