"""Reviewed in a pull request, applied on merge: what was approved, or less."""

from __future__ import annotations

import json
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from kit import World

from reconciler.config.schema.validator import schema_text

BASE = """
rooms:
  lobby:
    privacy: public
    properties: {enable_chat: true, max_participants: 20}
  standup:
    privacy: private
    properties: {start_video_off: true, lang: de}
  support:
    privacy: private
    expires: {after: 180d, renew_before: 60d}
    properties:
      dialin: {display_name: Phone Caller}
"""
HEAD = BASE.replace("max_participants: 20", "max_participants: 50") + (
    "  new-room:\n    privacy: private\n"
)


def _git(folder: Path, *args: str) -> None:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.com"]
    command = ["git", "-C", str(folder), *identity, *args]
    subprocess.run(command, check=True, capture_output=True)


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    """A domain that equals the base, a repository with the base committed."""
    made = make_world()
    made.write(BASE)
    made.apply()
    _git(made.folder, "init", "-q", "-b", "main")
    _git(made.folder, "add", "config.yaml")
    _git(made.folder, "commit", "-q", "-m", "base")
    made.write(HEAD)
    return made


def _props(world: World, room: str) -> dict[str, Any]:
    return world.sandbox.store.rooms[room].properties


def test_a_reviewed_plan_is_applied_on_merge(world: World) -> None:
    """Plan with --out, merge, apply --plan: exactly that is done."""
    assert world.plan("--out", "plan.json", "--base", "git:HEAD").code == 2

    world.apply("--plan", "plan.json")

    assert _props(world, "lobby")["max_participants"] == 50
    assert "new-room" in world.sandbox.store.rooms


def test_the_whole_story(world: World) -> None:
    """A change made by hand after the review is refused as drift; the rest applies."""
    world.plan("--out", "plan.json", "--base", "git:HEAD")
    _props(world, "standup")["lang"] = "fr"

    # Somebody looks again: the extra change is drift, the others are this revision's.
    again = world.plan_json("--base", "git:HEAD")
    origins = {c["key"]: c["origin"] for c in again["changes"]}
    assert origins == {"lobby": "change", "new-room": "change", "standup": "drift"}

    world.forget()
    refused = world.apply("--plan", "plan.json", expect=4)
    assert "not approved: update room standup: it is not in the approved plan" in (
        refused.err
    )
    assert world.writes() == []

    rest = world.apply("--plan", "plan.json", "--skip-unapproved", expect=3)
    assert "1 change left out: not approved." in rest.out
    assert _props(world, "lobby")["max_participants"] == 50
    assert _props(world, "standup")["lang"] == "fr"


def test_a_renewal_that_fell_due_needs_no_approval(
    make_world: Callable[..., World],
) -> None:
    """A plan that was reviewed before a renewal fell due does not let a PIN die."""
    world = make_world()
    world.write(BASE)
    world.apply()
    world.write(HEAD)
    world.plan("--out", "plan.json")
    document = json.loads((world.folder / "plan.json").read_text())
    room = world.sandbox.store.rooms["support"]
    pin = room.dialin_code
    room.properties["exp"] -= 150 * 86_400
    before = room.properties["exp"]

    world.apply("--plan", "plan.json")

    assert [c["action"] for c in document["changes"]] == ["create", "update"]
    assert room.properties["exp"] > before + 100 * 86_400
    assert room.dialin_code == pin


def test_a_merge_commit_does_not_matter(world: World) -> None:
    """Comments, key order, quoting and the split into files leave a plan approved."""
    world.plan("--out", "plan.json")
    folder = world.folder / "config"
    folder.mkdir()
    (folder / "a.yaml").write_text("# merged\ndomain: 'acme'\nversion: 1\n")
    rooms = HEAD.replace("enable_chat: true, ", "").replace(
        "{max_participants: 50}",
        "\n      max_participants: 50\n      enable_chat: true",
    )
    (folder / "b.yaml").write_text(rooms)

    ran = world.run("apply", "config", "--yes", "--plan", "plan.json")

    assert ran.code == 0, ran.out + ran.err
    assert _props(world, "lobby")["max_participants"] == 50


