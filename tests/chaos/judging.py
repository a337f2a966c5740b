"""Where a run did not keep its promise.

Judged by what was really sent and by the raw state of the sandbox: neither is asked
of the program.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

import httpx
from chaos import drawn
from chaos.drawn import NOW, Node, key_of
from chaos.drawncase import Case
from chaos.promise import Trial
from chaos.revision import resets, rolls, unseen, with_nulls
from chaos.sent import Leaves, differs, of_entry, of_room, sent, shown

DAY: Final = 86_400
RENEW_BEFORE: Final = 60 * DAY
HMAC: Final = ("hmac",)
# Daily may keep them without showing them.
HIDDEN: Final = {("dialin", "wait_for_meeting_start"), ("dialin", "room_numbers")}


def broken(case: Case, trial: Trial) -> Iterator[str]:
    """Each way in which a run did not keep its promise."""
    text = trial.apply.out + trial.apply.err + trial.plan.out + trial.plan.err
    if "internal error" in text or "a mistake in" in text:
        yield f"crashed: {text[-600:]}"
        return
    yield from _shown(case, trial)
    yield from _code(case, trial)
    yield from _gated(case, trial)
    yield from _callers(case, trial)
    yield from _foreign(case, trial)


def _shown(case: Case, trial: Trial) -> Iterator[str]:
    """What was sent is what the plan listed, or a result says why it is less."""
    for request, _status, held in trial.writes:
        if request.method == "DELETE":
            yield from _deletion(case, trial, request)
            continue
        for kind, key, body in sent(request):
            in_list = case.chosen == "legacy" and kind == "number"
            if in_list and _sent_along(case, trial, key, body, held):
                continue
            listed = list(_bodies(case, trial, (kind, key), body))
            known = list(_known(case, trial, kind, key)) if listed else []
            if all(differs(one, body, known, in_list=in_list) for one in listed):
                yield f"sent {kind} {key} {body}, shown {listed}"


def _bodies(
    case: Case, trial: Trial, where: tuple[str, str], body: Leaves
) -> Iterator[Leaves]:
    """What may be sent of a resource by what was shown.

    Less than that, once others have set the rest, or Daily refused it and a remark of
    the result says so.
    """
    results = trial.report.get("results", ())
    now = {(r["kind"], r["key"]): r for r in results}.get(where)
    names = {path[0] for path in body}
    for change in _listed(case, trial):
        if (change["kind"], change["key"]) != where or change["action"] == "delete":
            continue
        yield shown(change)
        if now and now["remark"]:
            yield {p: v for p, v in shown(change).items() if p in body}
            yield from _revival(trial, change, body)
        if case.meddled and now:
            # What is carried is sent as Daily has it by then, and the report lists it.
            whole = shown({**change, "carried": now["carried"]})
            whole |= _later(case, trial, where, whole)
            yield whole
            if change["action"] == "update":
                yield {p: v for p, v in whole.items() if p[0] in names}


def _revival(trial: Trial, change: Node, body: Leaves) -> Iterator[Leaves]:
    """An expired room comes back with an end for a day, which is taken away again."""
    rooms = [d.rooms.get(change["key"]) for d in (trial.first, trial.before)]
    had_expired = any(room is not None and room.expired(NOW) for room in rooms)
    exp = body.get(("exp",))
    if change["action"] == "create" and had_expired:
        yield {("exp",): None}
        if isinstance(exp, int) and ("exp",) not in (listed := shown(change)):
            yield {**listed, ("exp",): min(exp, NOW + DAY + 600)}


def _later(case: Case, trial: Trial, where: tuple[str, str], listed: Leaves) -> Leaves:
    """The end of a room with `expires` that others put off: it is kept."""
    kind, name = where
    room = trial.before.rooms.get(name)
    if kind != "room" or room is None or not rolls(case, name, _room(case, name)):
        return {}
    planned = listed.get(("exp",))
    late = planned is not None and room.exp is not None and room.exp > planned
    return {("exp",): room.exp} if late else {}


def _room(case: Case, name: str) -> Node:
    room: Node = case.managed["rooms"][name]
    return room


def _listed(case: Case, trial: Trial) -> list[Node]:
    """The changes that were shown.

    No plan is made with `--resend`, and without `--plan` an apply makes its own after
    others changed Daily: there the report lists what is sent.
    """
    listed = list(trial.document.get("changes", ()))
    if case.resend or (case.meddled and not case.reviewed):
        listed += trial.report.get("results", ())
    return listed


def _sent_along(
    case: Case, trial: Trial, key: str, body: Leaves, held: list[Leaves]
) -> bool:
    """Tell whether an entry is sent as Daily shows it, or with a listed `hmac`.

    Without one where a gate is open for that.
    """
    if case.assume.hmac == "shown" and body in held:
        return True
    if _unshown(body) not in map(_unshown, held):
        return False
    if HMAC not in body:
        return body[("type",)] == drawn.PIN or "hmac-rotation" in trial.allowed
    declared = case.config["phone_numbers"].get(key, {}).get(drawn.PINLESS, {})
    return body[HMAC] == declared.get("hmac") and any(
        _lists_hmac(change, key) for change in _listed(case, trial)
    )


def _lists_hmac(change: Node, number: str) -> bool:
    """Tell whether a change says that it sends the `hmac` of a number."""
    if change["kind"] != "number" or change["action"] == "delete":
        own = False
    else:
        own = change["key"] == number and HMAC in shown(change)
    return own or [number, *HMAC] in [f["path"] for f in change["also_sent"]]


def _unshown(entry: Leaves) -> Leaves:
    """An entry without its secret."""
    return {path: value for path, value in entry.items() if path != HMAC}


def _deletion(case: Case, trial: Trial, request: httpx.Request) -> Iterator[str]:
    last = request.url.path.rpartition("/")[2]
    held = {**trial.first.dialin_configs, **trial.before.dialin_configs}
    config = held.get(last)
    key = key_of(config.fields) if config else last
    goes = ("delete", "replace")
    known = {c["key"] for c in _listed(case, trial) if c["action"] in goes}
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
    left = list(left_over(case, trial)) if trial.seen else []
    if code == 0 and left:
        yield f"ended with 0, and {left}"
    if code in (1, 4) and besides:
        yield f"ended with {code} after {[(r.method, r.url.path) for r in besides]}"
    if besides and left and code != 3:
        yield f"ended with {code}, wrote, and {left}"
    others = report.get("left_out") or report.get("lost")
    if code == 3 and not trial.writes and not others:
        yield "ended with 3 and wrote nothing"
    if code not in (0, 1, 3, 4):
        yield f"ended with {code}: {trial.apply.err}"
    if trial.seen and (code == 0 or besides):
        yield from _second(trial)


def _second(trial: Trial) -> Iterator[str]:
    again = trial.again.get("changes", ())
    report = trial.report
    named = {
        (i["kind"], i["key"])
        for i in (*report["kept"], *report["left"], *report["left_out"])
    }
    named |= {
        (r["kind"], r["key"]) for r in report["results"] if r["outcome"] != "done"
    }
    for change in again:
        if (change["kind"], change["key"]) not in named:
            what = change["action"], change["key"], change["fields"]
            yield f"the second plan has {what}, which the report does not name"


def _gated(case: Case, trial: Trial) -> Iterator[str]:
    """A gate that is closed stops everything but renewals."""
    code, allowed = trial.apply.code, trial.allowed
    writes = [r for r, _, _ in trial.writes if not _renews(r)]
    # What others changed after the plan may open or close one.
    gates = () if case.meddled else trial.document.get("gates", ())
    for gate in gates:
        if gate["open"] or allowed.get(gate["name"], 0) >= gate["count"]:
            continue
        if writes or code not in (1, 3, 4) or (code == 3 and not trial.writes):
            yield f"{gate['name']} is closed: {code}, {len(writes)} writes"
    lists = [r for r in writes if r.url.path == "/v1/"]
    was = _entries(trial.before)
    listed = {key for store, key in was if store == "legacy"}
    only = {key for store, key in was if store == "current"} - listed
    if lists and len(only - case.managed["phone_numbers"].keys()) > allowed.get(
        "may-erase", 0
    ):
        yield f"a list was written beside {only}, and {allowed} is allowed"


def _renews(request: httpx.Request) -> bool:
    body = json.loads(request.content) if request.content else {}
    return request.method == "POST" and list(body.get("properties", {})) == ["exp"]


def left_over(case: Case, trial: Trial) -> Iterator[str]:
    """Where the raw state is not as declared, unverified keys aside."""
    doubtful = case.assume.echo == "lossy"
    config = copy.deepcopy(case.managed)
    for name, room in config["rooms"].items():
        properties = room.get("properties", {})
        held = trial.store.rooms.get(name)
        if rolls(case, name, room):
            properties.pop("exp", None)
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
    _leave_out(case, config)
    yield from drawn.differences(trial.store, case.chosen, config)
    if case.nulls:
        yield from _not_reset(case, trial)


def _leave_out(case: Case, config: Node) -> None:
    """Take away what is `write_only`: sent, and never compared."""
    for section in ("rooms", "phone_numbers"):
        for key, entry in config[section].items():
            for name in entry.keys() - {"state", "privacy"}:
                for path in _unseen(case, key, section):
                    _drop(entry[name], path.split("."))


def _drop(body: Any, path: list[str]) -> None:
    for step in path[:-1]:
        body = body.get(step) if isinstance(body, dict) else None
    if isinstance(body, dict):
        body.pop(path[-1], None)


def _unseen(case: Case, key: str, section: str) -> list[str]:
    """The `write_only` paths of an entry in its file."""
    config = with_nulls(case) if case.nulls else case.config
    return [
        path
        for name, body in config[section][key].items()
        if name not in ("state", "privacy")
        for path in unseen(case, key, body)
    ]


def _not_reset(case: Case, trial: Trial) -> Iterator[str]:
    """Nested keys that hold something else than nothing, an empty list or a default."""
    entries = _entries(trial.store)
    for section, key, name, nested in resets(case):
        if key not in case.managed[section]:
            continue
        path = nested if section == "phone_numbers" else f"{name}.{nested}"
        if {name, path} & set(_unseen(case, key, section)):
            continue
        default: Any = None
        if section == "phone_numbers":
            held: Any = entries.get((case.chosen, key), {}).get(nested)
        else:
            room = trial.store.rooms.get(key)
            hides = case.assume.echo == "lossy" and (name, nested) in HIDDEN
            if room is None or hides:
                continue
            held = _part(room.properties, name).get(nested)
            default = _part(trial.store.defaults(), name).get(nested)
        if held and held != default:
            yield f"{key}: {name}.{nested} is {held!r}, not reset"


def _part(properties: Mapping[str, Any], name: str) -> Node:
    found = properties.get(name)
    return found if isinstance(found, dict) else {}


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
        for c in _listed(case, trial)
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
    rotated = " ".join(
        gate["message"]
        for gate in trial.document.get("gates", ())
        if gate["name"] == "hmac-rotation" and "hmac-rotation" in trial.allowed
    )
    declared = case.managed["phone_numbers"]
    was, is_ = _entries(trial.before), _entries(trial.store)
    blind = "blind-list-write" in trial.allowed and case.assume.lists == "absent"
    for where, entry in was.items():
        left = is_.get(where, {})
        if where[1] in declared or left == entry or where[1] in lost:
            continue
        if blind and where[0] == "legacy":
            continue
        if left == {**entry, "hmac": left.get("hmac")}:
            known = case.config["phone_numbers"].get(where[1], {}).values()
            # Left out by --only, it goes with the list, and with the hmac of its file.
            files = {fields["hmac"] for fields in known if "hmac" in fields}
            hides = case.only and case.assume.hmac == "hidden"
            if where[1] in rotated or (hides and left.get("hmac") in files):
                continue
        yield f"{where} was {entry} and is {left}"
    if lost and trial.apply.code != 3:
        yield f"{lost} are lost, and the code is {trial.apply.code}"
    for name, room in trial.before.rooms.items():
        now = trial.store.rooms.get(name)
        if name in case.managed["rooms"]:
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
            found["legacy", key_of(entry)] = {**plain, "type": kind}
    for config in store.dialin_configs.values():
        found["current", key_of(config.fields)] = {
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
        for c in _listed(case, trial)
        if c["key"] == name
        for risk in c["risks"]
    }
    for key, value in room.properties.items():
        held = now.properties.get(key)
        if key not in declared:
            if held != value and not (key == "exp" and rolls(case, name, wanted)):
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
