"""Pictures a second over HTTP under load, or of the same runtime alone."""

import argparse
import asyncio
import io
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import onnxruntime
from lenswork_classifier import write_classifier
from measuring import answer
from nets import NETS
from PIL import Image

import lenswork
from lenswork.model.presets import PRESETS
from lenswork.use.onnx_export import export_onnx

BATCH = 32  # of the runtime alone; the server's own
FILES = 64  # different pictures that are sent in turn


def main() -> None:
    """Time, then answer."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--net", choices=list(NETS), required=True)
    parser.add_argument("--how", choices=["bare", "serve"], required=True)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=15.0)
    parser.add_argument("--warming", type=float, default=3.0)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = write_classifier(Path(folder), asked.net, asked.seed)
        measures = bare(path, asked) if asked.how == "bare" else served(path, asked)
    answer(measures, ["lenswork", "onnxruntime", "starlette", "uvicorn"])


def pictures_of(net: str, seed: int) -> np.ndarray:
    """Smooth pictures (count, height, width, channels), which JPEG packs as photographs."""
    height, width, channels = PRESETS[net].input_shape
    chance = np.random.default_rng(seed)
    coarse = chance.integers(0, 256, (FILES, height // 15, width // 15, channels), dtype=np.uint8)
    large = [
        Image.fromarray(np.squeeze(one)).resize((width, height), Image.Resampling.BICUBIC)
        for one in coarse
    ]
    return np.stack([np.asarray(one) for one in large]).reshape(FILES, height, width, channels)


def bare(path: Path, asked: argparse.Namespace) -> dict[str, float]:
    """The runtime as it comes, in a loop over batches that are in memory already."""
    exported = path.with_suffix(".onnx")
    export_onnx(lenswork.load(path), exported)
    session = onnxruntime.InferenceSession(exported, providers=["CPUExecutionProvider"])
    given = {session.get_inputs()[0].name: pictures_of(asked.net, asked.seed)[:BATCH]}
    done = 0
    begun = time.perf_counter()
    measured_from = begun + asked.warming
    while (now := time.perf_counter()) < measured_from + asked.seconds:
        if now < measured_from:
            begun, done = now, 0
        session.run(None, given)
        done += BATCH
    return {"pictures_a_second": done / (time.perf_counter() - begun)}


def served(path: Path, asked: argparse.Namespace) -> dict[str, float]:
    """The server in its own process, asked by clients that each wait for their answer."""
    command = [sys.executable, "-m", "lenswork", "serve", f"net={path}", "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        line = process.stdout.readline() if process.stdout else ""
        found = re.match(r"http://127\.0\.0\.1:(\d+)/", line)
        if not found:
            raise SystemExit(f"the server said {line!r}")
        times = asyncio.run(load(int(found[1]), asked))
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)
    return {
        "pictures_a_second": len(times) / asked.seconds,
        "median_ms": 1000 * float(np.quantile(times, 0.5)),
        "p99_ms": 1000 * float(np.quantile(times, 0.99)),
    }


async def load(port: int, asked: argparse.Namespace) -> list[float]:
    """The seconds of every request that ended while it was measured."""
    requests = [request_of(picture) for picture in pictures_of(asked.net, asked.seed)]
    begun = time.perf_counter() + asked.warming
    times: list[float] = []

    async def client(number: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        place = number
        while (start := time.perf_counter()) < begun + asked.seconds:
            writer.write(requests[place % FILES])
            await read_answer(reader)
            end = time.perf_counter()
            if begun <= end < begun + asked.seconds:
                times.append(end - start)
            place += 1
        writer.close()

    await asyncio.gather(*(client(number) for number in range(asked.clients)))
    return times


async def read_answer(reader: asyncio.StreamReader) -> None:
    """One answer; raises for any that is none."""
    head = await reader.readuntil(b"\r\n\r\n")
    found = re.search(rb"content-length: (\d+)", head.lower())
    body = await reader.readexactly(int(found[1]) if found else 0)
    if not head.startswith(b"HTTP/1.1 200"):
        raise SystemExit(f"{head!r} {body!r}")


def request_of(picture: np.ndarray) -> bytes:
    """A whole request with one picture as a JPEG file."""
    memory = io.BytesIO()
    Image.fromarray(np.squeeze(picture)).save(memory, "JPEG", quality=90)
    body = memory.getvalue()
    head = (
        "POST /predict HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: image/jpeg\r\n"
        f"content-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


if __name__ == "__main__":
    main()
