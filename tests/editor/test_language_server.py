"""What an editor with YAML support makes of the example's first line."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from language_server import LanguageServer, language_server

from reconciler.config.schema import reference as explain

pytestmark = pytest.mark.full

ROOT = Path(__file__).parents[2]
PROGRAM = ROOT / "tests/editor/node_modules/.bin/yaml-language-server"
MODELINE = (ROOT / "config.example.yaml").read_text(encoding="utf-8").splitlines()[0]
TOP = "version: 1\ndomain: acme\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder like the clone: the schema beside the config."""
    made = tmp_path_factory.mktemp("editor")
    (made / "schemas").mkdir()
    shutil.copy(ROOT / "schemas/config.schema.json", made / "schemas")
    return made


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[LanguageServer]:
    """A running language server."""
    if not PROGRAM.exists():
        pytest.skip("yaml-language-server is not installed: make test-full")
    with language_server(PROGRAM, folder) as running:
        yield running


@pytest.fixture
def opened(
    server: LanguageServer, folder: Path, request: pytest.FixtureRequest
) -> Callable[[str], tuple[str, dict[str, int]]]:
    """Opens a config with the modeline; "|" marks the cursor."""

    def open_(text: str) -> tuple[str, dict[str, int]]:
        before = f"{MODELINE}\n{text.partition('|')[0]}"
        uri = (folder / f"{request.node.name}.yaml").as_uri()
        document = {
            "uri": uri,
            "languageId": "yaml",
            "version": 1,
            "text": f"{MODELINE}\n{text.replace('|', '', 1)}",
        }
        server.tell("textDocument/didOpen", {"textDocument": document})
        line = before.count("\n")
        return uri, {"line": line, "character": len(before.rpartition("\n")[2])}

    return open_


def ask(server: LanguageServer, method: str, at: tuple[str, dict[str, int]]) -> Any:
    """Ask something about a place in an open file."""
    uri, position = at
    params = {"textDocument": {"uri": uri}, "position": position}
    return server.ask(f"textDocument/{method}", params)


@pytest.mark.parametrize(
    ("text", "prefix"),
    [
        ("|", ()),
        ("rooms:\n  lobby:\n    |", ("rooms", "*")),
        ("rooms:\n  lobby:\n    properties:\n      |", ("rooms", "*", "properties")),
        (
            "rooms:\n  lobby:\n    properties:\n      dialin:\n        |",
            ("rooms", "*", "properties", "dialin"),
        ),
        ('phone_numbers:\n  "+12095550100":\n    |', ("phone_numbers", "*")),
    ],
)
def test_every_key_is_completed(
    server: LanguageServer, opened: Any, text: str, prefix: tuple[str, ...]
) -> None:
    """At each level the editor offers the keys that `explain` lists there."""
    answer = ask(server, "completion", opened(text))

    items = answer["items"] if isinstance(answer, dict) else answer
    known = {k.path[-1] for k in explain.every_key() if k.path[:-1] == prefix}
    assert known <= {item["label"] for item in items}


def test_allowed_values_are_completed(server: LanguageServer, opened: Any) -> None:
    """After a key its allowed values are offered."""
    text = f"{TOP}rooms:\n  lobby:\n    privacy: |"
    answer = ask(server, "completion", opened(text))

    items = answer["items"] if isinstance(answer, dict) else answer
    assert {"public", "private"} <= {item["label"] for item in items}


def test_hover_explains_a_key(server: LanguageServer, opened: Any) -> None:
    """Over a key the editor shows title and description of the schema."""
    text = f"{TOP}rooms:\n  lobby:\n    properties:\n      la|ng: no\n"
    answer = ask(server, "hover", opened(text))

    shown = " ".join(str(answer["contents"]["value"]).replace("\\", "").split())
    (key,) = explain.find("rooms.lobby.properties.lang")
    assert key.title in shown
    assert "Norwegian is" in shown


def test_a_misspelt_key_is_marked(server: LanguageServer, opened: Any) -> None:
    """A key that does not exist is a problem at its line; `no` is a language."""
    properties = "      lang: no\n      enable_chatt: true\n"
    text = f"{TOP}rooms:\n  lobby:\n    properties:\n{properties}"
    uri, _ = opened(text)

    while (found := server.wait_for("textDocument/publishDiagnostics"))["uri"] != uri:
        pass
    (problem,) = found["diagnostics"]
    assert "enable_chatt" in problem["message"]
    assert problem["range"]["start"] == {"line": 7, "character": 6}


def test_the_example_has_no_problem(server: LanguageServer, opened: Any) -> None:
    """The editor finds nothing to say about config.example.yaml."""
    text = (ROOT / "config.example.yaml").read_text(encoding="utf-8")
    uri, _ = opened(text.partition("\n")[2])

    while (found := server.wait_for("textDocument/publishDiagnostics"))["uri"] != uri:
        pass
    assert found["diagnostics"] == []
