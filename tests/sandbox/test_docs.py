"""The page about the sandbox mentions everything there is."""

from pathlib import Path

import pytest

from reconciler.cli.commands.sandbox import sandbox as command
from reconciler.sandbox.api.routes import BASE, Request, handle
from reconciler.sandbox.faults import KINDS, parse_fault
from reconciler.sandbox.rules.properties import OLDER
from reconciler.sandbox.settings import ASSUMPTIONS, Settings
from reconciler.sandbox.state.store import Store

PAGE = (Path(__file__).parents[2] / "docs" / "sandbox.md").read_text()


def test_options():
    """Each option of the command has a row."""
    options = [option for param in command.params for option in param.opts]

    assert [option for option in options if f"| `{option}" not in PAGE] == []


@pytest.mark.parametrize("key", ASSUMPTIONS)
def test_assumptions(key):
    """Each switch has a row that names all its values."""
    option = key.replace("_", "-")
    (row,) = [line for line in PAGE.splitlines() if line.startswith(f"| `{option}` |")]

    assert [value for value in ASSUMPTIONS[key] if f"`{value}`" not in row] == []


def test_faults():
    """Each kind of fault is in the table, and each example is a fault."""
    examples = [line.split()[1] for line in PAGE.splitlines() if "--fault " in line[:8]]

    assert [kind for kind in KINDS if f"`{kind}`" not in PAGE] == []
    assert len([parse_fault(example) for example in examples]) == 5


def test_older_properties():
    """Each older property that is accepted is named."""
    assert [name for name in OLDER if f"`{name}`" not in PAGE] == []


def test_paths():
    """Each path and method of the table is served, and no other."""
    rows = [line.split("|") for line in PAGE.splitlines() if line.startswith("| `/")]
    served = {
        (path.strip(" `"), method.strip())
        for _, path, methods, _ in rows
        for method in methods.split(",")
    }
    methods = ("GET", "POST", "PUT", "DELETE")

    assert {
        (path, method)
        for path in {path for path, _ in served}
        for method in methods
        if _is_served(path, method)
    } == served


def _is_served(path, method):
    store = _store()
    real = path.replace(":name", "r").replace(":id", next(iter(store.dialin_configs)))
    headers = {
        "authorization": "Bearer sandbox",
        "content-type": "application/json",
    }
    response = handle(store, Request(method, BASE + real, "", headers, b"{}"), 0)
    return response.status != 404


def _store():
    store = Store(Settings())
    store.add_room("r")
    store.add_dialin_config("pin_dialin", {"phone_number": "+12095550100"})
    return store
