"""The documentation holds: links resolve, commands exist, configs are valid."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from reconciler.cli.main import COMMANDS, cli
from reconciler.config.load import Variables, load

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/**/*.md")]
)
FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TOP = {"version", "domain", "dialin_store", "limits", "defaults"} | {
    "phone_numbers",
    "rooms",
}
ROOM = {"expires", "privacy", "properties", "write_only", "extra_properties", "state"}


def _snippets(*languages: str) -> Iterator[Any]:
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for match in FENCE.finditer(text):
            if match[1] in languages:
                line = text[: match.start()].count("\n") + 2
                name = f"{page.relative_to(ROOT)}:{line}"
                yield pytest.param(match[2], id=name)


def _commands(text: str) -> Iterator[list[str]]:
    """Every call of the tool in a shell snippet, as arguments."""
    joined = re.sub(r"\\\n\s*", " ", text)
    for line in joined.splitlines():
        for part in re.split(r"&&|\|\||;|\||\$\(", line):
            call = re.sub(r'\)"$|\)$', "", part.strip().lstrip("$ "))
            if call.count('"') % 2:
                call = call.replace('"', "")  # eval "$(...)", cut in the middle
            call = re.split(r"\s[12]?>", call)[0]
            words = shlex.split(call, comments=True)
            while words and re.fullmatch(r"\w+=.*", words[0]):
                words.pop(0)
            if words and words[0].endswith("daily-reconciler"):
                yield words[1:]


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_link_inside_resolves(page: Path) -> None:
    """A relative link names a file that exists, and a heading that is there."""
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), target
        if anchor and file.suffix == ".md":
            assert anchor in _anchors(file), target


def _anchors(file: Path) -> set[str]:
    heads = re.findall(r"^#+ (.+)$", file.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("text", list(_snippets("sh", "bash", "console")))
def test_every_command_in_the_docs_exists(text: str) -> None:
    """Each call in a snippet parses: the command, its options, their values."""
    for words in _commands(text):
        if not words or words[0] in ("--help", "--version"):
            continue
        assert words[0] in COMMANDS, words
        command = cli.get_command(click.Context(cli), words[0])
        assert command is not None
        stand_ins = [re.sub(r"\$\{?\w+\}?|<\w+>", "x", word) for word in words[1:]]
        command.make_context(words[0], stand_ins, resilient_parsing=False)


@pytest.mark.parametrize("text", list(_snippets("yaml")))
def test_every_config_in_the_docs_is_valid(text: str) -> None:
    """A YAML snippet that is a config, or a part of one, has no error."""
    document = yaml.safe_load(text)
    if not isinstance(document, dict) or not document.keys() <= TOP | ROOM:
        # A workflow or a manifest: checked with the examples.
        assert isinstance(document, dict | list)
        return
    indent = "".join(f"    {line}\n" for line in text.splitlines())
    if document.keys() & ROOM:
        text = f"rooms:\n  a-room:\n{indent}"
    if "version" not in document:
        text = f"version: 1\ndomain: acme\n{text}"

    loaded = load(
        [Path("snippet.yaml")],
        environ={},
        now=1_800_000_000,
        variables=Variables.OPTIONAL,
        read=lambda _file: (text, None),
    )

    errors = [
        f"{f.place}: {f.message}" for f in loaded.findings if f.severity == "error"
    ]
    assert errors == []


def test_every_command_is_in_the_readme() -> None:
    """Somebody who reads the first page has seen what there is."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")

    assert [name for name in COMMANDS if name not in text] == []


def test_the_exit_codes_are_the_same_everywhere() -> None:
    """README and the page of exit codes list the same codes."""
    codes = []
    for name in ("README.md", "docs/exit-codes.md"):
        text = (ROOT / name).read_text(encoding="utf-8")
        codes.append(re.findall(r"^\| (\d+) \|", text, re.MULTILINE))

    assert codes[0] == codes[1] == ["0", "1", "2", "3", "4", "64"]


def test_every_gate_is_documented() -> None:
    """The page of gates has a row for each gate, and no other."""
    from reconciler.core.plan.gates import NAMES

    text = (ROOT / "docs/gates.md").read_text(encoding="utf-8")

    assert re.findall(r"^\| `([a-z-]+)` \|", text, re.MULTILINE) == list(NAMES)
