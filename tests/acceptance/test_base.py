"""`--base` finds its files, and a plan that lost entries unseen meets a gate."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest
from kit import World
from repository import Repository

TWELVE = "rooms:\n" + "".join(
    f"  room-{n}: {{privacy: private}}\n" for n in range(1, 13)
)
ONE = "rooms:\n  room-1: {privacy: private}\n"
TOP = "version: 1\ndomain: acme\n"


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    """A domain that equals the base of twelve rooms, committed."""
    made = make_world()
    made.write(TWELVE)
    made.apply()
    repository(made).git("init", "-q", "-b", "main")
    repository(made).git("add", "config.yaml")
    repository(made).git("commit", "-q", "-m", "base")
    return made


def repository(world: World) -> Repository:
    """The repository in which the config lies."""
    return Repository(world.folder)


def plan(world: World, *args: str) -> Any:
    """The plan of these files against HEAD, as JSON."""
    ran = world.run("plan", *args, "--base", "git:HEAD", "--format", "json")
    assert ran.code == 0, ran.out + ran.err
    return ran.json


def gate(document: Any) -> Any:
    """The gate about lost entries; None when the plan does not touch it."""
    gates = {g["name"]: g for g in document["gates"]}
    return gates.get("lost-entries")


def lost(document: Any) -> list[str]:
    """The rooms and numbers that are listed as no longer managed."""
    return [d["key"] for d in document["no_longer_managed"] if not d["path"]]


def test_a_rename_does_not_walk_through_the_gate(world: World) -> None:
    """Twelve rooms shrink to one in the change that renames the file."""
    repository(world).git("mv", "config.yaml", "daily.yaml")
    (world.folder / "daily.yaml").write_text(TOP + ONE)

    document = plan(world, "daily.yaml", "--out", "plan.json")

    assert lost(document) == [f"room-{n}" for n in range(2, 13)]
    assert gate(document)["count"] == 11
    assert not gate(document)["open"]
    refused = world.run("apply", "daily.yaml", "--yes", "--plan", "plan.json")
    assert refused.code == 4
    fewer = ("--plan", "plan.json", "--allow", "lost-entries=10")
    too_few = world.run("apply", "daily.yaml", "--yes", *fewer)
    assert (too_few.code, "--allow lost-entries=11" in too_few.err) == (4, True)
    allowed = ("--plan", "plan.json", "--allow", "lost-entries=11")
    assert world.run("apply", "daily.yaml", "--yes", *allowed).code == 0


def test_a_rename_alone_changes_nothing(world: World) -> None:
    """A renamed file with the same content has no change, no loss and no note."""
    repository(world).git("mv", "config.yaml", "daily.yaml")

    document = plan(world, "daily.yaml")

    assert (document["changes"], lost(document)) == ([], [])
    assert (document["findings"], gate(document)) == ([], None)


def test_a_renamed_file_tells_change_from_drift(world: World) -> None:
    """Attribution works across a rename as it does without one."""
    repository(world).git("mv", "config.yaml", "daily.yaml")
    text = (TOP + TWELVE).replace(
        "room-1: {privacy: private", "room-1: {privacy: public"
    )
    (world.folder / "daily.yaml").write_text(text)
    world.sandbox.store.rooms["room-2"].privacy = "public"

    document = plan(world, "daily.yaml")

    origins = {c["key"]: c["origin"] for c in document["changes"]}
    assert origins == {"room-1": "change", "room-2": "drift"}


def test_the_first_config_plans_and_applies_without_a_gate(
    make_world: Callable[..., World],
) -> None:
    """A pull request that adds the first config: a note, and no gate."""
    world = make_world()
    repository(world).git("init", "-q", "-b", "main")
    (world.folder / "other.yaml").write_text("domain: 3\nrooms: nothing\n")
    repository(world).git("add", "other.yaml")
    repository(world).git("commit", "-q", "-m", "something else")
    world.write(TWELVE)

    document = plan(world, "config.yaml", "--out", "plan.json")

    assert [f["id"] for f in document["findings"]] == ["first-adoption"]
    assert {c["origin"] for c in document["changes"]} == {"change"}
    assert gate(document) is None
    world.apply("--plan", "plan.json")


def test_a_file_that_stands_empty_has_lost_its_entries(world: World) -> None:
    """A path that holds something else now does not hide what it declared."""
    (world.folder / "daily.yaml").write_text(TOP + ONE)
    for text in ("# moved to daily.yaml\n", "version: 1\ndomain: beta\nrooms: {}\n"):
        world.write(text, head=False)
        assert len(lost(plan(world, "daily.yaml"))) == 11


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param("rooms: [\n", id="syntax"),
        pytest.param("rooms: 3\n", id="no-mapping"),
        pytest.param("rooms: {}\n# \x07\n", id="control-character"),
    ],
)
@pytest.mark.parametrize("rename", [True, False])
def test_a_base_that_cannot_be_read_closes_the_gate(
    world: World, broken: str, rename: bool
) -> None:
    """Whether entries are lost cannot be told, so somebody has to say so."""
    name = "daily.yaml" if rename else "config.yaml"
    world.write(broken)
    repository(world).git("commit", "-qam", "broken")
    if rename:
        repository(world).git("mv", "config.yaml", name)
    (world.folder / name).write_text(TOP + ONE)

    document = plan(world, name, "--out", "plan.json")

    assert [f["id"] for f in document["findings"]] == ["base-unusable"]
    assert not gate(document)["open"]
    refused = world.run("apply", name, "--yes", "--plan", "plan.json")
    assert refused.code == 4
    allowed = plan(world, name, "--allow", "lost-entries=1")
    assert gate(allowed)["open"]


def test_a_base_with_errors_is_known_by_its_names(world: World) -> None:
    """A revision that repairs a base is not refused; what it loses is listed."""
    world.write(TWELVE.replace("{privacy: private}", "{privacy: hidden}", 1))
    repository(world).git("commit", "-qam", "an error")

    world.write(TWELVE)
    repaired = plan(world, "config.yaml")
    world.write(ONE)
    shrunk = plan(world, "config.yaml")

    assert [f["id"] for f in repaired["findings"]] == ["base-unusable"]
    assert (lost(repaired), gate(repaired)) == ([], None)
    assert len(lost(shrunk)) == 11
    assert not gate(shrunk)["open"]


def test_a_secret_of_a_base_with_errors_stays_hidden(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A variable is one, whatever else is wrong with the file."""
    secret = "https://hooks.example.com/T0/XSECRET"
    monkeypatch.setenv("HOOK", secret)
    room = "  a: {privacy: private, properties: {meeting_join_hook: %s}}\n"
    world.write(TWELVE + room % "'${HOOK}'")
    world.apply()
    world.write(TWELVE + room % "'${HOOK}'" + "  b: {privacy: hidden}\n")
    repository(world).git("commit", "-qam", "an error")
    world.write(TWELVE + room % "null")

    ran = world.plan("--base", "git:HEAD", "--out", "plan.json")

    assert "meeting_join_hook" in ran.out
    assert "XSECRET" not in ran.out + (world.folder / "plan.json").read_text()


