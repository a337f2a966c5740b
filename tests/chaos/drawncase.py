"""A config, a base and a domain drawn by chance, and how the config is applied."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from chaos import drawn
from chaos.drawn import NOW, Node
from chaos.layout import NEW

from reconciler.sandbox.settings import Assume, Settings
from reconciler.sandbox.state.store import Store

DAY: Final = 86_400
FOREIGN: Final[tuple[tuple[str, Node], ...]] = (
    (drawn.PIN, {"phone_number": "+12095550109", "name_prefix": "theirs"}),
    (
        drawn.PINLESS,
        {
            "phone_number": "+12095550110",
            "room_creation_api": drawn.HOOK,
            "hmac": "dGhlaXJz",
        },
    ),
    (drawn.PINLESS, {"name_prefix": "sip-one", "room_creation_api": drawn.HOOK}),
)
BESIDE: Final[tuple[tuple[str, Node], ...]] = (
    (drawn.PIN, {"phone_number": "+12095550111", "name_prefix": "beside"}),
    (
        drawn.PINLESS,
        {
            "phone_number": "+12095550112",
            "room_creation_api": drawn.HOOK,
            "hmac": "YmVzaWRl",
        },
    ),
    (drawn.PINLESS, {"name_prefix": "sip-two", "room_creation_api": drawn.HOOK}),
)
"""Entries that no file declares, in the chosen store and in the other one."""


@dataclass(frozen=True, slots=True)
class Case:
    """Two revisions, a live domain that neither may describe, and how it is applied.

    `touched`: what happened to rooms in Daily, by name. `foreign`: entries that no
    file declares; `beside`: such entries in the other store. `rolling`: which rooms
    have `expires`: the "phones", "some" of all, or none. `hidden`: secrets are
    variables in this revision. `nulls`: it resets a nested key of each live object.
    `unseen`: some paths are `write_only`. `layout`: "one" file, one with "defaults", or
    several "files". `reviewed`: the plan of before is applied; `skip`: without what
    nobody approved. `meddled`: others change Daily after the plan: never (0), before
    the apply (1), or right before the n-th reading of the apply. `only` and `resend`:
    patterns of these options. `allow`: gates are opened for what the plan holds
    ("exact"), for one less ("short"), or not at all; `pins`: PINs may change.
    """

    assume: Assume
    chosen: str
    base: Node
    live: Node
    config: Node
    touched: Mapping[str, str] = field(default_factory=dict)
    foreign: bool = False
    beside: bool = False
    rolling: str = ""
    hidden: bool = False
    nulls: bool = False
    unseen: bool = False
    layout: str = "one"
    reviewed: bool = False
    skip: bool = False
    meddled: int = 0
    only: tuple[str, ...] = ()
    resend: tuple[str, ...] = ()
    allow: str = ""
    pins: bool = False

    @property
    def managed(self) -> Node:
        """What the file declares and `--only` chooses."""
        return only_of(self, self.config)


def only_of(case: Case, config: Node) -> Node:
    """The entries of a config that `--only` chooses; without it, all."""
    chosen = {
        section: {
            key: entry
            for key, entry in config[section].items()
            if not case.only or f"{kind}:{key}" in case.only
        }
        for section, kind in (("rooms", "room"), ("phone_numbers", "number"))
    }
    return {**config, **chosen}


def live_store(case: Case) -> Store:
    """The sandbox as the case has it before the run."""
    settings = Settings(
        numbers=drawn.NUMBERS, assume=case.assume, accept_properties=NEW
    )
    store = Store(settings)
    for number, wanted in case.live["phone_numbers"].items():
        for kind, fields in wanted.items():
            if kind != "state":
                _assign(store, case.chosen, kind, {"phone_number": number, **fields})
    other = "legacy" if case.chosen == "current" else "current"
    theirs = [(case.chosen, *one) for one in FOREIGN if case.foreign]
    theirs += [(other, *one) for one in BESIDE if case.beside]
    for where, kind, fields in theirs:
        if number := fields.get("phone_number"):
            store.add_number(number)
        _assign(store, where, kind, fields)
    for name, wanted in case.live["rooms"].items():
        if "state" not in wanted:
            _add_room(store, name, wanted, case.touched.get(name, ""))
    store.index.sweep(NOW)
    return store


def _assign(store: Store, chosen: str, kind: str, fields: Node) -> None:
    if chosen == "current":
        store.add_dialin_config(kind, fields)
    else:
        store.add_legacy(kind, fields)


def _add_room(store: Store, name: str, wanted: Node, touched: str) -> None:
    held = {k: copy.deepcopy(v) for k, v in wanted["properties"].items()}
    held = {k: v for k, v in held.items() if v is not None}
    dialin = held.get("dialin")
    if dialin and "room_numbers" in dialin:
        dialin["room_numbers"] = [
            n if isinstance(n, dict) else {"phone_number": n}
            for n in dialin["room_numbers"]
        ]
    if touched == "gone":
        return
    if touched == "expired":
        held.pop("nbf", None)
        held["exp"] = NOW - 10
    if touched == "ends":
        held.pop("nbf", None)
        held["exp"] = NOW + 5 * DAY
    if touched == "due":
        held.pop("nbf", None)
        held["exp"] = NOW + 30 * DAY
    privacy = "private" if touched == "private" else wanted["privacy"]
    store.add_room(name, held, privacy=privacy)
