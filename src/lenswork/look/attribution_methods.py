"""Attribution by captum: Grad-CAM, occlusion, integrated gradients of one class's score."""

import copy
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from captum.attr import IntegratedGradients, LayerAttribution, LayerGradCam, Occlusion
from numpy.typing import NDArray
from torch import Tensor, nn

from lenswork.errors import UsageError
from lenswork.look.places import Place, find, last_convolution, places_of
from lenswork.model.classifier import Classifier
from lenswork.model.network import Network

Numbers = NDArray[np.float32]
Method = Literal["grad-cam", "occlusion", "integrated-gradients"]
METHODS: tuple[Method, ...] = ("grad-cam", "occlusion", "integrated-gradients")
Baseline = Literal["black", "white", "mean"]
STEP_NUMBERS = 2_000_000  # input numbers in one batch of steps or of covered pictures


@dataclass(frozen=True)
class Settings:
    """How a map is made; `window` is in pixels, `steps` counts points on the way."""

    method: Method
    layer: str | None
    baseline: Baseline
    window: int | None
    steps: int


@dataclass(frozen=True)
class Map:
    """One picture's map: `own` as the method gives it, `values` (height, width) of the picture."""

    own: Numbers
    values: Numbers
    how: str
    unexplained: float | None = None


class Scorer(nn.Module):
    """The score of one class, (batch,).

    `watched` takes a net's layers in the order of its text: its own, faster order pools before
    it activates, so a hook would never see a convolution's map.
    """

    def __init__(
        self, classifier: Classifier, network: nn.Module, class_name: str, *, watched: bool
    ) -> None:
        super().__init__()
        self.contract = classifier.contract
        self.network = network.eval()
        self.watched = watched
        self.label = classifier.classes.index(class_name)

    @property
    def shape(self) -> tuple[int, int, int]:
        """(height, width, channels) of the input."""
        return self.contract.preprocess.input_shape

    @property
    def white(self) -> float:
        """The input number of a white pixel."""
        return 255 * self.contract.preprocess.scale

    def forward(self, inputs: Tensor) -> Tensor:
        """(batch, channels, height, width) to (batch,)."""
        if self.watched and isinstance(self.network, Network):
            for layer in self.network.layers:
                inputs = layer(inputs)
            logits = inputs
        else:
            logits = self.network(inputs)
        if self.contract.output == "sigmoid":
            return logits[:, 0] if self.label == 1 else -logits[:, 0]
        return logits[:, self.label]


def map_of(score: Scorer, inputs: Tensor, settings: Settings) -> Map:
    """The map of one picture, (1, channels, height, width), for one score."""
    given = inputs.detach().clone().requires_grad_()  # captum complains when it must set this
    if settings.method == "grad-cam":
        return _grad_cam(score, given, settings)
    baseline = _baseline(score, given, settings.baseline)
    if settings.method == "occlusion":
        return _occlusion(score, inputs, baseline, settings)
    return _integrated_gradients(score, given, baseline, settings)


def _grad_cam(score: Scorer, inputs: Tensor, settings: Settings) -> Map:
    """Selvaraju et al. 2017, "Grad-CAM", equations 1 and 2, stretched over the picture."""
    place = _map_place(score, settings.layer)
    raw = LayerGradCam(score, place.module).attribute(inputs, relu_attributions=True)
    height, width, _ = score.shape
    grown = LayerAttribution.interpolate(raw, (height, width), "bilinear")
    rows, columns = raw.shape[2:]
    how = f"Grad-CAM at layer {place.name}, {rows}x{columns} stretched to {height}x{width}"
    return Map(_to_numpy(raw[0, 0]), _to_numpy(grown[0, 0]), how)


def _occlusion(score: Scorer, inputs: Tensor, baseline: Tensor, settings: Settings) -> Map:
    """The fall of the score when a square is covered, averaged over the squares on a pixel.

    Zeiler and Fergus 2014, "Visualizing and understanding convolutional networks", section 4.2.
    """
    height, width, channels = score.shape
    side = settings.window or max(1, round(min(height, width) / 8))
    step = max(1, side // 2)
    with torch.inference_mode():
        values = Occlusion(score).attribute(
            inputs,
            sliding_window_shapes=(channels, side, side),
            strides=(channels, step, step),
            baselines=baseline,
            perturbations_per_eval=_at_once(score),
        )
    one = _to_numpy(values[0, 0])  # all channels are covered together
    how = (
        f"Occlusion: fall of the logit, {side}x{side} pixels covered with "
        f"{_named(settings.baseline)}, every {'pixel' if step == 1 else f'{step} pixels'}"
    )
    return Map(one, one, how)


def _integrated_gradients(
    score: Scorer, inputs: Tensor, baseline: Tensor, settings: Settings
) -> Map:
    """Sundararajan, Taly and Yan 2017, "Axiomatic attribution for deep networks", equation 1."""
    values, rest = IntegratedGradients(score).attribute(
        inputs,
        baselines=baseline,
        n_steps=settings.steps,
        internal_batch_size=_at_once(score),
        return_convergence_delta=True,
    )
    summed = _to_numpy(values[0].sum(dim=0))  # over the colours
    how = f"Integrated gradients from {_named(settings.baseline)}, {settings.steps} steps"
    return Map(summed, summed, how, float(rest[0]))


def redraw(network: nn.Module, seed: int) -> nn.Module:
    """A copy of a network with its weights drawn anew, as if it had never been trained.

    Modules draw theirs as they do when they are made; numbers that belong to no such module
    are shuffled.
    """
    devices = sorted({p.device.index or 0 for p in network.parameters() if p.is_cuda})
    copied = copy.deepcopy(network)
    drawn: set[int] = set()
    with torch.random.fork_rng(devices), torch.no_grad():
        torch.manual_seed(seed)
        for module in copied.modules():
            reset = getattr(module, "reset_parameters", None)
            if callable(reset):
                reset()
                drawn |= {id(own) for own in module.parameters(recurse=False)}
        for parameter in copied.parameters():
            if id(parameter) not in drawn:
                order = torch.randperm(parameter.numel()).to(parameter.device)
                parameter.copy_(parameter.flatten()[order].view_as(parameter))
    if isinstance(copied, Network):
        copied.initialise("glorot-uniform", seed)
    return copied.eval()


def _map_place(score: Scorer, layer: str | None) -> Place:
    places = places_of(score.network, score.shape)
    maps = [place for place in places if place.is_map]
    if layer is not None:
        return find(places, layer, only=maps)
    place = last_convolution(places)
    if place is None:
        raise UsageError(
            "grad-cam needs a convolution, and this net has none: use occlusion or "
            "integrated-gradients"
        )
    return place


def _baseline(score: Scorer, inputs: Tensor, kind: Baseline) -> Tensor:
    if kind == "mean":
        return inputs.detach().mean(dim=(2, 3), keepdim=True).expand_as(inputs).contiguous()
    return torch.full_like(inputs.detach(), 0.0 if kind == "black" else score.white)


def _named(kind: Baseline) -> str:
    return "the picture's mean colour" if kind == "mean" else kind


def _at_once(score: Scorer) -> int:
    """Pictures in one batch."""
    return max(1, min(64, STEP_NUMBERS // int(np.prod(score.shape))))


def _to_numpy(tensor: Tensor) -> Numbers:
    return np.ascontiguousarray(tensor.detach().float().cpu().numpy(), dtype=np.float32)
