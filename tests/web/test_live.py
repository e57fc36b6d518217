"""The live page: what it is told, by whom it is shared, how it ends."""

import fcntl
import json
import os
import re
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from live_runs import Held
from playwright.sync_api import Browser, Page, expect
from starlette.testclient import TestClient
from studio_server import served, until
from tiny_data import write_striped_folder

from lenswork.record import live_writer
from lenswork.record.live import LIVE, MISTAKES, STOP, read_live
from lenswork.record.run import Run
from lenswork.training.events import StepDone
from lenswork.training.recipe import Recipe
from lenswork.web import live
from lenswork.web.jobs import start_training
from lenswork.web.live import Watch, watch_of, watching
from lenswork.web.processes import job_of
from lenswork.web.settings import Settings

Told = tuple[str, Any]
HIDDEN = """
window.background = true;
Object.defineProperty(document, "hidden", {get: () => window.background});
"""


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Write at every step, look at every moment."""
    monkeypatch.setattr(live_writer, "PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(live, "PAUSE_SECONDS", 0.0)


@pytest.fixture
def held(home: Path, pictures: Path, soon: None) -> Held:
    """A run that goes on only when the test says so."""
    return Held(home, pictures / "stripes")


def read(content: bytes) -> Iterator[Told]:
    """The names and data of events; what is none is left out."""
    for part in content.decode().split("\n\n"):
        if part.startswith("event: "):
            name, data = part.split("\n")
            yield name.removeprefix("event: "), json.loads(data.removeprefix("data: "))


def told(watch: Watch, *between: Callable[[], object], started: str = "") -> list[Told]:
    """What a reader is told who listens while these things happen, and no longer.

    A pause of no length needs no event loop, of which Playwright has one running here.
    """
    heard: list[Told] = []
    to_come = iter(between)
    events = watching(watch, started)
    while True:
        step = events.__anext__().__await__()
        try:
            while True:
                step.send(None)  # it pauses: there is nothing new
                act = next(to_come, None)
                if act is None:
                    step.close()
                    return heard
                act()
        except StopIteration as made:
            heard.extend(read(made.value))
        except StopAsyncIteration:
            return heard


def names(heard: list[Told]) -> list[str]:
    return [name for name, _ in heard]


def test_a_reader_hears_everything_at_first_and_then_what_is_new(
    held: Held, settings: Settings
) -> None:
    held.epochs(1)
    heard = told(
        watch_of(settings, "held"),
        lambda: held.until(StepDone, 2),
        lambda: held.epochs(1),
        held.finish,
    )
    name, state = heard[0]
    assert name == "state"
    assert state["standing"] == "running"
    assert [row["epoch"] for row in state["epochs"]] == [1]
    assert state["mistakes"]["epoch"] == 1
    assert ("epoch", held.run.history[1]["metrics"] | {"epoch": 2}) in heard
    assert next(data for name, data in heard if name == "now")["live"]["step"] == 2
    assert heard[-1] == ("end", {"standing": "finished"})


def test_a_reader_who_comes_back_hears_what_was_missed(held: Held, settings: Settings) -> None:
    told(watch_of(settings, "held"))
    held.epochs(3)
    heard = told(watch_of(settings, "held"))
    assert [row["epoch"] for row in heard[0][1]["epochs"]] == [1, 2, 3]


def test_a_history_that_is_cut_back_is_told_anew(held: Held, settings: Settings) -> None:
    held.epochs(2)
    run = held.run

    def cut_back() -> None:
        history = run.path / "history.jsonl"
        lines = history.read_text().splitlines(keepends=True)
        history.write_text("".join(lines[:-1]))

    heard = told(watch_of(settings, "held"), cut_back)
    assert names(heard) == ["state", "state"]
    assert [len(state["epochs"]) for _, state in heard] == [2, 1]


def test_all_readers_share_one_look(held: Held, settings: Settings) -> None:
    watch = watch_of(settings, "held")
    assert watch_of(settings, "held") is watch
    assert watch_of(settings, "first") is not watch


def test_a_run_is_looked_at_no_more_than_twice_a_second(
    home: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = Watch(settings, "first")
    looks = []

    def look() -> live.Seen:
        looks.append(1)
        return live.Seen("running")

    monkeypatch.setattr(watch, "_as_it_is", look)
    for _ in range(1000):
        watch.look()
    assert len(looks) == 1


def test_a_finished_run_ends_at_once(client: TestClient) -> None:
    answer = client.get("/runs/first/events")
    assert answer.headers["content-type"].startswith("text/event-stream")
    heard = list(read(answer.content))
    assert names(heard) == ["state", "end"]
    assert heard[-1] == ("end", {"standing": "finished"})


@pytest.mark.parametrize("name", ["nobody", ".studio", "%2e%2e", "a" * 200])
def test_what_is_no_run_is_gone(client: TestClient, name: str) -> None:
    assert 'end\ndata: {"standing": "gone"}' in client.get(f"/runs/{name}/events").text


def test_a_killed_run_is_known_as_one_once_its_last_words_are_old(
    held: Held, settings: Settings
) -> None:
    held.epochs(1)
    held.until(StepDone)
    last = read_live(held.run.path)
    assert last is not None
    live_file = held.kill().path / ".live.json"
    live_file.write_text(json.dumps(last.as_dict()))
    assert Watch(settings, "held").look().standing == "running"
    live_file.write_text(json.dumps({**last.as_dict(), "written": last.written - 60}))
    assert told(watch_of(settings, "held"))[-1] == ("end", {"standing": "killed"})


def test_a_folder_that_is_deleted_while_it_is_watched_is_gone(
    held: Held, settings: Settings
) -> None:
    held.epochs(1)
    heard = told(watch_of(settings, "held"), lambda: shutil.rmtree(held.run.path))
    assert heard[-1] == ("end", {"standing": "gone"})


@pytest.fixture
def begin(settings: Settings) -> Iterator[Callable[[str], None]]:
    """Stands for a process that has been begun for a run and has no folder yet."""
    with ExitStack() as held_open:

        def begin(name: str) -> None:
            folder = settings.home / ".studio" / "runs" / name
            folder.mkdir(parents=True)
            (folder / "job.json").write_text('{"words": []}')
            log = held_open.enter_context((folder / "log.txt").open("wb"))
            fcntl.flock(log, fcntl.LOCK_EX)

        yield begin


def test_a_name_that_is_used_again_begins_for_new_readers_and_is_gone_for_old_ones(
    held: Held, settings: Settings, begin: Callable[[str], None]
) -> None:
    held.epochs(1)
    path = held.run.path
    new: list[Told] = []

    def another() -> None:
        shutil.rmtree(path)
        begin("held")
        new.extend(told(watch_of(settings, "held")))

    old = told(watch_of(settings, "held"), another)
    assert old[-1] == ("end", {"standing": "gone"})
    assert [(name, state["standing"]) for name, state in new] == [("state", "starting")]


def test_a_page_that_comes_back_to_another_run_of_its_name_is_told_that_its_own_is_gone(
    held: Held, client: TestClient, settings: Settings
) -> None:
    held.epochs(1)
    answer = client.get("/runs/held/events", params={"started": "2001-01-01T00:00:00"})
    assert list(read(answer.content))[-1] == ("end", {"standing": "gone"})
    own = str(held.run.environment["started"])
    assert told(watch_of(settings, "held"), started=own)[0][1]["standing"] == "running"


def test_a_page_whose_run_is_gone_stops_no_other_of_its_name(
    held: Held, client: TestClient, begin: Callable[[str], None]
) -> None:
    held.epochs(1)
    begin("new")
    for name in ("held", "new"):
        answer = client.post(f"/runs/{name}/stop", params={"started": "2001-01-01T00:00:00"})
        assert answer.status_code == 404
    assert "another one has its name now" in client.post("/runs/held/stop?started=2001").text
    assert not (held.run.path / STOP).exists()


def test_what_is_over_is_looked_at_anew(settings: Settings, begin: Callable[[str], None]) -> None:
    watch = Watch(settings, "new")
    assert watch.look().standing == "gone"
    begin("new")
    assert watch.look().standing == "starting"


def test_a_history_that_is_damaged_ends_the_watch(held: Held, settings: Settings) -> None:
    def damage() -> None:
        (held.run.path / "history.jsonl").write_text("}\n")

    heard = told(watch_of(settings, "held"), damage)
    assert heard[-1] == ("end", {"standing": "unreadable"})


WHOLE = (
    '{"epoch": 1, "epochs": 4, "step": 1, "steps_per_epoch": 8, "pictures": 4, "pictures_a_second":'
    ' 9, "loss": LOSS, "seconds_left": 9, "written": WRITTEN}'
)


@pytest.mark.parametrize(
    "said",
    [
        WHOLE.replace("LOSS", "1").replace("WRITTEN", '"now"'),
        WHOLE.replace("LOSS", "NaN").replace("WRITTEN", "1e9"),
        "[]",
        100_000 * "[",
        "\0",
    ],
    ids=["words", "no number", "a list", "deep", "no text"],
)
def test_live_files_that_cannot_be_break_no_page(
    held: Held, client: TestClient, settings: Settings, said: str
) -> None:
    held.epochs(1)
    for name in (LIVE, MISTAKES):
        (held.run.path / name).write_text(said)
    assert "Stop training" in client.get("/runs/held").text
    name, state = told(watch_of(settings, "held"))[0]
    assert (name, state["standing"], len(state["epochs"])) == ("state", "running", 1)
    assert (state["live"], state["mistakes"]) == (None, None)


def test_a_button_stops_the_run_after_its_step(held: Held, client: TestClient) -> None:
    held.until(StepDone)
    answer = client.post("/runs/held/stop", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/runs/held")
    assert "Stopping after this step" in client.get("/runs/held").text
    run = held.finish()
    assert run.end["stopped"] == "stopped on request"
    assert not (run.path / STOP).exists()


def test_what_is_not_trained_cannot_be_stopped(client: TestClient) -> None:
    answer = client.post("/runs/first/stop")
    assert answer.status_code == 422
    assert "run first is not being trained: it is finished" in answer.text


def test_another_site_cannot_stop_a_run(held: Held, client: TestClient) -> None:
    answer = client.post("/runs/held/stop", headers={"origin": "http://elsewhere"})
    assert answer.status_code == 403
    assert not (held.run.path / STOP).exists()


def test_a_run_in_the_making_has_its_live_page(held: Held, client: TestClient) -> None:
    held.epochs(1)
    page = client.get("/runs/held").text
    assert "Stop training" in page
    assert 'data-events="/runs/held/events?started=' in page
    state = page.split('id="state">')[1].split("</script>")[0]
    assert json.loads(state)["epochs"][0]["epoch"] == 1


def test_a_process_that_ended_before_its_run_began_says_why(
    client: TestClient, settings: Settings
) -> None:
    folder = settings.home / ".studio" / "runs" / "never"
    folder.mkdir(parents=True)
    (folder / "job.json").write_text('{"words": [], "process": 1}')
    (folder / "log.txt").write_text("epoch\nerror: the data has <b>no</b> pictures\n")
    (folder / "ended.json").write_text('{"code": 2}')
    answer = client.get("/runs/never")
    assert "never did not begin" in answer.text
    assert "the data has &lt;b&gt;no&lt;/b&gt; pictures" in answer.text
    assert 'end\ndata: {"standing": "refused"}' in client.get("/runs/never/events").text


@pytest.fixture
def training(home: Path, pictures: Path) -> Iterator[tuple[Settings, str]]:
    """A training in a process of its own that goes on until somebody stops it."""
    settings = Settings(home=home, folders=(pictures,))
    folder = write_striped_folder(pictures / "stripes", train=400, validation=40)
    recipe = Recipe(data=str(folder), net="conv 8, pool, flatten, dense classes", epochs=100_000)
    name = start_training(settings, recipe)
    yield settings, name
    job = job_of(settings, "runs", name)
    assert job is not None
    if job.alive:
        job.end()
    until(lambda: not job.alive)


@pytest.mark.slow
def test_a_run_from_its_first_moment_to_the_stop_button_in_two_tabs(
    tab: Page, training: tuple[Settings, str], axe: Callable[[Page], None], browser: Browser
) -> None:
    settings, name = training
    tab.goto(f"/runs/{name}")
    expect(tab.get_by_role("heading", name=name)).to_be_visible()
    expect(tab.get_by_role("button", name="Stop training")).to_be_visible(timeout=60_000)
    expect(tab.locator("#rate")).not_to_have_text("–")
    tab.locator("#epoch-rows tr").nth(2).wait_for(state="attached")
    axe(tab)
    other = tab.context.new_page()
    other.goto(f"/runs/{name}")
    expect(other.locator("#rate")).not_to_have_text("–")
    tab.get_by_role("button", name="Stop training").click()
    for one in (tab, other):
        expect(one.get_by_text("Ended before its last epoch: stopped on request")).to_be_visible()
        expect(one.get_by_role("heading", name="The net")).to_be_visible()
    assert Run(settings.home / name).status == "stopped"


@pytest.mark.slow
def test_tabs_in_the_background_leave_room_for_more_and_catch_up_when_looked_at(
    tab: Page, home: Path, pictures: Path
) -> None:
    held = Held(home, pictures / "stripes", "long")
    held.epochs(1)
    behind = [tab.context.new_page() for _ in range(6)]  # all that a browser connects to a host
    for page in behind:
        page.add_init_script(HIDDEN)
        page.goto("/runs/long")
        expect(page).to_have_title(re.compile("^2 of 4"))
    tab.goto("/runs/long")
    expect(tab.locator("#epoch-rows tr")).to_have_count(1)
    held.epochs(1)
    expect(tab.locator("#epoch-rows tr")).to_have_count(2)
    expect(behind[0].locator("#epoch-rows tr")).to_have_count(1)
    behind[0].evaluate("background = false; document.dispatchEvent(new Event('visibilitychange'))")
    expect(behind[0].locator("#epoch-rows tr")).to_have_count(2)
    held.finish()
    expect(tab.get_by_role("heading", name="The net")).to_be_visible()


@pytest.mark.slow
def test_more_windows_than_a_browser_connects_to_a_host_are_all_told(
    tab: Page, home: Path, pictures: Path
) -> None:
    held = Held(home, pictures / "stripes", "long")
    held.epochs(1)
    windows = [tab, *(tab.context.new_page() for _ in range(7))]
    for window in windows:
        window.goto("/runs/long")
        expect(window.locator("#epoch-rows tr")).to_have_count(1)
    held.epochs(1)
    for window in windows:
        expect(window.locator("#epoch-rows tr")).to_have_count(2)
    held.finish()
    for window in windows:
        expect(window.get_by_role("heading", name="The net")).to_be_visible()


@pytest.mark.slow
def test_a_tab_catches_up_when_the_studio_has_begun_again(
    browser: Browser, training: tuple[Settings, str]
) -> None:
    settings, name = training
    context = browser.new_context()
    page = context.new_page()
    server = served(settings.home, settings.folders)
    with server as address:
        page.goto(f"{address}/runs/{name}")
        expect(page.locator("#rate")).not_to_have_text("–", timeout=60_000)
    expect(page.locator("#trouble")).to_contain_text("The studio does not answer")
    before = len(Run(settings.home / name).history)
    until(lambda: len(Run(settings.home / name).history) > before + 2)
    with served(settings.home, settings.folders, port=server.port):
        expect(page.locator("#trouble")).to_be_hidden(timeout=30_000)
        shown = page.locator("#epoch-rows tr")
        until(lambda: shown.count() > before + 2)
        page.get_by_role("button", name="Stop training").click()
        expect(page.get_by_text("stopped on request")).to_be_visible()
    context.close()


@pytest.mark.slow
def test_a_folder_that_is_deleted_while_shown_is_told_and_home_offered(
    tab: Page, training: tuple[Settings, str]
) -> None:
    settings, name = training
    tab.goto(f"/runs/{name}")
    expect(tab.locator("#rate")).not_to_have_text("–", timeout=60_000)
    shutil.rmtree(settings.home / name, ignore_errors=True)
    expect(tab.locator("#trouble")).to_contain_text("folder was deleted while this page was open")
    expect(tab.locator("#trouble").get_by_role("link", name="Back to the runs")).to_be_visible()


@pytest.mark.slow
def test_a_killed_run_goes_on_at_the_press_of_a_button(
    tab: Page, training: tuple[Settings, str]
) -> None:
    settings, name = training
    tab.goto(f"/runs/{name}")
    expect(tab.locator("#rate")).not_to_have_text("–", timeout=60_000)
    process = int(Run(settings.home / name).environment["process"])
    until(lambda: (settings.home / name / "checkpoint.safetensors").exists())
    os.kill(process, signal.SIGKILL)
    expect(tab.get_by_text("its process was ended by SIGKILL")).to_be_visible()
    tab.get_by_role("button", name="Go on training").click()
    expect(tab.get_by_role("button", name="Stop training")).to_be_visible(timeout=60_000)
    tab.get_by_role("button", name="Stop training").click()
    expect(tab.get_by_text("stopped on request")).to_be_visible()
    epochs = [row["epoch"] for row in Run(settings.home / name).history]
    assert epochs == list(range(1, len(epochs) + 1))
