"""What the environment says about the way to Daily: proxy, exceptions, trust.

Messages name variables and never their values: a proxy address may hold a password.
"""

from __future__ import annotations

import ipaddress
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, urlsplit

from reconciler.daily.http.address import is_loopback
from reconciler.errors import ReconcilerError
from reconciler.paths import is_folder

_SCHEMES: Final = ("http", "https", "socks5", "socks5h")
_PORTS: Final = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy, and the variable that names it."""

    url: str
    variable: str

    @property
    def place(self) -> str:
        """Its host and port, without the user and password that may be in it."""
        parts = urlsplit(self.url)
        host = parts.hostname or ""
        host = f"[{host}]" if ":" in host else host
        return f"{host}:{parts.port}" if parts.port else host


def proxy_in_use(url: str, environ: Mapping[str, str]) -> Proxy | None:
    """The proxy that requests to an address take; see `proxy_for`.

    Loopback is this machine: a proxy has no business there.
    """
    return None if is_loopback(url) else proxy_for(url, environ)


def proxy_for(url: str, environ: Mapping[str, str]) -> Proxy | None:
    """The proxy for an address; None for a direct way.

    Lower case goes before upper case, and the scheme's variable before ALL_PROXY.

    Raises:
        ReconcilerError: the variable that counts does not hold a proxy's address.
    """
    scheme = urlsplit(url).scheme
    if is_exempt(url, environ):
        return None
    for name in (f"{scheme}_proxy", "all_proxy"):
        for variable in (name, name.upper()):
            if value := environ.get(variable, "").strip():
                return Proxy(_checked(value, variable), variable)
    return None


def _checked(value: str, variable: str) -> str:
    url = value if "://" in value else f"http://{value}"
    parts = _split(url)
    if parts is None or parts.scheme not in _SCHEMES or not parts.hostname:
        raise unusable_proxy(variable)
    return url


def unusable_proxy(variable: str) -> ReconcilerError:
    """The error about a proxy variable; its value is not shown."""
    return ReconcilerError(
        f"{variable} does not hold the address of a proxy that can be used",
        tip=f"write it as http://HOST:PORT, unset {variable}, "
        "or name Daily's host in NO_PROXY",
    )


def is_exempt(url: str, environ: Mapping[str, str]) -> bool:
    """Whether NO_PROXY names this address. An entry that means nothing is ignored."""
    entries = environ.get("no_proxy") or environ.get("NO_PROXY") or ""
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".").lower()
    port = parts.port or _PORTS.get(parts.scheme)
    return any(
        _names(entry.lower(), host, port) for entry in re.split(r"[,\s]+", entries)
    )


def _names(entry: str, host: str, port: int | None) -> bool:
    if entry == "*":
        return True
    address = _address(host)
    if address is not None and (network := _network(entry)) is not None:
        return address in network
    parts = _split(entry if "://" in entry else f"//{entry}")
    if parts is None or not parts.hostname or parts.path.strip("/"):
        return False
    if parts.port not in (None, port):
        return False
    named = parts.hostname.removeprefix("*").strip(".")
    if address is not None:
        return _address(named) == address
    return bool(named) and (host == named or host.endswith(f".{named}"))


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        return parts if parts.port != 0 else None
    except ValueError:
        return None


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


def own_trust(environ: Mapping[str, str]) -> ssl.SSLContext | None:
    """The certificates that SSL_CERT_FILE and SSL_CERT_DIR name; None for neither.

    Raises:
        ReconcilerError: one of them names nothing that can be loaded.
    """
    file = environ.get("SSL_CERT_FILE") or None
    folder = environ.get("SSL_CERT_DIR") or None
    if file is None and folder is None:
        return None
    if folder is not None and not is_folder(Path(folder)):
        raise _unusable_trust("SSL_CERT_DIR", "is not a directory")
    try:
        return ssl.create_default_context(cafile=file, capath=folder)
    except (OSError, ValueError) as error:
        why = type(error).__name__
        raise _unusable_trust("SSL_CERT_FILE", f"cannot be loaded ({why})") from None


def _unusable_trust(variable: str, why: str) -> ReconcilerError:
    return ReconcilerError(
        f"what {variable} names {why}",
        tip=f"name certificates in PEM form, or unset {variable}",
    )
