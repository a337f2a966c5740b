"""Daily's OpenAPI document as a judge of requests and answers, with our overlay.

The document is Daily's and no part of this project: DAILY_OPENAPI names a copy. What
it is known to leave out, or to say of itself in two ways, is written down in
`MORE_ANSWERS`, `MORE_BODIES` and `MORE_PROPERTIES`, each with where it is known from.
"""

from __future__ import annotations

import copy
import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from jsonschema import Draft202012Validator

Node = dict[str, Any]

ANYTHING: Node = {}
TEXT: Node = {"type": "string"}
ERROR: Node = {"type": "object", "required": ["error"], "properties": {"error": TEXT}}


@dataclass(frozen=True)
class Exchange:
    """One request and its answer, as they went over the wire."""

    method: str
    path: str
    query: str
    body: bytes
    status: int
    answer: bytes

    def __str__(self) -> str:
        return f"{self.method} {self.path} -> {self.status}"


def read_document() -> Node:
    """The document; skips the test where there is none."""
    named = os.environ.get("DAILY_OPENAPI")
    if not named:
        pytest.skip("DAILY_OPENAPI does not name a copy of Daily's OpenAPI document")
    document: Node = json.loads(Path(named).read_text(encoding="utf-8"))
    return document


# Answers of any call that the document leaves out: status, and what it looks like.
MORE_ANSWERS: dict[int, tuple[Node, str]] = {
    404: (ERROR, "the page on errors: not-found"),
    429: (ERROR, "the page on rate limits: rate-limit-error"),
}
# Bodies that the document leaves out: the call, and what it takes.
MORE_BODIES: dict[tuple[str, str], tuple[Node, str]] = {
    ("DELETE", "/batch/rooms"): (
        {
            "type": "object",
            "required": ["room_names"],
            "additionalProperties": False,
            "properties": {"room_names": {"type": "array", "items": TEXT}},
        },
        "the page on deleting rooms in a batch",
    ),
}
# Room properties that the document leaves out.
MORE_PROPERTIES: dict[str, tuple[Node, str]] = {
    "dialin": ({"type": "object"}, "PIN dial-in guide"),
    "enable_raw_tracks_event_json": ({"type": ["boolean", "null"]}, "changelog"),
    **dict.fromkeys(
        (
            "owner_only_broadcast",
            "enable_new_call_ui",
            "autojoin",
            "signaling_impl",
            "audio_only",
        ),
        (ANYTHING, "older, still sent by public code"),
    ),
}


class Judge:
    """Finds what the document has against an exchange."""

    def __init__(self, document: Node) -> None:
        self._document = _overlaid(_as_json_schema(document))

    def request(self, exchange: Exchange) -> list[str]:
        """What is wrong with a request; nothing if it is documented."""
        template, call = self._call(exchange)
        if call is None:
            return [f"{exchange}: no such call"]
        known = {p["name"] for p in call.get("parameters", ()) if p["in"] == "query"}
        asked = {name for name, _ in parse_qsl(exchange.query)}
        found = [f"{exchange}: no query {name}" for name in sorted(asked - known)]
        schema = self._body(exchange.method, template, call)
        if not exchange.body:
            return found
        if schema is None:
            return [*found, f"{exchange}: takes no body"]
        body = json.loads(exchange.body)
        found += self._against(schema, body, str(exchange))
        return found

    def answer(self, exchange: Exchange) -> list[str]:
        """What is wrong with an answer; nothing if it is documented."""
        _, call = self._call(exchange)
        if call is None:
            return [f"{exchange}: no such call"]
        body = json.loads(exchange.answer)
        documented = call["responses"].get(str(exchange.status))
        if documented is None:
            if exchange.status not in MORE_ANSWERS:
                return [f"{exchange}: no such status"]
            return self._against(MORE_ANSWERS[exchange.status][0], body, str(exchange))
        if "$ref" in documented:
            name = documented["$ref"].rpartition("/")[2]
            documented = self._document["components"]["responses"][name]
        content = documented.get("content", {}).get("application/json", {})
        return self._against(content.get("schema", {}), body, str(exchange))

    def fields(self, exchange: Exchange) -> set[str]:
        """The fields of one item of a documented list, or of a map of lists."""
        _, call = self._call(exchange)
        assert call is not None
        content = call["responses"]["200"]["content"]["application/json"]
        listed = content["schema"].get("additionalProperties", content["schema"])
        return set(listed["items"]["properties"])

    def _call(self, exchange: Exchange) -> tuple[str, Node | None]:
        for template, calls in self._document["paths"].items():
            pattern = re.sub(r"\{\w+\}", "[^/]+", template)
            if re.fullmatch(pattern, exchange.path):
                call = calls.get(exchange.method.lower())
                if call is not None:
                    return template, call
        return "", None

    def _body(self, method: str, template: str, call: Node) -> Node | None:
        if (method, template) in MORE_BODIES:
            assert "requestBody" not in call, "the document has learnt it"
            return MORE_BODIES[method, template][0]
        content = call.get("requestBody", {}).get("content", {})
        schema: Node | None = content.get("application/json", {}).get("schema")
        return schema

    def _against(self, schema: Node, value: object, where: str) -> list[str]:
        whole = {**schema, "components": self._document["components"]}
        errors = Draft202012Validator(whole).iter_errors(value)
        return [f"{where}: {e.json_path}: {e.message[:200]}" for e in errors]


