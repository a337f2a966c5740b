"""Who may import whom, and what the pure core may not touch.

The picture is in the documentation: the command line stands on config, daily and
render, which stand on core, which stands on errors; the sandbox stands alone.
"""

from __future__ import annotations

import ast
import graphlib
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

import reconciler

PACKAGE = Path(reconciler.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))

# A layer may import itself and the layers named here, nothing else of ours.
ALLOWED = {
    "__init__": set(),
    "__main__": {"cli"},
    "errors": set(),
    "environment": set(),
    "paths": set(),
    "streams": set(),
    "core": {"errors"},
    "config": {"core", "errors", "paths"},
    "daily": {"core", "environment", "errors", "paths"},
    "render": {"core", "errors"},
    "sandbox": set(),
    "operations": {"config", "core", "daily", "environment", "errors", "render"}
    | {"paths", "sandbox", "streams"},
    "cli": {"operations", "config", "core", "daily", "environment", "errors"}
    | {"paths", "render", "sandbox", "streams"},
}

# The one module that may import each of these; everything else is the standard
# library, or belongs to the layer.
SOLE_IMPORTERS = {
    "httpx": "daily/http/network.py",
    "deepdiff": "core/compare/diff.py",
    "phonenumbers": "render/phones.py",
    "segno": "render/html/qr.py",
}
THIRD_PARTY = {
    "core": {"deepdiff"},
    "config": {"yaml", "jsonschema", "referencing"},
    "daily": {"httpx"},
    "render": {"phonenumbers", "segno"},
    "operations": {"click"},
    "streams": {"click"},
    "cli": {"click"},
}
IMPURE = {
    *("asyncio", "click", "getpass", "httpx", "io", "logging", "os", "pathlib"),
    *("random", "secrets", "shutil", "socket", "subprocess", "sys", "tempfile"),
    *("threading", "time", "urllib.request", "uuid", "warnings"),
}
WORLD = "environment.py"
WORLDLY = {
    *("time", "random", "secrets", "uuid", "sched", "asyncio", "multiprocessing"),
    *("threading.Thread", "threading.Timer"),
    *("datetime.now", "datetime.utcnow", "datetime.today", "date.today"),
}
IMPURE_CALLS = {"open", "print", "input", "exec", "eval", "__import__"}
CLOCKS = {"now", "utcnow", "today"}


def name_of(path: Path) -> str:
    """A module's path below the package."""
    return path.relative_to(PACKAGE).as_posix()


def layer_of(path: Path) -> str:
    """The folder, or for a module at the top its name."""
    first = path.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py")


def imports_of(path: Path) -> Iterator[str]:
    """The full name of everything a module imports, wherever it does so.

    `from reconciler import daily` is `reconciler.daily`. What stands inside a
    function or under `if TYPE_CHECKING` counts.
    """
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name_of(path)}: imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def ours_of(path: Path) -> set[str]:
    """The layers of ours that a module imports."""
    split = [name.split(".") for name in imports_of(path)]
    ours = {parts[1] for parts in split if parts[0] == "reconciler" and parts[1:]}
    return ours & ALLOWED.keys()


def others_of(path: Path) -> set[str]:
    """The packages of others that a module imports."""
    first = {name.partition(".")[0] for name in imports_of(path)}
    return first - {"reconciler"}


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_layers_import_downwards_only(path: Path) -> None:
    """A module imports its own layer or a lower one, types included."""
    layer = layer_of(path)

    assert ours_of(path) <= ALLOWED[layer] | {layer}


@pytest.mark.parametrize(
    "path", sorted((PACKAGE / "core" / "dialin").glob("*.py")), ids=name_of
)
def test_dial_in_needs_no_export(path: Path) -> None:
    """What numbers do is known without the part that writes files."""
    assert not [n for n in imports_of(path) if n.startswith("reconciler.core.export")]


def test_no_module_imports_itself_through_others() -> None:
    """Modules have an order: imports inside functions and for types count too."""
    order = graphlib.TopologicalSorter(graph_of(PACKAGE))

    assert len(list(order.static_order())) == len(MODULES)


def graph_of(package: Path) -> dict[str, set[str]]:
    """The modules of a package, each with those of the package that it imports."""
    modules = {dotted(path, package): path for path in package.rglob("*.py")}
    return {
        name: {m for full in imports_of(path) if (m := module_in(full, modules))}
        for name, path in modules.items()
    }


def dotted(path: Path, package: Path) -> str:
    """The name under which a file is imported."""
    parts = path.relative_to(package.parent).with_suffix("").parts
    return ".".join(parts).removesuffix(".__init__")


def module_in(full: str, modules: Mapping[str, Path]) -> str:
    """The module that `from a.b import c` reads: `a.b.c` if that is one, or `a.b`."""
    parent = full.rpartition(".")[0]
    return next((name for name in (full, parent) if name in modules), "")


