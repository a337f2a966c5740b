"""Configs by chance, and a Daily without sockets to apply them to."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import httpx
from answers import client_on
from every_property import properties
from hypothesis import strategies as st

from reconciler.config.load import Loaded, Variables, load
from reconciler.core.model import Config
from reconciler.core.plan import make_plan
from reconciler.core.plan.gates import check_gates
from reconciler.core.plan.model import Plan
from reconciler.core.report import Report
from reconciler.daily.http.client import DailyClient
from reconciler.daily.read import read_live
from reconciler.daily.write import Options, apply_plan
from reconciler.sandbox.api.routes import Request, handle
from reconciler.sandbox.settings import ASSUMPTIONS, Assume, Settings
from reconciler.sandbox.state.store import Store

Node = dict[str, Any]

NOW: Final = int(time.time())
NUMBERS: Final = tuple(f"+120955501{n:02}" for n in range(5))
HOOK: Final = "https://example.com/daily/incoming"
PIN, PINLESS = "pin_dialin", "pinless_dialin"
# Rooms name these, so they stay what they are.
FIXED_NUMBERS: Final = (NUMBERS[0], NUMBERS[2])
# What excludes each other only as a whole.
_WHOLE: Final = frozenset({"sip", "dialin", "streaming_endpoints"})

_ONE, _TWO = properties(NOW)


def _value(name: str) -> st.SearchStrategy[Any]:
    whole = st.sampled_from([_ONE[name], _TWO[name]])
    if not isinstance(_ONE[name], dict) or name in _WHOLE:
        return whole | st.none()
    parts = st.sampled_from([_ONE[name], _TWO[name]]).flatmap(
        lambda value: st.sets(st.sampled_from(sorted(value)), min_size=1).map(
            lambda keys: {key: value[key] for key in sorted(keys)}
        )
    )
    return whole | parts | st.none()


_PLAIN: Final = sorted(_ONE.keys() - {"dialin", "recordings_bucket"})
_ROOM: Final = st.sets(st.sampled_from(_PLAIN), max_size=6).flatmap(
    lambda names: st.fixed_dictionaries({name: _value(name) for name in sorted(names)})
)
_PRIVACY: Final = st.sampled_from(["public", "private"])


def _room(found: Node, privacy: str) -> Node:
    return {"privacy": privacy, "properties": found}


_PLAIN_ROOM: Final = st.builds(_room, _ROOM, _PRIVACY)
_PIN_ROOM: Final = st.builds(
    lambda found, privacy, dialin, exp: _room(
        {**found, "dialin": dialin, "exp": exp}, privacy
    ),
    _ROOM,
    _PRIVACY,
    st.sampled_from([_ONE["dialin"], _TWO["dialin"]]),
    st.sampled_from([_ONE["exp"], _TWO["exp"]]),
)
_ABSENT: Final = st.just({"state": "absent"})
_TEXT: Final = st.sampled_from(["one", "two", "three"])
_PIN_NUMBER: Final = st.builds(
    lambda fields: {PIN: fields},
    st.fixed_dictionaries(
        {"name_prefix": _TEXT},
        optional={"ivr_greeting": st.builds(lambda text: {"message": text}, _TEXT)},
    ),
)
_PINLESS_NUMBER: Final = st.builds(
    lambda fields: {PINLESS: fields},
    st.fixed_dictionaries(
        {
            "room_creation_api": st.sampled_from([HOOK, f"{HOOK}/two"]),
            "hmac": st.sampled_from(["b25lIHNlY3JldA==", "YW5vdGhlcg=="]),
        },
        optional={
            "name_prefix": _TEXT,
            "hold_music_url": st.just("https://example.com/hold.mp3"),
            "timeout_config": st.builds(lambda text: {"message": text}, _TEXT),
        },
    ),
)
CONFIGS: Final = st.fixed_dictionaries(
    {
        "rooms": st.fixed_dictionaries(
            {},
            optional={
                **{f"room-{n}": _PLAIN_ROOM | _ABSENT for n in range(4)},
                **{f"phone-{n}": _PIN_ROOM | _ABSENT for n in range(2)},
            },
        ),
        "phone_numbers": st.fixed_dictionaries(
            dict.fromkeys(FIXED_NUMBERS, _PIN_NUMBER),
            optional={
                number: _PIN_NUMBER | _PINLESS_NUMBER | _ABSENT
                for number in NUMBERS
                if number not in FIXED_NUMBERS
            },
        ),
    }
)
"""Rooms with any properties, and numbers of both kinds; every value is valid."""

WITH_CALLERS: Final = st.builds(
    lambda config, phones: {**config, "rooms": {**config["rooms"], **phones}},
    CONFIGS,
    st.fixed_dictionaries({f"phone-{n}": _PIN_ROOM for n in range(3)}),
)
"""The same, with three rooms that people call."""

# `lossy` shows less than it holds, which no reading can tell.
_ASSUMED: Final = {
    "echo": ("recorded", "sparse", "explicit", "full"),
    "stores": ("separate", "mirrored"),
    "nested": ASSUMPTIONS["nested"],
    "put": ASSUMPTIONS["put"],
    "case": ASSUMPTIONS["case"],
    "number": ASSUMPTIONS["number"],
}
ASSUMES: Final = st.builds(
    Assume, **{name: st.sampled_from(values) for name, values in _ASSUMED.items()}
)
STORES: Final = st.sampled_from(["current", "legacy"])


def new_store(assume: Assume | None = None) -> Store:
    """An empty domain."""
    return Store(Settings(numbers=NUMBERS, assume=assume or Assume()))


def client_of(store: Store, *, writable: bool = False) -> DailyClient:
    """A client whose network is the sandbox's own function."""

    def handler(request: httpx.Request) -> httpx.Response:
        return answer_of(store, request)

    return client_on(handler, writable=writable)


