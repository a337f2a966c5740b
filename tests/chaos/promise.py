"""One plan and one apply of the command line, and where they broke their word.

Judged by what was really sent and by the raw state of the sandbox: neither is asked
of the program.
"""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from unittest import mock

import httpx
from answers import URL
from chaos import drawn
from chaos.drawn import NOW, Node
from chaos.running import Ran, run_here
from chaos.sent import Leaves, differs, in_lists, of_entry, of_room, sent, shown

from reconciler.daily.http.network import Network
from reconciler.sandbox.settings import Assume
from reconciler.sandbox.state.store import Store

DAY: Final = 86_400
RENEW_BEFORE: Final = 60 * DAY
SECRETS: Final = {
    "b25lIHNlY3JldA==": "HMAC_ONE",
    "YW5vdGhlcg==": "HMAC_TWO",
}
FOREIGN: Final[Mapping[str, Node]] = {
    drawn.PIN: {"phone_number": "+12095550109", "name_prefix": "theirs"},
    drawn.PINLESS: {
        "phone_number": "+12095550110",
        "room_creation_api": drawn.HOOK,
        "hmac": "dGhlaXJz",
    },
}
# Daily may keep them without showing them.
HIDDEN: Final = {("dialin", "wait_for_meeting_start"), ("dialin", "room_numbers")}


@dataclass(frozen=True, slots=True)
class Case:
    """Two revisions, a live domain that neither may describe, and how it is applied.

    `touched`: what happened to rooms in Daily, by name. `foreign`: entries that no
    file declares. `rolling`: PIN rooms have `expires`. `hidden`: secrets are
    variables in this revision. `nulls`: it resets a nested key of each live object.
    `reviewed`: the plan of before is applied. `allow`: gates are opened; `pins`: PINs
    may change.
    """

    assume: Assume
    chosen: str
    base: Node
    live: Node
    config: Node
    touched: Mapping[str, str] = field(default_factory=dict)
    foreign: bool = False
    rolling: bool = False
    hidden: bool = False
    nulls: bool = False
    reviewed: bool = False
    allow: bool = False
    pins: bool = False


@dataclass(slots=True)
class Trial:
    """What a case left behind. `writes`: requests, and the legacy lists before each."""

    before: Store
    store: Store
    plan: Ran
    document: Node
    apply: Ran
    report: Node
    again: Node
    writes: list[tuple[httpx.Request, int, list[Leaves]]]


def live_store(case: Case) -> Store:
    """The sandbox as the case has it before the run."""
    store = drawn.new_store(case.assume)
    for number, wanted in case.live["phone_numbers"].items():
        for kind, fields in wanted.items():
            if kind != "state":
                _assign(store, case.chosen, kind, {"phone_number": number, **fields})
    if case.foreign:
        store.add_number("+12095550109")
        store.add_number("+12095550110")
        pin, pinless = (
            {"phone_number": "+12095550109"},
            {"room_creation_api": drawn.HOOK},
        )
        _assign(store, case.chosen, drawn.PIN, {**pin, "name_prefix": "theirs"})
        _assign(
            store,
            case.chosen,
            drawn.PINLESS,
            {"phone_number": "+12095550110", "hmac": "dGhlaXJz", **pinless},
        )
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


def written(case: Case, config: Node, *, hidden: bool = False) -> str:
    """A drawn config as the text of a file."""
    config = copy.deepcopy(config)
    for room in config["rooms"].values():
        properties = room.get("properties", {})
        if case.rolling and "dialin" in properties:
            del properties["exp"]
            room["expires"] = {"after": "200d", "renew_before": "60d"}
    if hidden:
        for number in config["phone_numbers"].values():
            for fields in number.values():
                if isinstance(fields, dict) and "hmac" in fields:
                    fields["hmac"] = f"${{{SECRETS[fields['hmac']]}}}"
    return json.dumps({**drawn.head(case.chosen), **config})


def with_nulls(case: Case) -> Node:
    """The config with a null for a key of each live object that it does not write."""
    config = copy.deepcopy(case.config)
    for section, key, name, nested in _resets(case):
        fields = config[section][key]
        (fields["properties"] if section == "rooms" else fields)[name][nested] = None
    return config


def _resets(case: Case) -> Iterator[tuple[str, str, str, str]]:
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


