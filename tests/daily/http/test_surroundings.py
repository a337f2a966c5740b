"""Proxies, exceptions from them and trust, as the environment names them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from answers import KEY, URL, Clock

from reconciler.core.secrecy import Secret
from reconciler.daily.http.client import DailyClient
from reconciler.daily.http.surroundings import (
    is_exempt,
    own_trust,
    proxy_for,
    proxy_in_use,
)
from reconciler.errors import ReconcilerError

DAILY = "https://api.daily.co/v1"
PROXY = "http://user:hunter2@proxy.example.com:3128"


def client_in(environ: Mapping[str, str], url: str = DAILY) -> DailyClient:
    """A client on the real network code that nobody asks anything."""
    return DailyClient(
        url,
        Secret(KEY),
        environment=Clock().environment(),
        variables=environ,
        user_agent="test",
    )


@pytest.mark.parametrize(
    ("environ", "variable"),
    [
        ({}, None),
        ({"HTTPS_PROXY": ""}, None),
        ({"HTTP_PROXY": PROXY}, None),
        ({"HTTPS_PROXY": PROXY}, "HTTPS_PROXY"),
        ({"https_proxy": PROXY, "HTTPS_PROXY": "x://["}, "https_proxy"),
        ({"ALL_PROXY": PROXY}, "ALL_PROXY"),
        ({"all_proxy": PROXY}, "all_proxy"),
        ({"ALL_PROXY": "x://[", "HTTPS_PROXY": PROXY}, "HTTPS_PROXY"),
        ({"HTTPS_PROXY": f" {PROXY} "}, "HTTPS_PROXY"),
    ],
)
def test_which_variable_counts(environ: dict[str, str], variable: str | None) -> None:
    """Lower case before upper case, the scheme's own before ALL_PROXY."""
    proxy = proxy_for(DAILY, environ)

    assert (proxy.variable if proxy else None) == variable
    assert proxy is None or proxy.url == PROXY


@pytest.mark.parametrize(
    ("entries", "exempt"),
    [
        ("*", True),
        ("localhost, *", True),
        ("daily.co", True),
        (".daily.co", True),
        ("*.daily.co", True),
        ("API.Daily.CO.", True),
        (" example.com , daily.co ", True),
        ("example.com daily.co", True),
        ("daily.co:443", True),
        ("https://api.daily.co", True),
        ("daily.co:8443", False),
        ("aily.co", False),
        ("api.daily.co.example.com", False),
        ("localhost,::1/128", False),
        ("10.0.0.0/8,fe80::/10,[::1],::1", False),
        ("", False),
        (",,", False),
        (".", False),
        ("[", False),
        ("http://[", False),
        ("300.1.1.1/8,::1/999,a b:c:d,%,:,/,//,@", False),
    ],
)
def test_no_proxy_by_name(entries: str, exempt: bool) -> None:
    """Names match themselves and what lies below; what means nothing is ignored."""
    for variable in ("NO_PROXY", "no_proxy"):
        assert is_exempt(DAILY, {variable: entries}) is exempt

    client_in({"NO_PROXY": entries}).__exit__(None, None, None)