def test_a_cycle_is_seen(tmp_path: Path) -> None:
    """An import inside a function closes a cycle, and so does one for types."""
    package = tmp_path / "package"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "a.py").write_text("from package.b import f\n")
    (package / "b.py").write_text("def f():\n    from package import a\n")

    with pytest.raises(graphlib.CycleError):
        graphlib.TopologicalSorter(graph_of(package)).prepare()


def test_no_folder_is_too_full_to_be_seen_at_once() -> None:
    """A folder holds at most 14 Python files; commands have one each."""
    folders = Counter(name_of(path.parent) for path in MODULES)
    del folders["cli/commands"]

    assert {name: n for name, n in folders.items() if n > 14} == {}


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_each_package_has_its_place(path: Path) -> None:
    """A package of others is imported by its layer only, some by one module only."""
    foreign = others_of(path) - sys.stdlib_module_names

    sole = {name for name, place in SOLE_IMPORTERS.items() if place != name_of(path)}

    assert foreign <= THIRD_PARTY.get(layer_of(path), set())
    assert not foreign & sole


@pytest.mark.parametrize("path", sorted((PACKAGE / "core").rglob("*.py")), ids=name_of)
def test_the_core_is_pure(path: Path) -> None:
    """The core has no I/O, clock, environment, logging or randomness."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imports = {
        name for full in imports_of(path) for name in (full, full.partition(".")[0])
    }
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    calls = {
        node.func.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }

    assert not imports & IMPURE
    assert not names & IMPURE_CALLS
    assert not calls & CLOCKS


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_the_world_is_handed_in(path: Path) -> None:
    """Time, chance and threads are touched in one module; others are given them."""
    if name_of(path) == WORLD or layer_of(path) == "sandbox":
        return
    assert touched_by(path) == set()


ASKING = {"exists", "is_dir", "is_file", "is_symlink", "is_char_device", "read_text"}
ITS_OWN = ("config/schema/validator.py", "render/html/page.py")
"""What they read is a part of the package."""


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_what_stands_at_a_path_is_asked_in_one_module(path: Path) -> None:
    """`Path.exists()` and its kin raise for some paths, `read_text()` may not end."""
    if name_of(path) in ("paths.py", *ITS_OWN):
        return
    tree = ast.parse(path.read_text(encoding="utf-8"))
    calls = (node.func for node in ast.walk(tree) if isinstance(node, ast.Call))

    assert not [
        call.lineno
        for call in calls
        if isinstance(call, ast.Attribute) and call.attr in ASKING
    ]


def touched_by(path: Path) -> set[str]:
    """What a module takes from the world by itself."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = {
        f"{node.value.id}.{node.attr}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
    }
    imports = {*imports_of(path)}
    modules = {name.partition(".")[0] for name in imports}
    pools = {name for name in imports if name.endswith("PoolExecutor")}
    return (modules & WORLDLY) | ((names | imports) & WORLDLY) | pools


def test_the_world_is_touched_where_it_should_be(tmp_path: Path) -> None:
    """The rule sees what it forbids, however it is written."""
    module = tmp_path / "module.py"
    module.write_text(
        "import time, threading, datetime as d\nfrom datetime import datetime\n"
        "from random import random\nfrom concurrent.futures import "
        "ThreadPoolExecutor\nthreading.Thread\ndatetime.now()\n"
    )

    assert touched_by(module) == {
        *("time", "random", "threading.Thread", "datetime.now"),
        "concurrent.futures.ThreadPoolExecutor",
    }
    assert {"time", "random"} <= touched_by(PACKAGE / WORLD)


def test_every_sole_importer_exists() -> None:
    """The rule about sole importers speaks of modules that are there."""
    for package, place in SOLE_IMPORTERS.items():
        assert package in others_of(PACKAGE / place)


def test_packages_are_the_declared_dependencies() -> None:
    """What is imported is declared, as an extra too, and the other way round."""
    used = {name for path in MODULES for name in others_of(path)}
    distributions = {
        "yaml": "pyyaml",
        "phonenumbers": "phonenumberslite",
    }
    foreign = {distributions.get(name, name) for name in used - sys.stdlib_module_names}

    assert foreign - {"referencing"} == declared()


def declared() -> set[str]:
    """What a user installs, in lower case, without versions: the extra included."""
    import tomllib

    text = (PACKAGE.parent / "pyproject.toml").read_text(encoding="utf-8")
    project = tomllib.loads(text)["project"]
    rows = [*project["dependencies"], *project["optional-dependencies"]["report"]]
    return {
        row.lower().partition(">")[0].partition("=")[0].partition("<")[0].strip()
        for row in rows
    }


def test_the_tests_see_a_hidden_import(tmp_path: Path) -> None:
    """An import by way of the package, or inside a function, is an import."""
    module = tmp_path / "module.py"
    module.write_text(
        "def f():\n    from reconciler import daily\n    import httpx.x\n"
    )

    assert set(imports_of(module)) == {"reconciler.daily", "httpx.x"}
