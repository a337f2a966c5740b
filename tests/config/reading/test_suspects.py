"""One wrong character in a file never brings a secret into what is shown."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from reconciler.config.load import Variables, load
from reconciler.config.reading import suspects
from reconciler.core.findings import Finding
from reconciler.render.github import annotation_lines

HMAC = "c2VjcmV0LTEyMzQ1Njc4OTA="
WORDS = ("c2VjcmV0LTEyMzQ1Njc4OTA", "hunter2", "sesame", "tapir", "ouzel", "quokka")
CONFIG = f"""\
# yaml-language-server: $schema=config.schema.json
version: 1
domain: acme
phone_numbers:
  "+12095550101":
    pinless_dialin:
      name_prefix: support
      room_creation_api: https://user:hunter2@hooks.example.com/in?key=sesame
      hmac: {HMAC}
      hold_music_url: https://example.com/a.mp3
  "+12095550102": {{pinless_dialin: {{hmac: "tapir", name_prefix: sales}}}}
rooms:
  lobby:
    privacy: public
    properties:
      lang: nl
      streaming_endpoints:
        - name: stage
          type: rtmp
          rtmp_config:
            url: rtmp://live.example.com/app/ouzel
  hall:
    privacy: private
    properties:
      meeting_join_hook: "https://example.com/hook?token=quokka"
"""
INSERTED = "\n :x'\"#&*!|>-[]{}@`%?=,/\t\\$9"


def findings(text: str) -> tuple[Finding, ...]:
    """What loading says about a text."""
    return load(
        [Path("a.yaml")],
        environ={},
        now=1_767_225_600,
        variables=Variables.OPTIONAL,
        read=lambda _: (text, None),
    ).findings


def shown(text: str) -> str:
    """All that any format can show of the findings."""
    found = findings(text)
    texts = [(f.message, f.hint, f.shown_path, f.source) for f in found]
    return json.dumps(texts) + "\n".join(annotation_lines(found))


def leaks(text: str) -> list[str]:
    """The secrets that are shown, whole or but for the character that was hit."""
    said = shown(text)
    return [w for w in WORDS if w in said or (len(w) > 9 and w[:9] in said)]


@settings(max_examples=150, deadline=None)
@given(
    st.integers(0, len(CONFIG) - 1),
    st.sampled_from(["insert", "replace", "delete"]),
    st.sampled_from(INSERTED),
)
@example(CONFIG.index("hmac:") + 5, "delete", "x")
@example(CONFIG.index("hmac:") + 4, "delete", "x")
@example(CONFIG.index("hmac:") + 3, "insert", "\n")
@example(CONFIG.index("hmac:") + 3, "replace", " ")
@example(CONFIG.index(HMAC), "insert", "\n")
@example(CONFIG.index(HMAC), "insert", "*")
@example(CONFIG.index("hunter2"), "replace", "\n")
@example(CONFIG.index("@hooks"), "replace", "/")
@example(CONFIG.index("?key"), "replace", "\n")
@example(CONFIG.index("=sesame"), "replace", " ")
@example(CONFIG.index("url: rtmp"), "insert", "\n")
@example(CONFIG.index("rtmp_config"), "delete", "x")
def test_one_wrong_character_shows_no_secret(at: int, how: str, char: str) -> None:
    """Whatever character is missing, too many or wrong, no secret is shown."""
    text = CONFIG[:at] + (char if how != "delete" else "")
    text += CONFIG[at + (how != "insert") :]

    assert leaks(text) == []


@pytest.mark.parametrize(
    "line",
    [
        "hmac:SECRET1x",
        "hmac SECRET1x",
        "hmac = SECRET1x",
        "hmac: [SECRET1x, 2]",
        "hmac: ${KEY} # was SECRET1x",
        "# hmac: SECRET1x",
        "hmac: &a SECRET1x",
        "hmac: *SECRET1x",
        "hmac: !!binary SECRET1x",
        "hmac: >-\n        SECRET1x",
        "hmac:\n      SECRET1x",
        "hmac: 'SECRET1x",
        "hmac: SECRET1x: 5",
        "hmac: " + "A1b" * 400 + "SECRET1x",
        "hmac: {SECRET1x: SECRET1x}",
        "HMAC: SECRET1x",
        "api_key: SECRET1x",
        "room_creation_api:https://user:SECRET1x@example.com",
        "room_creation_api: https://user:SECRET1x@",
        "room_creation_api: ftp://example.com/?k=SECRET1x",
        "rtmp_config: rtmp://example.com/SECRET1x",
    ],
)
@pytest.mark.parametrize(
    "place",
    [
        'phone_numbers:\n  "+12095550101":\n    pinless_dialin:\n      %s\n',
        'phone_numbers:\n  "+12095550101":\n    pinless_dialin:\n      %s\n     x: 1\n',
        "rooms:\n  a:\n    properties:\n      %s\n      %s\n",
        'phone_numbers:\n  "+12095550101":\n    pinless_dialin:\n      - %s\n',
        "x:\n\t%s\n",
    ],
    ids=["alone", "indented", "twice", "item", "tab"],
)
def test_a_malformed_secret_is_not_quoted(line: str, place: str) -> None:
    """Messages, hints, paths, lines and annotations are all free of it."""
    text = "version: 1\ndomain: acme\n" + place.replace("%s", line)

    said = shown(text)

    assert findings(text)
    assert "SECRET1x" not in said
    assert not re.search(r"(A1b){3}", said)


@pytest.mark.parametrize(
    "line",
    [
        "    privacy: org  # who?",
        "      max_participants: twelve",
        "  keynote: {privacy: org}",
        "      hold_music_url: https://example.com/a.mp3",
        "      exp: 2027-01-01T00:00:00+01:00",
        '  "+12095550100": {pin_dialin: {ivr_greeting: {message: "Hi, PIN?"}}}',
        "# yaml-language-server: $schema=schemas/config.schema.json",
        "      enable_chatt: true",
    ],
)
def test_what_is_no_secret_is_shown(line: str) -> None:
    """A plain line stays readable."""
    lines = ["rooms:", "  lobby:", "    properties:", line]

    assert suspects.secret_from(lines, 3) is None
