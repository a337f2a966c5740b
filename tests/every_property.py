"""Values for every room property and nested key, taken from the config schema.

Two values per key where the schema allows two: the first is never the default. A
new property in the schema is covered without a change here, unless a rule that the
schema cannot say holds for it (`_FIXED`).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

Node = dict[str, Any]

_SCHEMA = Path(__file__).parents[1] / "schemas" / "config.schema.json"
DAY = 86_400

_FIXED: dict[str, list[Any]] = {
    "max_participants": [25, 30],
    "meeting_join_hook": ["https://example.com/joined", "https://example.com/hook"],
    "recordings_template": ["{room_name}/{epoch_time}.mp4", "r/{epoch_time}"],
    "transcription_template": ["{room_name}/{epoch_time}.vtt", "t/{epoch_time}.vtt"],
    "enable_recording": [["cloud", "cloud-audio-only"], False],
    # The role and the namespace of a bucket exclude each other; see the rules.
    "recordings_bucket.storage_provider": ["aws"],
    "transcription_bucket.storage_provider": ["aws"],
    # Several endpoints and digits only exclude each other.
    "sip.num_endpoints": [2, 1],
    "sip.force_digit_only_username": [False, True],
    "dialin.room_numbers": [
        ["+12095550100"],
        [{"phone_number": "+12095550102"}, {"phone_number": "+12095550100"}],
    ],
    "permissions.canReceive.byUserId": [{"host-1": True}, {"host-2": False}],
    "permissions.canReceive.byParticipantId": [{"p-1": True}, {"p-2": False}],
    "auto_transcription_settings.extra": [{"tag": "a"}, {"tag": "b", "n": 1}],
}


def properties(now: float) -> tuple[Node, Node]:
    """Every room property with a value, and again with another one.

    `now`: Unix seconds; `exp` and `nbf` lie ahead of it.
    """
    schema = json.loads(_SCHEMA.read_text(encoding="utf-8"))
    every = _inline(schema["$defs"]["room_properties"], schema["$defs"])["properties"]
    pairs = {name: _pair(name, node) for name, node in every.items()}
    pairs["nbf"] = (int(now) + DAY, int(now) + 2 * DAY)
    pairs["exp"] = (int(now) + 200 * DAY, int(now) + 300 * DAY)
    return ({k: v[0] for k, v in pairs.items()}, {k: v[1] for k, v in pairs.items()})


def one_key_each(whole: Node) -> list[Node]:
    """Smaller rooms: in each one, every object has one of its keys only.

    The keys that an object cannot do without stay in, and so does `exp`.
    """
    objects = {k: v for k, v in whole.items() if isinstance(v, dict)}
    rooms: list[Node] = []
    for place in range(max(map(len, objects.values()))):
        room: Node = {"exp": whole["exp"]}
        for name, value in objects.items():
            if place < len(value):
                key = list(value)[place]
                kept = {"display_name", "sip_mode"} if name == "sip" else set()
                room[name] = {k: v for k, v in value.items() if k in {key, *kept}}
        rooms.append(room)
    return rooms


def _pair(path: str, node: Node) -> tuple[Any, Any]:
    values = _FIXED.get(path) or _values(path, node)
    return values[0], values[-1] if len(values) < 2 else values[1]


def _values(path: str, node: Node) -> list[Any]:
    types = node["type"] if isinstance(node["type"], list) else [node["type"]]
    if "enum" in node:
        default = node.get("default")
        others = [v for v in node["enum"] if v not in (None, "", default)]
        return others if default is None else [*others, default]
    if "object" in types and node.get("properties"):
        pairs = {k: _pair(f"{path}.{k}", n) for k, n in node["properties"].items()}
        return [{k: v[i] for k, v in pairs.items()} for i in (0, 1)]
    if "boolean" in types:
        first = not node.get("default", False)
        return [first, _list(path, node) if "array" in types else not first]
    if "array" in types:
        return [_list(path, node), _list(path, node, 1)]
    if "string" in types:
        return [node.get("examples", ["some text"])[0], "another text"]
    low = node.get("minimum", 0)
    return [low + 1, low + 2]


def _list(path: str, node: Node, which: int = 0) -> list[Any]:
    items = node.get("items") or node["then"]["items"]
    if "enum" in items:
        return list(items["enum"][which : which + 2])
    if "properties" in items:
        return [_pair(f"{path}.*", items)[which]]
    return [f"text {which}", "more text"]


def _inline(node: Any, definitions: Node) -> Any:
    if isinstance(node, list):
        return [_inline(item, definitions) for item in node]
    if not isinstance(node, dict):
        return node
    plain = {name: _inline(value, definitions) for name, value in node.items()}
    reference = plain.pop("$ref", None)
    if not isinstance(reference, str):
        return plain
    return _inline(definitions[reference.rpartition("/")[2]], definitions) | plain
