"""What a run lost is remembered: later runs name it until it is dealt with."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from kit import World

from reconciler.sandbox.settings import Assume

LEGACY = """
dialin_store: legacy
phone_numbers:
  "+12095550100":
    pin_dialin: {name_prefix: ours}
"""
FOREIGN = {
    "phone_number": "+12095550101",
    "name_prefix": "theirs",
    "room_creation_api": "https://example.com/theirs",
    "hmac": "dGhlaXJzIGFuZCBub2JvZHkgZWxzZSdz",
}


@pytest.fixture
def lost(make_world: Callable[..., World]) -> World:
    """A run lost a foreign assignment, ended with 3, and left its rescue file."""
    world = make_world(assume=Assume(stores="erasing"))
    world.sandbox.store.add_dialin_config("pinless_dialin", FOREIGN)
    world.write(LEGACY)
    world.apply("--allow", "may-erase=1", expect=3)
    assert _rescue(world).exists()
    return world


def _rescue(world: World) -> Path:
    (path,) = world.folder.glob("daily-rescue-acme-*.json")
    return path


def _ids(document: dict[str, list[dict[str, str]]]) -> list[str]:
    return [finding["id"] for finding in document["findings"]]


def test_the_next_runs_name_it_and_end_with_3(lost: World) -> None:
    """In sync, the plan finds it, and apply ends with 3 also under --quiet."""
    planned = lost.run("plan", "config.yaml", "--format", "json")
    ran = lost.run("apply", "config.yaml", "--yes", "--format", "json")
    quiet = lost.run("apply", "config.yaml", "--yes", "--quiet")

    assert planned.code == 0
    assert not planned.json["changes"]
    assert _ids(planned.json).count("entries-lost") == 1
    assert ran.code == ran.json["exit_code"] == 3
    assert not ran.json["results"]
    assert _ids(ran.json).count("entries-lost") == 1
    assert quiet.code == 3
    assert "+12095550101" in quiet.err
    assert f"daily-reconciler restore {_rescue(lost).name}" in quiet.err


def test_the_metrics_count_it_in_each_run(lost: World) -> None:
    """A failure and a finding stay while the loss does; the counter counts it once."""
    for _ in range(2):
        lost.run("apply", "config.yaml", "--yes", "--metrics", "m.prom")
        text = (lost.folder / "m.prom").read_text(encoding="utf-8")

        assert 'daily_reconciler_findings{domain="acme",id="entries-lost"} 1' in text
        assert 'daily_reconciler_failures{domain="acme"} 1' in text
        assert 'daily_reconciler_lost_entries_total{domain="acme"} 0' in text


def _restored(world: World) -> None:
    world.run("restore", _rescue(world).name, "--yes")


def _dismissed(world: World) -> None:
    world.run("restore", _rescue(world).name, "--dismiss")


def _declared(world: World) -> None:
    world.write(f'{LEGACY}  "+12095550101": {{state: absent}}\n')


def _assigned_otherwise(world: World) -> None:
    world.sandbox.store.add_dialin_config(
        "pin_dialin", {"phone_number": "+12095550101", "name_prefix": "new"}
    )


def _of_another_domain(world: World) -> None:
    path = _rescue(world)
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('"acme"', '"other"'), encoding="utf-8")


@pytest.mark.parametrize(
    "settle",
    [_restored, _dismissed, _declared, _assigned_otherwise, _of_another_domain],
)
def test_it_ends_once_it_is_dealt_with(
    lost: World, settle: Callable[[World], None]
) -> None:
    """Restored, dismissed, declared or assigned again: the next run ends with 0."""
    settle(lost)

    ran = lost.run("apply", "config.yaml", "--yes", "--format", "json")

    assert ran.code == 0
    assert "entries-lost" not in _ids(ran.json)


def test_a_config_of_rooms_alone_remembers_it_too(lost: World) -> None:
    """The dial-in stores are read because there is a rescue file to compare."""
    lost.write("rooms: {}\n")

    ran = lost.run("apply", "config.yaml", "--yes", "--allow", "empty-config=1")

    assert ran.code == 3
    assert "+12095550101" in ran.out + ran.err


def test_only_renewals_reads_no_store_and_does_not_compare(lost: World) -> None:
    """It needs the domain and the rooms, and nothing else may stop it."""
    ran = lost.run("apply", "config.yaml", "--yes", "--only-renewals")

    assert ran.code == 0


def test_a_file_that_cannot_be_read_is_a_warning(lost: World) -> None:
    """What it holds is not known: the runs go on, and say so."""
    _rescue(lost).write_text("{", encoding="utf-8")

    ran = lost.run("apply", "config.yaml", "--yes", "--quiet")

    assert ran.code == 0
    assert "rescue-unreadable" in ran.err


def test_a_rescue_file_elsewhere_is_found_by_its_option(
    make_world: Callable[..., World],
) -> None:
    """The same `--rescue-file` looks at what earlier runs put there."""
    world = make_world(assume=Assume(stores="erasing"))
    world.sandbox.store.add_dialin_config("pinless_dialin", FOREIGN)
    world.write(LEGACY)
    (world.folder / "elsewhere").mkdir()
    option = ("--rescue-file", "elsewhere/copy.json")
    world.apply("--allow", "may-erase=1", *option, expect=3)

    assert world.run("apply", "config.yaml", "--yes", *option).code == 3
    assert world.run("apply", "config.yaml", "--yes").code == 0
