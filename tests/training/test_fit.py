"""Training as a stream of events, against an independent loop and against itself."""

from dataclasses import replace
from itertools import islice
from pathlib import Path
from shutil import rmtree
from threading import Event as Flag
from typing import Any

import numpy as np
import pytest
import torch
from tiny_data import SIDE, striped_data, write_striped_folder
from torch import Tensor, nn
from torch.nn import functional as F

from lenswork.data.batches import batch_stream
from lenswork.data.dataset import Dataset
from lenswork.data.open import open_data
from lenswork.errors import DataError, NetError, RecipeError, UsageError
from lenswork.model.network import Network
from lenswork.model.spec import parse_net
from lenswork.seeds import stream_seed
from lenswork.training.events import EpochDone, Event, Finished, Read, Started, StepDone, Stopped
from lenswork.training.fit import fit
from lenswork.training.recipe import Recipe

NET = "conv 4, pool, flatten, dense 8, dense classes"
QUICK: dict[str, Any] = {"recipe": "notes", "net": NET, "epochs": 2, "batch": 8}


def events_of(data: Dataset, **fields: Any) -> list[Event]:
    return list(fit(Recipe(**{**QUICK, **fields}), data))


def finished(events: list[Event]) -> Finished:
    assert isinstance(events[-1], Finished)
    return events[-1]


def weights(events: list[Event]) -> dict[str, Tensor]:
    return finished(events).classifier.network.state_dict()


def test_the_events_come_in_order() -> None:
    kinds = [type(event) for event in events_of(striped_data(train=20), epochs=2)]
    steps = [StepDone] * 3
    assert kinds == [Started, *steps, Read, EpochDone, *steps, EpochDone, Finished]


def test_it_learns_to_tell_stripes_apart() -> None:
    done = finished(events_of(striped_data(), epochs=20))
    assert done.metrics["val_accuracy"] == 1.0


@pytest.mark.parametrize(
    "net", [NET, "conv 4, batchnorm, pool, dropout 0.3, flatten, dense classes"]
)
def test_the_same_seed_twice_gives_the_same_weights_to_the_last_bit(net: str) -> None:
    first, second = (weights(events_of(striped_data(), net=net, seed=5)) for _ in range(2))
    for name, tensor in first.items():
        assert torch.equal(tensor, second[name]), name


def test_what_else_draws_random_numbers_does_not_change_a_run() -> None:
    net = "dropout 0.5, conv 4, pool, flatten, dense classes"
    plain = weights(events_of(striped_data(), net=net))
    disturbed = []
    for event in fit(Recipe(**QUICK).changed(net=net), striped_data()):
        torch.rand(3)
        np.random.default_rng().random(3)
        disturbed.append(event)
    for name, tensor in weights(disturbed).items():
        assert torch.equal(tensor, plain[name]), name


def test_another_seed_gives_other_weights() -> None:
    first, second = (weights(events_of(striped_data(), seed=seed)) for seed in (1, 2))
    assert not torch.equal(first["layers.0.weight"], second["layers.0.weight"])


@pytest.mark.parametrize("classes", [2, 3])
def test_it_computes_what_a_plain_loop_computes(classes: int) -> None:
    data = striped_data(train=30, classes=classes)
    fields = {"optimizer": "sgd", "learning_rate": 0.1, "seed": 3, "steps_per_epoch": 4}
    ours = weights(events_of(data, **fields))

    outputs = 1 if classes == 2 else classes
    spec = parse_net(NET).with_outputs(outputs)
    network = Network(spec, (SIDE, SIDE, 1))
    network.initialise("glorot-uniform", stream_seed(3, "weights"))
    pictures = np.stack([data.train.source.read(index) for index in range(30)])
    order = batch_stream(30, 8, seed=3)
    for indices in islice(order, 8):  # two epochs of four steps
        batch = torch.from_numpy(pictures[indices] / np.float32(255)).permute(0, 3, 1, 2)
        labels = torch.from_numpy(data.train.labels[indices])
        for layer in network.layers:
            batch = layer(batch)
        loss = (
            F.binary_cross_entropy(torch.sigmoid(batch[:, 0]), labels.float())
            if classes == 2
            else F.nll_loss(torch.log_softmax(batch, 1), labels)
        )
        network.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        with torch.no_grad():
            for parameter in network.parameters():
                if parameter.grad is not None:
                    parameter.sub_(parameter.grad, alpha=0.1)
    for name, tensor in network.state_dict().items():
        torch.testing.assert_close(ours[name], tensor, rtol=1e-4, atol=1e-6)


