"""The course's program as written: tf.keras, compile, fit; only the clock is added."""

import time

import tensorflow as tf
from idx import read_split
from measuring import answer_epochs, arguments, peak_rss_mb


class Clock(tf.keras.callbacks.Callback):
    """Notes when fit began and when each epoch ended."""

    def __init__(self) -> None:
        super().__init__()
        self.ends = []

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:  # noqa: ARG002
        """Note the time."""
        self.ends.append(time.perf_counter())


def main() -> None:
    """Train, then answer."""
    asked = arguments().parse_args()
    tf.keras.utils.set_random_seed(asked.seed)
    training_images, training_labels = read_split(asked.data, "train")
    if asked.pictures:
        training_images = training_images[: asked.pictures]
        training_labels = training_labels[: asked.pictures]
    training_images = training_images.reshape(-1, 28, 28, 1)
    training_images = training_images / 255.0

    model = tf.keras.models.Sequential(
        [
            tf.keras.layers.Conv2D(32, (3, 3), activation="relu", input_shape=(28, 28, 1)),
            tf.keras.layers.MaxPooling2D(2, 2),
            tf.keras.layers.Conv2D(32, (3, 3), activation="relu"),
            tf.keras.layers.MaxPooling2D(2, 2),
            tf.keras.layers.Flatten(),
            tf.keras.layers.Dense(128, activation="relu"),
            tf.keras.layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])

    clock = Clock()
    began = time.perf_counter()
    model.fit(training_images, training_labels, epochs=asked.epochs, callbacks=[clock])
    peak = peak_rss_mb()

    starts = [began, *clock.ends[:-1]]
    seconds = [end - start for start, end in zip(starts, clock.ends, strict=True)]
    test_images, test_labels = read_split(asked.data, "test")
    test_images = test_images.reshape(10000, 28, 28, 1) / 255.0
    _, accuracy = model.evaluate(test_images, test_labels, verbose=0)
    answer_epochs(seconds, peak, float(accuracy), ["tensorflow_cpu", "keras", "numpy"])


if __name__ == "__main__":
    main()