def tried(case: Case, folder: Path) -> Trial:
    """Plan against the base, apply, and plan again."""
    store = live_store(case)
    before = copy.deepcopy(_plain(store))
    writes: list[tuple[httpx.Request, int, list[Leaves]]] = []

    def handler(request: httpx.Request) -> httpx.Response:
        held = in_lists(store) if request.method in ("POST", "PUT") else []
        answer = drawn.answer_of(store, request)
        if request.method != "GET":
            writes.append((request, answer.status_code, held))
        return answer

    (folder / "base.yaml").write_text(written(case, case.base))
    config = with_nulls(case) if case.nulls else case.config
    (folder / "daily.yaml").write_text(written(case, config, hidden=case.hidden))
    # Only an approved plan tells an apply what this revision changed.
    against = ("--base", "base.yaml") if case.reviewed else ()
    planning = ("plan", "daily.yaml", *against, "--out", "plan.json")
    with _network(handler):
        plan = _run(folder, *planning, "--format", "json")
        document = json.loads(plan.out)
        allow = _allowed(case, document)
        # The default lock is one for all tests that run at a time.
        options = ["apply", "daily.yaml", "--yes", "--lock-file", "lock", *allow]
        options += ["--format", "json"]
        if case.reviewed:
            options += ["--plan", "plan.json"]
        applied = _run(folder, *options)
        made = len(writes)
        again = _run(folder, "plan", "daily.yaml", "--format", "json")
        assert len(writes) == made
    return Trial(
        before,
        store,
        plan,
        document,
        applied,
        json.loads(applied.out),
        json.loads(again.out),
        writes,
    )


def _plain(store: Store) -> Any:
    return _Raw(
        rooms={name: copy.deepcopy(room) for name, room in store.rooms.items()},
        legacy=copy.deepcopy(store.legacy),
        dialin_configs=copy.deepcopy(store.dialin_configs),
    )


@dataclass(slots=True)
class _Raw:
    rooms: dict[str, Any]
    legacy: dict[str, Any]
    dialin_configs: dict[str, Any]


def _allowed(case: Case, document: Node) -> list[str]:
    gates = [g for g in document.get("gates", ()) if not g["open"]]
    found = {g["name"]: g["count"] for g in gates} if case.allow else {}
    if case.pins:
        found["new-pin"] = 9
    return [word for name, n in found.items() for word in ("--allow", f"{name}={n}")]


def _network(handler: Any) -> Any:
    """Stands in for the sockets of every client."""

    def network(*args: Any, **options: Any) -> Network:
        options["transport"] = httpx.MockTransport(handler)
        return Network(*args, **options)

    return mock.patch("reconciler.daily.http.client.Network", network)


def _run(folder: Path, *args: str) -> Ran:
    values = {name: value for value, name in SECRETS.items()}
    with mock.patch.dict(os.environ, values):
        return run_here(folder, URL, *args, now=lambda: NOW)


# What was broken.


def broken(case: Case, trial: Trial) -> Iterator[str]:
    """Each way in which a run did not keep its promise."""
    text = trial.apply.out + trial.apply.err + trial.plan.out + trial.plan.err
    if "internal error" in text or "a mistake in" in text:
        yield f"crashed: {text[-600:]}"
        return
    yield from _shown(case, trial)
    yield from _code(case, trial)
    yield from _callers(case, trial)
    yield from _foreign(case, trial)


def _shown(case: Case, trial: Trial) -> Iterator[str]:
    """What was sent is what the plan listed, or a result says why it is not."""
    changes: dict[tuple[str, str], list[Leaves]] = {}
    for change in trial.document.get("changes", ()):
        if change["action"] != "delete":
            entry = changes.setdefault((change["kind"], change["key"]), [])
            entry.append(shown(change))
    remarks = {
        (r["kind"], r["key"]): r["remark"] for r in trial.report.get("results", ())
    }
    for request, _status, held in trial.writes:
        if request.method == "DELETE":
            yield from _deletion(trial, request)
            continue
        for kind, key, body in sent(request):
            in_list = case.chosen == "legacy" and kind == "number"
            listed = changes.get((kind, key), [])
            if in_list and (body in held or _unshown(body) in map(_unshown, held)):
                continue
            known = list(_known(case, trial, kind, key)) if listed else []
            if any(not differs(one, body, known, in_list=in_list) for one in listed):
                continue
            if not remarks.get((kind, key)):
                yield f"sent {kind} {key} {body}, shown {listed}"