def test_what_is_done_already_counts_as_satisfied(world: World) -> None:
    """An approved change that somebody made meanwhile is not missed."""
    world.plan("--out", "plan.json")
    _props(world, "lobby")["max_participants"] = 50

    world.apply("--plan", "plan.json")

    assert "new-room" in world.sandbox.store.rooms


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        pytest.param(
            {"max_participants": 30}, "from and to other values", id="before-moved"
        ),
        pytest.param(
            {"enable_chat": False}, "enable_chat was not to change", id="more"
        ),
    ],
)
def test_an_approved_change_covers_its_own_values_only(
    world: World, edit: dict[str, Any], said: str
) -> None:
    """A field that moved under an approved change makes that change a new one."""
    world.plan("--out", "plan.json")
    _props(world, "lobby").update(edit)
    world.forget()

    ran = world.apply("--plan", "plan.json", expect=4)

    assert said in ran.err
    assert world.writes() == []


def test_another_config_is_refused(world: World) -> None:
    """A config that wants more than the approved plan is refused with exit code 4."""
    world.plan("--out", "plan.json")
    world.write(HEAD + "  sneaked-in:\n    privacy: public\n")

    ran = world.apply("--plan", "plan.json", expect=4)

    assert "create room sneaked-in" in ran.err


def test_a_plan_of_another_domain_is_refused(world: World) -> None:
    """The id of the domain is compared, not only its name."""
    world.plan("--out", "plan.json")
    document = json.loads((world.folder / "plan.json").read_text())
    document["domain"]["id"] = "another"
    (world.folder / "plan.json").write_text(json.dumps(document))

    assert "another" in world.apply("--plan", "plan.json", expect=4).err


def test_a_stale_plan_is_refused(world: World) -> None:
    """A plan older than --max-plan-age is not applied; a longer age lifts that."""
    world.plan("--out", "plan.json")
    document = json.loads((world.folder / "plan.json").read_text())
    document["made_at"] = "2020-01-01T00:00:00Z"
    (world.folder / "plan.json").write_text(json.dumps(document))

    assert "days old" in world.apply("--plan", "plan.json", expect=4).err
    world.apply("--plan", "plan.json", "--max-plan-age", "9000d")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param(None, "cannot read the plan file", id="missing"),
        pytest.param("{", "it is not JSON", id="cut-off"),
        pytest.param("[]", "not a plan file of this version", id="another-document"),
        pytest.param('{"kind": "report"}', "not a plan file", id="report"),
    ],
)
def test_a_wrong_plan_file_is_refused(
    world: World, text: str | None, said: str
) -> None:
    """A file that is not a plan is one clear error; nothing is written."""
    if text is not None:
        (world.folder / "plan.json").write_text(text)
    world.forget()

    ran = world.apply("--plan", "plan.json", expect=1)

    assert said in ran.err
    assert world.writes() == []


def test_the_plan_file_is_private_and_valid(world: World) -> None:
    """--out and --format json write the same document, 0600, valid to its schema."""
    ran = world.plan("--out", "plan.json", "--format", "json", "--base", "git:HEAD")

    file = world.folder / "plan.json"
    assert json.loads(file.read_text()) == ran.json
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert ran.json["writes_possible"] is False
    schema = json.loads(schema_text("plan"))
    Draft202012Validator(schema).validate(ran.json)


def test_the_report_is_private_and_valid(world: World) -> None:
    """--report and --format json write the same document, valid to its schema."""
    ran = world.apply("--report", "report.json", "--format", "json")

    file = world.folder / "report.json"
    assert json.loads(file.read_text()) == ran.json
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    schema = json.loads(schema_text("report"))
    Draft202012Validator(schema).validate(ran.json)
    assert ran.json["summary"]["done"] == 2


