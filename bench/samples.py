"""The domains and files that are measured: rooms of 7 and of 34 lines, and records.

The bodies that fill the simulated Daily are written here beside the YAML, not derived
by the tool, so that "nothing to change" is found and not presumed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

HEAD: Final = "version: 1\ndomain: acme\nlimits: {update: 100%}\nrooms:\n"

LIGHT: Final = """\
  room-{n:05d}:
    privacy: private
    properties:
      max_participants: {size}
      enable_chat: true
      start_video_off: true
      lang: de
"""
HEAVY: Final = """\
  room-{n:05d}:
    privacy: private
    properties:
      max_participants: {size}
      enable_chat: true
      enable_prejoin_ui: true
      enable_knocking: true
      enable_network_ui: true
      enable_people_ui: false
      enable_emoji_reactions: true
      enable_hand_raising: true
      start_video_off: true
      start_audio_off: true
      lang: de
      geo: eu-central-1
      enable_recording: cloud
      recordings_template: acme/room-{n:05d}/{{epoch_time}}
      recordings_bucket:
        bucket_name: acme-recordings-{bucket}
        bucket_region: eu-central-1
        assume_role_arn: arn:aws:iam::123456789012:role/daily
        allow_api_access: true
      permissions:
        hasPresence: true
        canSend:
          - video
          - audio
        canAdmin:
          - participants
      sip:
        display_name: Room {n}
        video: true
        sip_mode: dial-in
        num_endpoints: 2
"""


def _yaml(kind: str, n: int, size: int) -> str:
    return (LIGHT if kind == "light" else HEAVY).format(n=n, size=size, bucket=n % 7)


def bodies(kind: str, count: int, *, size: int = 12) -> Iterator[dict[str, Any]]:
    """The same rooms as Daily is asked to make them."""
    make = _light if kind == "light" else _heavy
    for n in range(count):
        yield {
            "name": f"room-{n:05d}",
            "privacy": "private",
            "properties": {**make(n), "max_participants": size},
        }


def _light(_: int) -> dict[str, Any]:
    return {"enable_chat": True, "start_video_off": True, "lang": "de"}


def _heavy(n: int) -> dict[str, Any]:
    return {
        **_light(n),
        "enable_prejoin_ui": True,
        "enable_knocking": True,
        "enable_network_ui": True,
        "enable_people_ui": False,
        "enable_emoji_reactions": True,
        "enable_hand_raising": True,
        "start_audio_off": True,
        "geo": "eu-central-1",
        "enable_recording": "cloud",
        "recordings_template": f"acme/room-{n:05d}/{{epoch_time}}",
        "recordings_bucket": {
            "bucket_name": f"acme-recordings-{n % 7}",
            "bucket_region": "eu-central-1",
            "assume_role_arn": "arn:aws:iam::123456789012:role/daily",
            "allow_api_access": True,
        },
        "permissions": {
            "hasPresence": True,
            "canSend": ["video", "audio"],
            "canAdmin": ["participants"],
        },
        "sip": {
            "display_name": f"Room {n}",
            "video": True,
            "sip_mode": "dial-in",
            "num_endpoints": 2,
        },
    }


def octodns_files(folder: Path, count: int) -> Path:
    """A zone of so many records of 3 lines, in YAML on both sides and equal."""
    lines = "".join(
        f"record-{n:05d}:\n  type: A\n  value: 192.0.2.{n % 250 + 1}\n"
        for n in range(count)
    )
    for name in ("source", "target"):
        (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / name / "example.com.yaml").write_text(f"---\n{lines}")
    provider = "class: octodns.provider.yaml.YamlProvider"
    text = f"""\
providers:
  source: {{{provider}, directory: {folder}/source}}
  target: {{{provider}, directory: {folder}/target}}
zones:
  example.com.: {{sources: [source], targets: [target]}}
"""
    path = folder / "octodns.yaml"
    path.write_text(text)
    return path


def write_rooms(path: Path, kind: str, count: int, *, size: int = 12) -> Path:
    """Write a config file of so many rooms; `size` is what an update changes."""
    with path.open("w", encoding="utf-8") as file:
        file.write(HEAD)
        file.writelines(_yaml(kind, n, size) for n in range(count))
    return path


def batches(
    kind: str, count: int, each: Callable[[bytes], None], *, of: int = 1000
) -> None:
    """Hand out the bodies of batch requests that make these rooms."""
    rooms: list[dict[str, Any]] = []
    for room in bodies(kind, count):
        rooms.append(room)
        if len(rooms) == of:
            each(json.dumps({"rooms": rooms}).encode())
            rooms = []
    if rooms:
        each(json.dumps({"rooms": rooms}).encode())
