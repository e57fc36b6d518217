"""A small classifier, and a server of it."""

from collections.abc import Iterator

import pytest
import torch
from served import Serve, picture
from starlette.testclient import TestClient

from lenswork.model.classifier import Classifier
from lenswork.model.contract import Contract
from lenswork.model.network import Network
from lenswork.model.preprocess import Preprocess
from lenswork.model.spec import parse_net
from lenswork.use.serve.app import server
from lenswork.use.serve.limits import Limits

NET = "conv 4, pool, flatten, dense classes"


@pytest.fixture(scope="session")
def classifier() -> Classifier:
    preprocess = Preprocess(height=12, width=12, colours="rgb")
    contract = Contract(classes=("cat", "dog"), preprocess=preprocess, output="softmax", net=NET)
    network = Network(parse_net(NET).with_outputs(2), preprocess.input_shape)
    network.initialise("he-normal", 1)
    for parameter in network.parameters():
        parameter.requires_grad_(False)
    torch.set_num_threads(1)
    return Classifier(network, contract, [picture(1), picture(2)])


@pytest.fixture
def serve(classifier: Classifier) -> Iterator[Serve]:
    """Start a server with other limits or models; all are stopped at the end."""
    clients: list[TestClient] = []

    def start(limits: Limits | None = None, **models: object) -> TestClient:
        app = server(models or {"pets": classifier}, limits)  # type: ignore[arg-type]
        client = TestClient(app, base_url="http://localhost")
        client.__enter__()
        clients.append(client)
        return client

    yield start
    for client in clients:
        client.__exit__(None, None, None)
