"""The digests of a ledger: bound to all that callers need, and to the key."""

from __future__ import annotations

import itertools

import pytest

from reconciler.core.ledger import Line, Seal

PIN = "12345678901"
SEAL = Seal.of("a secret of the tests", "acme")


def test_a_digest_holds_for_its_room_numbers_pin_key_and_domain() -> None:
    """Change any one of them, and it is another one."""
    digest = SEAL.digest("a", ("+12095550100",), PIN)
    others = {
        SEAL.digest("b", ("+12095550100",), PIN),
        SEAL.digest("a", ("+12095550101",), PIN),
        SEAL.digest("a", (), PIN),
        SEAL.digest("a", ("+12095550100",), "12345678902"),
        Seal.of("another secret of them", "acme").digest("a", ("+12095550100",), PIN),
        Seal.of("a secret of the tests", "other").digest("a", ("+12095550100",), PIN),
        SEAL.fingerprint,
    }

    assert digest not in others
    assert len(others) == 7
    assert len(digest) == 32


def test_a_key_may_be_any_bytes() -> None:
    """What the environment holds need not be text."""
    key = b"\xff\xfe a key of sixteen".decode("utf-8", "surrogateescape")

    assert len(Seal.of(key, "acme").fingerprint) == 16


def test_no_part_can_be_taken_for_another() -> None:
    """Texts that are the same side by side have digests of their own."""
    made = [
        SEAL.digest(room, numbers, pin)
        for room, numbers, pin in [
            ("a", ("b",), "c"),
            ("ab", (), "c"),
            ("a", (), "bc"),
            ("a", ("b", "c"), ""),
            ("a", ("bc",), ""),
            ('a"', ('"b',), "c"),
            ("a,b", (), "c"),
        ]
    ]

    assert all(one != other for one, other in itertools.combinations(made, 2))


def test_the_order_of_the_numbers_does_not_matter() -> None:
    """Callers know them all."""
    assert SEAL.digest("a", ("1", "2"), PIN) == SEAL.digest("a", ("2", "1"), PIN)


def test_neither_key_nor_secret_is_printed() -> None:
    """Not by a crash that shows values either."""
    shown = repr(SEAL) + str(SEAL)

    assert "secret" not in shown
    assert SEAL.key.hex() not in shown
    assert repr(SEAL.key) not in shown


@pytest.mark.parametrize("pin", ["", PIN])
def test_a_line_without_a_digest_holds_for_no_pin(pin: str) -> None:
    """And one with a digest for none that is empty."""
    assert not SEAL.holds(Line("a", "", (), "2026-01-01"), pin)
    digest = SEAL.digest("a", (), pin)
    line = Line("a", "", (), "2026-01-01", digest)
    assert SEAL.holds(line, pin) is bool(pin)
