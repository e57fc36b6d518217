"""What a server answers to, in the words of OpenAPI 3.1."""

from collections.abc import Mapping
from typing import Any

from lenswork import __version__
from lenswork.model.contract import Contract
from lenswork.use.serve.limits import Limits
from lenswork.use.serve.request import FIELD, MULTIPART, RAW

Json = dict[str, Any]
TEXT: Json = {"type": "string"}
SHARE: Json = {"type": "number", "minimum": 0, "maximum": 1}
PROBLEMS = {
    "404": "There is no model of that name.",
    "413": "The request is longer than the server takes.",
    "415": "The body is neither a form nor a picture.",
    "422": "A picture cannot be read, or there is none.",
    "429": "Too many pictures wait; try again after `retry-after` seconds.",
    "503": "It took too long, or the server is stopping.",
}


def described(contracts: Mapping[str, Contract], limits: Limits) -> Json:
    """The whole description, for the models that are served."""
    first = next(iter(contracts))
    name: Json = {
        "name": "name",
        "in": "path",
        "required": True,
        "schema": {"type": "string", "enum": list(contracts)},
    }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Lenswork",
            "version": __version__,
            "description": "Answers what pictures show. Scaling and size are the model's own.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": {
            "/predict": {"post": _predict(f"What pictures show, by {first}.", "predict", limits)},
            "/models/{name}/predict": {
                "parameters": [name],
                "post": _predict("What pictures show, by one model.", "predictBy", limits, "404"),
            },
            "/models": {"get": _get("The models that are served.", "models", _models())},
            "/healthz": {"get": _get("Whether it is there.", "health", _health())},
            "/metrics": {"get": _get("Counts and times for Prometheus.", "metrics", None)},
        },
        "components": {"schemas": {"Answers": _answers(), "Problem": _problem()}},
    }


def _predict(summary: str, operation: str, limits: Limits, *more: str) -> Json:
    statuses = sorted([*(status for status in PROBLEMS if status != "404"), *more])
    problem: Json = {"application/json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    good: Json = {"application/json": {"schema": {"$ref": "#/components/schemas/Answers"}}}
    return {
        "operationId": operation,
        "summary": summary,
        "requestBody": {"required": True, "content": _bodies(limits)},
        "responses": {
            "200": {"description": "One answer a picture, in order.", "content": good},
            **{
                status: {"description": PROBLEMS[status], "content": problem} for status in statuses
            },
        },
    }


def _bodies(limits: Limits) -> Json:
    picture: Json = {"type": "string", "format": "binary"}
    form: Json = {
        "type": "object",
        "properties": {
            FIELD: {
                "type": "array",
                "items": picture,
                "minItems": 1,
                "maxItems": limits.pictures,
            }
        },
        "required": [FIELD],
        "additionalProperties": False,
    }
    encoding = {FIELD: {"contentType": ", ".join(RAW)}}
    return {MULTIPART: {"schema": form, "encoding": encoding}} | {
        kind: {"schema": picture} for kind in RAW
    }


def _get(summary: str, operation: str, schema: Json | None) -> Json:
    content: Json = (
        {"text/plain": {"schema": TEXT}}
        if schema is None
        else {"application/json": {"schema": schema}}
    )
    return {
        "operationId": operation,
        "summary": summary,
        "responses": {"200": {"description": summary, "content": content}},
    }


def _object(**properties: Json) -> Json:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _answers() -> Json:
    answer = _object(
        file=TEXT,
        probability=SHARE,
        probabilities={"type": "object", "additionalProperties": SHARE},
        **{"class": TEXT},
    )
    return _object(model=TEXT, answers={"type": "array", "items": answer, "minItems": 1})


def _problem() -> Json:
    return _object(error=TEXT, expected=TEXT, got=TEXT, do=TEXT)


def _health() -> Json:
    return _object(status={"const": "ok"}, models={"type": "array", "items": TEXT})


def _models() -> Json:
    net: Json = {"type": ["string", "null"]}
    names: Json = {"type": "array", "items": TEXT}
    model = _object(name=TEXT, classes=names, input=TEXT, net=net, data=TEXT)
    return _object(models={"type": "array", "items": model})
