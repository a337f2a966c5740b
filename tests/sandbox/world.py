"""A sandbox without a socket, and with a clock of ours."""

import json
from dataclasses import dataclass, field
from urllib.parse import urlencode

from reconciler.sandbox.api.routes import Request, handle
from reconciler.sandbox.state.store import Store

NOW = 1_800_000_000
DAY = 24 * 3600
AUTH = {"authorization": "Bearer sandbox", "content-type": "application/json"}


@dataclass
class World:
    """A store, and the time in it."""

    store: Store
    now: float = NOW
    headers: dict = field(default_factory=lambda: dict(AUTH))

    def call(self, method, path, body=None, **query):
        """Ask, and give the status and the JSON of the answer."""
        raw = b"" if body is None else json.dumps(body).encode()
        text = urlencode(query)
        response = handle(
            self.store,
            Request(method, f"/v1{path}", text, self.headers, raw),
            self.now,
        )
        return response.status, json.loads(response.body)

    def ok(self, method, path, body=None, **query):
        """Ask, expect 200, and give the JSON of the answer."""
        status, answer = self.call(method, path, body, **query)
        assert status == 200, answer
        return answer

    def refused(self, method, path, body=None, status=400, **query):
        """Ask, expect a refusal, and give its `info`."""
        got, answer = self.call(method, path, body, **query)
        assert got == status, answer
        return answer.get("info")

    def room(self, name="r", privacy=None, **properties):
        """Make a room, and give the config that the answer shows."""
        body = {"name": name, "properties": properties}
        return self.ok(
            "POST", "/rooms", body | ({"privacy": privacy} if privacy else {})
        )["config"]

    def update(self, name="r", **properties):
        """Update a room, and give the config that the answer shows."""
        return self.ok("POST", f"/rooms/{name}", {"properties": properties})["config"]
