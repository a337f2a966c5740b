"""The error answers that were recorded from Daily, word for word."""

import pytest
from sandbox.world import NOW

EXISTS = "5b1f0c2e-6a34-4e0b-9d6f-0a1b2c3d4e5f"
INVALID = "invalid-request-error"


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "answer"),
    [
        pytest.param(
            "POST",
            "/rooms",
            {"name": EXISTS, "privacy": "private"},
            400,
            {"error": INVALID, "info": f"a room named {EXISTS} already exists"},
            id="duplicate",
        ),
        pytest.param(
            "POST",
            "/rooms",
            {"name": "com espaço", "privacy": "private"},
            400,
            {
                "error": INVALID,
                "info": "com espaço contains invalid characters (room names can "
                "contain A-Z, a-z, 0-9, '-', and '_')",
            },
            id="invalid-name",
        ),
        pytest.param(
            "GET",
            "/rooms/nowhere",
            None,
            404,
            {"error": "not-found", "info": "room nowhere not found"},
            id="missing-room",
        ),
        pytest.param(
            "POST",
            "/rooms",
            {"properties": {"exp": 1783915716}},
            400,
            {
                "error": INVALID,
                "info": "exp was '1783915716', which is in the past rather than "
                "in the future",
            },
            id="exp-past",
        ),
        pytest.param(
            "POST",
            "/rooms",
            {"invalid": "parameter"},
            400,
            {"error": INVALID, "info": "unknown parameter 'invalid'"},
            id="unknown-parameter",
        ),
        pytest.param(
            "POST",
            "/rooms",
            {"properties": {"allow_streaming_from_bucket": True}},
            400,
            {
                "error": INVALID,
                "info": "invalid property name 'allow_streaming_from_bucket'",
            },
            id="unknown-property",
        ),
        pytest.param(
            "POST",
            "/rooms",
            {"name": "my-new-room", "properties": {"exp": "not an int"}},
            400,
            {
                "error": INVALID,
                "info": "exp was 'not an int' but should be a number of seconds "
                "since the unix epoch",
            },
            id="exp-not-a-number",
        ),
    ],
)
def test_recorded_refusals(world, method, path, body, status, answer):
    """A mistake that was recorded is answered with the recorded body."""
    world.store.add_room(EXISTS)

    assert world.call(method, path, body) == (status, answer)


def test_wrong_key(world):
    """A wrong key is a 401 without any explanation."""
    world.headers["authorization"] = "Bearer other"

    assert world.call("GET", "/rooms") == (401, {"error": "authentication-error"})


@pytest.mark.parametrize("header", [None, "", "sandbox", "Basic sandbox", "Bearer "])
def test_missing_or_malformed_authorization(world, header):
    """Without a bearer token the header itself is at fault."""
    world.headers.pop("authorization")
    if header is not None:
        world.headers["authorization"] = header

    status, answer = world.call("GET", "/rooms")

    assert (status, answer["error"]) == (400, "authorization-header-error")


@pytest.mark.parametrize("body", ["{", "", '{"properties": {"exp": NaN}}'])
def test_broken_json(world, body):
    """A body that is not JSON has an error code of its own."""
    from reconciler.sandbox.api.routes import Request, handle

    request = Request("POST", "/v1/rooms", "", world.headers, body.encode())
    response = handle(world.store, request, NOW)

    assert response.status == 400
    assert b'"json-parsing-error"' in response.body


def test_other_content_types(world):
    """A form is refused, even when its body happens to be JSON."""
    world.headers["content-type"] = "application/x-www-form-urlencoded"

    assert "content type" in world.refused("POST", "/rooms", {})


def test_body_that_is_no_object(world):
    """A JSON list is no request."""
    assert "object" in world.refused("POST", "/rooms", [])


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/nothing"),
        ("PUT", "/rooms/r"),
        ("PATCH", "/rooms"),
        ("GET", "/batch/rooms"),
        ("GET", "/rooms/r/presence"),
    ],
)
def test_unknown_paths(world, method, path):
    """What the sandbox does not simulate is a 404, whatever the method."""
    world.store.add_room("r")

    status, answer = world.call(method, path, {})

    assert (status, answer["error"]) == (404, "not-found")


def test_paths_outside_the_base(world):
    """Nothing is served beside /v1."""
    from reconciler.sandbox.api.routes import Request, handle

    response = handle(world.store, Request("GET", "/rooms", "", world.headers), NOW)

    assert response.status == 404


def test_trailing_slash(world):
    """A trailing slash changes nothing."""
    world.store.add_room("r")

    assert world.ok("GET", "/rooms/") == world.ok("GET", "/rooms")
    assert world.ok("GET", "/rooms/r/")["name"] == "r"


def test_characters_that_utf8_cannot_hold(world):
    """A lone surrogate in a body is kept and shown, not a crash."""
    config = world.room(dialin={"display_name": "\ud800"}, exp=NOW + 60)

    assert config["dialin"] == {"display_name": "\ud800"}
