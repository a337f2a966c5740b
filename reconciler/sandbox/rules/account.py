"""What the domain shows and no request can set: the account, and Daily's own limits.

Which of the recorded settings stand beside `config` is assumed; see the docs.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

# Shown by GET beside `config`, as one recorded answer prints them.
ACCOUNT: Mapping[str, object] = {"account_suspended": False, "allow_plan_free": False}

# Shown by GET, but not settable. Values as in the documented example, or as recorded.
READ_ONLY: Mapping[str, object] = {
    "attach_callobject_to_window": False,
    "default_max_meeting_producers": 2200,
    "default_max_user_producers": 8,
    "default_max_user_subscriptions": 200,
    "disable_rate_limiting": False,
    "empty_session_close_delay": None,
    "enable_daily_logger": True,
    "intercom_manual_record": "",
    "max_api_rooms": None,
    "max_app_message_size": None,
    "max_live_streams": 20,
    "max_sip_pstn_sessions_per_room": 5,
    "max_streaming_instances_per_room": 1,
    "max_webhook_count": 1,
    "sfu_impl": "s",
    "switchover_impl": None,
    "webhook_meeting_end": None,
}


def read_settings(pairs: Iterable[str]) -> dict[str, object]:
    """Read `KEY=VALUE` pairs of what no request can set; VALUE is JSON."""
    known = {*ACCOUNT, *READ_ONLY}
    read: dict[str, object] = {}
    for pair in pairs:
        key, equals, text = pair.partition("=")
        if not equals or key not in known:
            raise ValueError(
                f"{pair!r} is not KEY=VALUE with KEY one of {', '.join(sorted(known))}"
            )
        try:
            read[key] = json.loads(text)
        except ValueError:
            raise ValueError(f"the value of {pair!r} is not JSON") from None
    return read
