"""Processes that answer questions in lines of JSON, several at a time.

Each is `python -m lenswork.study.worker`: it reads a question a line and writes an answer a line.
Unlike a pool of multiprocessing it needs no guarded main module, works from a notebook, and a
process that is killed takes one question with it, not the pool.
"""

import json
import os
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any

COMMAND = (sys.executable, "-m", "lenswork.study.worker")
THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
STOP_SECONDS = 0.5  # between two looks whether to stop

Question = Mapping[str, Any]
Answer = dict[str, Any]


def go_on() -> bool:
    """Never to stop."""
    return False


class DiedError(Exception):
    """A process ended without an answer; its text says how."""


class Process:
    """One process, started with its first question and again after it has died."""

    def __init__(self, threads: int, command: Sequence[str] = COMMAND) -> None:
        self.threads = threads
        self.command = command
        self.process: subprocess.Popen[str] | None = None

    def ask(self, question: Question) -> Answer:
        """Wait for the answer; raises `DiedError`."""
        if self.process is None:
            self.process = self._start()
        stdin, stdout = self.process.stdin, self.process.stdout
        if stdin is None or stdout is None:
            raise TypeError("a process is started with pipes")
        try:
            stdin.write(json.dumps(question) + "\n")
            stdin.flush()
            line = stdout.readline()
        except OSError:
            line = ""
        if not line.endswith("\n"):
            raise DiedError(self._how_it_ended())
        answer: Answer = json.loads(line)
        return answer

    def close(self) -> None:
        """End the process at once, whatever it does."""
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
            self.process = None

    def _start(self) -> subprocess.Popen[str]:
        threads = {name: str(self.threads) for name in THREAD_VARIABLES}
        return subprocess.Popen(  # noqa: S603 (our own interpreter and module)
            self.command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            env={**os.environ, **threads},
            start_new_session=True,  # Ctrl-C reaches the parent only, which then ends us
        )

    def _how_it_ended(self) -> str:
        process, self.process = self.process, None
        code = None if process is None else process.wait()
        if process is not None:
            process.communicate()
        if code is not None and code < 0:
            name = signal.Signals(-code).name
            likely = ", most likely for want of memory" if name == "SIGKILL" else ""
            return f"its process was ended by {name}{likely}"
        return f"its process ended with code {code}"


def answers(
    questions: Sequence[Question],
    count: int,
    threads: int = 1,
    command: Sequence[str] = COMMAND,
    *,
    stop: Callable[[], bool] = go_on,
) -> Generator[tuple[int, Answer], None, None]:
    """Yield (index of the question, its answer) as they come, from `count` processes.

    The answer of a process that died is {"reason": how}. Leaving the loop ends them all,
    and so does `stop` when it says yes; it is asked twice a second.
    """
    processes = [Process(threads, command) for _ in range(min(count, len(questions)))]
    waiting = deque(range(len(questions)))
    busy: dict[Future[Answer], tuple[int, Process]] = {}
    pool = ThreadPoolExecutor(max(1, len(processes)))
    try:
        free = list(processes)
        while waiting or busy:
            while waiting and free:
                index, process = waiting.popleft(), free.pop()
                busy[pool.submit(process.ask, questions[index])] = (index, process)
            done, _ = wait(busy, STOP_SECONDS, FIRST_COMPLETED)
            for future in done:
                index, process = busy.pop(future)
                free.append(process)
                yield index, _answer(future)
            if stop():
                return
    finally:
        for process in processes:
            process.close()
        pool.shutdown()


def _answer(future: Future[Answer]) -> Answer:
    try:
        return future.result()
    except DiedError as error:
        return {"reason": str(error)}
