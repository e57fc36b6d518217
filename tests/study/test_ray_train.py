"""One training by several workers of a real Ray cluster, against the same by one process."""

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.distributed as dist
from tiny_data import striped_data
from torch import Tensor, nn
from work import LONG, NET, ray_worker, soon

from lenswork.data.dataset import Dataset
from lenswork.errors import LensworkError, RecipeError, UsageError
from lenswork.record.writer import Recorder
from lenswork.training.events import EpochDone, Event, Finished, Read, Started, StepDone, Stopped
from lenswork.training.fit import ON_REQUEST, fit
from lenswork.training.on_ray import Link, Sender, train_on_ray
from lenswork.training.recipe import Recipe
from lenswork.training.shared import fit_shared, share_of
from lenswork.training.shared_norm import shared_norms

QUICK: dict[str, Any] = {"recipe": "notes", "net": NET, "epochs": 2, "batch": 8}
STEEP: dict[str, Any] = {"optimizer": "sgd", "learning_rate": 1.0, "momentum": 0.0}


def weights(events: list[Event]) -> dict[str, Tensor]:
    assert isinstance(events[-1], Finished)
    return events[-1].classifier.network.state_dict()


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[None]:
    """A process group of one."""
    dist.init_process_group("gloo", f"file://{tmp_path}/group", rank=0, world_size=1)
    try:
        yield
    finally:
        dist.destroy_process_group()


@pytest.mark.usefixtures("alone")
@pytest.mark.parametrize("more", [{}, {"epochs": 30, "stop_when": ("val_accuracy >= 1",)}])
def test_a_training_shared_by_one_process_is_the_same_to_the_last_bit(more: dict[str, Any]) -> None:
    recipe, data = Recipe(**{**QUICK, **more}), striped_data(61)
    one, other = (
        list(fit(recipe, data, device="cpu")),
        list(fit_shared(recipe, data, lambda: False)),
    )
    assert [type(event) for event in one] == [type(event) for event in other]
    for name, tensor in weights(one).items():
        assert torch.equal(tensor, weights(other)[name]), name
    for here, there in zip(one, other, strict=True):
        if isinstance(here, EpochDone) and isinstance(there, EpochDone):
            assert there.metrics == pytest.approx(here.metrics, abs=1e-6)
            assert there.pictures == here.pictures


@pytest.mark.usefixtures("alone")
def test_it_ends_after_the_step_in_which_it_is_asked_to() -> None:
    asked = iter([False, False, True])
    events = list(fit_shared(Recipe(**QUICK), striped_data(61), lambda: next(asked)))
    kinds = [type(event) for event in events]
    assert kinds == [Started, StepDone, StepDone, StepDone, Read, Stopped, Finished]
    whole = list(fit(Recipe(**QUICK), striped_data(61), device="cpu"))
    (told,), (read,) = ([one for one in each if isinstance(one, Read)] for each in (events, whole))
    assert (told.digests, told.unread) == (read.digests, 0)
    assert isinstance(events[-1], Finished)
    assert (events[-1].epochs, events[-1].stopped) == (0, ON_REQUEST)


