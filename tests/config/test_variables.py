"""`${NAME}`: what is filled in, what is refused, what is never shown."""

from __future__ import annotations

import base64
from collections.abc import Callable

import pytest

from reconciler.config.load import Loaded, Variables
from reconciler.config.variables import Filled
from reconciler.core.findings import Severity
from reconciler.core.secrecy import Secret

Load = Callable[..., Loaded]
HOOK = "rooms: {a: {privacy: public, extra_properties: {x: %s}}}\n"


def value_of(loaded: Loaded) -> object:
    """The one value under test."""
    assert loaded.config, loaded.findings
    return loaded.config.resources[0].fields["x"]


@pytest.mark.parametrize(
    ("text", "value", "label"),
    [
        pytest.param("${A}", "one", "${A}", id="whole"),
        pytest.param("x-${A}-${B_2}", "x-one-two", "x-${A}-${B_2}", id="parts"),
        pytest.param("$${A} ${A}", "${A} one", "$${A} ${A}", id="dollar"),
        pytest.param(
            "https://u:p@${A}/?k=v", "https://u:p@one/?k=v", "https://***@${A}/?***",
            id="address",
        ),
    ],
)  # fmt: skip
def test_fills_in_and_hides(load_text: Load, text: str, value: str, label: str) -> None:
    """A text with a variable is a Secret that shows what was written."""
    loaded = load_text(HOOK % f'"{text}"', environ={"A": "one", "B_2": "two"})

    found = value_of(loaded)
    assert found == Secret(value)
    assert repr(found) == label
    assert loaded.variables == (("A", "B_2") if "B_2" in text else ("A",))


@pytest.mark.parametrize(
    ("text", "value"),
    [("$$", "$"), ("$A", "$A"), ("a$", "a$"), ("$${A}", "${A}"), ("{A}", "{A}")],
)
def test_other_dollars_are_text(load_text: Load, text: str, value: str) -> None:
    """Only `${` begins a reference, and `$$` is one dollar."""
    loaded = load_text(HOOK % f'"{text}"')

    assert value_of(loaded) == value
    assert loaded.variables == ()


def test_an_alias_is_filled_once(load_text: Load) -> None:
    """A shared mapping is not unescaped a second time."""
    loaded = load_text(
        "rooms:\n  a: &a {privacy: public, extra_properties: {x: $$$$}}\n  b: *a\n"
    )

    assert loaded.config
    assert [room.fields["x"] for room in loaded.config.resources] == ["$$", "$$"]


@pytest.mark.parametrize("environ", [{}, {"A": ""}], ids=["unset", "empty"])
@pytest.mark.parametrize(
    ("mode", "severity"),
    [
        pytest.param(Variables.REQUIRED, Severity.ERROR, id="required"),
        pytest.param(Variables.OPTIONAL, Severity.NOTE, id="optional"),
    ],
)
def test_a_variable_without_a_value(
    load_text: Load, environ: dict[str, str], mode: Variables, severity: Severity
) -> None:
    """Set to nothing is not set: an error where it is needed, else a note."""
    loaded = load_text(
        "phone_numbers: {'+12095550101': {pinless_dialin: {hmac: '${A}'}}}\n",
        environ=environ,
        variables=mode,
    )

    (finding,) = loaded.findings
    assert finding.severity is severity
    assert "A" in finding.message
    if mode is Variables.OPTIONAL:
        assert loaded.config
        assert loaded.config.resources[0].fields["hmac"] == Secret("")


def test_the_sandbox_gets_dummies_that_it_takes(load_text: Load) -> None:
    """Without variables an hmac is base64, an address is one, and all is said."""
    loaded = load_text(
        """
phone_numbers:
  "+12095550101":
    pinless_dialin:
      room_creation_api: ${API}
      hold_music_url: https://${HOST_NAME}/x.mp3
      hmac: ${KEY}
""",
        variables=Variables.DUMMY,
    )

    assert loaded.config
    fields = loaded.config.resources[0].fields
    hmac = fields["hmac"]
    assert isinstance(hmac, Secret)
    assert base64.b64decode(hmac.value, validate=True)
    assert fields["room_creation_api"] == Secret("https://sandbox.example.com/API")
    assert fields["hold_music_url"] == Secret("https://sandbox-host-name/x.mp3")
    assert loaded.findings == ()


