"""One table of what each kind of resource is like; every special case is a row.

Source of the facts: Daily's pages on room configuration, domain configuration
and dial-in configuration. Where Daily documents no default, none is listed, with
the exceptions marked below.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from reconciler.core.model import KindName, Path
from reconciler.core.times import DAY


@dataclass(frozen=True, slots=True)
class Kind:
    """What is special about one kind of resource.

    `server_made`: keys Daily adds; never compared, never sent.
    `secret`: paths whose values nobody may see ("*" stands for any list item).
    `address`: paths of URLs whose user info and query are secret.
    `maybe_hidden`: paths Daily may keep without showing them.
    `generated`: fields that Daily fills in itself when nothing is set, so that null
    asks for no change at all.
    `objects`: fields written whole, with the nested keys that can be set.
    `nested`: objects inside those, with their keys; "*" stands for any list item.
    `marks`: objects whose mere presence means something, even when empty.
    `sets`: paths of lists whose order means nothing.
    `named`: paths of lists whose items are told apart by their `name`.
    `off`: paths where Daily keeps false as the text "0".
    `times`: fields in Unix seconds.
    `numbers`: paths of phone numbers or lists of them.
    `defaults`: documented default by path; absent and null mean the same.
    `inherited`: fields whose default is the domain's current value.
    """

    name: KindName
    server_made: frozenset[str]
    secret: frozenset[Path] = frozenset()
    address: frozenset[Path] = frozenset()
    maybe_hidden: frozenset[Path] = frozenset()
    generated: frozenset[str] = frozenset()
    objects: Mapping[str, frozenset[str]] = field(default_factory=dict)
    nested: Mapping[Path, frozenset[str]] = field(default_factory=dict)
    marks: frozenset[str] = frozenset()
    sets: frozenset[Path] = frozenset()
    named: frozenset[Path] = frozenset()
    off: frozenset[Path] = frozenset()
    times: frozenset[str] = frozenset()
    numbers: frozenset[Path] = frozenset()
    defaults: Mapping[Path, object] = field(default_factory=dict)
    inherited: frozenset[str] = frozenset()

    def known_keys(self, path: tuple[str | int, ...]) -> frozenset[str] | None:
        """The keys that can be set in an object; None when any may stand there."""
        names = tuple("*" if isinstance(step, int) else step for step in path)
        return self.objects.get(names[0]) if len(names) == 1 else self.nested.get(names)


_BUCKET = frozenset(
    {
        "bucket_name",
        "bucket_region",
        "assume_role_arn",
        "allow_api_access",
        "storage_provider",
        "namespace",
    }
)
_ENDPOINT = ("streaming_endpoints", "*")
_HLS = (*_ENDPOINT, "hls_config")
_VARIANT = frozenset({"width", "height", "bitrate", "fps", "iframe_only"})

ROOM: Final = Kind(
    name="room",
    server_made=frozenset({"dialin_code", "dialin_number", "sip_uri"}),
    secret=frozenset(
        {
            ("streaming_endpoints", "*", "rtmp_config"),
            ("streaming_endpoints", "*", "hls_config", "storage", "credentials"),
        }
    ),
    address=frozenset({("meeting_join_hook",)}),
    # Daily's PIN guide sends wait_for_meeting_start and shows an answer without
    # it; whether that is a shortened example or a value kept out of sight is
    # unknown, and the other nested keys may share its fate.
    maybe_hidden=frozenset(
        {("dialin", "wait_for_meeting_start"), ("dialin", "room_numbers")}
    ),
    objects={
        "dialin": frozenset({"display_name", "wait_for_meeting_start", "room_numbers"}),
        "permissions": frozenset({"hasPresence", "canSend", "canReceive", "canAdmin"}),
        "sip": frozenset(
            {
                "display_name",
                "sip_mode",
                "video",
                "num_endpoints",
                "force_digit_only_username",
                "codecs",
                "provider",
                "dialin_config",
            }
        ),
        "dialout_config": frozenset(
            {
                "allow_room_start",
                "dialout_geo",
                "max_idle_timeout_sec",
                "max_idle_timeout_post_conversation_sec",
            }
        ),
        "recordings_bucket": _BUCKET | {"allow_streaming_from_bucket"},
        "transcription_bucket": _BUCKET,
    },
    nested={
        ("sip", "codecs"): frozenset({"audio", "video"}),
        ("sip", "dialin_config"): frozenset(
            {
                "allow_room_start",
                "dialin_geo",
                "max_idle_timeout_sec",
                "max_idle_timeout_post_conversation_sec",
                "hold_music_enabled",
            }
        ),
        _ENDPOINT: frozenset({"name", "type", "rtmp_config", "hls_config"}),
        (*_ENDPOINT, "rtmp_config"): frozenset({"url"}),
        _HLS: frozenset({"save_hls_recording", "storage", "variants", "variant"}),
        (*_HLS, "storage"): frozenset(
            {"bucket_name", "bucket_region", "assume_role_arn", "path", "path_template"}
        ),
        (*_HLS, "variants", "*"): _VARIANT,
        (*_HLS, "variant", "*"): _VARIANT,
    },
    marks=frozenset({"dialin"}),
    sets=frozenset(
        {
            ("enable_recording",),
            ("permissions", "canSend"),
            ("permissions", "canAdmin"),
            ("dialin", "room_numbers"),
        }
    ),
    named=frozenset({("streaming_endpoints",)}),
    off=frozenset({("enable_recording",)}),
    times=frozenset({"exp", "nbf"}),
    numbers=frozenset({("dialin", "room_numbers")}),
    defaults={
        ("privacy",): "public",
        ("max_participants",): 200,
        ("enable_people_ui",): True,
        ("enable_cpu_warning_notifications",): True,
        ("enable_pip_ui",): False,
        ("enable_emoji_reactions",): False,
        ("enable_hand_raising",): False,
        ("enable_prejoin_ui",): True,
        ("enable_live_captions_ui",): False,
        ("enable_network_ui",): False,
        ("enable_noise_cancellation_ui",): True,
        ("enable_breakout_rooms",): False,
        ("enable_screenshare",): True,
        ("enable_video_processing_ui",): True,
        ("enable_chat",): False,
        ("enable_shared_chat_history",): True,
        ("start_video_off",): False,
        ("start_audio_off",): False,
        ("eject_at_room_exp",): False,
        ("enable_advanced_chat",): False,
        ("enable_hidden_participants",): False,
        ("sfu_switchover",): 0.5,
        ("enable_adaptive_simulcast",): True,
        ("enable_multiparty_adaptive_simulcast",): False,
        ("enforce_unique_user_ids",): False,
        ("lang",): "en",
        ("disable_rtmp_geo_fallback",): False,
        ("enable_terse_logging",): False,
        ("enable_transcription_storage",): False,
        ("recordings_template",): "{domain_name}/{room_name}/{epoch_time}",
        ("transcription_template",): "{domain_name}/{room_name}/{epoch_time}.vtt",
        ("enable_dialout",): False,
        ("owner_only_broadcast",): False,
        ("permissions", "hasPresence"): True,
        ("permissions", "canSend"): True,
        ("permissions", "canReceive"): {"base": True},
        ("permissions", "canAdmin"): False,
        ("recordings_bucket", "allow_streaming_from_bucket"): False,
        ("dialout_config", "allow_room_start"): False,
        ("dialout_config", "max_idle_timeout_sec"): 0,
        ("sip", "video"): False,
        ("sip", "num_endpoints"): 1,
        ("sip", "force_digit_only_username"): False,
        ("sip", "dialin_config", "allow_room_start"): False,
        # Not documented as defaults. Each of these says "switch something on", so
        # a value of false that Daily does not show is taken as unset: otherwise a
        # Daily that leaves defaults out would be written to for ever.
        ("enable_knocking",): False,
        ("enable_recording",): False,
        ("enable_raw_tracks_event_json",): False,
        ("enable_mesh_sfu",): False,
        ("experimental_optimize_large_calls",): False,
        ("audio_only",): False,
        ("autojoin",): False,
        ("recordings_bucket", "allow_api_access"): False,
        ("transcription_bucket", "allow_api_access"): False,
        ("dialin", "wait_for_meeting_start"): False,
        ("sip", "provider"): "daily",
        ("enable_raw_tracks_transcoded_audio",): "",
    },
    inherited=frozenset(
        {
            "enable_people_ui",
            "enable_cpu_warning_notifications",
            "enable_pip_ui",
            "enable_emoji_reactions",
            "enable_hand_raising",
            "enable_prejoin_ui",
            "enable_live_captions_ui",
            "enable_network_ui",
            "enable_noise_cancellation_ui",
            "enable_breakout_rooms",
            "enable_video_processing_ui",
            "enable_raw_tracks_transcoded_audio",
            "enable_advanced_chat",
            "enable_mesh_sfu",
            "sfu_switchover",
            "enable_adaptive_simulcast",
            "enable_multiparty_adaptive_simulcast",
            "enforce_unique_user_ids",
            "lang",
            "meeting_join_hook",
            "geo",
            "rtmp_geo",
            "disable_rtmp_geo_fallback",
            "recordings_bucket",
            "enable_terse_logging",
            "enable_transcription_storage",
            "transcription_bucket",
            "recordings_template",
            "transcription_template",
            "permissions",
        }
    ),
)

NUMBER: Final = Kind(
    name="number",
    server_made=frozenset({"sip_uri", "phone_number", "id"}),
    secret=frozenset({("hmac",)}),
    address=frozenset({("room_creation_api",), ("hold_music_url",)}),
    maybe_hidden=frozenset({("hmac",)}),
    generated=frozenset({"hmac"}),
    objects={
        "ivr_greeting": frozenset({"message"}),
        "timeout_config": frozenset({"message"}),
    },
)

KINDS: Final[Mapping[KindName, Kind]] = {"room": ROOM, "number": NUMBER}

DOMAIN_ONLY: Final = frozenset(
    {
        "batch_processor_bucket",
        "enable_opus_fec",
        "hide_daily_branding",
        "hipaa",
        "intercom_auto_record",
        "intercom_manual_record",
        "max_live_streams",
        "max_streaming_instances_per_room",
        "redirect_on_meeting_exit",
    }
)
"""Settings that Daily documents for a domain and not for a room."""

PIN_FIELDS: Final = frozenset({"name_prefix", "ivr_greeting"})
PINLESS_FIELDS: Final = frozenset(
    {"name_prefix", "room_creation_api", "hmac", "hold_music_url", "timeout_config"}
)
SETTABLE: Final[Mapping[str, frozenset[str]]] = {
    "pin_dialin": PIN_FIELDS,
    "pinless_dialin": PINLESS_FIELDS,
}
"""Which fields each type of assignment takes."""

MAX_PIN_AHEAD: Final = 364 * DAY
"""Seconds. Daily wants less than 365 days; whether exactly 365 passes is unknown."""


def matches(path: Path, pattern: Path) -> bool:
    """Tell whether a path lies at or below a pattern; "*" matches one step."""
    return len(path) >= len(pattern) and all(
        want in ("*", step) for step, want in zip(path, pattern, strict=False)
    )