def _as_json_schema(node: Any) -> Any:
    """OpenAPI 3.0 as JSON Schema: `nullable`; and null, which resets any property."""
    if isinstance(node, list):
        return [_as_json_schema(item) for item in node]
    if not isinstance(node, dict):
        return copy.copy(node)
    made = {
        key: _as_json_schema(value)
        for key, value in node.items()
        if key not in ("example", "examples", "x-examples", "description")
    }
    if isinstance(made.get("type"), str) and "schema" not in made:
        made["type"] = [made["type"], "null"] if _nullable(node) else made["type"]
    return made


def _nullable(node: Node) -> bool:
    return bool(node.get("nullable"))


def _overlaid(document: Node) -> Node:
    """The document, where it is known to say too little or too much."""
    schemas = document["components"]["schemas"]
    properties = schemas["room-properties"]["properties"]
    for name, (schema, _) in MORE_PROPERTIES.items():
        assert name not in properties, f"the document has learnt {name}"
        properties[name] = schema
    # Recorded: false is accepted where the document has a text or a list.
    properties["enable_recording"]["oneOf"].append({"enum": [False]})
    # The page on rooms: null sets a property back.
    schemas["room-properties"]["properties"] = _or_null(properties)
    # The body of a creation also describes the config of answers; there the type
    # stands beside it, as in the document's own examples.
    shown = {**schemas["domain_dialin_config_create_req"], "required": []}
    schemas["domain_dialin_config_info_res"]["properties"]["config"] = shown
    listed = _answered(document, "/domain-dialin-config")["data"]["items"]
    listed["properties"]["config"] = shown
    # Whether what is not set is shown as null is one of the sandbox's assumptions.
    room = schemas["rooms-room_name-get-res"]["properties"]["config"]
    shown = {k: _filled_up(v, schemas) for k, v in room["properties"].items()}
    room["properties"] = _or_null(shown)
    # Recorded: where false was sent, the text "0" comes back.
    room["properties"]["enable_recording"]["anyOf"].append({"enum": ["0"]})
    # Its own example of a domain has nulls, and half a switchover is its default.
    config = _answered(document, "/")["config"]
    config["properties"] = _or_null(config["properties"])
    config["properties"]["sfu_switchover"] = schemas["sfu_switchover"]
    return document


def _filled_up(schema: Node, schemas: Node) -> Node:
    """The schema of an answer, in which the unset keys of an object are null."""
    if "$ref" in schema:
        schema = schemas[schema["$ref"].rpartition("/")[2]]
    if "properties" not in schema:
        return schema
    inner = {k: _filled_up(v, schemas) for k, v in schema["properties"].items()}
    return {**schema, "properties": _or_null(inner)}


def _answered(document: Node, path: str) -> Node:
    """The properties of what GET answers."""
    content = document["paths"][path]["get"]["responses"]["200"]["content"]
    found: Node = content["application/json"]["schema"]["properties"]
    return found


def _or_null(properties: Node) -> Node:
    return {k: {"anyOf": [v, {"type": "null"}]} for k, v in properties.items()}
