"""Rooms: which ones to create, update, renew or delete, and what that risks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from reconciler.core.diff import FieldChange, diff_fields
from reconciler.core.findings import Finding
from reconciler.core.kinds import MAX_PIN_AHEAD, ROOM
from reconciler.core.model import (
    Config,
    Desired,
    Live,
    LiveAssignment,
    LiveRoom,
    Secret,
)
from reconciler.core.normalize import (
    Context,
    context,
    e164,
    reveal,
    show,
    sides,
    veil,
)
from reconciler.core.plan import Action, Change, Draft, Risk, Selection

PUBLIC = Risk("public", "is public: anyone with the link can join")
NEW_PIN = Risk("new-pin", "gets a new PIN")
MAY_REVIVE = Risk(
    "may-revive", "existed and has expired: Daily may bring the old room back"
)
WILL_EXPIRE = Risk("will-expire", "will expire from now on")
EJECTS = Risk("ejects", "ejects people in the room")
PIN_LOST = Risk("pin-lost", "callers lose the PIN for good")
PIN_REMOVED = Risk("pin-lost", "ends dial-in; the PIN may not come back")


@dataclass(frozen=True, slots=True)
class _Scene:
    config: Config
    live: Live
    now: float
    selection: Selection
    ctx: Context


def plan_rooms(config: Config, live: Live, now: float, selection: Selection) -> Draft:
    """Plan every declared room that the selection names."""
    rooms = live.rooms.values()
    ctx = context(ROOM, live.domain.config, (room.config for room in rooms))
    scene = _Scene(config, live, now, selection, ctx)
    draft = Draft()
    draft.findings += _folded(config, live)
    for desired in config.of_kind("room"):
        room = live.rooms.get(desired.key)
        draft.found += room is not None and not expired(room, now)
        if selection.only("room", desired.key):
            _plan_room(desired, room, scene, draft)
    return draft


def expired(room: LiveRoom, now: float) -> bool:
    """Tell whether Daily treats the room as gone. Daily: `exp` is Unix seconds."""
    exp = room.config.get("exp")
    return isinstance(exp, int | float) and not isinstance(exp, bool) and exp <= now


def _plan_room(
    desired: Desired, room: LiveRoom | None, scene: _Scene, draft: Draft
) -> None:
    if desired.absent:
        if room is None:
            draft.in_sync += 1
        else:
            draft.changes.append(_delete(desired, room))
        return
    exp = desired.fields.get("exp")
    if isinstance(exp, int) and exp <= scene.now:
        # Daily refuses an exp that has passed, and nobody can join such a room:
        # it is said (finding `expired`, from the config) and left out.
        return
    before = len(draft.changes)
    if room is None or expired(room, scene.now):
        draft.changes.append(_create(desired, room, scene))
    else:
        draft.changes += _updates(desired, room, scene, draft.findings)
    draft.findings += _room_numbers(desired, draft.changes[before:], scene)
    draft.in_sync += len(draft.changes) == before


def _delete(desired: Desired, room: LiveRoom) -> Change:
    risks = (EJECTS, PIN_LOST) if room.pin else (EJECTS,)
    return Change(
        Action.DELETE,
        "room",
        desired.key,
        "state: absent",
        desired,
        (),
        risks,
        live=room,
    )


def _create(desired: Desired, room: LiveRoom | None, scene: _Scene) -> Change:
    send = {name: _settled(value) for name, value in desired.fields.items()}
    send = {name: value for name, value in send.items() if value is not None}
    if desired.rolling:
        send["exp"] = int(scene.now) + desired.rolling.after
    risks = []
    if send.get("privacy", "public") == "public":
        risks.append(PUBLIC)
    if "dialin" in send:
        risks.append(NEW_PIN)
    if room is not None:
        risks.append(MAY_REVIVE)
    fields = tuple(_created_fields(send))
    reason = "not in Daily" if room is None else "has expired"
    return Change(
        Action.CREATE,
        "room",
        desired.key,
        reason,
        desired,
        fields,
        tuple(risks),
        send,
        room,
    )


def _created_fields(send: Mapping[str, object]) -> Iterator[FieldChange]:
    for name, value in send.items():
        yield FieldChange((name,), None, veil(ROOM, (name,), value, None))


def _updates(
    desired: Desired, room: LiveRoom, scene: _Scene, findings: list[Finding]
) -> Iterator[Change]:
    both = sides(desired, room.fields, scene.ctx)
    findings += _unverified(desired, both.unverified)
    exp = _rolled_exp(desired, room, scene.now)
    renewing = exp is not None and room.config.get("exp") is not None
    if renewing:
        findings += _pin_expiry(desired, room, {"exp": exp}, scene.now)
        yield _renew(desired, room, exp)
    elif exp is not None:
        both.before["exp"], both.after["exp"] = None, exp
    diff = diff_fields(both.before, both.after)
    resend = scene.selection.resend("room", desired.key)
    if not diff and not resend:
        return
    names = dict.fromkeys(str(change.path[0]) for change in diff)
    if resend:
        names = dict.fromkeys(desired.fields) | names
    # A nested one travels with its object, and is no reason to write that object.
    names |= dict.fromkeys(path[0] for path in desired.write_only if len(path) == 1)
    send = _update_body(desired, room, names, exp)
    findings += _pin_expiry(desired, room, send, scene.now)
    reason = "differs from the file" if diff else "sent again on request"
    shown = tuple(show(ROOM, change, desired, room.fields) for change in diff)
    risks = tuple(_update_risks(room, send))
    yield Change(
        Action.UPDATE, "room", desired.key, reason, desired, shown, risks, send, room
    )


def _renew(desired: Desired, room: LiveRoom, exp: int | None) -> Change:
    field = FieldChange(("exp",), _seconds(room), exp)
    return Change(
        Action.RENEW,
        "room",
        desired.key,
        "renewal",
        desired,
        (field,),
        send={"exp": exp},
        live=room,
    )


def _rolled_exp(desired: Desired, room: LiveRoom, now: float) -> int | None:
    """The `exp` that `expires` wants now; None when the live one is good enough."""
    if desired.rolling is None:
        return None
    exp = _seconds(room)
    if exp is not None and exp >= now + desired.rolling.renew_before:
        return None
    return int(now) + desired.rolling.after


def _seconds(room: LiveRoom) -> int | None:
    exp = room.config.get("exp")
    return int(exp) if isinstance(exp, int | float) else None


def _update_body(
    desired: Desired, room: LiveRoom, names: Mapping[str, None], exp: int | None
) -> dict[str, object]:
    send: dict[str, object] = {}
    for name in names:
        if name in desired.fields:
            send[name] = whole(name, desired.fields[name], room.config.get(name))
    if exp is not None:
        send["exp"] = exp
    if send.get("dialin") is not None and "exp" not in send:
        # Whether a write of dialin must carry exp again is not documented.
        known = desired.fields.get("exp") or _seconds(room)
        if known is not None:
            send["exp"] = known
    return send


def whole(name: str, want: object, have: object) -> object:
    """An object as it is written: declared keys over the live settable ones.

    Whether Daily merges a nested object or replaces it is unknown, so all of it
    is sent. A declared null leaves its key out; where Daily shows another value than
    the default, the default is written instead, since a merge would keep the value.
    """
    if name not in ROOM.objects or not isinstance(want, Mapping):
        return _settled(want)
    live = have if isinstance(have, Mapping) else {}
    kept = {
        key: value
        for key, value in live.items()
        if key in ROOM.objects[name] and value is not None and key not in want
    }
    reset = {
        key: ROOM.defaults[name, key]
        for key, value in want.items()
        if value is None and live.get(key) is not None and (name, key) in ROOM.defaults
    }
    written = {k: _settled(v) for k, v in want.items() if v is not None}
    return {**kept, **reset, **written}


def _settled(value: object) -> object:
    """Drop null keys inside objects: null there means "leave this key out"."""
    if isinstance(value, Mapping):
        return {key: _settled(item) for key, item in value.items() if item is not None}
    if isinstance(value, list | tuple):
        return [_settled(item) for item in value]
    return value


def _update_risks(room: LiveRoom, send: Mapping[str, object]) -> Iterator[Risk]:
    if send.get("exp") is not None and _seconds(room) is None:
        yield WILL_EXPIRE
    if "dialin" in send and send["dialin"] is None and room.pin:
        yield PIN_REMOVED
    if isinstance(send.get("dialin"), Mapping) and not room.pin:
        yield NEW_PIN
    if send.get("privacy") == "public" and room.privacy == "private":
        yield PUBLIC
    for name, value in send.items():
        if isinstance(value, Mapping) and name in ROOM.objects:
            yield from _object_risks(name, value, room.config.get(name))


def _object_risks(
    name: str, sent: Mapping[str, object], have: object
) -> Iterator[Risk]:
    if not isinstance(have, Mapping):
        return
    dropped = sorted(
        key
        for key, value in have.items()
        if key not in sent and value is not None and key not in ROOM.objects[name]
    )
    if dropped:
        text = f"rewrites '{name}' without {', '.join(dropped)}, which cannot be sent"
        yield Risk("drops-keys", text)
    hidden = sorted(
        key
        for (obj, key) in (p for p in ROOM.maybe_hidden if p[0] == name)
        if obj == name and key not in sent and key not in have
    )
    if hidden:
        text = (
            f"rewrites '{name}'; {', '.join(hidden)} may reset if Daily hides a value"
        )
        yield Risk("may-reset", text)


def _unverified(desired: Desired, paths: tuple[tuple[str, ...], ...]) -> list[Finding]:
    return [
        Finding(
            "unverified",
            f"Daily does not show {'.'.join(path)} of room '{desired.key}'; "
            "it was not compared",
            desired.places.get(path) or desired.place,
            "it is sent with the next write; `apply --resend` sends it now",
            path,
        )
        for path in paths
    ]


def _pin_expiry(
    desired: Desired, room: LiveRoom, send: Mapping[str, object], now: float
) -> Iterator[Finding]:
    """A live PIN room keeps an expiry below a year, whatever the file declares."""
    if not room.pin or "exp" not in send or send.get("dialin", 0) is None:
        return
    exp = send["exp"]
    if isinstance(exp, int) and exp <= now + MAX_PIN_AHEAD:
        return
    yield Finding(
        "live-pin-expiry",
        f"room '{desired.key}' has a PIN in Daily, so exp must stay below 365 days",
        desired.places.get(("exp",)) or desired.place,
        "use expires: {after: 180d, renew_before: 60d}",
        ("exp",),
    )


def _folded(config: Config, live: Live) -> Iterator[Finding]:
    """Names that Daily takes for another spelling of themselves."""
    taken: dict[str, str] = {}
    for desired in config.of_kind("room"):
        room = live.rooms.get(desired.key)
        if room is None:
            continue
        if room.name != desired.key:
            yield Finding(
                "case-folded",
                f"Daily answers to '{desired.key}' with the room '{room.name}'",
                desired.place,
                f"write '{room.name}' in the file",
            )
        first = taken.setdefault(room.name, desired.key)
        if first != desired.key:
            yield Finding(
                "same-room-twice",
                f"'{first}' and '{desired.key}' are one room to Daily",
                desired.place,
                "remove one of the two from the file",
            )


def _room_numbers(
    desired: Desired, changes: list[Change], scene: _Scene
) -> Iterator[Finding]:
    """`room_numbers` must be purchased and do PIN dial-in: Daily's PIN guide."""
    dialin = desired.fields.get("dialin")
    numbers = dialin.get("room_numbers") if isinstance(dialin, Mapping) else None
    if not isinstance(numbers, list) or scene.live.purchased is None:
        return
    writing = any("dialin" in change.send for change in changes)
    owned = {number.number for number in scene.live.purchased}
    for item in numbers:
        number = e164(str(reveal(item)))
        problem = None
        if number not in owned:
            problem = "not-purchased", "has not been purchased by this domain"
        elif not _does_pin(number, scene):
            problem = "room-number-unassigned", "is not assigned to PIN dial-in"
        if problem:
            shown = item.label if isinstance(item, Secret) else number
            yield _number_problem(desired, shown, problem, writing=writing)


def _number_problem(
    desired: Desired, number: str, problem: tuple[str, str], *, writing: bool
) -> Finding:
    path = ("dialin", "room_numbers")
    return Finding(
        problem[0] if writing else "room-number-gone",
        f"{number}, in room_numbers of room '{desired.key}', {problem[1]}",
        desired.places.get(path) or desired.place,
        f'declare it under phone_numbers: "{number}": {{pin_dialin: {{}}}}; '
        "and let --only, if given, name it"
        if problem[0] == "room-number-unassigned"
        else "buy it in Daily's dashboard, or remove it here",
        path,
    )


def _does_pin(number: str, scene: _Scene) -> bool:
    for declared in scene.config.of_kind("number"):
        # What --only leaves out stays as it is: then the live side decides.
        if declared.key == number and scene.selection.only("number", number):
            return not declared.absent and declared.fields.get("type") == "pin_dialin"
    return any(_is_pin(a) for a in scene.live.assignments if a.number == number)


def _is_pin(assignment: LiveAssignment) -> bool:
    return assignment.type == "pin_dialin"