def test_a_value_is_checked_without_being_shown(load_text: Load) -> None:
    """What comes from a variable is held to the schema and named by its label."""
    loaded = load_text(
        "rooms: {a: {privacy: public, properties: {exp: '${END}', nbf: '${N}'}}}\n",
        environ={"END": "sesame", "N": "1700000000999"},
    )

    assert [f.id for f in loaded.findings] == ["wrong-format", "exp-in-milliseconds"]
    assert "${END}" in loaded.findings[0].message
    assert "sesame" not in repr(loaded.findings)
    assert "1700000000" not in repr(loaded.findings)


@pytest.mark.parametrize(
    ("value", "found"),
    [
        pytest.param("one\n", "one", id="newline"),
        pytest.param("one\r\n", "one", id="windows"),
        pytest.param("one\n\n", "one\n", id="only-one"),
        pytest.param(" one ", " one ", id="blanks-stay"),
        pytest.param("\none", "\none", id="leading-stays"),
        pytest.param("a$$b${A}", "a$$b${A}", id="not-read-again"),
    ],
)
def test_one_trailing_newline_is_removed(
    load_text: Load, value: str, found: str
) -> None:
    """A value loses one line end, and nothing else of it is changed."""
    loaded = load_text(HOOK % "'${A}'", environ={"A": value})

    assert value_of(loaded) == Secret(found)


def test_only_a_newline_is_not_a_value(load_text: Load) -> None:
    """A file with nothing but a line end is a variable that is not set."""
    loaded = load_text(
        HOOK % "'${A}'", environ={"A": "\n"}, variables=Variables.REQUIRED
    )

    assert "unset-variable" in [f.id for f in loaded.findings]


def test_the_sandbox_gets_a_time_and_a_number(load_text: Load) -> None:
    """Dummies of times and numbers have their form, and the number is declared."""
    loaded = load_text(
        """
phone_numbers: {"+12095550177": {pin_dialin: {}}}
rooms:
  a:
    privacy: private
    properties: {nbf: "${N}", exp: "${E}", dialin: {room_numbers: ["${NUMBER}"]}}
""",
        variables=Variables.DUMMY,
    )

    assert loaded.findings == ()
    assert loaded.config
    fields = loaded.config.of_kind("room")[0].fields
    assert fields["exp"] == 1_767_225_600 + 30 * 86_400
    assert fields["nbf"] == 1_767_225_600
    assert fields["dialin"] == {"room_numbers": [Secret("+12095550177")]}


@pytest.mark.parametrize("value", ["1769904000", "2026-02-01T00:00:00Z"])
def test_a_time_may_come_from_a_variable(load_text: Load, value: str) -> None:
    """Unix seconds as a text count as much as a date."""
    loaded = load_text(
        "rooms: {a: {privacy: private, properties: {exp: '${E}'}}}\n",
        environ={"E": value},
    )

    assert loaded.config
    assert loaded.config.resources[0].fields["exp"] == 1_769_904_000


def test_a_value_that_is_not_text_is_refused(load_text: Load) -> None:
    """Bytes of the environment that are not UTF-8 cannot be sent to Daily."""
    loaded = load_text(HOOK % "'${A}'", environ={"A": "\udcff"})

    assert "bad-variable" in [f.id for f in loaded.findings]
    assert loaded.config is None


def test_a_default_is_refused_by_name_and_not_repeated(load_text: Load) -> None:
    """`${NAME:-value}` names its form; the value may be a secret."""
    loaded = load_text(HOOK % "'${A:-hunter2}'")

    finding = next(f for f in loaded.findings if f.id == "bad-variable")
    assert "${A…}" in finding.message
    assert "hunter2" not in repr(finding)


def test_printing_a_filled_text_shows_its_label() -> None:
    """No way of formatting it by accident betrays the value."""
    text = Filled("secret", "${A}")

    shown = f"{text} {text!r} {text:>6} " + "%s" % text + "{}".format(text)  # noqa: UP031, UP032
    assert "secret" not in shown
    assert text == "secret"
    assert text.reveal() == "secret"
