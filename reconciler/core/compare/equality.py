"""What counts as equal: both sides brought to one form, per declared field.

Every special case lives here as data preparation, so that the diff has none:

* absent, null and the effective default are the same thing, at every depth;
* the effective default is the domain's current value where rooms inherit it,
  else Daily's documented default (the kinds table);
* the values themselves have one form each: see the `canonical` module;
* an object is compared on the keys the file declares;
* a key that Daily may keep without showing is "unverified" when the object is
  shown without it, unless some object of this reading shows that key. So is an empty
  text that nothing shows where the domain has a value. Where it must be sent all the
  same (`forced`), it differs from what Daily shows, which is nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from reconciler.core.compare.canonical import canonical, in_order_of
from reconciler.core.compare.diff import ABSENT, at, same
from reconciler.core.kinds import Kind
from reconciler.core.model import Desired, Path
from reconciler.core.secrecy import reveal

_UNSET: Final[tuple[object, ...]] = (None, "", False, [], {})
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
    kind: Kind,
    domain: Mapping[str, object],
    shown: Iterable[Mapping[str, object]],
    witnessed: frozenset[Path] = frozenset(),
) -> Context:
    """Prepare what comparing resources of one kind needs.

    Args:
        kind: the row of the kinds table.
        domain: the domain's config as Daily shows it.
        shown: the fields of every live resource of the kind that was read.
        witnessed: paths that another part of the reading showed.
    """
    return Context(kind, _defaults(kind, domain), witnessed | _witnessed(kind, shown))


def effective_default(path: Path, ctx: Context) -> object:
    """What holds at a path where nothing is set; None when nothing is known."""
    for end in range(len(path), 0, -1):
        if path[:end] in ctx.defaults:
            found = at(ctx.defaults[path[:end]], path[end:])
            return None if found is ABSENT else found
    return None


def effective(path: Path, value: object, ctx: Context) -> object:
    """What a value means where it stands: itself in its one form, or the default."""
    default = canonical(ctx.kind, path, effective_default(path, ctx))
    return _or_default(canonical(ctx.kind, path, reveal(value)), default)


def sides(
    desired: Desired,
    live: Mapping[str, object],
    ctx: Context,
    forced: Callable[[Path], bool] = lambda _path: False,
) -> Sides:
    """Bring a declared resource and its live counterpart to comparable form.

    Only declared fields appear; `write_only` paths and server-made keys do not.
    `forced`: which of the keys that Daily may hide differ, whatever it hides.
    """
    pairing = _Pairing(desired, ctx, forced)
    before: dict[str, object] = {}
    after: dict[str, object] = {}
    for name, want in desired.fields.items():
        if want is None and name in ctx.kind.generated:
            continue
        pairing.put((name,), live.get(name), want, (before, after), shown=True)
    return Sides(before, after, tuple(pairing.unverified))


@dataclass(slots=True)
class _Pairing:
    """One comparison under way."""

    desired: Desired
    ctx: Context
    forced: Callable[[Path], bool]
    unverified: list[Path] = field(default_factory=list)

    def put(
        self,
        path: Path,
        have: object,
        want: object,
        into: tuple[dict[str, object], dict[str, object]],
        *,
        shown: bool,
    ) -> None:
        """Add both values at a path to both sides, unless they are not compared.

        `shown`: Daily showed the object that the path leads into.
        """
        if path in self.desired.write_only:
            return
        if _is_open(want, have):
            left, right = self._object(path, have, want)
        else:
            left, right = _pair(path, have, want, self.ctx)
            if shown and self._hides(path, have, want):
                if self.forced(path):
                    into[1][path[-1]] = right
                    return
                if not same(left, right):
                    self.unverified.append(path)
                    return
        into[0][path[-1]], into[1][path[-1]] = left, right

    def _hides(self, path: Path, have: object, want: object) -> bool:
        """Daily may hold a value here without showing it."""
        if have is not None:
            return False
        hidden = path in self.ctx.kind.maybe_hidden and path not in self.ctx.witnessed
        return hidden or want == ""

    def _object(self, path: Path, have: object, want: object) -> tuple[object, object]:
        live = have if isinstance(have, Mapping) else {}
        # Null for a whole object is null for each key that Daily shows.
        wanted = want if isinstance(want, Mapping) else dict.fromkeys(live)
        into: tuple[dict[str, object], dict[str, object]] = ({}, {})
        for key, value in wanted.items():
            shown = isinstance(have, Mapping)
            self.put((*path, key), live.get(key), value, into, shown=shown)
        before: object = into[0]
        after: object = into[1]
        if path[0] in self.ctx.kind.marks and len(path) == 1:
            # The object's presence alone switches something on: say so.
            before = None if have is None and want is not None else before
            after = None if want is None and have is not None else after
        elif have is not None and not isinstance(have, Mapping):
            before = canonical(self.ctx.kind, path, reveal(have))
        return before, after


def _is_open(want: object, have: object) -> bool:
    return isinstance(want, Mapping) or (want is None and isinstance(have, Mapping))


def _pair(
    path: Path, have: object, want: object, ctx: Context
) -> tuple[object, object]:
    """Both values in the form in which values are compared."""
    if type(have) is type(want) and type(want) in _AS_IS and same(have, want):
        # Equal as they stand, they are equal in any form; nearly all values are.
        return want, want
    default = canonical(ctx.kind, path, effective_default(path, ctx))
    if path in ctx.kind.named:
        have = in_order_of(want, have)
    left = canonical(ctx.kind, path, reveal(_declared_part(have, want)))
    right = canonical(ctx.kind, path, reveal(_declared_part(want, want)))
    if right == "" and isinstance(default, str):
        # An empty text is a value of its own where it overrides one of the domain.
        return left or default, right
    return _or_default(left, default), _or_default(right, default)


def _or_default(value: object, default: object) -> object:
    unset = value is None or value == "" or (value == [] and default is None)
    return default if unset else value


def _declared_part(value: object, want: object) -> object:
    """The part of a list's items that the file speaks of.

    A null key is left out where nothing is set.
    """
    if isinstance(value, Mapping) and isinstance(want, Mapping):
        return {
            key: _declared_part(value.get(key), item)
            for key, item in want.items()
            if item is not None or value.get(key) not in _UNSET
        }
    if isinstance(value, list) and isinstance(want, list) and len(value) == len(want):
        return [_declared_part(v, w) for v, w in zip(value, want, strict=True)]
    return value


def _defaults(kind: Kind, domain: Mapping[str, object]) -> dict[Path, object]:
    defaults = {p: d for p, d in kind.defaults.items() if d != ""}
    for name in kind.inherited:
        value = domain.get(name)
        if value is None or value == "":
            continue
        if isinstance(value, Mapping):
            for key, item in value.items():
                path = (name, key)
                defaults[path] = _over(item, defaults.get(path))
        else:
            defaults[(name,)] = value
    return defaults


def _over(value: object, default: object) -> object:
    """A value of the domain over the documented one, key by key."""
    if value is None:
        return default
    if isinstance(value, Mapping) and isinstance(default, Mapping):
        keys = {**default, **value}
        return {key: _over(value.get(key), default.get(key)) for key in keys}
    return value


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
