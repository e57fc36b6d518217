"""What the description says is what the server does: Schemathesis finds nothing."""

import os
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from served import Serve, png
from starlette.testclient import TestClient

from lenswork.model.classifier import Classifier
from lenswork.use.serve.app import server
from lenswork.use.serve.limits import Limits
from lenswork.use.serve.request import RAW

TRIES = int(os.environ.get("LENSWORK_FUZZ", "30"))
PICTURES = st.sampled_from([png(seed) for seed in range(4)])  # no schema can say what a PNG is
POSITIVE, NEGATIVE = schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE
OPERATIONS = [
    ("/predict", "POST", POSITIVE),
    ("/predict", "POST", NEGATIVE),
    ("/models/{name}/predict", "POST", POSITIVE),
    ("/models/{name}/predict", "POST", NEGATIVE),
    ("/models", "GET", POSITIVE),
    ("/healthz", "GET", POSITIVE),
    ("/metrics", "GET", POSITIVE),
]


@pytest.mark.parametrize(("path", "method", "mode"), OPERATIONS)
def test_every_operation_keeps_to_its_description(
    classifier: Classifier, path: str, method: str, mode: schemathesis.GenerationMode
) -> None:
    for kind in RAW:
        schemathesis.openapi.media_type(kind, PICTURES)
    app = server({"pets": classifier, "others": classifier}, Limits(request_bytes=10_000))
    with TestClient(app, base_url="http://localhost"):
        schema = schemathesis.openapi.from_asgi("/openapi.json", app)
        operation = schema[path][method]

        @given(case=operation.as_strategy(generation_mode=mode))
        @settings(
            max_examples=TRIES,
            deadline=None,
            database=None,
            derandomize="LENSWORK_FUZZ" not in os.environ,
            suppress_health_check=list(HealthCheck),
        )
        def call(case: schemathesis.Case[Any]) -> None:
            case.call_and_validate()

        call()


def test_every_route_is_described_and_every_status_has_its_body(serve: Serve) -> None:
    client = serve()
    described = client.get("/openapi.json").json()
    app = client.app
    routes = {route.path for route in app.routes}  # type: ignore[attr-defined]
    assert set(described["paths"]) == routes - {"/", "/openapi.json"}
    for path in ("/predict", "/models/{name}/predict"):
        responses = described["paths"][path]["post"]["responses"]
        assert {"200", "413", "415", "422", "429", "503"} <= set(responses)