def answer_of(store: Store, request: httpx.Request) -> httpx.Response:
    """What the sandbox answers, whoever asks."""
    headers = {**request.headers, "authorization": f"Bearer {store.settings.key}"}
    url = request.url
    asked = Request(
        request.method, url.path, url.query.decode(), headers, request.content
    )
    made = handle(store, asked, NOW)
    return httpx.Response(made.status, content=made.body, headers=made.headers)


def head(store: str) -> Node:
    """What stands at the top of a file."""
    return {"version": 1, "domain": "acme", "dialin_store": store}


def loaded(*texts: str) -> Loaded:
    """Load texts as the files of one config."""
    files = {Path(f"{n}.yaml"): text for n, text in enumerate(texts)}
    return load(
        list(files),
        environ={},
        now=NOW,
        variables=Variables.OPTIONAL,
        read=lambda file: (files[file], None),
    )


def config_of(*texts: str) -> Config:
    """Load texts that have no error."""
    made = loaded(*texts)
    assert made.config is not None, [f.message for f in made.findings]
    return made.config


def config_from(store: str, drawn: Mapping[str, Any]) -> Config:
    """A drawn config as loaded from one file."""
    return config_of(json.dumps({**head(store), **drawn}))


def plan_of(store: Store, config: Config) -> Plan:
    """What is to do."""
    with client_of(store) as client:
        return make_plan(config, read_live(client, config), now=NOW)


def applied(store: Store, config: Config, rescue: Path) -> tuple[Plan, Report]:
    """Plan, and do it."""
    with client_of(store, writable=True) as client:
        plan = make_plan(config, read_live(client, config), now=NOW)
        # An apply checks its gates again: each is open for what the plan holds.
        allow = {gate.name: gate.count for gate in check_gates(plan, {})}
        options = Options(now=lambda: NOW, rescue_file=rescue, allow=allow)
        return plan, apply_plan(client, plan, options)


def differences(store: Store, chosen: str, drawn: Mapping[str, Any]) -> Iterator[str]:
    """Where the state of the sandbox is not what a drawn config says."""
    for name, wanted in drawn["rooms"].items():
        room = store.rooms.get(name)
        if room is not None and room.expired(NOW):
            room = None
        if room is None or "state" in wanted:
            if (room is None) != ("state" in wanted):
                yield f"{name} is {'missing' if room is None else 'there'}"
            continue
        if room.privacy != wanted["privacy"]:
            yield f"{name} is {room.privacy}"
        for key, value in wanted["properties"].items():
            held = room.properties.get(key)
            default = store.defaults().get(key)
            behaves = _behaves(held, default)
            # Null is the default, whether Daily holds it or holds nothing.
            reset = held is None or held == (default or False)
            if key == "enable_recording" and behaves in ("0", ""):
                behaves = False
            if not (reset if value is None else _covers(behaves, value)):
                yield f"{name}: {key} is {held!r}, not {value!r}"
    held_numbers = _held_numbers(store, chosen)
    for number, wanted in drawn["phone_numbers"].items():
        if "state" in wanted:
            if number in held_numbers:
                yield f"{number} is there"
            continue
        [(kind, fields)] = wanted.items()
        found, entry = held_numbers.get(number, ("", {}))
        if found != kind or not _covers(entry, fields):
            yield f"{number} is {found} {entry}, not {kind} {fields}"


def _behaves(held: Any, default: Any) -> Any:
    """What a property does that is held so: what is absent has its default."""
    if isinstance(held, dict) and isinstance(default, dict):
        return {**default, **held}
    return default if held is None else held


def _held_numbers(store: Store, chosen: str) -> dict[str, tuple[str, Node]]:
    if chosen == "current":
        pairs = [(c.type, c.fields) for c in store.dialin_configs.values()]
    else:
        pairs = [(k, e) for k, list_ in store.legacy.items() for e in list_ or ()]
    return {key_of(e): (kind, e) for kind, e in pairs}


def key_of(entry: Node) -> str:
    """The number of an assignment; its name where it has none."""
    return str(entry.get("phone_number") or entry["name_prefix"])


def _covers(held: Any, wanted: Any) -> bool:
    """What is declared is held; null means that nothing is.

    A switch that is absent, and has no documented default, is off.
    """
    if wanted is None or (wanted is False and held is None):
        return held is None
    if isinstance(wanted, dict):
        shown = {} if held is None else held
        return isinstance(shown, dict) and all(
            _covers(shown.get(key), value) for key, value in wanted.items()
        )
    if isinstance(wanted, list):
        return isinstance(held, list) and _bag(held) == _bag(wanted)
    return bool(held == wanted)


def _bag(items: list[Any]) -> list[str]:
    """Items in any order; a number is the same bare and in an object."""
    plain = [
        item["phone_number"] if isinstance(item, dict) and len(item) == 1 else item
        for item in items
    ]
    return sorted(json.dumps(item, sort_keys=True) for item in plain)
