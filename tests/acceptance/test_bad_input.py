"""Bad input: one clear message with the place and the next step, and nothing sent."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from kit import Ran, World

ROOM = "rooms:\n  lobby: {privacy: private, properties: {enable_chat: true}}\n"
NUMBER = "phone_numbers:\n  '+12095550100': {pin_dialin: {name_prefix: pin}}\n"


@dataclass(frozen=True)
class Bad:
    """A config (None: no file at all), the place to name, the step to offer."""

    config: str | None
    said: str
    next_step: str = ""
    code: int = 1


CONFIGS = {
    "missing-file": Bad(None, r"config\.yaml: error: no such file.*\[file-missing"),
    "broken-yaml": Bad(
        "rooms:\n  lobby: {privacy: [\n",
        r"config\.yaml:\d+:\d+: error: .*\[yaml-syntax",
    ),
    "wrong-type": Bad(
        "rooms:\n  lobby: {properties: {enable_chat: 'yes'}}\n",
        r"config\.yaml:4:\d+: error: .*enable_chat.*\[wrong-type",
    ),
    "unknown-key": Bad(
        "rooms:\n  lobby: {properties: {enable_chatt: true}}\n",
        r"config\.yaml:4:\d+: error: .*enable_chatt.*\[unknown-property",
        "did you mean 'enable_chat'?",
    ),
    "missing-variable": Bad(
        "rooms:\n  lobby: {properties: {meeting_join_hook: '${JOIN_HOOK}'}}\n",
        r"config\.yaml:4:\d+: error: the variable JOIN_HOOK is not set",
        "export JOIN_HOOK",
    ),
}


def _assert_one_message(ran: Ran, bad: Bad) -> None:
    assert ran.code == bad.code, ran.out + ran.err
    assert "Traceback" not in ran.err
    assert re.search(bad.said, ran.err), ran.err
    assert len(re.findall(r"error:", ran.err)) == 1
    assert bad.next_step in ran.err


@pytest.mark.parametrize("command", ["plan", "apply"])
@pytest.mark.parametrize("bad", CONFIGS.values(), ids=CONFIGS)
def test_a_config_that_cannot_be_used_is_refused_before_anything_is_sent(
    make_world: Callable[..., World], command: str, bad: Bad
) -> None:
    """One finding names file, line and column, and no request leaves."""
    world = make_world()
    if bad.config is not None:
        world.write(bad.config)

    ran = world.run(command, "config.yaml", *(["--yes"] if command == "apply" else []))

    _assert_one_message(ran, bad)
    assert ran.out == ""
    assert world.sent() == []


def test_a_folder_without_yaml_is_named(make_world: Callable[..., World]) -> None:
    """A folder that holds no config says so."""
    world = make_world()
    (world.folder / "empty").mkdir()

    ran = world.run("plan", "empty")

    _assert_one_message(ran, Bad(None, r"empty.*\[no-config-files"))
    assert world.sent() == []


# Daily says no, or does not answer as Daily would.


def _wrong_key(world: World) -> None:
    world.monkeypatch.setenv("DAILY_API_KEY", "not-the-key")


def _no_key(world: World) -> None:
    world.monkeypatch.delenv("DAILY_API_KEY", raising=False)


def _bad_key(world: World) -> None:
    world.monkeypatch.setenv("DAILY_API_KEY", "two words\nand a line")


def _other_domain(world: World) -> None:
    world.write(f"version: 1\ndomain: other\n{ROOM}", head=False)


def _refused(world: World) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    world.monkeypatch.setenv("DAILY_API_URL", f"http://127.0.0.1:{port}/v1")


def _html(world: World) -> None:
    world.sandbox.faults.add("html-502*all")


def _elsewhere(world: World) -> None:
    world.monkeypatch.setenv("DAILY_API_URL", world.sandbox.url.replace("/v1", "/x"))


def _url(url: str) -> Callable[[World], None]:
    return lambda world: world.monkeypatch.setenv("DAILY_API_URL", url)


ANSWERS = {
    "no-key": (_no_key, Bad("", "DAILY_API_KEY is not set", "--api-key-file")),
    "key-of-no-shape": (_bad_key, Bad("", "the API key is empty or has characters")),
    "wrong-key": (_wrong_key, Bad("", "authentication-error", "check DAILY_API_KEY")),
    "wrong-domain": (
        _other_domain,
        Bad("", "the file is for domain 'other'.*'acme'", "correct `domain:`", 4),
    ),
    "refused-connection": (
        _refused,
        Bad("", r"cannot reach 127\.0\.0\.1:\d+", "check the network"),
    ),
    "html-error-page": (
        _html,
        Bad("", "no usable answer.*502, text/html", "check DAILY_API_URL"),
    ),
    "wrong-path": (_elsewhere, Bad("", "not-found|404")),
    "plain-http": (
        _url("http://daily.example.com/v1"),
        Bad("", "refused to send the API key to daily.example.com", "use https"),
    ),
    "not-http": (_url("ftp://daily.example.com"), Bad("", "is not an http", "default")),
    "no-host": (_url("https://"), Bad("", "is not an http", "default")),
    "broken-address": (_url("http://[::1"), Bad("", "is not an http", "default")),
    "no-such-port": (
        _url("http://127.0.0.1:99999/v1"),
        Bad("", "is not an http", "default"),
    ),
    "not-a-port": (_url("http://127.0.0.1:x/v1"), Bad("", "is not an http", "default")),
    "user-in-address": (
        _url("https://u:hunter2@daily.example.com/v1"),
        Bad("", "must be a plain address"),
    ),
}


@pytest.fixture
def raw_run() -> Callable[..., Ran]:
    """Runs the command line with the environment as a test left it."""

    def go(world: World, *args: str) -> Ran:
        from reconciler.cli.main import run

        world.monkeypatch.chdir(world.folder)
        world.capsys.readouterr()
        code = run(list(args), environment=world.environment)
        captured = world.capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    return go


@pytest.mark.parametrize(
    "args", [["plan"], ["apply", "--yes"], ["dialin"]], ids=lambda a: a[0]
)
@pytest.mark.parametrize(("spoil", "bad"), ANSWERS.values(), ids=ANSWERS)
def test_a_daily_that_cannot_be_used_is_named(
    make_world: Callable[..., World],
    raw_run: Callable[..., Ran],
    spoil: Callable[[World], None],
    bad: Bad,
    args: list[str],
) -> None:
    """One message says what is wrong with the connection, and nothing is written."""
    world = make_world()
    world.write(ROOM)
    world.monkeypatch.setenv("DAILY_API_URL", world.sandbox.url)
    world.monkeypatch.setenv("DAILY_API_KEY", world.sandbox.settings.key)
    spoil(world)

    ran = raw_run(world, *args, "config.yaml")
    as_json = raw_run(world, *args, "config.yaml", "--format", "json")

    _assert_one_message(ran, bad)
    assert ran.out == ""
    assert "hunter2" not in ran.err
    assert as_json.code == bad.code
    assert as_json.json["kind"] == "error"
    assert as_json.json["exit_code"] == bad.code
    assert world.writes() == []


@pytest.mark.parametrize("content", [None, b"\xff\xfe", b""], ids=str)
def test_an_api_key_file_that_cannot_be_used_is_named(
    make_world: Callable[..., World], content: bytes | None
) -> None:
    """A key file that is missing, no text or empty is said, without its content."""
    world = make_world()
    world.write(ROOM)
    if content is not None:
        (world.folder / "key").write_bytes(content)

    ran = world.run("plan", "config.yaml", "--api-key-file", "key")

    _assert_one_message(ran, Bad("", "API key"))
    assert world.sent() == []


# The command line itself.

USAGE = {
    "no-config": ["plan"],
    "no-such-command": ["plna", "config.yaml"],
    "no-such-option": ["plan", "config.yaml", "--alow", "delete=1"],
    "no-such-gate": ["plan", "config.yaml", "--allow", "deletes=1"],
    "gate-without-count": ["plan", "config.yaml", "--allow", "delete"],
    "gate-with-a-word": ["apply", "config.yaml", "--yes", "--allow", "delete=all"],
    "only-without-kind": ["plan", "config.yaml", "--only", "lobby"],
    "only-of-another-kind": ["plan", "config.yaml", "--only", "rooms:*"],
    "resend-without-kind": ["apply", "config.yaml", "--yes", "--resend", "*"],
    "no-such-format": ["plan", "config.yaml", "--format", "xml"],
    "no-rate": ["plan", "config.yaml", "--rate", "0"],
    "no-timeout": ["plan", "config.yaml", "--timeout", "-1"],
    "bad-offset": ["plan", "config.yaml", "--clock-offset", "soon"],
    "offset-beyond-the-calendar": ["plan", "c.yaml", "--clock-offset", "9999999w"],
    "offset-long-ago": ["plan", "config.yaml", "--clock-offset", "-9999999w"],
    "huge-offset": ["plan", "config.yaml", "--clock-offset", "999999999999w" * 30],
    "no-plan-age": [
        *("apply", "config.yaml", "--yes", "--plan", "plan.json"),
        *("--max-plan-age", "-1d"),
    ],
    **{
        f"{option}-{value}": ["plan", "config.yaml", option, value]
        for option in ("--timeout", "--rate")
        for value in ("nan", "NaN", "-nan", "inf", "-inf", "1e999", "1e-300", "0", "-1")
    },
    **{
        f"{option}-{value}": ["sandbox", option, value]
        for option in ("--latency-ms", "--rate-limit-scale")
        for value in ("nan", "inf", "-1")
    },
    "no-terminal": ["apply", "config.yaml"],
}


@pytest.mark.parametrize("args", USAGE.values(), ids=USAGE)
def test_wrong_usage_is_64(make_world: Callable[..., World], args: list[str]) -> None:
    """A command line that makes no sense ends with 64 and one line that says why."""
    world = make_world()
    world.write(ROOM)

    ran = world.run(*args)

    assert (ran.code, ran.out) == (64, "")
    assert len(re.findall(r"^Error: ", ran.err, re.MULTILINE)) == 1
    assert "Traceback" not in ran.err
    assert world.sent() == []


@pytest.mark.parametrize("args", USAGE.values(), ids=USAGE)
def test_wrong_usage_is_json_when_json_was_asked_for(
    make_world: Callable[..., World], args: list[str]
) -> None:
    """What is on stdout can be parsed even when the rest of the command line cannot."""
    world = make_world()
    world.write(ROOM)
    if "xml" in args:
        args = [*args[:-2], "--no-such"]

    ran = world.run(*args, "--format=json")

    assert ran.code == 64
    assert ran.json["kind"] == "error"
    assert ran.json["exit_code"] == 64
    assert ran.json["message"] in ran.err


@pytest.mark.parametrize(
    "option", [["--rate", "2"], ["--clock-offset", "1d"]], ids=lambda o: o[0]
)
def test_what_is_for_the_sandbox_is_refused_elsewhere(
    make_world: Callable[..., World], raw_run: Callable[..., Ran], option: list[str]
) -> None:
    """A rate above Daily's limits, and another time, are for loopback only."""
    world = make_world()
    world.write(ROOM)
    world.monkeypatch.setenv("DAILY_RATE", "0.5")
    world.monkeypatch.setenv("DAILY_API_KEY", "key")
    world.monkeypatch.setenv("DAILY_API_URL", "https://daily.example.com/v1")

    ran = raw_run(world, "plan", "config.yaml", *option)

    assert (ran.code, ran.out) == (64, "")
    assert option[0] in ran.err


