"""A real Chromium, spoken to over a pair of pipes: no driver, no library, no port.

The protocol is JSON messages, each ended by a null byte (Chrome DevTools Protocol,
`--remote-debugging-pipe`: file descriptor 3 is read, 4 is written).
"""

from __future__ import annotations

import base64
import itertools
import json
import os
import select
import shutil
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome")
OPTIONS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--remote-debugging-pipe",
)
TIMEOUT = 60


def find() -> str | None:
    """Where Chromium is, if it is installed."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


@dataclass
class Browser:
    """One page in one browser. `events` holds what it told since the last `goto`."""

    process: subprocess.Popen[bytes]
    to_it: int
    from_it: int
    session: str = ""
    events: list[dict[str, Any]] = field(default_factory=list)
    _ids: Any = field(default_factory=lambda: itertools.count(1))
    _buffer: bytes = b""

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Send one command and wait for its answer."""
        ident = next(self._ids)
        message = {"id": ident, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.to_it, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == ident:
                if "error" in answer:
                    raise AssertionError(f"{method}: {answer['error']}")
                return answer["result"]  # type: ignore[no-any-return]
            self.events.append(answer)

    def _next(self) -> dict[str, Any]:
        until = time.monotonic() + TIMEOUT
        while b"\0" not in self._buffer:
            left = until - time.monotonic()
            if left <= 0 or not select.select([self.from_it], [], [], left)[0]:
                raise AssertionError("Chromium does not answer")
            read = os.read(self.from_it, 1 << 20)
            if not read:
                raise AssertionError("Chromium ended")
            self._buffer += read
        message, _, self._buffer = self._buffer.partition(b"\0")
        return json.loads(message)  # type: ignore[no-any-return]

    def js(self, expression: str) -> Any:
        """The value of an expression on the page; a promise is waited for."""
        made = self.call(
            "Runtime.evaluate",
            expression=expression,
            returnByValue=True,
            awaitPromise=True,
        )
        if "exceptionDetails" in made:
            raise AssertionError(made["exceptionDetails"])
        return made["result"].get("value")

    def wait(self, expression: str, seconds: float = 20) -> None:
        """Wait until an expression is true."""
        until = time.monotonic() + seconds
        while not self.js(expression):
            if time.monotonic() > until:
                raise AssertionError(f"still not: {expression}")
            time.sleep(0.02)

    def goto(self, path: Path) -> None:
        """Open a file, with nothing left of the page before."""
        self.call("Page.navigate", url="about:blank")
        self.wait("location.href === 'about:blank'")
        self.events.clear()
        self.call("Page.navigate", url=path.as_uri())
        self.wait("location.protocol === 'file:' && document.readyState === 'complete'")

    def look(self, *, width: int = 1200, height: int = 900, dark: bool = False) -> None:
        """Choose the window and the colour scheme."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )
        scheme = "dark" if dark else "light"
        self.call(
            "Emulation.setEmulatedMedia",
            features=[{"name": "prefers-color-scheme", "value": scheme}],
        )

    def press(self, key: str, code: int, text: str = "") -> None:
        """Press one key."""
        common = {"key": key, "code": key, "windowsVirtualKeyCode": code}
        down = "keyDown" if text else "rawKeyDown"
        more = {"text": text} if text else {}
        self.call("Input.dispatchKeyEvent", type=down, **common, **more)
        self.call("Input.dispatchKeyEvent", type="keyUp", **common)

    def type(self, text: str) -> None:
        """Type into what has the focus."""
        for char in text:
            self.press(char, ord(char.upper()), char)

    def shot(self, path: Path, *, whole: bool = False) -> None:
        """Save what is seen as a PNG."""
        made = self.call("Page.captureScreenshot", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(made["data"]))

    def told(self, method: str) -> list[dict[str, Any]]:
        """The events of one kind."""
        return [e["params"] for e in self.events if e.get("method") == method]

    def close(self) -> None:
        """End the browser."""
        self.session = ""
        try:
            self.call("Browser.close")
        except (AssertionError, OSError):
            self.process.kill()
        self.process.wait(TIMEOUT)
        os.close(self.to_it)
        os.close(self.from_it)


def launch(program: str, folder: Path) -> Browser:
    """Start a browser whose whole state lives in a folder."""
    read_here, write_there = os.pipe()
    read_there, write_here = os.pipe()
    # The shell only puts the pipes where Chromium expects them.
    script = f'exec "$@" 3<&{read_there} 4>&{write_there}'
    process = subprocess.Popen(
        ["bash", "-c", script, "bash", program, *OPTIONS, f"--user-data-dir={folder}"],
        pass_fds=(read_there, write_there),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "HOME": str(folder)},
    )
    os.close(read_there)
    os.close(write_there)
    browser = Browser(process, write_here, read_here)
    try:
        _attach(browser)
    except BaseException:
        process.kill()
        process.wait(TIMEOUT)
        raise
    return browser


def _attach(browser: Browser) -> None:
    target = browser.call("Target.createTarget", url="about:blank")["targetId"]
    made = browser.call("Target.attachToTarget", targetId=target, flatten=True)
    browser.session = made["sessionId"]
    for domain in ("Page", "Runtime", "Network", "Log"):
        browser.call(f"{domain}.enable")