@pytest.mark.parametrize(
    ("url", "entries", "exempt"),
    [
        ("https://10.1.2.3/v1", "10.0.0.0/8", True),
        ("https://10.1.2.3/v1", "10.1.2.3", True),
        ("https://10.1.2.3/v1", "10.1.2.3/24", True),
        ("https://10.1.2.3/v1", "192.168.0.0/16,1.2.3", False),
        ("https://[2001:db8::1]/v1", "2001:db8::/32", True),
        ("https://[2001:db8::1]/v1", "[2001:db8:0::1]", True),
        ("https://[2001:db8::1]/v1", "[2001:db8::1]:443", True),
        ("https://[2001:db8::1]/v1", "10.0.0.0/8,::1/128", False),
    ],
)
def test_no_proxy_by_address(url: str, entries: str, exempt: bool) -> None:
    """Addresses match themselves, in any spelling, and the networks they are in."""
    assert is_exempt(url, {"NO_PROXY": entries}) is exempt


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
@pytest.mark.parametrize(
    "value",
    [
        *("nonsense://[", "socks9://127.0.0.1:1", "http://", "://", "http://h:99999"),
        *("http://h:port", "http://[::1", "ftp://h:1", "http://hunter2@:1"),
        "http://u:hunter2@exa\x00mple:1",
    ],
)
def test_a_proxy_that_cannot_be_used_names_its_variable(
    variable: str, value: str
) -> None:
    """The message names the variable at fault, and never what it holds."""
    with pytest.raises(ReconcilerError) as caught:
        client_in({variable: value})

    assert caught.value.message.startswith(f"{variable} does not hold")
    assert "hunter2" not in caught.value.message + caught.value.tip


def test_a_proxy_that_is_not_used_may_be_anything() -> None:
    """NO_PROXY and loopback come before a look at the proxy."""
    broken = {"HTTPS_PROXY": "nonsense://[", "ALL_PROXY": "socks5://h:1"}

    with client_in({**broken, "NO_PROXY": "daily.co"}), client_in(broken, URL):
        pass


@pytest.mark.parametrize("scheme", ["socks5", "socks5h"])
def test_a_socks_proxy_says_what_it_needs(scheme: str) -> None:
    """Without socksio the message says what to install, and which variable asks."""
    environ = {"ALL_PROXY": f"{scheme}://u:hunter2@127.0.0.1:1"}
    try:
        import socksio  # noqa: F401
    except ImportError:
        with pytest.raises(ReconcilerError, match=r"ALL_PROXY.*socksio") as caught:
            client_in(environ)
        assert "pip install" in caught.value.tip
        assert "hunter2" not in caught.value.message + caught.value.tip


@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
@pytest.mark.parametrize("url", [DAILY, "https://127.0.0.1:9/v1"])
def test_certificates_that_are_not_there_are_named(name: str, url: str) -> None:
    """A trust variable that leads nowhere is an error that names it."""
    with pytest.raises(ReconcilerError, match=f"what {name} names"):
        client_in({name: "/nowhere/at/all"}, url)


def test_a_file_without_certificates_is_an_error(tmp_path: Path) -> None:
    """A file that holds no certificate is not passed over."""
    path = tmp_path / "ca.pem"
    path.write_text("nothing")

    with pytest.raises(ReconcilerError, match="SSL_CERT_FILE"):
        own_trust({"SSL_CERT_FILE": str(path)})


def test_plain_http_needs_no_certificates() -> None:
    """Over plain http, which is loopback only, nothing is loaded."""
    with client_in({"SSL_CERT_FILE": "/nowhere/at/all"}, URL):
        pass


def test_empty_trust_variables_are_unset() -> None:
    """Empty is the same as not there."""
    assert own_trust({"SSL_CERT_FILE": "", "SSL_CERT_DIR": ""}) is None


@pytest.mark.parametrize(
    ("proxy", "place"),
    [
        ("http://user:hunter2@proxy.example.com:3128", "proxy.example.com:3128"),
        ("proxy.example.com", "proxy.example.com"),
        ("http://user@[2001:db8::1]:8080/", "[2001:db8::1]:8080"),
        ("socks5h://hunter2:x@proxy.example.com:1080", "proxy.example.com:1080"),
    ],
)
def test_the_place_of_a_proxy_holds_no_password(proxy: str, place: str) -> None:
    """It is shown to people: host and port, and nothing else."""
    found = proxy_in_use(DAILY, {"HTTPS_PROXY": proxy})

    assert found is not None
    assert found.place == place


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/v1", "https://localhost:9/v1"])
def test_loopback_takes_no_proxy(url: str) -> None:
    """This machine is reached directly."""
    assert proxy_in_use(url, {"ALL_PROXY": "http://proxy.example.com"}) is None
