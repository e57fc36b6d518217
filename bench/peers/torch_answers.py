"""The answers of a plain PyTorch network, eager."""

import numpy as np
import torch
from answers import answer_arguments, test_pictures, timed
from measuring import answer
from nets import NETS
from torch_epoch import make_model


def main() -> None:
    """Time, then answer."""
    asked = answer_arguments().parse_args()
    torch.manual_seed(asked.seed)
    model = make_model(NETS[asked.net]).eval()
    sigmoid = NETS[asked.net].outputs == 1

    @torch.inference_mode()
    def batch(pictures: np.ndarray) -> np.ndarray:
        x = torch.from_numpy(pictures).permute(0, 3, 1, 2).float().div(255)
        logits = model(x)
        return (logits.sigmoid() if sigmoid else logits.softmax(1)).numpy()

    def one(picture: np.ndarray) -> np.ndarray:
        return batch(picture[np.newaxis])

    def many(pictures: np.ndarray, size: int) -> np.ndarray:
        starts = range(0, len(pictures), size)
        return np.concatenate([batch(pictures[start : start + size]) for start in starts])

    measures = timed(one, many, test_pictures(asked))
    answer(measures, ["torch", "numpy"], torch.get_num_threads())


if __name__ == "__main__":
    main()