# Files beside the config.


def test_a_rescue_file_that_cannot_be_written_stops_the_run(
    make_world: Callable[..., World],
) -> None:
    """Without a safety copy nothing is written, and another place is asked for."""
    world = make_world()
    world.write(NUMBER + ROOM)

    ran = world.run(
        "apply", "config.yaml", "--yes", "--rescue-file", "no/such/folder/file"
    )

    assert ran.code == 1
    assert "cannot write no/such/folder/file: there is no folder" in ran.err
    assert "--rescue-file" in ran.out + ran.err
    assert "Traceback" not in ran.err
    assert world.writes() == []


DAMAGED = {
    "not-json": "{",
    "another-file": '{"hello": 1}',
    "not-text": "\x00\x01",
    "another-version": '{"format": "daily-sandbox-state", "version": 99}',
    "half": '{"format": "daily-sandbox-state", "version": 1, "domain": "acme"}',
    "another-domain": '{"format": "daily-sandbox-state", "version": 1, "domain": "x"}',
}


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_sandbox_state_is_named_and_left_alone(
    make_world: Callable[..., World], content: str
) -> None:
    """A state file that cannot be used is an error, and stays as it is."""
    world = make_world()
    world.write(ROOM)
    state = world.folder / "state.json"
    state.write_text(content)

    ran = world.run("plan", "config.yaml", "--sandbox", "--sandbox-state", "state.json")

    _assert_one_message(
        ran, Bad("", r"sandbox cannot start: state\.json", "--sandbox-state names")
    )
    assert state.read_text() == content


