"""Drawn configs made alike, so that little differs, and changed on the way."""

from __future__ import annotations

import copy
import random
from collections.abc import Mapping
from typing import Any, Final

from chaos.drawn import FIXED_NUMBERS, HOOK, PINLESS, Node, key_of

from reconciler.sandbox.state.roomindex import Room
from reconciler.sandbox.state.store import Store

DAY: Final = 86_400
_KEYS: Final = (("one",), ("two",), ("one", "two"))
# Their keys exclude each other.
_WHOLE: Final = frozenset({"sip", "dialin", "streaming_endpoints", "exp"})


def crossed(config: Node, other: Node, chance: random.Random) -> Node:
    """The first config with some entries, and parts of entries, of the other one."""
    return {
        "rooms": _crossed(config["rooms"], other["rooms"], chance, _room),
        "phone_numbers": _crossed(
            config["phone_numbers"], other["phone_numbers"], chance, _number
        ),
    }


def _crossed(one: Node, two: Node, chance: random.Random, cross: Any) -> Node:
    made: Node = {}
    for key in sorted({*one, *two}):
        entry, other = one.get(key), two.get(key)
        if entry is None or other is None:
            if (entry or other) and chance.random() < (0.9 if entry else 0.2):
                made[key] = copy.deepcopy(entry or other)
        elif "state" in entry or "state" in other:
            made[key] = copy.deepcopy(chance.choice([entry, other]))
        else:
            made[key] = cross(copy.deepcopy(entry), copy.deepcopy(other), chance)
    return made


def _room(room: Node, other: Node, chance: random.Random) -> Node:
    mine, theirs = room["properties"], other["properties"]
    properties = _mixed(mine, theirs, chance)
    if "dialin" in properties:
        properties["exp"] = mine.get("exp") or theirs["exp"]
    privacy = (other if chance.random() < 0.2 else room)["privacy"]
    return {"privacy": privacy, "properties": properties}


def _mixed(mine: Node, theirs: Node, chance: random.Random) -> Node:
    made: Node = {}
    for name in sorted({*mine, *theirs}):
        value = theirs.get(name) if chance.random() < 0.15 else mine.get(name)
        if value is None and (mine if name in mine else theirs)[name] is not None:
            if name in mine and chance.random() < 0.85:
                value = mine[name]
            else:
                continue
        made[name] = value
    return made


def _number(entry: Node, other: Node, chance: random.Random) -> Node:
    [(kind, fields)], [(kind_2, fields_2)] = entry.items(), other.items()
    if kind != kind_2:
        return chance.choice([entry, entry, other])
    return {kind: _mixed(fields, fields_2, chance)}


def thinned(config: Node, chance: random.Random) -> Node:
    """A live domain whose objects lack some nested keys, or have other ones."""
    config = copy.deepcopy(config)
    for room in config["rooms"].values():
        for name, value in room.get("properties", {}).items():
            if isinstance(value, dict) and name not in _WHOLE and chance.random() < 0.3:
                gone = chance.choice(sorted(value))
                room["properties"][name] = {k: v for k, v in value.items() if k != gone}
    return config


def turned(config: Node) -> Node:
    """The same, with the numbers that rooms name as pinless ones."""
    fields = {"room_creation_api": HOOK, "hmac": "b25lIHNlY3JldA=="}
    numbers = {number: {PINLESS: fields} for number in FIXED_NUMBERS}
    return {**config, "phone_numbers": {**config["phone_numbers"], **numbers}}


def with_new(config: Node, chance: random.Random) -> Node:
    """The config with properties of `NEW` in some of its rooms."""
    config = copy.deepcopy(config)
    for room in config["rooms"].values():
        if "state" in room or chance.random() < 0.4:
            continue
        properties = room["properties"]
        values: Node = {
            "new_flag": chance.choice([True, False, "text"]),
            "new_object": {key: chance.choice([1, 2]) for key in chance.choice(_KEYS)},
        }
        for name in chance.sample(sorted(values), chance.randrange(1, 3)):
            properties[name] = values[name]
        if isinstance(properties.get("sip"), dict):
            properties["sip"] = {**properties["sip"], "new_key": chance.choice([1, 2])}
    return config


def meddle(
    store: Store, chosen: str, other: Node, chance: random.Random, path: str = ""
) -> None:
    """Change rooms and assignments as others do; `other` is where values come from.

    `path`: what is about to be read; only that changes, so that the reading shows it.
    """
    name = path.removeprefix("/v1/rooms/")
    for room in list(store.rooms.values()):
        if path in ("", "/v1/rooms") and chance.random() < 0.6:
            continue
        if path in ("", "/v1/rooms") or room.name == name:
            _meddle_with_room(store, room, other, chance)
    own = "/v1/" if chosen == "legacy" else "/v1/domain-dialin-config"
    if path in ("", own):
        _meddle_with_numbers(store, chosen, chance)


def _meddle_with_room(
    store: Store, room: Room, other: Node, chance: random.Random
) -> None:
    found = other["rooms"].get(room.name, {}).get("properties", {})
    found = {k: copy.deepcopy(v) for k, v in found.items() if v is not None}
    found.pop("exp", None)
    dialin = found.pop("dialin", {})
    dialin.pop("room_numbers", None)
    act = chance.choice(["privacy", "values", "values", "dialin", "gone", "exp"])
    if act == "privacy":
        room.privacy = "public" if room.privacy == "private" else "private"
    elif act == "gone":
        store.index.remove(room)
    elif act == "exp" and room.exp is not None:
        room.properties["exp"] = int(room.exp) + chance.choice([-DAY, DAY])
    elif act == "values":
        room.properties.update(found)
    elif act == "dialin" and isinstance(held := room.properties.get("dialin"), dict):
        room.properties["dialin"] = {**held, **dialin}


def _meddle_with_numbers(store: Store, chosen: str, chance: random.Random) -> None:
    if chosen == "current":
        for config in list(store.dialin_configs.values()):
            act = _act(config.fields, chance)
            if act == "gone":
                del store.dialin_configs[config.id]
            elif act == "changed":
                config.fields["name_prefix"] = "meddled"
        store.follow_configs()
        return
    for kind, entries in store.legacy.items():
        acts = {key_of(entry): _act(entry, chance) for entry in entries or ()}
        if entries is not None:
            store.legacy[kind] = [
                {**e, "name_prefix": "meddled"} if acts[key_of(e)] == "changed" else e
                for e in entries
                if acts[key_of(e)] != "gone"
            ]
    store.follow_lists()


def _act(entry: Mapping[str, object], chance: random.Random) -> str:
    # One without a number is known by its name.
    change = "changed" if entry.get("phone_number") else ""
    return chance.choice(["", "", "", "gone", change])
