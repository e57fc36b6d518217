"""Screenshots of every page of the studio, light and dark, for the docs and for looking at.

    python scripts/screenshots.py                                     docs/figures/studio/
    python scripts/screenshots.py --widths 390 1280 1920 --out DIR    every width, to look at
    python scripts/screenshots.py --only inside lab                   some pages

The runs and the study on them are trained first where they are not there yet, in .screenshots/:
MNIST where it is on this machine, and the embedded sample.
"""

import argparse
import io
import itertools
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from lenswork.data.sources import locate, sample_folder
from lenswork.record.live import ask_to_stop
from lenswork.record.run import RECIPE, Run
from lenswork.web.app import studio
from lenswork.web.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
HOME = ROOT / ".screenshots"
OUT = ROOT / "docs" / "figures" / "studio"
SCHEMES = ("light", "dark")
LIVE = "live-"  # and a number: runs that are shown while they train
COUNT = itertools.count(1)
HEIGHT = 900
LONGEST = 1800  # pixels of a page that are kept
QUALITY = 82  # of WebP
CHROMIUM = ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")
FLAGS = ["--no-sandbox", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
PLAN = """
name = "filters"
question = "How many filters?"
seeds = 3
[base]
data = "horses-or-humans-150"
epochs = 4
size = "48x48"
net = "conv {filters}, pool, conv {filters}, pool, conv {filters}, pool, flatten, dense classes"
[axes.filters]
"8 filters" = 8
"24 filters" = 24
"""


@dataclass(frozen=True)
class Shot:
    """A page, and what a person would have done on it before the picture is taken."""

    name: str
    path: str
    act: Callable[[Page], None] = lambda _: None


def main(arguments: Sequence[str] | None = None) -> int:
    """Train what is shown, then take every picture."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--widths", type=int, nargs="+", default=[1280])
    parser.add_argument("--only", nargs="*", default=[])
    asked = parser.parse_args(arguments)
    first, second = prepare()
    shots = [shot for shot in shots_of(first, second) if not asked.only or shot.name in asked.only]
    asked.out.mkdir(parents=True, exist_ok=True)
    with served() as address, chromium() as browser:
        for shot in shots:
            for width in asked.widths:
                for scheme in SCHEMES:
                    take(browser, address, shot, width, scheme, asked.out)
    return 0


def shots_of(first: str, second: str) -> list[Shot]:
    """Every page, in the order of the studio's bar."""
    run = f"/runs/{first}"
    return [
        Shot("home", "/"),
        Shot("data", "/data"),
        Shot("data-one", "/data?data=horses-or-humans-150"),
        Shot("new", f"/new?data={'mnist' if locate('mnist') else 'horses-or-humans-150'}"),
        Shot("live", "/", begin_live),
        Shot("run", run),
        Shot("mistakes", f"{run}/mistakes"),
        Shot("calibration", f"{run}/calibration"),
        Shot("filters", f"{run}/filters"),
        Shot("inside", f"{run}/inside", look_at_a_number),
        Shot("predict", f"/runs/{second}/predict", predict_a_picture),
        Shot("compare", f"/compare?run={first}&run={first}-notes"),
        Shot("studies", "/studies"),
        Shot("study", "/studies/filters"),
        Shot("study-new", "/studies/new"),
        Shot("lab", "/lab"),
        Shot("learn", "/learn"),
        Shot("question", f"/learn/5?run={first}", answer_the_question),
    ]


def begin_live(page: Page) -> None:
    """Go to a training that is on its way; it is stopped when the picture has been taken."""
    page.goto("/new?data=horses-or-humans-150")
    page.get_by_label("Name", exact=True).fill(f"{LIVE}{next(COUNT)}")
    page.get_by_label("Epochs").first.fill("40")
    page.get_by_role("button", name="Start", exact=True).click()
    page.locator("#epoch-rows tr").nth(5).wait_for(state="attached", timeout=120_000)


def forget_live() -> None:
    """Stop the training that was shown, if there is one, and leave nothing of it."""
    for path in HOME.glob(f"{LIVE}*"):
        run = Run(path)
        if run.status == "running":
            ask_to_stop(run)
        while run.status == "running":
            time.sleep(0.1)
            run = Run(path)
        shutil.rmtree(path)


def answer_the_question(page: Page) -> None:
    """Choose the right answer, and wait for what the network shows."""
    page.get_by_label("13x13").check()
    page.get_by_role("button", name="Answer").click()
    page.locator("#learn-outcome .notice").wait_for()


def look_at_a_number(page: Page) -> None:
    """Point at a value of the first layer's maps."""
    maps = page.locator("canvas.inside-maps").first
    maps.wait_for()
    page.wait_for_timeout(800)
    box = maps.bounding_box()
    if box is not None:
        page.mouse.click(box["x"] + box["width"] * 0.31, box["y"] + box["height"] * 0.4)


def predict_a_picture(page: Page) -> None:
    """Show the network one of the sample's held-out pictures."""
    picture = sorted((sample_folder() / "validation" / "horses").iterdir())[7]
    page.locator('[data-way="file"]').set_input_files(picture)
    page.locator("#answer .predict-said").wait_for()


def take(browser: Browser, address: str, shot: Shot, width: int, scheme: str, folder: Path) -> None:
    """Open the page as it would be seen at this width, and keep its upper part."""
    context = browser.new_context(
        base_url=address,
        viewport={"width": width, "height": HEIGHT},
        color_scheme="dark" if scheme == "dark" else "light",
        permissions=["camera"],
    )
    page = context.new_page()
    page.goto(shot.path)
    shot.act(page)
    page.wait_for_timeout(1500)  # pictures and figures come lazily
    content = page.screenshot(full_page=True)
    context.close()
    forget_live()
    suffix = "" if folder == OUT else f"-{width}"
    picture = Image.open(io.BytesIO(content)).convert("RGB")
    picture = picture.crop((0, 0, picture.width, min(picture.height, LONGEST)))
    picture.save(folder / f"{shot.name}-{scheme}{suffix}.webp", quality=QUALITY, method=6)
    print(f"{shot.name}-{scheme}{suffix}.webp")


def prepare() -> tuple[str, str]:
    """Train what is not there yet; the names of two runs to show."""
    digits = "digits" if locate("mnist") else "figures"
    data = "mnist" if digits == "digits" else "horses-or-humans-150"
    train(digits, data)
    train(f"{digits}-notes", data, "--recipe", "notes", "--epochs", "3")
    train("horses", "horses-or-humans-150")
    if not (HOME / "studies" / "filters").is_dir():
        plan = HOME / "plan.toml"
        plan.write_text(PLAN, "utf-8")
        lenswork("study", "run", str(plan), "--name", "filters")
    return digits, "horses"


def train(name: str, data: str, *options: str) -> None:
    """Train a run of this name, unless it is there."""
    if not (HOME / name / RECIPE).is_file():
        lenswork("train", data, "--name", name, *options)


def lenswork(*words: str) -> None:
    """The command, on the home of the screenshots."""
    HOME.mkdir(exist_ok=True)
    subprocess.run([sys.executable, "-m", "lenswork", *words, "--home", str(HOME)], check=True)


@contextmanager
def served() -> Iterator[str]:
    """A studio on the home of the screenshots."""
    config = uvicorn.Config("", log_level="warning", lifespan="off", timeout_graceful_shutdown=1)
    listening = config.bind_socket()
    port = listening.getsockname()[1]
    config.app = studio(Settings(home=HOME, port=port))
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(10)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, or another of that name."""
    path = next((path for path in CHROMIUM if Path(path).exists()), None)
    if path is None:
        raise SystemExit("screenshots need Chromium: sh scripts/install_chromium.sh")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


if __name__ == "__main__":
    sys.exit(main())
