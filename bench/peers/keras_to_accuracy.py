"""The course's program for as many epochs as the course gives it: one fit, then one evaluation."""

import time

import keras_net  # first: it chooses Keras's backend
from arrays import read_part
from keras_net import keras
from measuring import answer, equal_arguments, peak_rss_mb


def main() -> None:
    """Train, then answer."""
    parser = equal_arguments()
    parser.add_argument("--backend", choices=list(keras_net.LIBRARIES), required=True)
    asked = parser.parse_args()
    keras.utils.set_random_seed(asked.seed)
    began = time.perf_counter()
    pictures, labels = read_part(asked.arrays, "train", asked.pictures)
    pictures = keras_net.scaled(pictures)
    prepare_seconds = time.perf_counter() - began
    model = keras_net.make_model(asked.net)
    keras_net.compile_model(model, asked.net, {})

    began = time.perf_counter()
    model.fit(pictures, labels, batch_size=asked.batch, epochs=asked.epochs, verbose=2)
    train_seconds = time.perf_counter() - began
    peak = peak_rss_mb()

    test_pictures, test_labels = read_part(asked.arrays, "test")
    _, accuracy = model.evaluate(keras_net.scaled(test_pictures), test_labels, verbose=0)
    measures = {
        "train_seconds": train_seconds,
        "test_accuracy_percent": 100 * float(accuracy),
        "epochs": asked.epochs,
        "prepare_seconds": prepare_seconds,
        "peak_rss_mb": peak,
    }
    libraries = keras_net.LIBRARIES[asked.backend]
    answer(measures, libraries, keras_net.threads(asked.backend))


if __name__ == "__main__":
    main()
