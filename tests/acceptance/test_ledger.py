"""What callers have been told is compared with what they find, on every run."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import stat
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kit import World, world

from reconciler.config.schema.validator import check_document
from reconciler.sandbox.api.routes import Response
from reconciler.sandbox.settings import Assume

LEDGER = "dialin.ledger"
KEY = "a key for tests, long enough"
ROOM = """
  {name}:
    privacy: private
    expires: {{after: 180d, renew_before: 60d}}
    properties: {{dialin: {{display_name: P, room_numbers: ["{number}"]}}}}
"""
NUMBER = "+12095550100"


@pytest.fixture
def acme(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[World]:
    """A domain with one PIN room, dr-miller, that was applied."""
    with world(tmp_path, monkeypatch, capsys) as made:
        declare(made, "dr-miller")
        made.apply()
        yield made


@pytest.fixture
def keyed(acme: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """The same, with a key for PINs on this machine."""
    monkeypatch.setenv("DAILY_LEDGER_KEY", KEY)
    return acme


def declare(acme: World, *rooms: str, number: str = NUMBER, more: str = "") -> None:
    """Declare PIN rooms that are reached by one number, and a ledger."""
    numbers = ", ".join(f'"{n}": {{pin_dialin: {{}}}}' for n in {NUMBER, number})
    acme.write(
        f"ledger: {LEDGER}\nphone_numbers: {{{numbers}}}\nrooms:\n"
        + "".join(ROOM.format(name=name, number=number) for name in rooms)
        + more
    )


def ask(acme: World, method: str, path: str, body: Any = None) -> Any:
    """Ask the sandbox as another program would."""
    request = urllib.request.Request(
        acme.sandbox.url + path,
        method=method,
        data=json.dumps(body).encode() if body is not None else None,
        headers={
            "Authorization": f"Bearer {acme.sandbox.settings.key}",
            "Content-Type": "application/json",
        },
    )
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def recreate(acme: World, name: str = "dr-miller") -> None:
    """Delete a room and create it again, as a colleague would in the dashboard."""
    room = ask(acme, "GET", f"/rooms/{name}")
    ask(acme, "DELETE", f"/rooms/{name}")
    config = {k: v for k, v in room["config"].items() if k in ("exp", "dialin")}
    ask(
        acme,
        "POST",
        "/rooms",
        {"name": name, "privacy": "private", "properties": config},
    )


def record(acme: World, *args: str, expect: int = 0) -> Any:
    """Bring the ledger up to date."""
    ran = acme.run("dialin", "config.yaml", "--update-ledger", *acme.options, *args)
    assert ran.code == expect, ran.out + ran.err
    return ran


def ledger(acme: World) -> str:
    """The file."""
    return (acme.folder / LEDGER).read_bytes().decode()


def ids(document: Any) -> list[str]:
    """The ids of the findings of a JSON document."""
    return [found["id"] for found in document["findings"]]


@pytest.mark.parametrize("key", ["", KEY], ids=["no key", "key"])
def test_a_room_that_was_recreated_is_the_first_thing_that_is_said(
    acme: World, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    """With the day on which its callers were told; its id tells it without a key."""
    monkeypatch.setenv("DAILY_LEDGER_KEY", key)
    record(acme)
    day = ledger(acme).split()[-2 if key else -1]
    assert acme.plan().code == 0
    recreate(acme)

    text = acme.plan("--markdown", "comment.md", "--html", "plan.html")
    found = acme.plan_json()["findings"][0]

    assert text.code == 2
    assert found["id"] == "pin-not-as-told"
    assert found["file"] == LEDGER
    said = f"room 'dr-miller' is not as callers were told on {day}: it was recreated"
    assert said in found["message"]
    assert said in text.out
    other = "recreated, and it has another PIN" if key else "PIN is likely another"
    assert other in text.out


def test_a_pin_that_changed_in_place_is_caught_with_a_key(keyed: World) -> None:
    """The room, its number and its id are the same."""
    record(keyed)
    keyed.sandbox.store.rooms["dr-miller"].dialin_code = "12345678901"

    assert ids(keyed.plan_json())[0] == "pin-not-as-told"
    assert keyed.plan().code == 2


def test_the_alarm_leads_in_every_format(acme: World) -> None:
    """Text after its head, the comment's first line, the page's first panel, JSON."""
    record(acme)
    recreate(acme)
    acme.write((acme.config.read_text() + "  lobby: {privacy: public}\n"), head=False)

    text = acme.plan("--markdown", "comment.md", "--html", "plan.html").out
    comment = (acme.folder / "comment.md").read_text()
    page = (acme.folder / "plan.html").read_text()

    assert text.index("[pin-not-as-told]") < text.index("create room lobby")
    lead = "**1 room that is not as callers were told, 1 public room.**"
    assert comment.split("\n\n")[1].startswith(lead)
    assert comment.index("not as callers were told on") < comment.index("lobby")
    assert page.index("not as callers were told on") < page.index("lobby")
    assert acme.plan_json()["findings"][0]["path"] == ["rooms", "dr-miller"]


def test_it_is_said_when_all_is_in_sync(acme: World) -> None:
    """In the comment, and on stderr of a quiet apply, which ends with 2 when asked."""
    record(acme)
    recreate(acme)
    acme.apply()
    record(acme, expect=3)

    acme.plan("--markdown", "comment.md")
    quiet = acme.run(
        "apply", "config.yaml", "--yes", "--quiet", "--detailed-exitcode", *acme.options
    )

    comment = (acme.folder / "comment.md").read_text()
    assert "**1 room that is not as callers were told.** `acme` is in sync" in comment
    assert quiet.code == 2
    assert quiet.err.startswith("dialin.ledger:")
    assert "[pin-not-as-told]" in quiet.err


def test_an_update_without_told_silences_nothing(keyed: World) -> None:
    """Other rooms are added; the alarm stays until the room is named."""
    record(keyed)
    line = ledger(keyed).splitlines()[-1]
    recreate(keyed)
    declare(keyed, "dr-miller", "dr-jones")
    keyed.apply()

    ran = record(keyed, expect=3)

    assert ran.out.startswith("added: dr-jones\n")
    assert "1 room is not as callers were told" in ran.out
    assert line in ledger(keyed).splitlines()
    assert ids(keyed.plan_json())[0] == "pin-not-as-told"

    ran = record(keyed, "--told", "room:dr-m*")

    assert ran.out.startswith("taken over: dr-miller\n")
    assert keyed.plan().code == 0


def test_what_did_not_change_is_not_written(keyed: World) -> None:
    """Not even touched, also when rooms are named that are as they were told."""
    record(keyed)
    file = keyed.folder / LEDGER
    before = file.stat()

    ran = record(keyed, "--told", "room:*")

    assert "nothing to record" in ran.out
    after = file.stat()
    assert (after.st_mtime_ns, after.st_ino) == (before.st_mtime_ns, before.st_ino)


def test_lines_of_rooms_that_left_the_file_stay_until_they_are_named(
    acme: World,
) -> None:
    """They are a note; `state: absent` is another way to leave."""
    declare(acme, "dr-miller", "dr-jones", "dr-smith")
    acme.apply()
    record(acme)
    absent = "  dr-jones: {state: absent}\n"
    declare(acme, "dr-miller", more=absent)
    acme.apply()

    document = acme.plan_json()

    assert ids(document) == ["ledger-leftover"]
    assert "dr-jones, dr-smith" in document["findings"][0]["message"]
    assert "nothing to record" in record(acme).out
    command = document["findings"][0]["hint"].split("`")[1].split()[1:]
    ran = acme.run(*command)
    assert ran.out.startswith("removed: dr-jones, dr-smith\n")
    assert acme.plan_json()["findings"] == []


def test_another_number_is_an_alarm_and_one_more_is_none(acme: World) -> None:
    """Callers who know one of two numbers still get in."""
    record(acme)
    declare(acme, "dr-miller", number="+12095550102")
    acme.write(
        acme.config.read_text().replace(
            'room_numbers: ["+12095550102"]',
            f'room_numbers: ["{NUMBER}", "+12095550102"]',
        ),
        head=False,
    )
    acme.apply()
    assert acme.plan().code == 0
    assert "more numbers than callers were told: dr-miller" in record(acme).out

    declare(acme, "dr-miller", number="+12095550102")
    ran = acme.apply("--report", "report.json")

    report = json.loads((acme.folder / "report.json").read_text())
    reason = f"it is reached by +12095550102 instead of {NUMBER}"
    assert reason in report["not_as_told"][0]["message"]
    assert report["tell"] == ["dr-miller"]
    last = ran.out.strip().splitlines()[-1]
    assert last.startswith("tell the callers of dr-miller; to record that they know: `")
    acme.run(*last.split("`")[1].split()[1:])
    assert acme.plan().code == 0


def test_a_room_without_a_pin_is_not_as_told(acme: World) -> None:
    """Whoever took it away; what nobody declares any more is another matter."""
    record(acme)
    acme.sandbox.store.rooms["dr-miller"].dialin_code = None

    assert ids(acme.plan_json())[0] == "pin-not-as-told"
    ask(acme, "DELETE", "/rooms/dr-miller")
    found = acme.plan_json()["findings"][0]
    assert "Daily has no such room" in found["message"]


def test_new_and_changed_pins_end_with_who_is_to_be_told(
    make_world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Text, comment and JSON; the command records it as it is printed."""
    monkeypatch.setenv("DAILY_LEDGER_KEY", KEY)
    acme = make_world(assume=Assume(pin="renewed"))
    declare(acme, "dr-miller")
    first = acme.apply("--markdown", "report.md")
    said = "tell the callers of dr-miller; to record that they know: "
    command = "daily-reconciler dialin config.yaml --update-ledger"
    assert f"{said}`{command}`" in first.out
    acme.run(*command.split()[1:])
    acme.travel(130)

    ran = acme.apply("--only-renewals", "--report", "report.json", expect=3)

    report = json.loads((acme.folder / "report.json").read_text())
    assert report["tell"] == ["dr-miller"]
    assert report["record"][2:] == ["--told", "room:dr-miller"]
    assert "it has another PIN" in report["not_as_told"][0]["message"]
    assert "--update-ledger --told room:dr-miller`" in ran.out
    assert (
        (acme.folder / "report.md").read_text().count("Tell the callers of `dr-miller`")
    )