def test_a_copy_that_was_removed_does_not_spoil_the_base(world: World) -> None:
    """A removed copy of the config declares the same: the named file decides."""
    (world.folder / "old.yaml").write_text(TOP + TWELVE + "  room-0: {}\n")
    repository(world).git("add", "old.yaml")
    repository(world).git("commit", "-qm", "a copy")
    repository(world).git("rm", "-q", "old.yaml")
    world.sandbox.store.add_room("room-0")
    world.write(TWELVE.replace("room-1: {privacy: private", "room-1: {privacy: public"))

    document = plan(world, "config.yaml")

    assert [c["origin"] for c in document["changes"]] == ["change"]
    assert document["findings"] == []
    assert lost(document) == ["room-0"]


def test_two_jobs_of_one_domain_do_not_meet(world: World) -> None:
    """What the other file of the domain declares is not lost to this one."""
    (world.folder / "second.yaml").write_text(TOP + "rooms:\n  other: {}\n")
    world.run("apply", "second.yaml", "--yes")
    repository(world).git("add", "second.yaml")
    repository(world).git("commit", "-qm", "a second job")

    document = plan(world, "second.yaml")

    assert (lost(document), document["changes"], gate(document)) == ([], [], None)


def test_files_that_swap_their_names_are_told_apart(world: World) -> None:
    """A path that held another domain in the base is not this domain's base."""
    (world.folder / "beta.yaml").write_text(
        "version: 1\ndomain: beta\nrooms: {b: {}}\n"
    )
    repository(world).git("add", "beta.yaml")
    repository(world).git("commit", "-qm", "another domain")
    repository(world).git("mv", "config.yaml", "acme.yaml")
    repository(world).git("mv", "beta.yaml", "config.yaml")
    repository(world).git("mv", "acme.yaml", "new.yaml")

    assert plan(world, "new.yaml")["findings"] == []
    assert plan(world, "new.yaml")["changes"] == []


def test_a_base_that_is_a_path_outside_of_git(world: World) -> None:
    """A file or a folder is a base as well; what cannot be read closes the gate."""
    folder = world.folder.parent / f"{world.folder.name}-base"
    folder.mkdir()
    (folder / "a.yaml").write_text(TOP + TWELVE)
    world.write(ONE)

    for base in (folder, folder / "a.yaml"):
        ran = world.run("plan", "config.yaml", "--base", str(base), "--format", "json")
        assert len(lost(ran.json)) == 11
    (folder / "a.yaml").write_text("rooms: [")
    ran = world.run("plan", "config.yaml", "--base", str(folder), "--format", "json")
    assert not gate(ran.json)["open"]


def test_a_hook_of_another_repository_does_not_redirect(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """GIT_DIR, as a hook inherits it, leads to no other base."""
    other = Repository(world.folder / "other")
    other.folder.mkdir()
    other.git("init", "-q")
    monkeypatch.setenv("GIT_DIR", str(other.folder / ".git"))
    world.write(ONE)

    assert len(lost(plan(world, "config.yaml"))) == 11


def test_another_owner_is_named_with_the_remedy(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run ends before Daily is asked, with the line that helps."""
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    monkeypatch.setenv("HOME", str(world.folder))
    world.forget()

    ran = world.plan("--base", "git:HEAD")

    assert ran.code == 1
    assert f"safe.directory {os.path.realpath(world.folder)}" in ran.err
    assert world.sent() == []