def _unshown(entry: Leaves) -> Leaves:
    """An entry without its secret: whether one may go is for a gate."""
    return {path: value for path, value in entry.items() if path != ("hmac",)}


def _deletion(trial: Trial, request: httpx.Request) -> Iterator[str]:
    last = request.url.path.rpartition("/")[2]
    config = trial.before.dialin_configs.get(last)
    key = config.fields["phone_number"] if config else last
    goes = ("delete", "replace")
    known = {c["key"] for c in trial.document["changes"] if c["action"] in goes}
    if key not in known:
        yield f"deleted {key}, which no change lists"


def _known(case: Case, trial: Trial, kind: str, key: str) -> Iterator[Leaves]:
    """What is declared of a resource, and what the sandbox held of it."""
    if kind == "room":
        yield of_room(case.config["rooms"][key])
        if room := trial.before.rooms.get(key):
            yield of_room({"privacy": room.privacy, "properties": room.properties})
        return
    for type_, fields in case.config["phone_numbers"][key].items():
        yield of_entry({**fields, "type": type_})
    for (_, number), entry in _entries(trial.before).items():
        if number == key:
            yield of_entry(entry)


def _code(case: Case, trial: Trial) -> Iterator[str]:
    """The exit code agrees with the raw state; what is left is named."""
    code, report = trial.apply.code, trial.report
    if report.get("exit_code", code) != code:
        yield f"the document says {report['exit_code']}, the code is {code}"
    took = [r for r, status, _ in trial.writes if status < 300]
    besides = [r for r in took if not _renews(r)]
    left = list(left_over(case, trial))
    if code == 0 and left:
        yield f"ended with 0, and {left}"
    if code in (1, 4) and besides:
        yield f"ended with {code} after {[(r.method, r.url.path) for r in besides]}"
    if besides and left and code != 3:
        yield f"ended with {code}, wrote, and {left}"
    if code == 3 and not trial.writes:
        yield "ended with 3 and wrote nothing"
    if code not in (0, 1, 3, 4):
        yield f"ended with {code}: {trial.apply.err}"
    if code == 0 or besides:
        yield from _second(trial)


def _second(trial: Trial) -> Iterator[str]:
    again = trial.again.get("changes", ())
    report = trial.report
    named = {(i["kind"], i["key"]) for i in (*report["kept"], *report["left"])}
    named |= {
        (r["kind"], r["key"]) for r in report["results"] if r["outcome"] != "done"
    }
    for change in again:
        if (change["kind"], change["key"]) not in named:
            what = change["action"], change["key"], change["fields"]
            yield f"the second plan has {what}, which the report does not name"


def _renews(request: httpx.Request) -> bool:
    body = json.loads(request.content) if request.content else {}
    return request.method == "POST" and list(body.get("properties", {})) == ["exp"]


def left_over(case: Case, trial: Trial) -> Iterator[str]:
    """Where the raw state is not as declared, unverified keys aside."""
    doubtful = case.assume.echo == "lossy"
    config = copy.deepcopy(case.config)
    for name, room in config["rooms"].items():
        properties = room.get("properties", {})
        held = trial.store.rooms.get(name)
        if case.rolling and "dialin" in properties:
            del properties["exp"]
            exp = held.exp if held else None
            is_due = held and (exp is None or exp < NOW + RENEW_BEFORE)
            # Renewals that wait for one of the last day are named by a finding.
            if is_due and name not in _findings(trial, "renewal-waits"):
                yield f"{name} ends at {exp}"
        if held and doubtful and isinstance(properties.get("dialin"), dict):
            # They are unverified, and a finding says so.
            has = held.properties.get("dialin")
            if isinstance(has, dict) and _findings(trial, "unverified"):
                for _, key in HIDDEN:
                    properties["dialin"].pop(key, None)
    if case.assume.hmac == "hidden" and " hmac " in _findings(trial, "unverified"):
        for entry in config["phone_numbers"].values():
            entry.get("pinless_dialin", {}).pop("hmac", None)
    yield from drawn.differences(trial.store, case.chosen, config)
    if case.nulls:
        yield from _not_reset(case, trial)