def test_training_metrics_are_means_over_the_pictures_as_they_were_met() -> None:
    events = events_of(striped_data(train=20), epochs=1)
    steps = [event for event in events if isinstance(event, StepDone)]
    (epoch,) = [event for event in events if isinstance(event, EpochDone)]
    assert [step.pictures for step in steps] == [8, 8, 4]
    mean = sum(float(step.loss) * step.pictures for step in steps) / 20
    assert epoch.metrics["loss"] == pytest.approx(mean, rel=1e-5)
    assert epoch.pictures == 20


def test_held_out_metrics_are_those_of_the_recorded_answers() -> None:
    done = finished(events_of(striped_data(validation=30, test=24)))
    assert set(done.answers) == {"validation", "test"}
    for part, prefix in (("validation", "val_"), ("test", "test_")):
        answers = done.answers[part]  # type: ignore[index]
        right = answers.probabilities[np.arange(len(answers.truth)), answers.truth]
        assert done.metrics[f"{prefix}loss"] == pytest.approx(-np.log(right).mean(), rel=1e-4)
        accuracy = (answers.probabilities.argmax(1) == answers.truth).mean()
        assert done.metrics[f"{prefix}accuracy"] == pytest.approx(accuracy)


def test_the_classifier_gives_the_recorded_answers() -> None:
    data = striped_data(validation=10, classes=2)
    done = finished(events_of(data))
    assert data.validation is not None
    pictures = [data.validation.source.read(index) for index in range(10)]
    given = done.classifier.probabilities_of(pictures)
    np.testing.assert_allclose(given, done.answers["validation"].probabilities, atol=1e-6)


def test_steps_per_epoch_ends_an_epoch_and_the_next_goes_on_from_there() -> None:
    short = events_of(striped_data(train=40), epochs=5, steps_per_epoch=1)
    whole = events_of(striped_data(train=40), epochs=1)
    assert sum(isinstance(event, EpochDone) for event in short) == 5
    for name, tensor in weights(short).items():
        assert torch.equal(tensor, weights(whole)[name]), name


def test_validation_steps_validate_on_the_same_few_pictures_each_epoch() -> None:
    fields: dict[str, Any] = {"validation_batch": 5, "validation_steps": 2, "learning_rate": 1e-12}
    events = events_of(striped_data(validation=30), epochs=3, **fields)
    losses = [event.metrics["val_loss"] for event in events if isinstance(event, EpochDone)]
    assert losses[0] == pytest.approx(losses[2], rel=1e-6)
    assert losses[0] != pytest.approx(finished(events).metrics["val_loss"], rel=1e-6)
    assert len(finished(events).answers["validation"].ids) == 30


def test_a_stop_rule_ends_the_run_after_the_epoch_in_which_it_holds() -> None:
    events = events_of(striped_data(), epochs=50, stop_when=("val_accuracy > 0.9",))
    stopped = events[-2]
    assert isinstance(stopped, Stopped)
    assert "val_accuracy > 0.9 is reached" in stopped.reason
    assert stopped.epoch < 50
    assert finished(events).stopped == stopped.reason


def test_asking_to_stop_ends_the_run_after_the_step_with_all_answers() -> None:
    stop = Flag()
    events = []
    for event in fit(Recipe(**QUICK), striped_data(), stop=stop):
        events.append(event)
        if isinstance(event, StepDone) and event.step == 2:
            stop.set()
    assert sum(isinstance(event, StepDone) for event in events) == 2
    assert finished(events).epochs == 0
    assert len(finished(events).answers["validation"].ids) == 30


