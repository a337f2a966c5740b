"""Options that say something about another one, for every command that has them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import click
import pytest

from reconciler.cli.main import cli, run
from reconciler.cli.options import EXCLUDES, NEEDS

CONTEXT = click.Context(cli)
COMMANDS = {name: cli.get_command(CONTEXT, name) for name in cli.list_commands(CONTEXT)}
VALUES = {"--max-plan-age": "1d", "--resend": "room:*"}


def _options(command: click.Command) -> dict[str, click.Option]:
    found = (p for p in command.params if isinstance(p, click.Option))
    return {option: param for param in found for option in param.opts}


def _pairs(table: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[str, str, str]]:
    """Each command that has an option of the table, with its partner there."""
    for name, command in COMMANDS.items():
        assert command
        options = _options(command)
        for option, partners in table.items():
            if option in options:
                yield from ((name, option, p) for p in partners if p in options)


def _words(name: str, *given: str) -> list[str]:
    command = COMMANDS[name]
    assert command
    options = _options(command)
    words = ["missing.yaml"] if command.params[0].param_type_name == "argument" else []
    if "--yes" in options:
        words.append("--yes")
    for option in given:
        words.append(option)
        if not options[option].is_flag:
            words.append(VALUES.get(option, "file"))
    return [name, *words]


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DAILY_API_URL", "http://127.0.0.1:1")
    monkeypatch.delenv("DAILY_API_KEY", raising=False)


@pytest.mark.parametrize(("name", "option", "partner"), [*_pairs(NEEDS)])
def test_an_option_needs_its_partner(
    name: str, option: str, partner: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without its partner it is wrong usage that names one; with it, it is not."""
    alone = run(_words(name, option))
    said = capsys.readouterr()
    run(_words(name, option, partner))
    together = capsys.readouterr()

    assert (alone, said.out) == (64, "")
    assert f"{option} goes with" in said.err
    assert partner in said.err
    assert "goes with" not in together.err


@pytest.mark.parametrize(("name", "option", "other"), [*_pairs(EXCLUDES)])
def test_opposites_are_refused(
    name: str, option: str, other: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two options of which one would have no effect are wrong usage."""
    partners = [p for o in (option, other) for p in NEEDS.get(o, ())[:1]]
    code = run(_words(name, option, other, *dict.fromkeys(partners)))
    said = capsys.readouterr()

    assert (code, said.out) == (64, "")
    assert f"{option} and {other} do not go together" in said.err


def test_every_option_of_the_tables_exists() -> None:
    """An option that was renamed is renamed there too."""
    known = {o for c in COMMANDS.values() if c for o in _options(c)}
    named = [*NEEDS, *EXCLUDES, *sum(NEEDS.values(), ()), *sum(EXCLUDES.values(), ())]

    assert set(named) <= known


def test_every_command_with_a_target_knows_its_sandbox() -> None:
    """--sandbox-state has its partner wherever it stands."""
    found = [c for c in COMMANDS.values() if c and "--sandbox-state" in _options(c)]

    assert len(found) >= 6
    assert all("--sandbox" in _options(command) for command in found)