def _not_reset(case: Case, trial: Trial) -> Iterator[str]:
    """Nested keys that hold something else than nothing, an empty list or a default."""
    entries = _entries(trial.store)
    for section, key, name, nested in _resets(case):
        default: Any = None
        if section == "phone_numbers":
            held: Any = entries.get((case.chosen, key), {}).get(nested)
        else:
            room = trial.store.rooms.get(key)
            hides = case.assume.echo == "lossy" and (name, nested) in HIDDEN
            if room is None or hides:
                continue
            held = (room.properties.get(name) or {}).get(nested)
            default = (trial.store.defaults().get(name) or {}).get(nested)
        if held and held != default:
            yield f"{key}: {name}.{nested} is {held!r}, not reset"


def _findings(trial: Trial, id_: str) -> str:
    """What the second plan says under an id."""
    findings = trial.again.get("findings", ())
    return " ".join(f["message"] for f in findings if f["id"].startswith(id_))


def _callers(case: Case, trial: Trial) -> Iterator[str]:
    """A PIN that worked before works now, or the run has named the room."""
    report = trial.report
    news = {p["room"]: p["fate"] for p in report.get("pins", ())}
    ends = {
        c["key"]
        for c in trial.document.get("changes", ())
        if c["action"] == "delete"
        or ["dialin_code"] in [f["path"] for f in c["removed"]]
    }
    for name, room in trial.before.rooms.items():
        if not room.dialin_code or room.expired(NOW) or name in ends:
            continue
        now = trial.store.rooms.get(name)
        if now and now.dialin_code == room.dialin_code:
            continue
        if name not in news:
            yield f"{name} has another PIN, and nothing says so"
        if trial.apply.code != 3 and not case.pins:
            yield f"{name} has another PIN, and the code is {trial.apply.code}"


def _foreign(case: Case, trial: Trial) -> Iterator[str]:
    """What no file declares is as it was, or is named as lost."""
    lost = " ".join(trial.report.get("lost", ()))
    gates = " ".join(g["message"] for g in trial.document.get("gates", ()))
    declared = case.config["phone_numbers"]
    was, is_ = _entries(trial.before), _entries(trial.store)
    for where, entry in was.items():
        if case.allow and where[1] in gates:
            continue
        if where[1] not in declared and is_.get(where) != entry:
            blind = case.allow and case.chosen == "legacy"
            if where[1] not in lost and not (blind and case.assume.lists == "absent"):
                yield f"{where} was {entry} and is {is_.get(where)}"
    for name, room in trial.before.rooms.items():
        now = trial.store.rooms.get(name)
        if name in case.config["rooms"]:
            yield from _undeclared(case, trial, name, room, now)
        elif now is None or (now.properties, now.privacy) != (
            room.properties,
            room.privacy,
        ):
            yield f"undeclared {name} was touched"


def _entries(store: Any) -> dict[tuple[str, str], Node]:
    found = {}
    for kind, entries in store.legacy.items():
        for entry in entries or ():
            plain = {k: v for k, v in entry.items() if k != "sip_uri"}
            found["legacy", str(entry["phone_number"])] = {**plain, "type": kind}
    for config in store.dialin_configs.values():
        found["current", str(config.fields["phone_number"])] = {
            **config.fields,
            "type": config.type,
        }
    return found


def _undeclared(
    case: Case, trial: Trial, name: str, room: Any, now: Any
) -> Iterator[str]:
    """Fields of a declared room that the file does not write."""
    config = with_nulls(case) if case.nulls else case.config
    wanted = config["rooms"][name]
    if "state" in wanted or now is None or now.id != room.id or room.expired(NOW):
        return
    declared = wanted["properties"]
    risks = {
        risk["id"]
        for c in trial.document.get("changes", ())
        if c["key"] == name
        for risk in c["risks"]
    }
    for key, value in room.properties.items():
        held = now.properties.get(key)
        if key not in declared:
            if held != value and not (case.rolling and key == "exp"):
                yield f"{name}: undeclared {key} was {value} and is {held}"
        elif isinstance(value, dict) and isinstance(declared[key], dict):
            kept = held if isinstance(held, dict) else {}
            gone = [
                k
                for k in value.keys() - declared[key].keys()
                if kept.get(k) != value[k] and value[k] is not None
            ]
            if gone and "may-reset" not in risks:
                yield f"{name}: undeclared {key}.{gone} is gone"
