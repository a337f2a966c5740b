"""Which values are secret is decided in one place."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from reconciler.config.schema.validator import schema
from reconciler.core.kinds import KINDS
from reconciler.core.model import KindName
from reconciler.core.secrecy import (
    SECRET_WORDS,
    Secret,
    is_secret,
    is_secret_key,
    labelled,
    mask_address,
    mask_url,
    reveal,
    sealed,
    sounds_secret,
    veil,
)
from reconciler.daily import wire

_PATHS = [(kind, path) for kind in KINDS for path in sorted(KINDS[kind].secret)]


@pytest.mark.parametrize(("kind", "path"), _PATHS)
def test_a_secret_of_the_table_is_one_everywhere(
    kind: KindName, path: tuple[str, ...]
) -> None:
    """By its kind, by its name alone in a file, and below it."""
    at = tuple("0" if step == "*" else step for step in path)

    assert is_secret(kind, at)
    assert is_secret(kind, (*at, "url"))
    assert is_secret_key(("rooms", "lobby", "properties", *at))
    assert is_secret_key(("somewhere", "else", *at, "url"))
    assert "hidden" not in repr(veil(KINDS[kind], at, "hidden", None))


def test_an_ordinary_key_is_no_secret() -> None:
    """Masking too much would make messages useless."""
    assert not is_secret_key(("rooms", "lobby", "privacy"))
    assert not is_secret("room", ("privacy",))
    assert not is_secret("number", ("name_prefix",))


@pytest.mark.parametrize("key", [*SECRET_WORDS, "hmca", "api_key", "Passwrd", "my_key"])
def test_a_misspelt_secret_key_still_sounds_like_one(key: str) -> None:
    """An unknown key may be a known one with a typing error."""
    assert sounds_secret(("rooms", key))


@pytest.mark.parametrize("store", ["current", "legacy"])
def test_an_assignment_from_daily_hides_what_the_table_names(store) -> None:  # type: ignore[no-untyped-def]
    """The wire has no list of its own."""
    entry = {"hmac": "aGlkZGVu", "name_prefix": "x", "phone_number": "12095550100"}

    read = wire.assignment_from_json(store, "pinless_dialin", entry)

    assert "aGlkZGVu" not in repr(read.fields["hmac"])
    assert read.fields["name_prefix"] == "x"
    assert wire.assignment_from_json(store, "x", {"hmac": None}).fields["hmac"] is None


@pytest.mark.parametrize(
    "url", ["https://user:hidden@example.com/a", "https://example.com/a?key=hidden"]
)
def test_an_address_shows_neither_user_nor_query(url: str) -> None:
    """Alone and inside a text."""
    assert "hidden" not in mask_url(url)
    assert "hidden" not in mask_address(f"see {url}")
    assert "example.com/a" in mask_url(url)


_UNKNOWN = [
    ("hmac",),
    ("api_secret",),
    ("sip", "dialin_config", "token"),
    ("plain", "long_name_of_a_signing_key", "0", "x"),
    ("Passwords", "0"),
]


@pytest.mark.parametrize("path", _UNKNOWN, ids=".".join)
@pytest.mark.parametrize("kind", KINDS)
def test_an_unknown_key_that_sounds_secret_is_one_everywhere(
    kind: KindName, path: tuple[str, ...]
) -> None:
    """In a file, in a plan and in what Daily shows, at any depth."""
    assert is_secret(kind, path)
    assert is_secret_key(("rooms", "lobby", "extra_properties", *path))
    assert "hidden" not in repr(veil(KINDS[kind], path, "hidden", None))
    assert "hidden" not in repr(veil(KINDS[kind], path, ["hidden"], None))


_SPELLINGS = [
    "https://user:hidden@hooks.example.com/x?token=hidden",
    "HTTP://hooks.example.com/x?hidden",
    "rtmps://hidden@live.example.com/app",
    "  https://hooks.example.com/x?t=a hidden",
    "see https://user:hidden@hooks.example.com/x?hidden, it helps",
    "https://hooks.example.com/x#hidden",
    "https://[user:hidden@hooks.example.com",
]


@pytest.mark.parametrize("text", _SPELLINGS)
@pytest.mark.parametrize("path", [("hook",), ("a", "b", "c"), ("list", 0, "x")])
@pytest.mark.parametrize("kind", KINDS)
def test_an_address_is_masked_under_any_key(
    kind: KindName, path: tuple[str | int, ...], text: str
) -> None:
    """Its user info and its query; the value itself is compared and sent."""
    shown = veil(KINDS[kind], path, [text, {"below": text}], None)

    assert "hidden" not in repr(shown)
    assert reveal(shown) == [text, {"below": text}]


@pytest.mark.parametrize(
    "text",
    [
        "https://example.com/a/b",
        "HTTPS://Example.com",
        "Really? Yes: user@example.com",
        "a?b=c",
        "{domain_name}/{epoch_time}",
        "://?x",
    ],
)
def test_a_text_without_user_info_or_query_is_shown(text: str) -> None:
    """Masking too much would hide what a reviewer has to see."""
    assert veil(KINDS["room"], ("unknown",), text, None) == text


@pytest.mark.parametrize("value", [4711, 0, 1.5, True, False, "x"])
@pytest.mark.parametrize("path", [("access_token",), ("plain", "api_key", 0)])
def test_a_value_of_any_type_is_hidden_at_a_secret_key(
    value: object, path: tuple[str | int, ...]
) -> None:
    """A number and a boolean tell as much as a text."""
    shown = veil(KINDS["room"], path, value, None)

    assert repr(shown) == "(secret)"
    assert reveal(shown) is value
    assert "(secret)" in repr(sealed([value]))
    assert str(value) not in repr(sealed([value]))
    assert veil(KINDS["room"], path, None, None) is None


@pytest.mark.parametrize("twin", ["whole", "https://example.com/?other"])
def test_what_is_secret_on_one_side_is_one_on_both(twin: str) -> None:
    """An address of which a part is shown does not hide its neighbours in a list."""
    row, path = KINDS["room"], ("list",)
    other = [veil(row, ("list", 0), twin, Secret("x") if twin == "whole" else None)]

    shown = labelled(veil(row, path, ["https://example.com/?x", "plain"], other))

    whole = ["(secret)", "(secret)"]
    assert shown == (whole if twin == "whole" else ["(secret)", "plain"])


def test_the_name_of_a_room_makes_nothing_secret() -> None:
    """Only keys tell."""
    assert not is_secret_key(("rooms", "secret-token", "properties", "lang"))


def test_no_other_known_key_sounds_secret() -> None:
    """What the schema knows stays readable, but for the secrets of the table."""

    def names(node: object) -> Iterator[str]:
        if isinstance(node, dict):
            known = node.get("properties")
            yield from known if isinstance(known, dict) else ()
            for below in node.values():
                yield from names(below)

    known = set(names(schema()))

    assert {"meeting_join_hook", "name_prefix", "lang"} <= known
    assert {n for n in known if sounds_secret((n,))} == {"hmac", "url"}
