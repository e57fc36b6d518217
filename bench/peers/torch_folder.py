"""The same program in plain PyTorch: a Dataset that opens files with Pillow, and a DataLoader.

Nothing is kept: each epoch decodes every picture again, as the tutorials write it.
"""

import resource
from pathlib import Path

import numpy as np
import torch
from folder_program import Clock, folder_arguments, net_of
from measuring import peak_rss_mb
from PIL import Image
from torch.utils.data import DataLoader, Dataset
from torch_epoch import loss_of, make_model, make_optimizer


class Folder(Dataset):
    """Pictures (channels, height, width) float32 from 0 to 1, and labels as floats."""

    def __init__(self, folder: Path, size: tuple[int, int]) -> None:
        self.size = size
        classes = sorted(place for place in folder.iterdir() if place.is_dir())
        self.files = [
            (file, label) for label, place in enumerate(classes) for file in sorted(place.iterdir())
        ]

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, float]:
        file, label = self.files[index]
        height, width = self.size
        with Image.open(file) as opened:
            picture = opened.convert("RGB")
        if picture.size != (width, height):
            picture = picture.resize((width, height), Image.Resampling.BILINEAR)
        pixels = torch.from_numpy(np.array(picture)).permute(2, 0, 1)
        return pixels.float().div_(255), float(label)


def all_processes_peak_mb(workers: int) -> float:
    """The peak of this process, and for each worker that of the largest of them.

    Pages that a worker shares with this process are counted in both.
    """
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return peak_rss_mb() + (workers * peak_rss_mb(ended) if workers else 0.0)


def main() -> None:
    """Open, train, answer."""
    parser = folder_arguments()
    parser.add_argument("--workers", type=int, default=0)
    asked = parser.parse_args()
    clock = Clock(asked)
    torch.manual_seed(asked.seed)
    net = net_of(asked)
    pictures = Folder(asked.folder / "train", net.shape[:2])
    loader = DataLoader(pictures, batch_size=asked.batch, shuffle=True, num_workers=asked.workers)
    if asked.fill:
        for _ in loader:
            pass
        return
    model = make_model(net)
    optimizer = make_optimizer(net, model)
    for _ in range(asked.epochs):
        for x, y in loader:
            loss = loss_of(model(x), y.float())
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            clock.step_done()
        clock.epoch_done()
    peak = all_processes_peak_mb(asked.workers)
    clock.answer(peak, ["torch", "pillow", "numpy"], torch.get_num_threads())


if __name__ == "__main__":
    main()
