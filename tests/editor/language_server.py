"""A client of yaml-language-server over its standard input and output, for tests."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


class LanguageServer:
    """One server process. Requests wait for their answer, in order."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._count = 0
        self.said: list[dict[str, Any]] = []

    def ask(self, method: str, params: object) -> Any:
        """Send a request and wait for its result."""
        self._count += 1
        self._send({"id": self._count, "method": method, "params": params})
        while True:
            message = self._read()
            if message.get("id") == self._count and "method" not in message:
                assert "error" not in message, message
                return message["result"]

    def tell(self, method: str, params: object) -> None:
        """Send a notification."""
        self._send({"method": method, "params": params})

    def wait_for(self, method: str) -> Any:
        """The parameters of the next notification of this kind."""
        while True:
            for index, message in enumerate(self.said):
                if message["method"] == method:
                    del self.said[index]
                    return message["params"]
            self._read()

    def _send(self, message: dict[str, object]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self._process.stdin
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self._process.stdin.flush()

    def _read(self) -> dict[str, Any]:
        """The next message; what the server asks of us is answered with nothing."""
        assert self._process.stdout
        length = 0
        while line := self._process.stdout.readline().strip():
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        assert length, "the language server has gone"
        message: dict[str, Any] = json.loads(self._process.stdout.read(length))
        if "method" in message and "id" in message:
            items = message.get("params", {}).get("items", ())
            self._send({"id": message["id"], "result": [{} for _ in items] or None})
        elif "method" in message:
            self.said.append(message)
        return message


@contextmanager
def language_server(program: Path, folder: Path) -> Iterator[LanguageServer]:
    """A server that has been introduced to a folder, and asks no schema catalogue."""
    process = subprocess.Popen(
        [str(program), "--stdio"],
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        server = LanguageServer(process)
        server.ask(
            "initialize",
            {
                "processId": None,
                "rootUri": folder.as_uri(),
                "capabilities": {
                    "textDocument": {
                        "hover": {"contentFormat": ["markdown"]},
                        "completion": {"completionItem": {"snippetSupport": False}},
                        "publishDiagnostics": {},
                    }
                },
                "initializationOptions": {},
            },
        )
        server.tell("initialized", {})
        settings = {
            "yaml": {
                "schemaStore": {"enable": False},
                "completion": True,
                "hover": True,
                "validate": True,
            }
        }
        server.tell("workspace/didChangeConfiguration", {"settings": settings})
        yield server
    finally:
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            if stream:
                stream.close()
