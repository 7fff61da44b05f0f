"""Pinterest's official OpenAPI file (5.23.0) as a judge of traffic: requests sent and answers given.

The file is not part of the project: PETRA_CONTRACTS names its folder. Loaded once per process.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import httpx2
import yaml
from openapi_schema_validator import OAS30ReadValidator, OAS30WriteValidator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

_ROOT: Final = Path(__file__).resolve().parents[4]
FILE: Final = Path(os.environ.get("PETRA_CONTRACTS", _ROOT.parent / "shared" / "contracts")) / "pinterest-openapi.yaml"
BASE_PATH: Final = "/v5"

# Fields that the file does not name and Pinterest takes: disclosures from 5.28 on, PKCE and continuous refresh.
_NEWER_FIELDS: Final = frozenset({"ai_disclosures", "code_verifier", "continuous_refresh"})


def is_here() -> bool:
    return FILE.is_file()


@dataclass(frozen=True)
class Exchange:
    """One request and its answer; no answer where the connection was broken."""

    method: str
    url: str
    request_headers: dict[str, str]
    request_body: bytes
    status: int | None = None
    response_body: bytes = b""


class Recorder(httpx2.BaseTransport):
    """Passes calls on and keeps them."""

    def __init__(self) -> None:
        self._real = httpx2.HTTPTransport(trust_env=False)
        self.exchanges: list[Exchange] = []

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        asked = (request.method, str(request.url), dict(request.headers), request.read())
        try:
            response = self._real.handle_request(request)
            body = response.read()
        except httpx2.TransportError:
            self.exchanges.append(Exchange(*asked))
            raise
        response.close()
        self.exchanges.append(Exchange(*asked, response.status_code, body))
        return response

    def close(self) -> None:
        self._real.close()


# Any, here and below: somebody else's JSON.
@cache
def _file() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.load(FILE.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return loaded


@cache
def _registry() -> Any:
    return Registry().with_resource("urn:file", DRAFT202012.create_resource(_file()))


def _follow(node: dict[str, Any]) -> dict[str, Any]:
    """Return what a $ref stands for."""
    while "$ref" in node:
        found: Any = _file()
        for part in node["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        node = found
    return node


def complaints(exchange: Exchange) -> list[str]:
    """Say what in the traffic the official file does not allow; empty when it is all right."""
    path = urlsplit(exchange.url).path.removeprefix(BASE_PATH)
    found = _operation(exchange.method, path)
    if found is None:
        return [f"{exchange.method} {path} is not in the file"]
    operation, in_path = found
    return [
        f"{operation['operationId']}: {complaint}"
        for complaint in (
            *_parameter_complaints(operation, in_path, exchange),
            *_request_complaints(operation, exchange),
            *_response_complaints(operation, exchange),
        )
    ]


def _operation(method: str, path: str) -> tuple[dict[str, Any], dict[str, str]] | None:
    for template, methods in _file()["paths"].items():
        pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", template)
        match = re.fullmatch(pattern, path)
        if match and method.lower() in methods:
            operation = dict(methods[method.lower()])
            operation["parameters"] = [*methods.get("parameters", []), *operation.get("parameters", [])]
            return operation, match.groupdict()
    return None


def _parameter_complaints(operation: dict[str, Any], in_path: dict[str, str], exchange: Exchange) -> Iterator[str]:
    given = {"path": in_path, "query": dict(parse_qsl(urlsplit(exchange.url).query, keep_blank_values=True))}
    declared = [_follow(one) for one in operation["parameters"]]
    for one in declared:
        place, name = one["in"], one["name"]
        if place not in given:
            continue
        value: object = given[place].pop(name, None)
        if value is None:
            if one.get("required"):
                yield f"parameter {name} is missing"
            continue
        if _follow(one["schema"]).get("type") == "integer" and str(value).isdigit():
            value = int(str(value))
        yield from _schema_complaints(one["schema"], value, f"parameter {name}", is_request=True)
    for place, left in given.items():
        for name in left:
            yield f"{place} parameter {name} is not in the file"


def _request_complaints(operation: dict[str, Any], exchange: Exchange) -> Iterator[str]:
    if "authorization" not in exchange.request_headers:
        yield "no Authorization header"
    if "requestBody" not in operation:
        if exchange.request_body:
            yield "a body where the file has none"
        return
    contents = _follow(operation["requestBody"])["content"]
    kind = exchange.request_headers.get("content-type", "").partition(";")[0]
    if kind not in contents:
        yield f"content type {kind!r} is not one of {list(contents)}"
        return
    is_form = kind == "application/x-www-form-urlencoded"
    body: Any = dict(parse_qsl(exchange.request_body.decode())) if is_form else json.loads(exchange.request_body)
    schema = contents[kind]["schema"]
    yield from _schema_complaints(schema, body, "request", is_request=True)
    unknown = set(body) - _properties(_chosen(schema, body)) - _NEWER_FIELDS
    if unknown:
        yield f"request has fields the file does not name: {sorted(unknown)}"


def _response_complaints(operation: dict[str, Any], exchange: Exchange) -> Iterator[str]:
    if exchange.status is None:
        return
    responses = operation["responses"]
    response = responses.get(str(exchange.status)) or responses.get("default")
    if response is None:
        yield f"status {exchange.status} is not in the file"
        return
    content = _follow(response).get("content", {}).get("application/json")
    if content is None:
        if exchange.response_body:
            yield f"answer {exchange.status} has a body where the file has none"
        return
    try:
        body = json.loads(exchange.response_body)
    except ValueError:
        yield f"answer {exchange.status} is not JSON"
        return
    yield from _schema_complaints(content["schema"], body, f"answer {exchange.status}", is_request=False)


def _schema_complaints(schema: dict[str, Any], value: object, where: str, *, is_request: bool) -> Iterator[str]:
    validator = OAS30WriteValidator if is_request else OAS30ReadValidator
    for wanted in {id(one): one for one in (_follow(schema), _chosen(schema, value))}.values():
        rooted = {**_rooted(wanted)}
        for error in validator(rooted, registry=_registry()).iter_errors(value):
            place = "/".join(map(str, error.absolute_path))
            yield f"{where}: {place}: {error.message[:300]}"


def _chosen(schema: dict[str, Any], value: object) -> dict[str, Any]:
    """Return the schema a discriminator names, which JSON Schema alone would not look at."""
    whole = _follow(schema)
    discriminator = whole.get("discriminator")
    if not discriminator or not isinstance(value, dict):
        return whole
    name = discriminator.get("mapping", {}).get(value.get(discriminator["propertyName"]))
    return _follow({"$ref": name}) if name else whole


def _properties(schema: dict[str, Any]) -> set[str]:
    names = set(schema.get("properties", {}))
    for part in schema.get("allOf", []):
        names |= _properties(_follow(part))
    return names


def _rooted(node: Any) -> Any:
    """Copy a schema with its references made absolute."""
    if isinstance(node, dict):
        return {
            key: f"urn:file{value}" if key == "$ref" and str(value).startswith("#") else _rooted(value)
            for key, value in node.items()
        }
    return [_rooted(one) for one in node] if isinstance(node, list) else node
