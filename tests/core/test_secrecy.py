"""Which values are secret is decided in one place."""

from __future__ import annotations

import pytest

from reconciler.core.kinds import KINDS
from reconciler.core.model import KindName
from reconciler.core.secrecy import (
    SECRET_WORDS,
    is_secret,
    is_secret_key,
    mask_address,
    mask_url,
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