def test_a_variable_is_a_reference_in_the_plan(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A value from the environment stands in the plan, and is approved, by name."""
    monkeypatch.setenv("HOOK", "https://example.com/hook?token=s3cret")
    world.write(HEAD + "    properties: {meeting_join_hook: '${HOOK}'}\n")

    world.plan("--out", "plan.json")

    text = (world.folder / "plan.json").read_text()
    assert "s3cret" not in text
    assert '"${HOOK}"' in text
    world.apply("--plan", "plan.json")


@pytest.mark.parametrize("edited", ["k=one", "user:pass", "tenant"])
def test_a_literal_under_a_mask_is_approved_as_it_was(
    world: World, monkeypatch: pytest.MonkeyPatch, edited: str
) -> None:
    """A plan hides it and refuses another one; the variable beside it may change."""
    monkeypatch.setenv("ROOM", "s3cret")
    hooks = HEAD + (
        "    properties:\n"
        "      meeting_join_hook: https://user:pass@example.com/${ROOM}?k=one\n"
        "      streaming_endpoints:\n"
        "        - {name: a, type: rtmp, rtmp_config: {url: 'rtmps://a.example.com/tenant'}}\n"
    )
    world.write(hooks)
    world.plan("--out", "plan.json")
    text = (world.folder / "plan.json").read_text()
    Draft202012Validator(json.loads(schema_text("plan"))).validate(json.loads(text))
    assert not [word for word in ("k=one", "pass@", "tenant", "s3cret") if word in text]

    monkeypatch.setenv("ROOM", "another")
    world.write(hooks.replace(edited, "evil:evil"))
    world.forget()
    ran = world.apply("--plan", "plan.json", expect=4)
    assert "create room new-room" in ran.err
    assert world.writes() == []

    world.write(hooks)
    world.apply("--plan", "plan.json")


def test_what_is_no_longer_managed_is_listed(world: World) -> None:
    """Rooms and properties that a revision drops stay in Daily, and it says so."""
    world.write(
        "rooms:\n  lobby:\n    privacy: public\n    properties: {enable_chat: true}\n"
        "  standup:\n    privacy: private\n    properties: {start_video_off: true}\n"
    )

    document = world.plan_json("--base", "git:HEAD")

    dropped = [
        (d["key"], ".".join(d["path"]), d["to_remove"])
        for d in document["no_longer_managed"]
    ]
    assert dropped == [
        ("lobby", "max_participants", "max_participants: null"),
        ("standup", "lang", "lang: null"),
        ("support", "", "support: {state: absent}"),
    ]
    assert document["changes"] == []


@pytest.mark.parametrize("literal", ["null", "https://hooks.example.com/other"])
@pytest.mark.parametrize("is_set", [True, False])
def test_a_variable_of_the_base_stays_hidden(
    world: World, monkeypatch: pytest.MonkeyPatch, literal: str, is_set: bool
) -> None:
    """The live value that a variable of the base set is in no format of the plan."""
    secret = "https://hooks.example.com/T0/XSECRET"
    monkeypatch.setenv("HOOK", secret)
    hook = "lang: de, meeting_join_hook: "
    world.write(BASE.replace("lang: de", f"{hook}'${{HOOK}}'"))
    world.apply()
    _git(world.folder, "commit", "-qam", "hook")
    if not is_set:
        monkeypatch.delenv("HOOK")
    world.write(BASE.replace("lang: de", f"{hook}{literal}"))
    files = {"--out": "plan.json", "--markdown": "plan.md", "--html": "plan.html"}

    ran = world.plan("--base", "git:HEAD", *(p for pair in files.items() for p in pair))

    assert "meeting_join_hook" in ran.out
    shown = [
        ran.out,
        ran.err,
        *((world.folder / f).read_text() for f in files.values()),
    ]
    assert "XSECRET" not in "".join(shown)
    done = world.apply("--plan", "plan.json", "--report", "report.json")
    shown = [done.out, done.err, (world.folder / "report.json").read_text()]
    assert "meeting_join_hook" in "".join(shown)
    assert "XSECRET" not in "".join(shown)


@pytest.mark.parametrize("format_", ["text", "json"])
def test_what_daily_kept_of_a_variable_of_the_base_stays_hidden(
    world: World, monkeypatch: pytest.MonkeyPatch, format_: str
) -> None:
    """Also where it is read again, after a write that Daily did not take over."""
    secret = "https://hooks.example.com/T0/XSECRET"
    monkeypatch.setenv("HOOK", secret)
    hook = "lang: de, meeting_join_hook: "
    world.write(BASE.replace("lang: de", f"{hook}'${{HOOK}}'"))
    world.apply()
    _git(world.folder, "commit", "-qam", "hook")
    world.write(BASE.replace("lang: de", f"{hook}null"))
    world.plan("--base", "git:HEAD", "--out", "plan.json")
    perform = world.sandbox._perform

    def keeping(request: Any) -> Any:
        done = perform(request)
        for room in world.sandbox.store.rooms.values():
            if request.method == "POST" and "meeting_join_hook" in str(request.body):
                room.properties["meeting_join_hook"] = secret
        return done

    monkeypatch.setattr(world.sandbox, "_perform", keeping)
    options = ("--report", "report.json", "--markdown", "report.md")
    ran = world.apply("--plan", "plan.json", "--format", format_, *options, expect=3)

    shown = [ran.out, *((world.folder / f).read_text() for f in options[1::2])]
    assert all("kept" in text for text in shown)
    assert all("(secret)" in text for text in shown)
    assert "XSECRET" not in "".join((*shown, ran.err))


def test_a_base_costs_no_further_request(world: World) -> None:
    """Base and head are planned against one reading of Daily."""
    world.forget()
    world.plan()
    alone = len(world.sent())
    world.forget()

    world.plan("--base", "git:HEAD")

    assert len(world.sent()) == alone


def test_a_base_is_read_without_touching_the_work_tree(world: World) -> None:
    """The files of a revision come from git; nothing is checked out or written."""
    before = sorted(p.name for p in world.folder.iterdir())

    world.plan("--base", "git:HEAD")

    assert sorted(p.name for p in world.folder.iterdir()) == before
    assert "new-room" in world.config.read_text()


def test_a_base_without_the_file_is_empty(world: World) -> None:
    """The first pull request has nothing to compare with: all of it is its change."""
    _git(world.folder, "rm", "-q", "--cached", "config.yaml")
    _git(world.folder, "commit", "-q", "-m", "nothing", "--allow-empty")

    document = world.plan_json("--base", "git:HEAD")

    assert {c["origin"] for c in document["changes"]} == {"change"}


def test_a_broken_base_is_said_and_left_out(world: World) -> None:
    """A base that cannot be used is a warning; the plan is made all the same."""
    (world.folder / "old.yaml").write_text("version: 1\ndomain: acme\nrooms: 3\n")

    document = world.plan_json("--base", "old.yaml")

    assert [f["id"] for f in document["findings"]] == ["base-unusable"]
    assert len(document["changes"]) == 2


@pytest.mark.parametrize(
    ("base", "said"),
    [
        pytest.param("git:nope", "git knows no revision 'nope'", id="unknown"),
        pytest.param("git:--upload-pack=x", "git knows no revision", id="an-option"),
        pytest.param("nope.yaml", "the base nope.yaml does not exist", id="a-path"),
    ],
)
def test_a_missing_revision_is_one_clear_error(
    world: World, base: str, said: str
) -> None:
    """A revision that git does not have ends the run before Daily is asked."""
    world.forget()

    ran = world.plan("--base", base)

    assert ran.code == 1
    assert said in ran.err
    assert world.sent() == []


def test_a_file_that_lost_most_of_its_entries_meets_a_gate(world: World) -> None:
    """Against a base, a file that shrank by more than half is not approved blindly."""
    world.write("rooms:\n  lobby:\n    privacy: public\n    properties: {lang: de}\n")
    ran = world.plan("--base", "git:HEAD", "--out", "plan.json", "--format", "json")
    gates = {g["name"]: g for g in ran.json["gates"]}

    assert not gates["lost-entries"]["open"]
    assert gates["lost-entries"]["count"] == 2
    assert "lost most entries" in world.apply("--plan", "plan.json", expect=4).err
    world.apply("--plan", "plan.json", "--allow", "lost-entries=2")


def test_an_empty_file_meets_a_gate(world: World) -> None:
    """A file that declares nothing is more often an accident than a wish."""
    world.write("rooms: {}\n")
    world.forget()

    assert "--allow empty-config=1" in world.plan().out
    assert "empty-config" in world.apply(expect=4).err
    world.apply("--allow", "empty-config=1")


def test_a_gate_that_was_opened_for_the_review_stays_open(world: World) -> None:
    """--allow at planning time is part of the plan that people approve."""
    absent = "".join(f"  gone-{n}:\n    state: absent\n" for n in range(7))
    for number in range(7):
        world.sandbox.store.add_room(f"gone-{number}")
    world.write(HEAD + absent)
    world.plan("--out", "plan.json", "--allow", "delete=7")

    world.apply("--plan", "plan.json")

    assert "gone-0" not in world.sandbox.store.rooms
