"""How soon the maps of every layer follow a stroke, in Chromium, on a real run in the studio."""

import argparse
import math
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from measuring import answer
from playwright.sync_api import Page, sync_playwright

NET = "conv 32, pool, conv 32, pool, flatten, dense 128, dense classes"
STEPS = "20"  # of training: what is measured does not depend on how good the answers are
WARMING_UP, STROKES, QUICK_STROKES = 5, 100, 20
PAUSE_MS, MOVE_SECONDS, MOVES = 50, 0.008, 400
SIDE, MIDDLE = 200, 0.5  # pixels of the path's width and height, its middle in the drawing area
WATCH = """() => {
  window.measured = { strokes: [], drawn: [] };
  document.querySelector("[data-panel=draw] canvas")
    .addEventListener("pointermove", (event) => measured.strokes.push(event.timeStamp), true);
  new PerformanceObserver((list) => {
    for (const mark of list.getEntriesByName("inside-drawn")) measured.drawn.push(mark.startTime);
  }).observe({ type: "mark" });
}"""
DRAWN = "() => measured.drawn.length"


def main() -> None:
    """Train a little, draw, answer."""
    asked = _arguments()
    home, data_home = asked.home / "runs", asked.data.parent
    train = ["train", "fashion-mnist", "--recipe", "notes", "--net", NET, "--epochs", "1"]
    where = ["--home", str(home), "--data-home", str(data_home)]
    much = ["--steps-per-epoch", STEPS, "--seed", str(asked.seed), "--name", "drawn"]
    subprocess.run([asked.lenswork, *train, *much, *where], check=True, capture_output=True)
    strokes = QUICK_STROKES if asked.pictures else STROKES
    with _studio(asked.lenswork, where) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_chromium(), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(f"{address}runs/drawn/inside")
        page.locator(".inside[data-drawn]").wait_for()
        times, rate = _draw(page, strokes)
        browser.close()
    measures = {
        "stroke_ms": statistics.median(times),
        "slowest_stroke_ms": max(times),
        "pictures_a_second": rate,
    }
    answer(measures, ["lenswork", "torch", "playwright"])


def _draw(page: Page, strokes: int) -> tuple[list[float], float]:
    """Milliseconds of each stroke, and the pictures a second while the pen never rests."""
    page.get_by_role("button", name="Draw", exact=True).click()
    pad = page.locator("[data-panel=draw] canvas")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    if box is None:
        sys.exit("there is no drawing area on the page")
    path = _path(box["x"] + MIDDLE * box["width"], box["y"] + MIDDLE * box["height"])
    page.evaluate(WATCH)
    page.mouse.move(*next(path))
    page.mouse.down()
    times = []
    for number in range(WARMING_UP + strokes):
        page.wait_for_timeout(PAUSE_MS)
        seen = page.evaluate(DRAWN)
        page.mouse.move(*next(path))
        while page.evaluate(DRAWN) == seen:  # the page's policy forbids to wait in it by eval
            time.sleep(0.005)
        taken: float = page.evaluate("() => measured.drawn.at(-1) - measured.strokes.at(-1)")
        if number >= WARMING_UP:
            times.append(taken)
    began, before = time.perf_counter(), page.evaluate(DRAWN)
    for _ in range(MOVES):
        page.mouse.move(*next(path))
        time.sleep(MOVE_SECONDS)
    seconds = time.perf_counter() - began
    drawn: int = page.evaluate(DRAWN)
    page.mouse.up()
    return times, (drawn - before) / seconds


def _path(x: float, y: float) -> Iterator[tuple[float, float]]:
    """An eight that never ends, somewhat turned each time."""
    step = 0
    while True:
        turn = step / 20
        yield (
            x + SIDE / 2 * math.sin(turn) * math.cos(turn / 30),
            y + SIDE / 2 * math.sin(2 * turn) * math.cos(turn / 40),
        )
        step += 1


@contextmanager
def _studio(lenswork: str, where: list[str]) -> Iterator[str]:
    """The address of a studio in a process of its own."""
    command = [lenswork, "studio", "--port", "0", "--no-browser", *where]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as studio:
        try:
            said = studio.stdout.readline() if studio.stdout else ""
            yield said.split()[-1]
        finally:
            studio.terminate()


def _chromium() -> str:
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    return found or sys.exit("expected Chromium: sh scripts/install_chromium.sh")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--pictures", type=int, default=0, help="not 0 for fewer strokes")
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--lenswork", required=True)
    return parser.parse_args()


if __name__ == "__main__":
    main()