def test_a_damaged_rescue_file_is_named(make_world: Callable[..., World]) -> None:
    """Restoring from something else says what it is not."""
    world = make_world()
    (world.folder / "rescue.json").write_text("{")

    ran = world.run("restore", "rescue.json", "--yes")

    _assert_one_message(ran, Bad("", "rescue.json is not a rescue file"))
    assert world.sent() == []


# JSON, whatever happens.


def _json_runs() -> Iterator[tuple[str, list[str]]]:
    for name, bad in CONFIGS.items():
        for args in (["validate"], ["plan"], ["apply", "--yes"], ["dialin"]):
            yield f"{args[0]}-{name}", [bad.config or "", *args]


@pytest.mark.parametrize(
    "case", [pytest.param(args, id=name) for name, args in _json_runs()]
)
def test_stdout_is_json_for_every_bad_config(
    make_world: Callable[..., World], case: list[str]
) -> None:
    """With --format json a program can always read what went wrong."""
    config, *args = case
    world = make_world()
    if config:
        world.write(config)

    ran = world.run(*args, "config.yaml", "--format", "json")

    document = json.loads(ran.out)
    needless = args[0] in ("validate", "dialin") and "JOIN_HOOK" in config
    assert ran.code == (0 if needless else 1)
    if not needless:
        assert document["kind"] in ("findings", "error")
        assert Path(document["findings"][0]["file"]).name == "config.yaml"


@pytest.mark.parametrize(
    "numbers", ["", "phone_numbers: {'+12095550101': {pin_dialin: {}}}"]
)
def test_a_number_from_a_variable_is_planned_in_the_sandbox(
    make_world: Callable[..., World], numbers: str
) -> None:
    """An unset number crashes nothing, and no hint writes a variable as a key."""
    world = make_world()
    world.write(
        f"{numbers}\nrooms:\n  a:\n    privacy: private\n"
        "    expires: {after: 180d, renew_before: 60d}\n"
        "    properties: {dialin: {room_numbers: ['${NUMBER}']}}\n"
    )

    ran = world.run("plan", "config.yaml", "--sandbox")

    assert ran.code == (0 if numbers else 1), ran.err
    assert "+ create room a" in ran.out
    assert ("room-number-unassigned" in ran.out) == (not numbers)
    assert '"${NUMBER}":' not in ran.out
