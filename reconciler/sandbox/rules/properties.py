"""The room properties: names, types, values, defaults, and who else has them.

The rows up to `sip` are those of Daily's OpenAPI document (49). `GUIDES` are
documented elsewhere: `dialin` in the PIN dial-in guide, and
`enable_raw_tracks_event_json` in the changelog. Some nested keys are in the
documentation of Daily's Ruby client only. `OLDER` are properties that public
code still sends and Daily is known to have accepted; whether it does today is
not known, so the sandbox accepts them.

`domain` marks a property that the domain has too: a room that leaves it unset
follows the domain's current value. Sources of defaults: the room
configuration page, and the domain configuration page for inherited ones.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from reconciler.sandbox.rules.shapes import (
    ANY,
    BOOLEAN,
    NUMBER,
    OPEN_OBJECT,
    TEXT,
    Shape,
    choice,
    is_phone_number,
    is_url,
    record,
    set_of,
    whole,
    with_field,
)


@dataclass(frozen=True, slots=True)
class Property:
    """One row: `default` is what an unset room, or the unset domain, behaves as."""

    shape: Shape
    default: object = None
    domain: bool = False


def _hook(value: str) -> str | None:
    return "is longer than 255 characters" if len(value) > 255 else is_url(value)


def _template(value: str) -> str | None:
    if len(value) > 1024:
        return "is longer than 1024 characters"
    if "{epoch_time}" not in value:
        return "should hold {epoch_time}"
    if not re.fullmatch(r"[A-Za-z0-9./_-]*", re.sub(r"\{[a-z_]+\}", "", value)):
        return "contains invalid characters"
    return None


def _recordings_template(value: str) -> str | None:
    extension = re.search(r"\.([A-Za-z0-9]+)$", value)
    if extension and extension[1] != "mp4":
        return "may end in .mp4 only"
    return _template(value)


def _bucket(value: Mapping[str, object]) -> str | None:
    """Judge a bucket: one of Oracle's has a namespace, and no role of Amazon's."""
    if value.get("storage_provider") != "oci":
        return None
    if "namespace" not in value:
        return "of storage_provider oci should have a namespace"
    if "assume_role_arn" in value:
        return "of storage_provider oci should have no assume_role_arn"
    return None


_LANG = choice(
    *"da de en es fi fr it jp ka nl no pt pt-BR pl ru sv tr user".split()  # noqa: SIM905
)
_GEO = choice(
    "af-south-1",
    "ap-northeast-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-south-1",
    "eu-central-1",
    "eu-west-2",
    "sa-east-1",
    "us-east-1",
    "us-west-2",
)
_RECORDING = ("cloud", "cloud-audio-only", "local", "raw-tracks")
_TRANSCODED = choice(
    "aac",
    "wav",
    "wav-48k",
    "wav-48k-stereo",
    "wav-48k-mono",
    "wav-44k1",
    "wav-44k1-stereo",
    "wav-44k1-mono",
    "",
)
_BUCKET = {
    "bucket_name": TEXT,
    "bucket_region": TEXT,
    "assume_role_arn": TEXT,
    "allow_api_access": BOOLEAN,
    "storage_provider": choice("aws", "oci"),
    "namespace": TEXT,
}
# Sending custom tracks is in daily-js' documentation of permissions.
_MEDIA = set_of(
    "video", "audio", "screenVideo", "screenAudio", "customVideo", "customAudio"
)
_RECEIVE = Shape("receive", either=(BOOLEAN, OPEN_OBJECT))
_PERMISSIONS = record(
    {
        "hasPresence": BOOLEAN,
        "canSend": Shape("media", either=(BOOLEAN, _MEDIA)),
        "canReceive": record(
            {"base": _RECEIVE, "byUserId": OPEN_OBJECT, "byParticipantId": OPEN_OBJECT}
        ),
        "canAdmin": Shape(
            "tasks",
            either=(BOOLEAN, set_of("participants", "streaming", "transcription")),
        ),
    }
)
_SIP = record(
    {
        "display_name": TEXT,
        "sip_mode": choice("dial-in"),
        "video": BOOLEAN,
        "num_endpoints": whole(minimum=1),
        "force_digit_only_username": BOOLEAN,
        "codecs": record(
            {
                "audio": set_of("OPUS", "G722", "PCMU", "PCMA"),
                "video": set_of("H264", "VP8"),
            }
        ),
        "provider": choice("daily"),
        "dialin_config": record(
            {
                "allow_room_start": BOOLEAN,
                "dialin_geo": TEXT,
                "max_idle_timeout_sec": NUMBER,
                "max_idle_timeout_post_conversation_sec": NUMBER,
                "hold_music_enabled": BOOLEAN,
            }
        ),
    },
    required=("display_name", "sip_mode"),
)
_ENDPOINT = record(
    {
        "name": TEXT,
        "type": choice("rtmp", "hls"),
        "rtmp_config": OPEN_OBJECT,
        "hls_config": OPEN_OBJECT,
    },
    required=("name", "type"),
)
_ROOM_NUMBER = record(
    {"phone_number": Shape("string", rule=is_phone_number)}, required=("phone_number",)
)
_DIALIN = record(
    {
        "display_name": TEXT,
        "wait_for_meeting_start": BOOLEAN,
        "room_numbers": Shape("array", items=_ROOM_NUMBER, unique=True),
    }
)
_DIALOUT = record(
    {
        "allow_room_start": BOOLEAN,
        "dialout_geo": TEXT,
        "max_idle_timeout_sec": NUMBER,
        "max_idle_timeout_post_conversation_sec": NUMBER,
    }
)


def _flag(default: bool | None = None, *, domain: bool = False) -> Property:
    return Property(BOOLEAN, default, domain)


OPENAPI: Mapping[str, Property] = {
    # exp and nbf have error texts of their own, so their rules are in `rooms`.
    "nbf": Property(NUMBER),
    "exp": Property(NUMBER),
    "max_participants": Property(whole(1, 200), 200),
    "enable_people_ui": _flag(True, domain=True),
    "enable_cpu_warning_notifications": _flag(True, domain=True),
    "enable_pip_ui": _flag(False, domain=True),
    "enable_emoji_reactions": _flag(False, domain=True),
    "enable_hand_raising": _flag(False, domain=True),
    "enable_prejoin_ui": _flag(True, domain=True),
    "enable_live_captions_ui": _flag(False, domain=True),
    "enable_network_ui": _flag(False, domain=True),
    "enable_noise_cancellation_ui": _flag(True, domain=True),
    "enable_breakout_rooms": _flag(False, domain=True),
    "enable_knocking": _flag(),
    "enable_screenshare": _flag(True),
    "enable_video_processing_ui": _flag(True, domain=True),
    "enable_chat": _flag(False),
    "enable_shared_chat_history": _flag(True),
    "start_video_off": _flag(False),
    "start_audio_off": _flag(False),
    "enable_recording": Property(
        # A boolean is kept as text; see `as_kept`.
        Shape("recording", either=(choice(*_RECORDING), set_of(*_RECORDING), BOOLEAN))
    ),
    "enable_raw_tracks_transcoded_audio": Property(_TRANSCODED, None, True),
    "eject_at_room_exp": _flag(False),
    "eject_after_elapsed": Property(whole(0)),
    "enable_advanced_chat": _flag(False, domain=True),
    "enable_hidden_participants": _flag(False),
    "enable_mesh_sfu": _flag(domain=True),
    "sfu_switchover": Property(NUMBER, 0.5, True),
    "enable_adaptive_simulcast": _flag(True, domain=True),
    "enable_multiparty_adaptive_simulcast": _flag(False, domain=True),
    "enforce_unique_user_ids": _flag(False, domain=True),
    "experimental_optimize_large_calls": _flag(),
    "lang": Property(_LANG, "en", True),
    "meeting_join_hook": Property(Shape("string", rule=_hook), None, True),
    "geo": Property(_GEO, None, True),
    "rtmp_geo": Property(choice("us-west-2", "eu-central-1", "ap-south-1"), None, True),
    "disable_rtmp_geo_fallback": _flag(False, domain=True),
    "recordings_bucket": Property(
        record({**_BUCKET, "allow_streaming_from_bucket": BOOLEAN}, whole=_bucket),
        None,
        True,
    ),
    "enable_terse_logging": _flag(False, domain=True),
    "auto_transcription_settings": Property(OPEN_OBJECT),
    "enable_transcription_storage": _flag(False, domain=True),
    "transcription_bucket": Property(record(_BUCKET, whole=_bucket), None, True),
    "recordings_template": Property(
        Shape("string", rule=_recordings_template),
        "{domain_name}/{room_name}/{epoch_time}",
        True,
    ),
    "transcription_template": Property(
        Shape("string", rule=_template),
        "{domain_name}/{room_name}/{epoch_time}.vtt",
        True,
    ),
    "enable_dialout": _flag(False),
    "dialout_config": Property(_DIALOUT),
    "streaming_endpoints": Property(Shape("array", items=_ENDPOINT)),
    "permissions": Property(
        _PERMISSIONS,
        {
            "canSend": True,
            "canReceive": {"base": True},
            "hasPresence": True,
            "canAdmin": False,
        },
        True,
    ),
    "sip": Property(_SIP),
}

GUIDES: Mapping[str, Property] = {
    "dialin": Property(_DIALIN),
    "enable_raw_tracks_event_json": _flag(),
}

OLDER: Mapping[str, Property] = {
    "owner_only_broadcast": _flag(False),
    "enable_new_call_ui": _flag(),
    "autojoin": _flag(),
    "audio_only": _flag(False),
    "signaling_impl": Property(TEXT),
    "switchover_impl": Property(TEXT),
}


def room_properties(accepted: Iterable[str] = ()) -> dict[str, Property]:
    """Every property a room takes; `accepted` adds names with any value.

    A name with dots adds a key to an object, as in `sip.new_key`; ValueError when
    there is no such object.
    """
    table = {**OPENAPI, **GUIDES, **OLDER}
    for name in accepted:
        top, *nested = name.split(".")
        if not nested:
            table.setdefault(name, Property(ANY))
        elif top not in table or "" in nested:
            raise ValueError(f"{name!r} is no key of an object of a room")
        else:
            row = table[top]
            table[top] = replace(row, shape=with_field(row.shape, tuple(nested)))
    return table


def as_kept(name: str, value: object) -> object:
    """Give the form in which a value is stored and shown.

    Recorded: `enable_recording: false` comes back as the text "0". That true
    becomes "1" is assumed.
    """
    if name == "enable_recording" and isinstance(value, bool):
        return str(int(value))
    return value
