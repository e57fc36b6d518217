"""The part that times answers over HTTP under load, as data."""

from part import PROJECT, Contender, Measure, Part, Target

RATE = Measure("pictures_a_second", "pictures a second", "", 1)
NET = "horses-300-deep"


def _contender(how: str, what: str) -> Contender:
    arguments = ("--seed", "{seed}", "--net", NET, "--how", how)
    return Contender(how, what, PROJECT, "lenswork_serve.py", arguments)


SERVE = Part(
    name="serve",
    title="Answers over HTTP under load",
    about=(
        f"`lenswork serve` with the net {NET} (300x300 in colour), asked by 32 clients that each "
        "send one JPEG picture at a time and wait for its answer, beside onnxruntime alone on "
        "batches of 32 pictures that are in memory already."
    ),
    conditions=(
        (
            "Both sides compute the same graph, that of `lenswork export --to onnx`. The server "
            "receives, decodes, batches and answers; the clients are one program on the same cores."
        ),
        "15 s are measured after 3 s of warming; times are those of a request at a client.",
    ),
    contenders=(
        _contender("bare", "onnxruntime with its defaults, batches of 32"),
        _contender("serve", "`lenswork serve`, 32 clients"),
    ),
    measures=(RATE, Measure("median_ms", "median", "ms", 1), Measure("p99_ms", "p99", "ms", 1)),
    targets=(Target("serve", RATE.name, at_least=0.8, to="bare"),),
)