def test_no_pin_can_be_read_or_computed_from_the_file(keyed: World) -> None:
    """Neither the PIN nor any plain digest of it with what else is in the file."""
    declare(keyed, "dr-miller", "dr-jones")
    keyed.apply()
    record(keyed)
    text = ledger(keyed)

    for name in ("dr-miller", "dr-jones"):
        room = keyed.sandbox.store.rooms[name]
        pin = room.dialin_code or ""
        assert pin
        assert pin not in text
        assert KEY not in text
        parts = (pin, name, NUMBER, room.id, "acme", "")
        for size in (1, 2, 3, 4):
            for chosen in itertools.permutations(parts, size):
                for between in ("", ":", " ", "\0", "\n", "|"):
                    plain = between.join(chosen).encode()
                    for make in (hashlib.sha256, hashlib.sha1, hashlib.md5):
                        assert make(plain).hexdigest()[:16] not in text


def test_the_pin_counts_as_added_where_a_key_comes_later(
    acme: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody can know whether it is the one that callers have, and that is said."""
    record(acme)
    assert "hmac:" not in ledger(acme)
    acme.travel(1)
    monkeypatch.setenv("DAILY_LEDGER_KEY", KEY)

    ran = record(acme)

    assert "PIN added to the line, which may be another than callers have" in ran.out
    assert "@" in ledger(acme).splitlines()[-1]
    acme.sandbox.store.rooms["dr-miller"].dialin_code = "12345678901"
    assert ids(acme.plan_json())[0] == "pin-not-as-told"


def test_another_key_is_one_finding_and_writes_nothing(
    keyed: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ids are still compared; every line is told again to begin with a new key."""
    declare(keyed, "dr-miller", "dr-jones")
    keyed.apply()
    record(keyed)
    before = ledger(keyed)
    monkeypatch.setenv("DAILY_LEDGER_KEY", "another key, just as long")

    assert ids(keyed.plan_json()) == ["ledger-key"]
    assert keyed.plan().code == 0
    ran = record(keyed, expect=1)
    assert "another DAILY_LEDGER_KEY; nothing was written" in ran.err
    assert record(keyed, "--told", "room:dr-jones", expect=1)
    assert ledger(keyed) == before
    recreate(keyed)
    assert ids(keyed.plan_json())[:2] == ["pin-not-as-told", "ledger-key"]

    assert "taken over: dr-jones, dr-miller" in record(keyed, "--told", "room:*").out
    assert keyed.plan_json()["findings"] == []


def test_without_the_key_on_this_machine_the_rest_is_compared(
    keyed: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A note says so, and an update keeps the digests of what it leaves."""
    record(keyed)
    before = ledger(keyed)
    monkeypatch.delenv("DAILY_LEDGER_KEY")

    assert ids(keyed.plan_json()) == ["ledger-no-key"]
    record(keyed)
    assert ledger(keyed) == before
    keyed.sandbox.store.rooms["dr-miller"].dialin_code = "12345678901"
    assert ids(keyed.plan_json()) == ["ledger-no-key"]
    recreate(keyed)
    assert ids(keyed.plan_json()) == ["pin-not-as-told", "ledger-no-key"]


def test_a_short_key_is_refused_without_being_shown(
    acme: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As usage where it would be written with, and as a finding elsewhere."""
    monkeypatch.setenv("DAILY_LEDGER_KEY", "s3cret-and-shor")

    ran = record(acme, expect=64)
    plan = acme.plan()

    assert "fewer than 16 characters" in ran.err
    assert "[ledger-key]" in plan.out
    assert plan.code == 0
    assert not (acme.folder / LEDGER).exists()
    assert "s3cret" not in ran.out + ran.err + plan.out + plan.err


@pytest.mark.parametrize(
    "text",
    [
        "<<<<<<< ours\nledger: 1\n=======\nledger: 1\n>>>>>>> theirs\n",
        "ledger: 2\n",
        "rooms: {}\n",
        "ledger: 1\ndomain: acme\nnonsense\n",
        "ledger: 1\ndomain: another\n",
        "\0\0\0",
    ],
)
def test_a_file_that_cannot_be_used_stops_nothing_but_its_update(
    acme: World, text: str
) -> None:
    """It is a warning, also under --quiet; renewals and changes go on."""
    (acme.folder / LEDGER).write_text(text)
    offline = acme.run("validate", "config.yaml", "--format", "github")
    assert offline.code == 0
    assert "::warning file=dialin.ledger" in offline.out
    assert "title=ledger-unusable" in offline.out
    acme.travel(130)
    renewed = acme.apply("--quiet")

    assert "[ledger-unusable]" in renewed.out + renewed.err
    assert (
        acme.sandbox.store.rooms["dr-miller"].properties["exp"]
        > acme.clock() + 170 * 86_400
    )
    quiet = acme.run("apply", "config.yaml", "--yes", "--quiet", *acme.options)
    assert (quiet.code, quiet.out) == (0, "")
    assert "[ledger-unusable]" in quiet.err
    assert acme.plan().code == 0
    record(acme, "--told", "room:*", expect=1)
    assert ledger(acme) == text


@pytest.mark.parametrize("kind", ["folder", "pipe", "bytes", "unreadable"])
def test_what_is_no_file_is_named(acme: World, kind: str) -> None:
    """A pipe is not waited for."""
    file = acme.folder / LEDGER
    if kind == "folder":
        file.mkdir()
    elif kind == "pipe":
        os.mkfifo(file)
    elif kind == "bytes":
        file.write_bytes(b"ledger: 1\n\xff\n")
    else:
        file.symlink_to(LEDGER)

    ran = acme.plan()

    if kind == "folder":
        assert ran.code == 1
        assert "[ledger-file]" in ran.err
    else:
        assert "[ledger-unusable]" in ran.out
        assert ran.code == 0
    assert acme.run("dialin", "config.yaml", "--update-ledger").code == 1


def test_usage(acme: World) -> None:
    """Options that mean nothing are refused, and say what to write."""
    dialin = ("dialin", "config.yaml")
    record(acme)
    cases: dict[tuple[str, ...], str] = {
        ("--told", "room:dr-miller"): "--told goes with --update-ledger",
        ("--update-ledger", "--mask"): "--mask",
        ("--update-ledger", "--out", "x"): "--out",
        ("--update-ledger", "--format", "html"): "text or json",
        (
            "--update-ledger",
            "--told",
            "room:dr-milller",
        ): "did you mean 'room:dr-miller'",
        ("--update-ledger", "--told", f"number:{NUMBER}"): "there is no number",
        ("--update-ledger", "--told", "dr-miller"): "write it as room:GLOB",
        ("--update-ledger", "--only", "room:x"): "matches nothing",
    }
    for options, said in cases.items():
        ran = acme.run(*dialin, *options)
        assert ran.code == 64, options
        assert said in ran.err, options

    acme.write("rooms: {lobby: {privacy: public}}\n")
    ran = acme.run(*dialin, "--update-ledger")
    assert ran.code == 64
    assert "ledger: dialin.ledger" in ran.err


def test_only_narrows_an_update_and_a_comparison(acme: World) -> None:
    """By room, or by a number that reaches it."""
    declare(acme, "dr-miller", "dr-jones")
    acme.apply()

    assert record(acme, "--only", "room:dr-j*").out.startswith("added: dr-jones\n")
    assert record(acme, "--only", f"number:{NUMBER}").out.startswith(
        "added: dr-miller\n"
    )
    recreate(acme)
    assert acme.plan("--only", "room:dr-jones").code == 0
    assert acme.plan("--only", "room:dr-miller").code == 2


def test_renewals_alone_compare_without_reading_more(keyed: World) -> None:
    """`GET /` and the rooms are enough for ids and PINs."""
    record(keyed)
    keyed.sandbox.store.rooms["dr-miller"].dialin_code = "12345678901"
    keyed.forget()

    ran = keyed.run("apply", "config.yaml", "--yes", "--only-renewals")

    assert "[pin-not-as-told]" in ran.out
    paths = {request.path.split("?")[0] for request in keyed.sent()}
    assert paths <= {"/", "/rooms", "/rooms/dr-miller"}


def test_dialin_says_it_before_it_shows_the_new_pin(keyed: World) -> None:
    """On stderr; stdout stays the list."""
    record(keyed)
    recreate(keyed)

    ran = keyed.run("dialin", "config.yaml")

    assert ran.err.startswith("dialin.ledger:")
    assert "[pin-not-as-told]" in ran.err
    assert "told" not in ran.out
    document = keyed.run("dialin", "config.yaml", "--format", "json").json
    assert ids(document) == ["pin-not-as-told"]


def test_the_metric_counts_rooms_and_stays_through_a_failure(acme: World) -> None:
    """0 is said as well, so that an alert can end."""
    metric = 'daily_reconciler_pins_not_as_told{domain="acme"} '
    record(acme)
    run = ("apply", "config.yaml", "--yes", "--metrics", "m.prom")

    acme.run(*run)
    assert f"{metric}0\n" in (acme.folder / "m.prom").read_text()
    recreate(acme)
    acme.run(*run, "--only-renewals")
    assert f"{metric}1\n" in (acme.folder / "m.prom").read_text()
    good = acme.config.read_text()
    acme.config.write_text("rooms: [")
    acme.run(*run)
    assert f"{metric}1\n" in (acme.folder / "m.prom").read_text()
    acme.config.write_text(good)
    record(acme, "--told", "room:dr-miller")
    acme.run(*run)
    assert f"{metric}0\n" in (acme.folder / "m.prom").read_text()


def test_an_update_answers_in_json(acme: World) -> None:
    """What changed, and what is left, without a PIN."""
    document = record(acme, "--format", "json").json

    assert document["kind"] == "ledger"
    assert check_document("ledger", document) == ""
    assert document["added"] == ["dr-miller"]
    assert document["written"]
    recreate(acme)
    document = record(acme, "--format", "json", expect=3).json
    assert check_document("ledger", document) == ""
    assert document["not_as_told"][0]["room"] == "dr-miller"
    assert not document["written"]
    assert document["exit_code"] == 3


def test_a_ledger_of_daily_is_not_held_against_a_sandbox(acme: World) -> None:
    """Trying things out raises no alarm, and writes nothing into the real file."""
    record(acme)
    before = ledger(acme)

    ran = acme.run("apply", "config.yaml", "--yes", "--sandbox")

    assert "[pin-not-as-told]" not in ran.out
    assert "ledger" not in acme.run("plan", "config.yaml", "--sandbox").out
    assert acme.run("dialin", "config.yaml", "--sandbox", "--update-ledger").code == 1
    assert ledger(acme) == before


def test_two_people_add_rooms_and_git_merges_them(acme: World) -> None:
    """On two branches, with comments of theirs and CRLF; no conflict."""
    declare(acme, "a", "c", "e", "g")
    acme.apply()
    record(acme)
    file = acme.folder / LEDGER
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))

    def git(*args: str) -> None:
        command = ["git", "-c", "user.name=n", "-c", "user.email=n@example.com"]
        subprocess.run(
            [*command, *args], cwd=acme.folder, check=True, capture_output=True
        )

    def branch(name: str, room: str) -> None:
        git("checkout", "-q", "-b", name, "base")
        declare(acme, "a", "c", "e", "g", room)
        acme.apply()
        record(acme)
        git("commit", "-qam", name)

    git("init", "-q", "-b", "base")
    git("add", LEDGER)
    git("commit", "-qm", "base")
    branch("one", "b")
    branch("two", "f")
    git("merge", "-q", "one")
    text = ledger(acme)

    assert [li.split()[0] for li in text.splitlines() if "2" in li][-6:] == list(
        "abcefg"
    )
    assert text.count("\r\n") == text.count("\n")
    declare(acme, *"abcefg")
    assert acme.plan_json()["findings"] == []


