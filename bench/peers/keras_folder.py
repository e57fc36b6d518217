"""The course's program from a folder of files: image_dataset_from_directory, cache, prefetch, fit.

`--cache memory` keeps the decoded pictures in memory, `--cache file` in a file that a second
process finds; `--shuffle N` shuffles what was kept by a buffer of N batches, as TensorFlow's
tutorials write it.
"""

import keras_net  # first: it chooses Keras's backend
import tensorflow as tf
from folder_program import Clock, folder_arguments, net_of
from keras_net import keras
from measuring import peak_rss_mb


class Notes(keras.callbacks.Callback):
    """Tells the clock of each step and epoch."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self.clock = clock

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:  # noqa: ARG002
        """A step is done."""
        self.clock.step_done()

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:  # noqa: ARG002
        """An epoch is done."""
        self.clock.epoch_done()


def main() -> None:
    """Open, train, answer."""
    parser = folder_arguments()
    parser.add_argument("--backend", choices=["tensorflow"], required=True)
    parser.add_argument("--cache", choices=["memory", "file"], required=True)
    parser.add_argument("--shuffle", type=int, default=0, help="batches; 0 for none after cache")
    asked = parser.parse_args()
    clock = Clock(asked)
    keras.utils.set_random_seed(asked.seed)
    height, width, _ = net_of(asked).shape
    pictures = keras.utils.image_dataset_from_directory(
        asked.folder / "train",
        label_mode="binary",
        image_size=(height, width),
        batch_size=asked.batch,
        seed=asked.seed,
    )
    pictures = pictures.cache(str(asked.kept / "pictures") if asked.cache == "file" else "")
    if asked.fill:
        for _ in pictures:
            pass
        return
    if asked.shuffle:
        pictures = pictures.shuffle(asked.shuffle)
    pictures = pictures.prefetch(tf.data.AUTOTUNE)

    net = keras_net.make_model(asked.net)
    model = keras.Sequential(
        [keras.Input(net_of(asked).shape), keras.layers.Rescaling(1 / 255), *net.layers]
    )
    keras_net.compile_model(model, asked.net, {})
    model.fit(pictures, epochs=asked.epochs, callbacks=[Notes(clock)], verbose=2)
    clock.answer(peak_rss_mb(), keras_net.LIBRARIES["tensorflow"])


if __name__ == "__main__":
    main()
