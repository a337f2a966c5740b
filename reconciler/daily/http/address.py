"""The address of Daily's API: where a key may be sent, and where not."""

from __future__ import annotations

import ipaddress
from typing import Final
from urllib.parse import SplitResult, urlsplit

from reconciler.errors import ReconcilerError

DEFAULT_URL: Final = "https://api.daily.co/v1"
_PORTS: Final = {"https": 443, "http": 80}


def check_url(url: str) -> str:
    """The base address, checked: https, or plain http on this machine only."""
    parts = _split(url)
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
        raise ReconcilerError(
            "DAILY_API_URL is not an http(s) address",
            tip=f"the default is {DEFAULT_URL}",
        )
    if parts.scheme == "http" and not is_loopback(url):
        raise ReconcilerError(
            f"refused to send the API key to {parts.hostname} without encryption",
            tip="use https; plain http is for the sandbox on this machine",
        )
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ReconcilerError("DAILY_API_URL must be a plain address: host and path")
    return url.rstrip("/")


def _split(url: str) -> SplitResult | None:
    """The parts of an address; None where another reader might see other parts."""
    if not all("!" <= char <= "~" for char in url):
        return None
    try:
        parts = urlsplit(url)
        return parts if parts.port != 0 else None
    except ValueError:
        return None


def is_loopback(url: str) -> bool:
    """Tell whether an address is this machine."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def canonical(url: str) -> str:
    """One spelling for every address of the same Daily, for comparing only.

    Raises:
        ReconcilerError: it is no address that a key may be sent to.
    """
    parts = urlsplit(check_url(url))
    host = (parts.hostname or "").rstrip(".")
    if is_loopback(url):
        host = "localhost"
    port = parts.port or _PORTS[parts.scheme]
    path = "/".join(step for step in parts.path.split("/") if step)
    return f"{parts.scheme}://{host}:{port}/{path}"