def test_the_file_is_readable_by_all(acme: World) -> None:
    """It is in git; a link stays, and its target is written."""
    (acme.folder / "shared").mkdir()
    (acme.folder / LEDGER).symlink_to("shared/told")

    record(acme)

    target = acme.folder / "shared/told"
    assert (acme.folder / LEDGER).is_symlink()
    assert stat.S_IMODE(target.stat().st_mode) == 0o644


@pytest.mark.parametrize("option", ["--out", "--markdown", "--html"])
def test_no_output_replaces_the_ledger(acme: World, option: str) -> None:
    """An output of a plan is another file."""
    record(acme)
    before = ledger(acme)

    ran = acme.plan(option, f"./{LEDGER}")

    assert ran.code == 64
    assert ledger(acme) == before


@pytest.mark.parametrize("option", ["--report", "--markdown", "--metrics"])
def test_no_output_of_an_apply_replaces_the_ledger(acme: World, option: str) -> None:
    """Not the metrics of a run that fails either."""
    record(acme)
    before = ledger(acme)

    ran = acme.run("apply", "config.yaml", "--yes", option, LEDGER)

    assert ran.code == 64
    assert ledger(acme) == before


@pytest.mark.parametrize(
    ("pin", "key", "waits"),
    [("stable", KEY, False), ("stable", "", True), ("renewed", KEY, True)],
)
def test_a_renewal_that_kept_its_pin_holds_no_other_back(
    make_world: Any, monkeypatch: pytest.MonkeyPatch, pin: str, key: str, waits: bool
) -> None:
    """A keyed ledger proves it; without a key or with another PIN the other waits."""
    monkeypatch.setenv("DAILY_LEDGER_KEY", key)
    acme: World = make_world(assume=Assume(pin=pin))
    now = int(acme.clock())
    names = ("dr-jones", "dr-miller")
    declare(acme, *names)
    for name, left in zip(names, (62 * 86_400, 62 * 86_400 + 7200), strict=True):
        properties = {"exp": now + left, "dialin": {"display_name": "P"}}
        acme.sandbox.store.add_room(name, properties, privacy="private")
    acme.run("apply", "config.yaml", "--yes")
    record(acme)
    ends = {name: acme.sandbox.store.rooms[name].exp for name in names}

    for hours in (2 * 24 + 1, 2 * 24 + 3):
        acme.clock.ahead = hours * 3600
        offset = ("--clock-offset", f"{hours}h")
        acme.run("apply", "config.yaml", "--yes", "--only-renewals", *offset)

    renewed = {n for n in names if acme.sandbox.store.rooms[n].exp != ends[n]}
    assert renewed == ({"dr-jones"} if waits else set(names))


