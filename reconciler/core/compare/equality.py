"""What counts as equal: both sides brought to one form, per declared field.

Every special case lives here as data preparation, so that the diff has none:

* absent, null and the effective default are the same thing;
* the effective default is the domain's current value where rooms inherit it,
  else Daily's documented default (the kinds table);
* lists whose order means nothing are sorted; times are whole seconds; phone
  numbers are E.164, also where Daily shows them without the plus;
* what Daily keeps as the text "0" where false was sent is false;
* an object is compared on the keys the file declares;
* a key that Daily may keep without showing is "unverified" when the object is
  shown without it, unless some object of this reading shows that key.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from reconciler.core.compare.diff import same
from reconciler.core.kinds import Kind
from reconciler.core.model import Desired, Path
from reconciler.core.phone import e164
from reconciler.core.secrecy import reveal

_AS_IS: Final = frozenset({str, bool, int, list})


@dataclass(frozen=True, slots=True)
class Context:
    """What equality depends on besides the two sides.

    `defaults`: effective default by path. `witnessed`: paths of maybe-hidden keys
    that some object of this reading showed.
    """

    kind: Kind
    defaults: Mapping[Path, object] = field(default_factory=dict)
    witnessed: frozenset[Path] = frozenset()


@dataclass(frozen=True, slots=True)
class Sides:
    """Both sides of one resource, canonical, on the fields that are compared."""

    before: dict[str, object]
    after: dict[str, object]
    unverified: tuple[Path, ...] = ()


def context(
    kind: Kind, domain: Mapping[str, object], shown: Iterable[Mapping[str, object]]
) -> Context:
    """Prepare what comparing resources of one kind needs.

    `domain` is the domain's config as Daily shows it; `shown` the fields of every
    live resource of the kind that was read.
    """
    return Context(kind, _defaults(kind, domain), _witnessed(kind, shown))


def sides(desired: Desired, live: Mapping[str, object], ctx: Context) -> Sides:
    """Bring a declared resource and its live counterpart to comparable form.

    Only declared fields appear; `write_only` paths and server-made keys do not.
    """
    before: dict[str, object] = {}
    after: dict[str, object] = {}
    unverified: list[Path] = []
    for name, want in desired.fields.items():
        path = (name,)
        if path in desired.write_only or (want is None and name in ctx.kind.generated):
            continue
        have = live.get(name)
        if name in ctx.kind.objects:
            before[name], after[name], hidden = _object(desired, name, have, ctx)
            unverified += hidden
        elif _hidden(path, have, ctx) and want is not None:
            unverified.append(path)
        else:
            before[name], after[name] = _pair(path, have, want, ctx)
    return Sides(before, after, tuple(unverified))


def _pair(
    path: Path, have: object, want: object, ctx: Context
) -> tuple[object, object]:
    """Both values in the form in which values are compared."""
    if type(have) is type(want) and type(want) in _AS_IS and same(have, want):
        # Equal as they stand, they are equal in any form; nearly all values are.
        return want, want
    if path in ctx.kind.nested and isinstance(want, Mapping):
        return _nested(path, have, want, ctx)
    left = canonical(path, _declared_part(have, want), ctx)
    return left, canonical(path, _declared_part(want, want), ctx)


def _nested(
    path: Path, have: object, want: Mapping[str, object], ctx: Context
) -> tuple[object, object]:
    """Both sides of an object inside an object, on the keys that the file declares."""
    live = have if isinstance(have, Mapping) else {}
    pairs = {
        key: _pair((*path, key), live.get(key), value, ctx)
        for key, value in want.items()
    }
    return (
        {key: left for key, (left, _) in pairs.items()},
        {key: right for key, (_, right) in pairs.items()},
    )


def canonical(path: Path, value: object, ctx: Context) -> object:
    """One value in the form in which values are compared. Secrets are opened."""
    value = reveal(value)
    if value is None or value == "":
        # The domain may show an inherited default in any of the forms below.
        value = ctx.defaults.get(path)
    if value == "0" and path in ctx.kind.off:
        return False
    if path in ctx.kind.numbers and isinstance(value, list):
        value = [e164(i) if isinstance(i, str) else i for i in value]
    if path in ctx.kind.sets:
        return _as_set(value)
    if path[0] in ctx.kind.times and isinstance(value, int | float):
        return int(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _object(
    desired: Desired, name: str, have: object, ctx: Context
) -> tuple[object, object, list[Path]]:
    want = desired.fields[name]
    live = have if isinstance(have, Mapping) else {}
    unverified: list[Path] = []
    before: dict[str, object] = {}
    after: dict[str, object] = {}
    wanted = want if isinstance(want, Mapping) else dict.fromkeys(live)
    for key, value in wanted.items():
        path = (name, key)
        if path in desired.write_only:
            continue
        hidden = isinstance(have, Mapping) and _hidden(path, live.get(key), ctx)
        left, right = _pair(path, live.get(key), value, ctx)
        if hidden and value is not None and not same(left, right):
            unverified.append(path)
            continue
        before[key], after[key] = left, right
    if name in ctx.kind.marks and (want is None) != (have is None):
        # The object's presence alone switches something on: say so.
        return (
            None if have is None else before,
            None if want is None else after,
            unverified,
        )
    return before, after, unverified


def _declared_part(value: object, want: object) -> object:
    """The part of a nested value that the file speaks of; null keys are left out."""
    if isinstance(value, Mapping) and isinstance(want, Mapping):
        return {
            key: _declared_part(value.get(key), item)
            for key, item in want.items()
            if item is not None
        }
    if isinstance(value, list) and isinstance(want, list) and len(value) == len(want):
        return [_declared_part(v, w) for v, w in zip(value, want, strict=True)]
    return value


def _hidden(path: Path, have: object, ctx: Context) -> bool:
    return have is None and path in ctx.kind.maybe_hidden and path not in ctx.witnessed


def _as_set(value: object) -> object:
    if not isinstance(value, list):
        return value
    unique = sorted({_as_text(item) for item in value})
    # A list of one and the bare value mean the same to Daily's documentation.
    return unique[0] if len(unique) == 1 else unique


def _as_text(item: object) -> str:
    # Daily shows texts here; anything else still has to compare, whatever its order.
    return item if isinstance(item, str) else json.dumps(item, sort_keys=True)


def _defaults(kind: Kind, domain: Mapping[str, object]) -> dict[Path, object]:
    defaults = {p: d for p, d in kind.defaults.items() if d != ""}
    for name in kind.inherited:
        value = domain.get(name)
        if value is None or value == "":
            continue
        if isinstance(value, Mapping):
            defaults.update({(name, k): v for k, v in value.items() if v is not None})
        else:
            defaults[(name,)] = value
    return defaults


def _witnessed(kind: Kind, shown: Iterable[Mapping[str, object]]) -> frozenset[Path]:
    missing = set(kind.maybe_hidden)
    for fields in shown:
        if not missing:
            break
        missing -= {path for path in missing if _shows(fields, path)}
    return kind.maybe_hidden - missing


def _shows(fields: Mapping[str, object], path: Path) -> bool:
    value: object = fields
    for step in path:
        value = value.get(step) if isinstance(value, Mapping) else None
    return value is not None
