"""A drawn config as the texts of files: the same entries, written in other ways."""

from __future__ import annotations

import json
import random
from typing import Any, Final

import yaml
from chaos import drawn
from chaos.drawn import Node

NEW: Final = ("new_flag", "new_object", "sip.new_key")
"""Properties that only the sandbox knows; `extra_properties` holds them."""


def shuffled(value: Any, chance: random.Random) -> Any:
    """The same mappings, their keys in another order."""
    if isinstance(value, list):
        return [shuffled(item, chance) for item in value]
    if not isinstance(value, dict):
        return value
    keys = list(value)
    chance.shuffle(keys)
    return {key: shuffled(value[key], chance) for key in keys}


def under_defaults(config: Node, chance: random.Random) -> Node:
    """The same rooms, with what one of them says moved into the defaults."""
    rooms = {n: r for n, r in config["rooms"].items() if "state" not in r}
    if not rooms:
        return config
    model = rooms[chance.choice(sorted(rooms))]
    chosen = {k: v for k, v in model["properties"].items() if chance.random() < 0.6}
    defaults = {"privacy": model["privacy"], "properties": chosen}
    made = dict(config["rooms"])
    for name, room in rooms.items():
        own = dict(room["properties"])
        if not chosen.keys() <= own.keys():
            made[name] = {**room, "defaults": False}
            continue
        for key, value in chosen.items():
            if own[key] == value and type(own[key]) is type(value):
                del own[key]
        made[name] = {**room, "properties": own}
        if room["privacy"] == model["privacy"]:
            del made[name]["privacy"]
    return {**config, "rooms": made, "defaults": {"rooms": defaults}}


def spread(config: Node, chosen: str, chance: random.Random) -> list[str]:
    """The same entries in some files, in any order, in flow or block style."""
    files: list[Node] = [dict(drawn.head(chosen)), {}, {}]
    if "defaults" in config:
        files[chance.randrange(3)]["defaults"] = config["defaults"]
    for section in ("rooms", "phone_numbers"):
        for key, entry in config[section].items():
            files[chance.randrange(3)].setdefault(section, {})[key] = entry
    chance.shuffle(files)
    files = [shuffled(file, chance) for file in files if file]
    return [
        json.dumps(file)
        if chance.random() < 0.5
        else yaml.safe_dump(file, sort_keys=False)
        for file in files
    ]


def as_extra(room: Node) -> Node:
    """A room as a file writes it: what the schema does not know stands apart."""
    properties, extra = {}, {}
    for name, value in room["properties"].items():
        if name in NEW:
            extra[name] = value
            continue
        if name == "sip" and isinstance(value, dict) and "new_key" in value:
            extra["sip.new_key"] = value["new_key"]
            value = {k: v for k, v in value.items() if k != "new_key"}
        properties[name] = value
    room = {**room, "properties": properties}
    return {**room, "extra_properties": extra} if extra else room