def test_a_loss_that_is_no_number_ends_the_run_with_advice() -> None:
    events = events_of(striped_data(), optimizer="sgd", learning_rate=1e30, epochs=9)
    assert isinstance(events[-2], Stopped)
    assert "diverged" in events[-2].reason


def test_an_unknown_metric_is_refused_before_the_first_event() -> None:
    events = fit(Recipe(**QUICK, stop_when=("acc > 0.6",)), striped_data())
    with pytest.raises(RecipeError, match="Metrics here are loss, accuracy, val_loss"):
        next(events)


class Tiny(nn.Module):
    """A module of one's own."""

    def __init__(self, outputs: int) -> None:
        super().__init__()
        self.dense = nn.Linear(SIDE * SIDE, outputs)

    def forward(self, inputs: Tensor) -> Tensor:
        logits: Tensor = self.dense(inputs.flatten(1))
        return logits


def test_a_module_of_ones_own_can_be_trained_in_place_of_a_net() -> None:
    events = list(fit(Recipe(epochs=8, batch=8), striped_data(), network=Tiny(3)))
    assert finished(events).metrics["val_accuracy"] == 1.0
    assert finished(events).classifier.contract.net is None


def test_a_module_with_the_wrong_outputs_is_refused() -> None:
    with pytest.raises(NetError, match=r"logits of shape \(2, 3\), got \(2, 5\)"):
        next(fit(Recipe(), striped_data(), network=Tiny(5)))


def test_a_device_that_is_not_there_is_refused() -> None:
    with pytest.raises(UsageError, match="device must be auto or one of"):
        next(fit(Recipe(), striped_data(), device="abacus"))


@pytest.mark.parametrize("normalise", [True, False])
def test_pixels_are_divided_by_255_only_when_asked(normalise: bool) -> None:
    data = striped_data(train=3)
    seen: list[float] = []

    class Watching(Tiny):
        def forward(self, inputs: Tensor) -> Tensor:
            seen.append(float(inputs.max()))
            return super().forward(inputs)

    list(fit(Recipe(epochs=1, normalise=normalise), data, network=Watching(3)))
    brightest = max(data.train.source.read(index).max() for index in range(3))
    assert brightest * (1 / 255 if normalise else 1) in [pytest.approx(value) for value in seen]


def test_pictures_that_vanish_while_it_trains_cost_nothing(tmp_path: Path) -> None:
    folder = write_striped_folder(tmp_path / "data")
    events = []
    for event in fit(Recipe(**QUICK), open_data(folder)):
        events.append(event)
        if isinstance(event, EpochDone) and folder.exists():
            rmtree(folder)
    assert len(finished(events).classifier.golden) == 2


def test_asking_to_stop_in_the_last_step_of_an_epoch_lets_the_epoch_end() -> None:
    stop = Flag()
    events = []
    for event in fit(Recipe(**QUICK), striped_data(train=16), stop=stop):
        events.append(event)
        if isinstance(event, StepDone) and event.step == 2:
            stop.set()
    assert finished(events).epochs == 1
    assert finished(events).stopped == "stopped on request"
    assert sum(isinstance(event, StepDone) for event in events) == 2


def test_class_names_that_would_write_on_a_terminal_are_refused() -> None:
    data = replace(striped_data(classes=2), classes=("fine", "red\x1b[31m"))
    with pytest.raises(DataError, match="characters that cannot be printed"):
        next(fit(Recipe(**QUICK), data))


def test_asking_to_stop_in_the_last_step_of_all_leaves_a_run_that_is_whole() -> None:
    stop = Flag()
    events = []
    for event in fit(Recipe(**{**QUICK, "epochs": 1}), striped_data(train=16), stop=stop):
        events.append(event)
        if isinstance(event, StepDone) and event.step == 2:
            stop.set()
    assert (finished(events).epochs, finished(events).stopped) == (1, None)
    assert not [event for event in events if isinstance(event, Stopped)]
