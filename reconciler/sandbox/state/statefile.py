"""The state of a sandbox as a JSON file, so that a story outlives the process.

Written whole, to a temporary file that is then renamed, readable by the owner
only (hmacs are in it). A file that is damaged, or of another program or
domain, is an error and is left as it is.
"""

from __future__ import annotations

import errno
import json
import os
import threading
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from reconciler.sandbox.api.numbers import PurchasedNumber
from reconciler.sandbox.state import entries
from reconciler.sandbox.state.roomindex import Room
from reconciler.sandbox.state.store import Store

FORMAT = "daily-sandbox-state"
VERSION = 1
MOST = 256 * 1024 * 1024
"""Bytes of the largest state that is read."""


class StateError(Exception):
    """The state file cannot be used; the text names it and says why."""


class StateFile:
    """Saves a store after every write, and loads it once."""

    def __init__(self, path: Path, store: Store) -> None:
        self.path = path
        self._store = store
        self._saving = threading.Lock()
        self._asked = 0
        self._saved = 0

    def load(self) -> bool:
        """Fill the store from the file; False when there is no file yet."""
        try:
            text = _text(self.path)
        except FileNotFoundError:
            return False
        except (OSError, UnicodeDecodeError) as error:
            raise StateError(f"{self.path}: cannot be read: {error}") from error
        try:
            state = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise StateError(f"{self.path}: is not JSON: {error}") from error
        if not isinstance(state, dict) or state.get("format") != FORMAT:
            raise StateError(f"{self.path}: is not a state file of the sandbox")
        self._check(state)
        try:
            _fill(self._store, state)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise StateError(f"{self.path}: is damaged: {error!r}") from error
        return True

    def _check(self, state: Mapping[str, Any]) -> None:
        if state.get("version") != VERSION:
            raise StateError(
                f"{self.path}: has version {state.get('version')}, not {VERSION}"
            )
        domain = self._store.settings.domain
        if state.get("domain") != domain:
            raise StateError(
                f"{self.path}: belongs to domain {state.get('domain')!r}, "
                f"not {domain!r}; use another file or delete this one"
            )

    def save(self) -> None:
        """Write the store as it is now.

        Requests that write at the same time share one writing of the file.
        """
        with self._store.lock:
            self._asked += 1
            mine = self._asked
        with self._saving:
            if self._saved >= mine:
                return
            with self._store.lock:
                newest = self._asked
                text = json.dumps(_state(self._store))
            write_atomically(self.path, text + "\n")
            self._saved = newest


def domain_of(path: Path) -> str | None:
    """The domain a state file belongs to; None when there is none to be read."""
    try:
        state = json.loads(_text(path))
    except (OSError, ValueError, RecursionError):
        return None
    domain = state.get("domain") if isinstance(state, dict) else None
    return domain if isinstance(domain, str) and domain else None


def _text(path: Path) -> str:
    """The text of a file that ends: a device may not."""
    with path.open("rb") as stream:
        content = stream.read(MOST + 1)
    if len(content) > MOST:
        raise OSError(errno.EFBIG, f"larger than {MOST >> 20} MiB")
    return content.decode("utf-8")


def write_atomically(path: Path, text: str) -> None:
    """Replace a file, or leave it as it was; mode 0600."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    draft.unlink(missing_ok=True)
    try:
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def _state(store: Store) -> dict[str, object]:
    return {
        "format": FORMAT,
        "version": VERSION,
        "domain": store.settings.domain,
        "domain_id": store.domain_id,
        "domain_properties": store.domain_properties,
        "legacy": store.legacy,
        "dialin_configs": [asdict(config) for config in store.dialin_configs.values()],
        "numbers": [asdict(number) for number in store.numbers.values()],
        # Not asdict: it copies deeply, and a domain may have thousands of rooms.
        "rooms": [
            {slot: getattr(room, slot) for slot in Room.__slots__}
            for room in store.rooms.values()
        ],
    }


def _fill(store: Store, state: Mapping[str, Any]) -> None:
    store.domain_id = state["domain_id"]
    store.domain_properties = dict(state["domain_properties"])
    store.legacy = {kind: state["legacy"][kind] for kind in entries.KINDS}
    store.dialin_configs = {
        one["id"]: entries.DialinConfig(**one) for one in state["dialin_configs"]
    }
    asked = store.numbers
    store.numbers = {one["number"]: PurchasedNumber(**one) for one in state["numbers"]}
    for number in asked:
        store.add_number(number)
    for one in state["rooms"]:
        store.index.add(Room(**one))
