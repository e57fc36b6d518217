"""`lenswork quiz`: asked by letters, explained, shown by a network of one's own."""

import io
import json
import os
import pty
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from tiny_data import write_striped_folder

from lenswork.cli import quiz, quiz_shown
from lenswork.data import sources
from lenswork.look.quiz.questions import QUESTIONS, question
from lenswork.record.run import Run
from lenswork.record.train import train

NET = "conv 4, pool, flatten, dense classes"
QUIET = "--no-demonstration"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with one trained run, `mine`."""
    folder = tmp_path_factory.mktemp("learner")
    data = write_striped_folder(folder / "stripes")
    runs = folder / "runs"
    train(data, net=NET, home=runs, name="mine", epochs=2, views="one", progress=False)
    return runs


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is drawn is drawn in a temporary folder."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def typing(monkeypatch: pytest.MonkeyPatch, lenswork: Any) -> Any:
    """Run the quiz at a terminal where these lines are typed, and then nothing more."""

    def run(lines: list[str], *words: str | Path) -> Any:
        monkeypatch.setattr(quiz, "at_a_terminal", lambda: True)
        monkeypatch.setattr(sys, "stdin", io.StringIO("".join(f"{line}\n" for line in lines)))
        return lenswork("quiz", *words)

    return run


def flat(said: Any) -> str:
    """What was printed, wherever its lines were broken."""
    return " ".join(said.out.split())


def test_who_knows_all_answers_is_told_so(typing: Any) -> None:
    letters = ["abcd"[one.right] for one in QUESTIONS]
    said = typing([line for letter in letters for line in (letter, "")], QUIET)
    assert said.code == 0
    places = [said.out.index(f"{one.number} of 13  {one.idea}") for one in QUESTIONS]
    assert places == sorted(places)
    assert said.out.count("Right: ") == 13
    assert "13 of 13 answers right\n" in said.out
    assert "to read and to try" not in said.out


def test_a_wrong_answer_is_explained_before_the_right_one(typing: Any) -> None:
    said = typing(["c"], QUIET, "--question", "4")
    words = flat(said)
    wrong, right = question(4).whys[2], question(4).whys[1]
    assert f"Not quite. {wrong} The answer is b: 26x26. {right}" in words
    assert "0 of 1 answer right" in said.out
    assert 'docs/look.md            lenswork net "conv 8' in said.out


def test_a_size_can_be_typed_and_what_is_no_choice_is_asked_again(typing: Any) -> None:
    said = typing(["27", "26x26"], QUIET, "--question", "4")
    assert "'27' is none of the four: type a to d, 1 to 4, or a size such as 28x28" in said.out
    assert "1 of 1 answer right" in said.out


def test_enter_leaves_a_question_out_and_q_ends(typing: Any) -> None:
    said = typing(["b", "", "", "", "q"], QUIET)
    assert said.code == 0
    assert "The answer is c: It reduces the information" in flat(said)
    assert "1 of 1 answer right, 1 left out, 11 not reached" in said.out
    assert "   2  Pooling" in said.out


def test_the_end_of_the_input_ends_politely(typing: Any) -> None:
    said = typing(["b", ""], QUIET)
    assert (said.code, said.err) == (0, "")
    assert "1 of 1 answer right, 12 not reached" in said.out


def test_ctrl_c_ends_politely(typing: Any, monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(quiz_shown, "show", interrupted)
    said = typing(["b"], "--home", home)
    assert said.code == 0
    assert "1 of 1 answer right, 12 not reached" in said.out


def test_an_answer_is_shown_by_the_newest_network(typing: Any, home: Path) -> None:
    said = typing(["b"], "--question", "4", "--home", home)
    assert "opening mine" in said.err
    assert "Shown by mine" in said.out
    assert "28 - 3 + 1 = 26" in said.out
    assert "* 1 conv 4" in flat(said)
    assert "to change with --set NAME=VALUE: side (1 to 1,000)" in said.out
    assert said.out.index("Shown by mine") < said.out.index("1 of 1 answer right")


def test_without_a_terminal_all_questions_are_printed_with_their_answers(
    lenswork: Any,
) -> None:
    said = lenswork("quiz", QUIET)
    assert said.code == 0
    assert said.err == "no terminal to ask in: these are the questions with their answers\n"
    words = flat(said)
    for one in QUESTIONS:
        assert f"The answer is {'abcd'[one.right]}: {one.answer}. {one.whys[one.right]}" in words
        for why in one.whys:
            assert words.count(why) == 1
    assert lenswork("quiz", QUIET, "--answers").err == ""


@pytest.mark.slow
@pytest.mark.parametrize("number", range(1, 14))
def test_every_answer_is_shown_by_a_real_network(lenswork: Any, home: Path, number: int) -> None:
    words = ("--question", str(number), "--home", home, "--run", "mine")
    said = lenswork("quiz", "--answers", *words)
    assert said.code == 0, said.err
    assert "\n- " in said.out
    file = Path(f"quiz/question-{number:02d}.png")
    assert (f"drawn in {file}" in said.out) == file.is_file()
    if file.is_file():
        with Image.open(file) as drawn:
            assert drawn.width == 945  # 6.3 inches


def test_what_a_network_cannot_show_is_said_with_what_to_do(lenswork: Any, trained: Path) -> None:
    said = lenswork("quiz", "--answers", "--question", "1", "--run", trained)
    assert said.code == 0
    assert "has no convolution: choose a run that has one, or train one" in flat(said)
    assert not Path("quiz").exists()


def test_what_is_shown_can_be_changed(lenswork: Any, home: Path) -> None:
    words = ("quiz", "--answers", "--question", "4", "--home", home)
    said = lenswork(*words, "--set", "side=300", "--set", "padding=same")
    assert "The map is 300x300." in flat(said)
    said = lenswork(*words, "--set", "sides=300")
    assert said.code == 2
    assert "question 4 has no setting 'sides'; it has side, window, stride, padding" in said.err
    said = lenswork(*words, "--set", "side=0")
    assert said.code == 2
    assert "side must be from 1 to 1,000, got 0" in said.err


def test_a_picture_of_ones_own_is_looked_at(lenswork: Any, home: Path) -> None:
    Image.new("L", (40, 30), 90).save("mine.png")
    words = ("quiz", "--answers", "--question", "9", "--home", home, "--out", "drawn/here")
    said = lenswork(*words, "--image", "mine.png")
    assert "mine.png was stored at 30x40 and became 12 x 12 x 1 = 144 numbers" in flat(said)
    assert Path("drawn/here/question-09.png").is_file()


def test_data_that_are_not_at_hand_are_not_fetched_and_it_is_said(
    lenswork: Any, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied = tmp_path / "copied"
    shutil.copytree(home / "mine", copied)
    recipe = (copied / "recipe.toml").read_text("utf-8")
    lines = ['data = "mnist"' if one.startswith("data = ") else one for one in recipe.split("\n")]
    (copied / "recipe.toml").write_text("\n".join(lines), "utf-8")
    monkeypatch.setattr(sources, "homes", lambda *_: iter(()))
    said = lenswork("quiz", "--answers", "--question", "9", "--run", copied)
    assert said.code == 0, said.err
    assert "golden pictures stand in: lenswork data get mnist fetches it." in flat(said)


def test_json_has_the_questions_and_what_was_computed(lenswork: Any, home: Path) -> None:
    said = lenswork("quiz", "--json", "--question", "4", "--question", "9", "--home", home)
    assert said.code == 0
    sizes, target = json.loads(said.out)
    assert (sizes["number"], sizes["answer"], sizes["run"]) == (4, "b", "mine")
    assert [choice["letter"] for choice in sizes["choices"]] == list("abcd")
    assert sizes["said"][0].endswith("The map is 26x26.")
    assert sizes["parts"][0]["rows"][0][:2] == ["1 conv 4", "12x12x1"]
    assert sizes["drawn"] is None
    assert target["drawn"] == "quiz/question-09.png"
    [alone] = json.loads(lenswork("quiz", "--json", "--question", "4", QUIET).out)
    assert "said" not in alone


def test_without_a_network_it_is_said_how_to_get_one(lenswork: Any) -> None:
    said = lenswork("quiz", "--answers", "--question", "4", "--question", "5")
    assert said.code == 0
    assert said.err.count("lenswork quiz --data horses-or-humans-150 trains one") == 1
    assert "The answer is c: 13x13." in said.out


def test_who_has_no_network_is_offered_a_first_one_once(typing: Any) -> None:
    said = typing(["b", "n", "", "c"], "--question", "4", "--question", "5")
    assert said.out.count("train one now on horses-or-humans-150") == 1
    assert "2 of 2 answers right" in said.out


def test_a_first_network_is_trained_where_it_is_wanted(
    typing: Any, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    asked: list[object] = []

    def train_first(data: str, *_: object) -> object:
        asked.append(data)
        return Run(home / "mine")

    monkeypatch.setattr(quiz_shown, "train_first", train_first)
    said = typing(["b", ""], "--question", "4")
    assert asked == ["horses-or-humans-150"]
    assert "Shown by mine" in said.out


@pytest.mark.slow
def test_a_first_network_of_these_pictures_is_trained_once(
    lenswork: Any, folder: Path, tmp_path: Path
) -> None:
    words = ("quiz", "--answers", "--question", "9", "--data", folder)
    first, second = lenswork(*words), lenswork(*words)
    assert "target size is 28x28" in flat(first)
    assert second.code == 0
    assert second.out == first.out
    assert [path.name for path in (tmp_path / "runs").glob("*/recipe.toml")] == ["recipe.toml"]


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("--run", "a", "--data", "b"), "give --run or --data, not both: a run has its own data"),
        (("--set", "side=3"), "--set changes one demonstration: say which with one --question N"),
        (("--question", "4", "--set", "side"), "--set: expected NAME=VALUE such as side=300"),
        (("--question", "4", "--run", "a", QUIET), "--run: nothing is shown with"),
        (("--question", "14"), "questions are numbered 1 to 13, got 14"),
        (("--run", "gone"), "there is no run 'gone'"),
        (("--data", "gone"), "'gone' is neither a folder nor a known data set"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_asked(
    lenswork: Any, words: tuple[str, ...], text: str
) -> None:
    said = lenswork("quiz", *words)
    assert said.code == 2
    assert text in said.err
    assert said.out == ""


def test_the_first_question_needs_no_torch() -> None:
    code = "import sys, lenswork.cli.quiz; assert not {'torch', 'matplotlib'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def heed_interrupts() -> None:
    """A shell has what it starts in the background ignore them, these tests and all below."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Terminal:
    """The quiz in a terminal of its own, as a person has it."""

    def __init__(self, folder: Path) -> None:
        self._here, there = pty.openpty()
        words = [sys.executable, "-m", "lenswork", "quiz", QUIET]
        self.process = subprocess.Popen(
            words, cwd=folder, stdin=there, stdout=there, stderr=there, start_new_session=True,
            preexec_fn=heed_interrupts,
        )  # fmt: skip
        os.close(there)
        self.text = ""

    def wait_for(self, words: str, *, interrupting: bool = False) -> None:
        """Read until these words have come; `interrupting` with Ctrl-C, every ten seconds.

        One that comes between Python's writing of a prompt and its reading is lost.
        """
        ends, press = time.monotonic() + 60, time.monotonic()
        while words not in self.text:
            assert time.monotonic() < ends, self.text
            if interrupting and time.monotonic() >= press:
                self.process.send_signal(signal.SIGINT)
                press += 10
            if select.select([self._here], [], [], 1)[0]:
                try:
                    self.text += os.read(self._here, 65536).decode()
                except OSError:  # the other side is closed
                    assert words in self.text, self.text

    def type(self, keys: str) -> None:
        """Press these keys."""
        os.write(self._here, keys.encode())

    def close(self) -> None:
        """End what still runs."""
        self.process.kill()
        self.process.wait()
        os.close(self._here)


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    opened = Terminal(tmp_path)
    yield opened
    opened.close()


def test_at_a_real_terminal_questions_are_asked_and_ctrl_d_ends(terminal: Terminal) -> None:
    terminal.wait_for("q ends):")
    terminal.type("b\n")
    terminal.wait_for("Right: A way to isolate features")
    terminal.wait_for("Enter goes on")
    terminal.type("\x04")
    terminal.wait_for("1 of 1 answer right, 12 not reached")
    assert terminal.process.wait(10) == 0


def test_at_a_real_terminal_an_interrupt_ends_politely(terminal: Terminal) -> None:
    terminal.wait_for("q ends):")
    terminal.wait_for("0 of 0 answers right, 13 not reached", interrupting=True)
    assert terminal.process.wait(10) == 0
