"""The course's program in Keras: Sequential, compile, fit; only the clock is added.

`--steps-per-execution` and `--jit-compile` are compile's settings of those names.
"""

import time

import keras_net  # first: it chooses Keras's backend
from arrays import read_part
from keras_net import keras
from measuring import answer_epochs, equal_arguments, peak_rss_mb


class Clock(keras.callbacks.Callback):
    """Notes when each epoch ended."""

    def __init__(self) -> None:
        super().__init__()
        self.ends = []

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:  # noqa: ARG002
        """Note the time."""
        self.ends.append(time.perf_counter())


def main() -> None:
    """Train, then answer."""
    parser = equal_arguments()
    parser.add_argument("--backend", choices=list(keras_net.LIBRARIES), required=True)
    parser.add_argument("--steps-per-execution", type=int)
    parser.add_argument("--jit-compile", choices=["yes", "no"])
    asked = parser.parse_args()
    keras.utils.set_random_seed(asked.seed)
    pictures, labels = read_part(asked.arrays, "train", asked.pictures)
    pictures = keras_net.scaled(pictures)
    settings = {"jit_compile": asked.jit_compile == "yes"} if asked.jit_compile else {}
    if asked.steps_per_execution:
        settings["steps_per_execution"] = asked.steps_per_execution
    model = keras_net.make_model(asked.net)
    keras_net.compile_model(model, asked.net, settings)

    clock = Clock()
    began = time.perf_counter()
    model.fit(
        pictures, labels, batch_size=asked.batch, epochs=asked.epochs, callbacks=[clock], verbose=2
    )
    peak = peak_rss_mb()

    starts = [began, *clock.ends[:-1]]
    seconds = [end - start for start, end in zip(starts, clock.ends, strict=True)]
    test_pictures, test_labels = read_part(asked.arrays, "test")
    _, accuracy = model.evaluate(keras_net.scaled(test_pictures), test_labels, verbose=0)
    answer_epochs(
        seconds,
        peak,
        float(accuracy),
        keras_net.LIBRARIES[asked.backend],
        keras_net.threads(asked.backend),
        pictures=len(labels),
    )


if __name__ == "__main__":
    main()
