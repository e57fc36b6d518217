"""float32 or bfloat16: what is chosen, and what training in it changes."""

from typing import Any

import pytest
import torch
from tiny_data import SIDE, striped_data
from torch import Tensor, nn

from lenswork.errors import RecipeError
from lenswork.model.network import Network
from lenswork.model.spec import parse_net
from lenswork.training import precision
from lenswork.training.events import Finished, Started
from lenswork.training.fit import fit
from lenswork.training.precision import choose_precision, forward
from lenswork.training.recipe import Recipe

CPU = torch.device("cpu")
SHAPE = (8, 1, SIDE, SIDE)
QUICK: dict[str, Any] = {
    "recipe": "notes",
    "net": "conv 4, pool, conv 8, batchnorm, relu, flatten, dense 8, dense classes",
    "batch": 8,
    "epochs": 2,
}


def network_of(net: str) -> Network:
    network = Network(parse_net(net).with_outputs(3), (SIDE, SIDE, 1))
    network.initialise("he-normal", 1)
    return network


def seconds_of(exact: float, rough: float) -> Any:
    return lambda layer, inputs, kind: rough if kind == torch.bfloat16 else exact  # noqa: ARG005


def weights(**fields: Any) -> dict[str, Tensor]:
    *_, end = fit(Recipe(**{**QUICK, **fields}), striped_data())
    assert isinstance(end, Finished)
    return end.classifier.network.state_dict()


def test_bfloat16_moves_float32_weights_nearly_as_float32_does() -> None:
    start = weights(learning_rate=1e-12)
    exact, rough = weights(precision="float32"), weights(precision="bfloat16")
    for name, tensor in exact.items():
        if tensor.dtype != torch.float32:
            continue
        assert rough[name].dtype == torch.float32
        assert not torch.equal(rough[name], tensor), name
    moved = torch.cat([(exact[n] - start[n]).flatten().float() for n in exact])
    apart = torch.cat([(exact[n] - rough[n]).flatten().float() for n in exact])
    assert apart.norm() < 0.3 * moved.norm()


def test_bfloat16_twice_gives_the_same_weights_to_the_last_bit() -> None:
    first, second = (weights(precision="bfloat16") for _ in range(2))
    for name, tensor in first.items():
        assert torch.equal(tensor, second[name]), name


def test_logits_are_float32_in_both() -> None:
    network, inputs = network_of(QUICK["net"]), torch.rand(SHAPE)
    exact, rough = (forward(network, inputs, kind) for kind in ("float32", "bfloat16"))
    assert exact.dtype == rough.dtype == torch.float32
    torch.testing.assert_close(exact, rough, rtol=0.05, atol=0.05)
    assert not torch.equal(exact, rough)


@pytest.mark.parametrize(
    ("rough", "chosen"), [(0.5, "bfloat16"), (0.83, "bfloat16"), (0.84, "float32"), (2, "float32")]
)
def test_auto_takes_bfloat16_where_it_is_1_2_times_as_fast(
    rough: float, chosen: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(precision, "_seconds", seconds_of(1.0, rough))
    found = choose_precision("auto", network_of(QUICK["net"]), SHAPE, CPU)
    assert found.precision == chosen
    assert f"takes {rough:.2f} times as long in bfloat16" in str(found.reason)


def test_auto_takes_float32_where_bfloat16_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precision, "_seconds", seconds_of(1.0, 0.1))
    monkeypatch.setattr(precision, "CLOSE", 1e-9)
    found = choose_precision("auto", network_of(QUICK["net"]), SHAPE, CPU)
    assert found.precision == "float32"
    assert "not finite or not close" in str(found.reason)


def test_the_layer_with_the_most_work_is_measured_at_the_step_s_shape(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    met: list[tuple[nn.Module, tuple[int, ...]]] = []

    def note(layer: nn.Module, inputs: Tensor, kind: torch.dtype) -> float:
        met.append((layer, tuple(inputs.shape)))
        return 1.0

    monkeypatch.setattr(precision, "_seconds", note)
    network = network_of("conv 4, pool, conv 16, flatten, dense 8, dense classes")
    choose_precision("auto", network, SHAPE, CPU)
    layer, shape = met[0]
    assert isinstance(layer, nn.Conv2d)
    assert layer.out_channels == 16
    assert shape == (8, 4, 5, 5)
    assert layer is not network.layers[2]


def test_measuring_changes_neither_the_network_nor_random_numbers() -> None:
    network = network_of(QUICK["net"]).train()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    torch.manual_seed(3)
    choose_precision("auto", network, SHAPE, CPU)
    drawn = torch.rand(3)
    torch.manual_seed(3)
    assert torch.equal(drawn, torch.rand(3))
    assert network.training
    assert not any(module._forward_hooks for module in network.modules())
    for name, tensor in network.state_dict().items():
        assert torch.equal(tensor, before[name]), name


def test_a_network_without_layers_to_measure_stays_float32() -> None:
    found = choose_precision("auto", nn.Flatten(), SHAPE, CPU)
    assert found.precision == "float32"
    assert "nothing" in str(found.reason) or "no convolution" in str(found.reason)


def test_a_device_without_bfloat16_is_refused_when_asked_and_passed_over_by_auto(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: object) -> list[Tensor]:
        raise RuntimeError("not implemented for 'BFloat16'\nat some line")

    monkeypatch.setattr(precision, "_results", refuse)
    expected = r"cpu does not compute in bfloat16 \(not implemented for 'BFloat16'\): use float32"
    with pytest.raises(RecipeError, match=expected):
        choose_precision("bfloat16", network_of(QUICK["net"]), SHAPE, CPU)
    found = choose_precision("auto", network_of(QUICK["net"]), SHAPE, CPU)
    assert found == precision.Chosen("float32", "float32: not implemented for 'BFloat16'")


def test_the_start_says_what_auto_found_and_the_recipe_what_was_asked() -> None:
    started = next(fit(Recipe(**QUICK, precision="auto"), striped_data()))
    assert isinstance(started, Started)
    assert started.recipe.precision == "auto"
    assert "times as long in bfloat16" in started.reasons[-1]


def test_a_resumed_run_keeps_the_precision_it_began_with(monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = Recipe(**QUICK, precision="auto")
    monkeypatch.setattr(precision, "_seconds", seconds_of(1.0, 0.1))
    whole = fit(recipe, striped_data())
    started = next(whole)
    assert isinstance(started, Started)
    assert started.state is not None
    next(whole)
    state = started.state()
    state = type(state)(state.facts, {name: one.clone() for name, one in state.tensors.items()})
    *_, end = whole
    monkeypatch.setattr(precision, "_seconds", seconds_of(1.0, 9.0))
    *_, resumed = fit(recipe, striped_data(), resume=state)
    assert isinstance(end, Finished)
    assert isinstance(resumed, Finished)
    for name, tensor in end.classifier.network.state_dict().items():
        assert torch.equal(resumed.classifier.network.state_dict()[name], tensor), name
