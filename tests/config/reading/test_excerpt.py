"""The shown line of a finding: as written, without its secrets."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from reconciler.config.load import Loaded

Load = Callable[..., Loaded]
SECRET = "c2VjcmV0LTEyMzQ1Njc4OTA="
PINLESS = 'phone_numbers:\n  "+12095550101":\n    pinless_dialin:\n'


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"{PINLESS}      hmac: {SECRET}\n", id="hmac"),
        pytest.param(f"{PINLESS}      'hmac': '{SECRET}'\n", id="quoted"),
        pytest.param(f"{PINLESS}      hmca: {SECRET}\n", id="misspelt"),
        pytest.param(f"{PINLESS}      hmac: &x {SECRET}\n      hmac: *x\n", id="twice"),
        pytest.param(f"{PINLESS}      hmac: [{SECRET}]\n", id="wrong-type"),
        pytest.param(f"{PINLESS}      {{hmac: {SECRET}, x: 1}}\n", id="flow"),
        pytest.param(
            f"{PINLESS}      hmac: {SECRET}\n      hmac: {SECRET}\n", id="dup"
        ),
        pytest.param(f"{PINLESS}\thmac: {SECRET}\n", id="syntax"),
        pytest.param(
            f"{PINLESS}      hmac: |\n        {SECRET}\n      y: 1\n", id="block"
        ),
        pytest.param(f"rooms:\n  a:\n    hmac: {SECRET}\n", id="misplaced"),
        pytest.param(f"x: {SECRET} # {SECRET}\nb: '\n", id="elsewhere"),
        pytest.param(
            f"rooms:\n  a:\n    properties:\n      meeting_join_hook: "
            f"ftp://u:{SECRET}@example.com/\n",
            id="user-info",
        ),
        pytest.param(
            f"rooms:\n  a:\n    properties:\n      meeting_join_hook: "
            f"ftp://example.com/?k={SECRET}\n",
            id="query",
        ),
        pytest.param(
            "rooms:\n  a:\n    properties:\n      streaming_endpoints:\n"
            f"        - {{rtmp_config: {{url: 'rtmp://x/{SECRET}', x: 1}}}}\n",
            id="rtmp",
        ),
        pytest.param(
            "rooms:\n  a:\n    properties:\n      streaming_endpoints:\n"
            f"        - rtmp_config: rtmp://x/{SECRET}\n",
            id="rtmp-text",
        ),
    ],
)
def test_never_shows_a_secret(load_text: Load, text: str) -> None:
    """Whatever is wrong around a secret, no finding repeats it."""
    loaded = load_text(text)

    assert loaded.findings
    assert SECRET not in repr(loaded.findings)


def test_shows_the_line_as_written(load_text: Load) -> None:
    """What is not secret is shown as it stands, so that the caret fits."""
    loaded = load_text("rooms:\n  a: {privacy: org}  # who?\n")

    (finding,) = loaded.findings
    assert finding.source == "  a: {privacy: org}  # who?"
    assert finding.place
    column, width = finding.place.column, finding.place.width
    assert finding.source[column - 1 : column - 1 + width] == "org"


def test_references_are_shown(load_text: Load) -> None:
    """The name of a variable helps; a comment after it may hold the old value."""
    loaded = load_text(f"{PINLESS}      hmac: ${{KEY}}  # {SECRET}\n")

    (finding,) = loaded.findings
    assert finding.source == "      hmac: ${KEY}  # ***"


def test_the_caret_does_not_tell_a_length(load_text: Load) -> None:
    """A masked value is marked at the width of the mask."""
    loaded = load_text(f"{PINLESS}      hmac: not-base64-at-all!\n")

    finding = next(f for f in loaded.findings if f.id == "hmac-not-base64")
    assert finding.place
    assert finding.place.width == 3


def test_control_characters_are_not_shown(load_text: Load) -> None:
    """A file cannot make a terminal do anything."""
    loaded = load_text('rooms:\n  "\\e[31mred": {privacy: public}\n  b: "\\a"\n')

    assert loaded.findings
    for finding in loaded.findings:
        assert (finding.message + finding.hint + finding.source).isprintable()


def test_a_line_without_end_is_left_out(load_text: Load) -> None:
    """A caret beyond the page helps nobody."""
    rooms = ", ".join(f"r{number}: {{privacy: public}}" for number in range(100))

    loaded = load_text(f"rooms: {{{rooms}, bad: {{privacy: org}}}}\n")

    (finding,) = loaded.findings
    assert finding.source == ""
