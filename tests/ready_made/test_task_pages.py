"""The task pages: each snippet is understood by what it is written for."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from ready_made.reading import EXAMPLES, PAGES, blocks, commands, loaded, understood
from ready_made.runner import ACTION, ROOT
from ready_made.test_workflows import OWN

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)


@each_page
def test_commands_on_the_page_are_understood(page: Path) -> None:
    """The real parser takes each of them."""
    found = [c for block in blocks(page, "sh") for c in commands(block)]
    assert len(found) >= 4
    for arguments in found:
        understood(arguments)


@each_page
def test_other_commands_are_those_of_the_examples(page: Path) -> None:
    """Decryption mirrors the action's encryption; units are those that are shipped."""
    for line in "".join(blocks(page, "sh")).splitlines():
        if line.startswith("openssl"):
            used = " ".join((ROOT / "action/common.sh").read_text("utf-8").split())
            options = "-aes-256-cbc -pbkdf2 -pass env:DAILY_API_KEY"
            assert f"openssl enc {options}" in used
            assert f"openssl enc -d {options}" in line
        elif line.startswith("systemctl"):
            units = re.findall(r"(\S+@)\S+(\.timer)", line)
            assert {a + b for a, b in units} == {"daily-reconciler@.timer"}
        else:
            assert line.startswith("daily-reconciler"), line


@each_page
def test_yaml_on_the_page_fits_what_is_shipped(page: Path) -> None:
    """Inputs of the action, the hook's id and the concurrency group exist."""
    for block in blocks(page, "yaml"):
        read = yaml.safe_load(block)
        if isinstance(read, list):
            (step,) = read
            assert step["uses"] == OWN
            assert set(step["with"]) <= set(ACTION["inputs"])
            assert set(step["env"]) == {"DAILY_API_KEY"}
        elif "repos" in read:
            (hook,) = loaded(ROOT / ".pre-commit-hooks.yaml")
            assert read["repos"][0]["hooks"][0]["id"] == hook["id"]
        else:
            sync = loaded(EXAMPLES / "github/sync.yml")
            assert read == {"concurrency": sync["concurrency"]}


@each_page
def test_links_and_names_lead_somewhere(page: Path) -> None:
    """Every relative link is a file; every output that is named is one."""
    text = page.read_text("utf-8")
    for link in re.findall(r"\]\((?!https:)([^)#]+)\)", text):
        assert (page.parent / link).resolve().exists(), link
    outputs = re.findall(r"steps\.daily\.outputs\.([a-z-]+)", text)
    assert set(outputs) <= set(ACTION["outputs"])
