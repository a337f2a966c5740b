"""The files of a case: a drawn config with nulls, `expires` and `write_only`."""

from __future__ import annotations

import copy
import json
import random
import re
from collections.abc import Iterator
from typing import Final

from chaos import drawn
from chaos.drawn import Node
from chaos.drawncase import Case
from chaos.layout import NEW, as_extra, spread, under_defaults

SECRETS: Final = {
    "b25lIHNlY3JldA==": "HMAC_ONE",
    "YW5vdGhlcg==": "HMAC_TWO",
}
_PATH: Final = re.compile(r"[A-Za-z0-9_]+")


def rolls(case: Case, name: str, room: Node) -> bool:
    """Tell whether a room has `expires` in its file."""
    if "state" in room or not case.rolling:
        return False
    return case.rolling == "some" or "dialin" in room["properties"]


def _rolling(case: Case, name: str, room: Node) -> Node:
    if not rolls(case, name, room):
        return room
    properties = {k: v for k, v in room["properties"].items() if k != "exp"}
    expires = {"after": "200d", "renew_before": "60d"}
    return {**room, "properties": properties, "expires": expires}


def unseen(case: Case, key: str, body: Node) -> list[str]:
    """The `write_only` paths of an entry with this body."""
    if not case.unseen:
        return []
    chance = random.Random(key)
    return [path for path in _paths(body) if chance.random() < 0.2]


def _paths(body: Node, under: str = "") -> Iterator[str]:
    for name, value in sorted(body.items()):
        if not _PATH.fullmatch(name) or (not under and name in ("exp", *NEW)):
            continue
        yield under + name
        if isinstance(value, dict):
            yield from _paths(value, f"{under}{name}.")


def _sent_only(case: Case, key: str, entry: Node) -> Node:
    """An entry of a file with its `write_only`."""
    if "state" in entry:
        return entry
    bodies = [entry["properties"]] if "properties" in entry else list(entry.values())
    paths = [path for body in bodies for path in unseen(case, key, body)]
    return {**entry, "write_only": paths} if paths else entry


def written(case: Case, config: Node, *, hidden: bool = False) -> list[str]:
    """A drawn config as the texts of files."""
    config = copy.deepcopy(config)
    if hidden:
        for number in config["phone_numbers"].values():
            for fields in number.values():
                if isinstance(fields, dict) and "hmac" in fields:
                    fields["hmac"] = f"${{{SECRETS[fields['hmac']]}}}"
    for name, room in config["rooms"].items():
        if "state" not in room:
            room = _sent_only(case, name, _rolling(case, name, room))
            config["rooms"][name] = as_extra(room)
    for number, entry in config["phone_numbers"].items():
        config["phone_numbers"][number] = _sent_only(case, number, entry)
    chance = random.Random(repr(config))
    if case.layout != "one":
        config = under_defaults(config, chance)
    if case.layout == "files":
        return spread(config, case.chosen, chance)
    return [json.dumps({**drawn.head(case.chosen), **config})]


def with_nulls(case: Case) -> Node:
    """The config with a null for a key of each live object that it does not write."""
    config = copy.deepcopy(case.config)
    for section, key, name, nested in resets(case):
        fields = config[section][key]
        (fields["properties"] if section == "rooms" else fields)[name][nested] = None
    return config


def resets(case: Case) -> Iterator[tuple[str, str, str, str]]:
    """Section, key, object and nested key of what `with_nulls` resets."""
    for section in ("rooms", "phone_numbers"):
        for key, wanted in case.config[section].items():
            live = case.live[section].get(key, {})
            if section == "rooms":
                wanted, live = wanted.get("properties", {}), live.get("properties", {})
            for name, value in wanted.items():
                have = live.get(name)
                if not (isinstance(value, dict) and isinstance(have, dict)):
                    continue
                if more := sorted(have.keys() - value.keys() - {"hmac"}):
                    yield section, key, name, more[0]
