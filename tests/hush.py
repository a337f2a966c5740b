"""A world that holds a secret of every sort, each with a text of its own to search for.

`secret_world` makes it, `found` searches.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable

from kit import World

from reconciler.sandbox.settings import Assume

EXP = int(time.time()) + 90 * 86_400
HOOK = "https://example.com/daily/incoming"


def _hmac(name: str) -> str:
    return base64.b64encode(f"the {name} hmac secret".encode()).decode()


SECRETS = {
    "key": "sandbox-key-0123456789",
    "declared-hmac": _hmac("declared"),
    "live-hmac": _hmac("live"),
    "foreign-hmac": _hmac("foreign"),
    "foreign-legacy-hmac": _hmac("legacy"),
    "variable": 'value "of" a variable, ü',
    "variable-part": "part-of-a-text",
    "rtmp": "rtmp-stream-key-77",
    "live-rtmp": "rtmp-live-key-88",
    "hook-user": "hook-user-hunter2",
    "hook-query": "hook-token-abc123",
    "live-hook-user": "live-user-hunter3",
    "live-hook-query": "live-token-def456",
    "ledger-key": "ledger-key-of-the-tests-99",
}
PINS = ("11111111111", "22222222222", "33333333333")

CONFIG = f"""
dialin_store: STORE
ledger: dialin.ledger
phone_numbers:
  '+12095550101':
    pinless_dialin:
      name_prefix: support
      room_creation_api: 'https://u:{SECRETS["hook-user"]}@example.com/in?t={SECRETS["hook-query"]}'
      hmac: ${{SUPPORT_HMAC}}
  '+12095550100':
    pin_dialin: {{name_prefix: 'pin-${{PART}}'}}
rooms:
  lobby:
    privacy: private
    properties:
      exp: {EXP}
      dialin: {{display_name: '${{NAME}}'}}
      meeting_join_hook: 'https://{SECRETS["hook-user"]}@example.com/j?t={SECRETS["hook-query"]}'
      streaming_endpoints:
      - name: stream
        type: rtmp
        rtmp_config: {{url: 'rtmp://live.example.com/{SECRETS["rtmp"]}'}}
  fresh:
    privacy: private
    properties: {{exp: {EXP}, dialin: {{display_name: '${{NAME}}'}}}}
"""


def secret_world(
    make_world: Callable[..., World], store: str = "current", **assume: str
) -> World:
    """Live and declared secrets in both stores, and variables that hold some."""
    world = make_world(key=SECRETS["key"], assume=Assume(**assume))
    live = world.sandbox.store
    hook = f"https://u:{SECRETS['live-hook-user']}@example.com/x?t="
    hook += SECRETS["live-hook-query"]
    live.add_room(
        "lobby",
        {
            "exp": EXP,
            "dialin": {"display_name": "Old"},
            "meeting_join_hook": hook,
            "streaming_endpoints": [
                {
                    "name": "stream",
                    "type": "rtmp",
                    "rtmp_config": {
                        "url": f"rtmp://x.example.com/{SECRETS['live-rtmp']}"
                    },
                }
            ],
        },
        dialin_code=PINS[0],
    )
    live.add_room(
        "foreign",
        {"exp": EXP, "dialin": {"display_name": "F"}},
        dialin_code=PINS[1],
    )
    entry = {"name_prefix": "old", "room_creation_api": hook}
    add = {"current": live.add_dialin_config, "legacy": live.add_legacy}[store]
    add(
        "pinless_dialin",
        {**entry, "phone_number": "+12095550101", "hmac": SECRETS["live-hmac"]},
    )
    live.add_dialin_config(
        "pinless_dialin",
        {**entry, "phone_number": "+12095550103", "hmac": SECRETS["foreign-hmac"]},
    )
    live.add_legacy(
        "pinless_dialin",
        {**entry, "name_prefix": "sip", "hmac": SECRETS["foreign-legacy-hmac"]},
    )
    world.write(CONFIG.replace("STORE", store))
    world.monkeypatch.setenv("SUPPORT_HMAC", SECRETS["declared-hmac"])
    world.monkeypatch.setenv("NAME", SECRETS["variable"])
    world.monkeypatch.setenv("DAILY_LEDGER_KEY", SECRETS["ledger-key"])
    world.monkeypatch.setenv("PART", SECRETS["variable-part"])
    return world


def found(text: str) -> list[str]:
    """The names of the secrets that a text holds, in any spelling JSON gives them."""
    spelled = {
        name: {secret, *(json.dumps(secret, ensure_ascii=a)[1:-1] for a in (0, 1))}
        for name, secret in SECRETS.items()
    }
    return [name for name, forms in spelled.items() if any(f in text for f in forms)]
