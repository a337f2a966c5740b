"""The schema's annotations against the planner's table of kinds."""

from __future__ import annotations

from reconciler.core.kinds import NUMBER, ROOM

# Defaults that the schema states and the planner need not know.
UNPLANNED_DEFAULTS = {
    "auto_transcription_settings.transcription_geo": "an open object, compared whole",
    "permissions": "its keys have the same defaults",
    "permissions.canReceive.base": "canReceive has the same default",
}


def test_schema_agrees_with_the_planner(room_properties, schema):
    """Defaults, sets, secrets and inheritance are the ones the planner uses."""

    def marked(annotation: str) -> set[str]:
        return {p for p, key in room_properties.items() if key.get(annotation)}

    stated = {
        path: key["default"]
        for path, key in room_properties.items()
        if key.get("default") is not None and path not in UNPLANNED_DEFAULTS
    }
    planned = {".".join(path): value for path, value in ROOM.defaults.items()}
    assert stated == {path: planned.get(path) for path in stated}
    assert marked("x-set") == {".".join(path) for path in ROOM.sets}
    assert marked("x-domain-inherited") == ROOM.inherited
    secret = {".".join(path) for path in ROOM.secret}
    assert all(
        p in secret or p.rpartition(".")[0] in secret for p in marked("x-secret")
    )
    pinless = schema["$defs"]["number"]["properties"]["pinless_dialin"]["properties"]
    assert {(name,) for name, key in pinless.items() if key.get("x-secret")} == set(
        NUMBER.secret
    )