def test_numbers_that_cannot_be_read_stop_no_plan_of_rooms(acme: World) -> None:
    """Where only the ledger asks for them, the rest is compared."""
    acme.write(f"ledger: {LEDGER}\nrooms: {{dr-miller: {{privacy: private}}}}\n")
    record(acme)
    recreate(acme)
    real = acme.sandbox.respond

    def respond(request: Any, at: float) -> Any:
        if request.path.endswith(("/purchased-phone-numbers", "/domain-dialin-config")):
            return Response(403, b'{"error": "forbidden", "info": "no telephony"}')
        return real(request, at)

    acme.monkeypatch.setattr(acme.sandbox, "respond", respond)

    ran = acme.plan("--format", "json")

    assert ran.code == 2
    assert ids(ran.json)[0] == "pin-not-as-told"
    assert ran.json["unmanaged"]["assignments"] is None


WORLDS = [
    Assume(),
    *(Assume(echo=echo) for echo in ("sparse", "explicit", "full", "lossy")),
    *(Assume(stores=stores) for stores in ("mirrored", "erasing")),
    Assume(nested="replace"),
    Assume(put="reset"),
    Assume(expired="zombie"),
    Assume(case="folded"),
    Assume(lists="absent"),
    *(Assume(number=number) for number in ("earliest", "empty")),
    Assume(room_lists="brief"),
    Assume(number="empty", room_lists="brief", echo="sparse"),
]


