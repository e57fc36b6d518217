"""A Keras model's answers: `model.predict`, as the course has it."""

import keras_net  # first: it chooses Keras's backend
import numpy as np
from answers import answer_arguments, test_pictures, timed
from keras_net import keras
from measuring import answer


def main() -> None:
    """Time, then answer."""
    parser = answer_arguments()
    parser.add_argument("--backend", choices=list(keras_net.LIBRARIES), required=True)
    asked = parser.parse_args()
    keras.utils.set_random_seed(asked.seed)
    model = keras_net.make_model(asked.net)

    def one(picture: np.ndarray) -> np.ndarray:
        return model.predict(picture[np.newaxis] / np.float32(255), verbose=0)

    def many(pictures: np.ndarray, size: int) -> np.ndarray:
        return model.predict(pictures / np.float32(255), batch_size=size, verbose=0)

    measures = timed(one, many, test_pictures(asked))
    answer(measures, keras_net.LIBRARIES[asked.backend], keras_net.threads(asked.backend))


if __name__ == "__main__":
    main()