@pytest.mark.parametrize(("pictures", "ranks"), [(8, 2), (7, 2), (7, 3), (1, 3), (2, 3)])
def test_the_mean_of_weighted_means_is_the_mean_of_the_batch(
    pictures: int, ranks: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    losses = torch.arange(pictures, dtype=torch.float64) ** 2
    monkeypatch.setattr(dist, "get_world_size", lambda: ranks)
    total, seen = 0.0, 0
    for rank in range(ranks):
        monkeypatch.setattr(dist, "get_rank", lambda rank=rank: rank)
        share, weight = share_of(torch.arange(pictures))
        assert len(share)
        total += float(losses[share].mean()) * weight
        seen += len(share) if weight else 0
    assert total / ranks == pytest.approx(float(losses.mean()), abs=1e-12)
    assert seen == pictures


@pytest.mark.usefixtures("alone")
@pytest.mark.parametrize("shape", [(5, 3), (5, 3, 4, 2)])
def test_shared_batch_normalisation_is_torchs(shape: tuple[int, ...]) -> None:
    torch.manual_seed(0)
    theirs = nn.BatchNorm1d(3) if len(shape) == 2 else nn.BatchNorm2d(3)
    nn.init.uniform_(theirs.weight)
    nn.init.uniform_(theirs.bias)
    ours, pictures, towards = copy.deepcopy(theirs), torch.randn(shape) + 2, torch.randn(shape)
    results = []
    with shared_norms(ours):
        for norm in (theirs, ours):
            inputs = pictures.clone().requires_grad_()
            outputs = norm(inputs)
            (outputs * towards).sum().backward()
            after = norm.eval()(pictures)
            gradients = [inputs.grad, norm.weight.grad, norm.bias.grad]
            results.append([outputs, after, *gradients, *norm.state_dict().values()])
    for one, other in zip(*results, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-6, atol=1e-6)
    assert "forward" not in vars(ours)


@pytest.mark.slow
def test_one_step_by_two_workers_has_the_gradients_of_one_process(connection: Any) -> None:
    # gradient descent with rate 1 moves each weight by its gradient; 7 pictures are 4 and 3
    net = "conv 4 linear no-bias, batchnorm, relu, pool, flatten, dense classes"
    recipe = Recipe(**{**QUICK, **STEEP, "net": net, "batch": 7, "epochs": 1, "steps_per_epoch": 1})
    data = striped_data(61)
    one = list(fit(recipe, data, device="cpu"))
    two = list(train_on_ray(recipe, data, workers=2))
    assert [type(event) for event in two] == [type(event) for event in one]
    for name, tensor in weights(one).items():
        assert float((tensor - weights(two)[name]).abs().max()) < 1e-6, name


@pytest.mark.slow
def test_a_training_by_two_workers_is_recorded_and_ends_as_by_one(
    cluster: Any, tmp_path: Path
) -> None:
    recipe, data = Recipe(**QUICK), striped_data(61, test=30)
    recorder = Recorder(tmp_path, "two")
    events = list(recorder.record(train_on_ray(recipe, data, cluster.address, 2)))
    one = list(fit(recipe, data, device="cpu"))
    assert isinstance(one[-1], Finished)
    assert [type(event) for event in events] == [type(event) for event in one]
    run = recorder.run
    assert run.status == "finished"
    assert run.metrics == pytest.approx(_last_metrics(one), abs=1e-4)  # other roundings, 16 steps
    assert run.start["reasons"][-1] == "each batch is shared by 2 processes"
    assert [row["pictures"] for row in run.history] == [61, 61]


def _last_metrics(events: list[Event]) -> dict[str, float]:
    epochs = [dict(event.metrics) for event in events if isinstance(event, EpochDone)]
    assert isinstance(events[-1], Finished)
    return epochs[-1] | dict(events[-1].metrics)


@pytest.mark.usefixtures("alone")
def test_who_reads_the_events_can_have_the_training_end() -> None:
    link = Link()
    sender = Sender(link.put)
    read: list[Event] = []
    for event in fit_shared(Recipe(**QUICK), striped_data(61), lambda: sender.stopped):
        sender.send(event)
        read += link.take(stop=bool(read))  # asked to end when the first event has been read
    steps = [event.step for event in read if isinstance(event, StepDone)]
    assert steps == list(range(1, len(steps) + 1)), "none is lost and none comes twice"
    assert [type(event) for event in (read[0], *read[-2:])] == [Started, Stopped, Finished]


@pytest.mark.slow
def test_leaving_the_loop_ends_the_workers(connection: Any) -> None:
    recipe = Recipe(**{**QUICK, "epochs": LONG})
    events = train_on_ray(recipe, striped_data(), workers=1)
    assert isinstance(next(events), Started)
    events.close()  # type: ignore[attr-defined]
    soon(lambda: ray_worker("RayTrainWorker") is None and ray_worker("_launch") is None)


@pytest.mark.slow
def test_what_cannot_be_trained_is_refused_before_any_worker_starts(connection: Any) -> None:
    def refused(data: Dataset, workers: int = 2, **fields: Any) -> str:
        with pytest.raises(UsageError) as found:
            next(train_on_ray(Recipe(**{**QUICK, **fields}), data, workers=workers))
        return str(found.value)

    assert "3 workers need a CPU each, the Ray cluster" in refused(striped_data(), 3)
    assert "expected 1 worker or more, got 0" in refused(striped_data(), 0)
    with pytest.raises(RecipeError):
        next(train_on_ray(Recipe(**{**QUICK, "output": "sigmoid"}), striped_data()))


@pytest.mark.slow
def test_what_fails_in_a_worker_is_said(connection: Any) -> None:
    recipe = Recipe(**QUICK)
    data = striped_data()
    harmed = Dataset(data.name, ("stripe 0", "a\x1bb", "stripe 2"), data.parts)
    with pytest.raises(LensworkError, match=r"has failed: class .* cannot be printed"):
        next(train_on_ray(recipe, harmed, workers=1))