@pytest.mark.parametrize("assume", WORLDS, ids=map(str, range(len(WORLDS))))
def test_no_world_raises_an_alarm_by_itself(
    make_world: Any, monkeypatch: pytest.MonkeyPatch, assume: Assume
) -> None:
    """What is recorded holds in every reading: plan, dialin, renewals, a year on."""
    monkeypatch.setenv("DAILY_LEDGER_KEY", KEY)
    acme: World = make_world(assume=assume)
    plain = "  dr-plain:\n    privacy: private\n"
    plain += "    expires: {after: 180d, renew_before: 60d}\n"
    plain += "    properties: {dialin: {display_name: P}}\n"
    declare(acme, "dr-miller", "dr-jones", number="+12095550102", more=plain)
    acme.run("apply", "config.yaml", "--yes")
    record(acme)

    for days in (0, 130, 260):
        acme.travel(days)
        runs = [
            acme.run("apply", "config.yaml", "--yes", *more, *acme.options)
            for more in (("--only-renewals",), ())
        ]
        runs.append(acme.run("plan", "config.yaml", *acme.options))
        runs.append(acme.run("dialin", "config.yaml", *acme.options))
        for ran in runs:
            assert "pin-not-as-told" not in ran.out + ran.err
        assert "nothing to record" in record(acme).out
