"""Secrets appear in no output, whatever runs and however it ends."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from hush import CONFIG, PINS, SECRETS, found, secret_world
from kit import World

from reconciler.sandbox.api.routes import Request, Response, answer
from reconciler.sandbox.faults import Faults


def _logged(world: World) -> str:
    return repr(world.sandbox.requests)


RUNS = {
    "validate": ["validate", "config.yaml"],
    "plan": ["plan", "config.yaml", "--show-unmanaged"],
    "apply": ["apply", "config.yaml", "--yes", "--allow", "may-erase=9"],
    "check": ["check", "config.yaml", "--only", "room:*", "--only", "number:*"],
    "check-quiet": ["check", "config.yaml", "--quiet"],
    "dialin": ["dialin", "config.yaml"],
    "record": ["dialin", "config.yaml", "--update-ledger"],
}


@pytest.mark.parametrize("store", ["current", "legacy"])
@pytest.mark.parametrize("format_", ["text", "json"])
@pytest.mark.parametrize("command", RUNS)
def test_no_command_shows_a_secret(
    make_world: Callable[..., World], command: str, format_: str, store: str
) -> None:
    """Every command, as loud as it goes, keeps secrets; only `dialin` shows PINs."""
    world = secret_world(make_world, store)

    ran = world.run(*RUNS[command], "-vv", "--format", format_)

    assert ran.code in ({0, 2} if "check" in command else {0}), ran.out + ran.err
    assert found(ran.out + ran.err + _logged(world)) == []
    pins = [pin for pin in PINS if pin in ran.out + ran.err]
    assert pins == ([PINS[0]] if command == "dialin" else [])


def test_markdown_and_html_show_no_secret(make_world: Callable[..., World]) -> None:
    """The formats for a pull request and for a browser are as quiet as the others."""
    world = secret_world(make_world)

    for format_ in ("markdown", "html"):
        ran = world.run("plan", "config.yaml", "--format", format_)

        if ran.code == 64:
            continue
        assert found(ran.out + ran.err) == []
        assert not [pin for pin in PINS if pin in ran.out + ran.err]


@pytest.mark.parametrize("format_", ["text", "json"])
def test_a_second_run_and_unset_variables_show_no_secret(
    make_world: Callable[..., World], format_: str
) -> None:
    """In sync, or without its variables, a file's secrets stay where they are."""
    world = secret_world(make_world)
    world.apply()

    again = world.run("plan", "config.yaml", "-v", "--format", format_)
    world.monkeypatch.delenv("NAME")
    without = world.run("plan", "config.yaml", "-v", "--format", format_)

    assert (again.code, without.code) == (0, 1)
    assert found(again.out + again.err + without.out + without.err) == []


# Failures.


def _echoing(world: World, status: int, key: str) -> None:
    """Daily refuses writes and says back what it was sent, in one field or another."""
    perform = world.sandbox._perform

    def echo(request: Request) -> Response:
        if request.method == "GET":
            return perform(request)
        said = request.body.decode() + " " + json.dumps(request.headers)
        body = {"error": "invalid-request-error", "info": "no", key: said}
        return answer(status, body)

    world.monkeypatch.setattr(world.sandbox, "_perform", echo)


@pytest.mark.parametrize("format_", ["text", "json"])
@pytest.mark.parametrize("key", ["info", "error"])
@pytest.mark.parametrize("status", [400, 401, 403, 422, 500])
@pytest.mark.parametrize("store", ["current", "legacy"])
def test_a_refusal_that_repeats_a_secret_is_masked(
    make_world: Callable[..., World], store: str, status: int, key: str, format_: str
) -> None:
    """What Daily says back is shown without the key and without what was sent."""
    world = secret_world(make_world, store)
    _echoing(world, status, key)
    args = ["apply", "config.yaml", "--yes", "--allow", "may-erase=9"]

    ran = world.run(*args, "-v", "--format", format_)

    assert ran.code in (1, 3)
    assert found(ran.out + ran.err) == []


@pytest.mark.parametrize("format_", ["text", "json"])
def test_a_reading_that_repeats_the_key_is_masked(
    make_world: Callable[..., World], format_: str
) -> None:
    """A refused key is not said back."""
    world = secret_world(make_world)
    said = f"unknown key {SECRETS['key']}"
    refused = answer(401, {"error": "authentication-error", "info": said})
    world.monkeypatch.setattr(world.sandbox, "_perform", lambda _request: refused)

    ran = world.run("plan", "config.yaml", "-v", "--format", format_)

    assert ran.code == 1
    assert found(ran.out + ran.err) == []


@pytest.mark.parametrize("length", range(470, 510, 3))
def test_a_secret_at_the_end_of_a_shortened_answer_is_not_shown_in_part(
    make_world: Callable[..., World], length: int
) -> None:
    """Masking comes before shortening: no piece of a secret is left at the cut."""
    world = secret_world(make_world)
    perform = world.sandbox._perform
    said = "x" * length + SECRETS["declared-hmac"]
    refused = answer(400, {"error": "invalid-request-error", "info": said})
    world.monkeypatch.setattr(
        world.sandbox,
        "_perform",
        lambda request: refused if request.method == "PUT" else perform(request),
    )

    ran = world.run("apply", "config.yaml", "--yes")

    assert ran.code == 3
    assert "Daily refused: xxx" in ran.out
    assert SECRETS["declared-hmac"][:6] not in ran.out + ran.err


BROKEN = {
    "unknown-key": CONFIG.replace("name_prefix: support", "name_prefx: support"),
    "wrong-type": CONFIG.replace("privacy: private", "privacy: [private]"),
    "not-yaml": CONFIG + "  bad: [\n",
    "clear-hmac": CONFIG.replace("${SUPPORT_HMAC}", SECRETS["declared-hmac"]),
    "wrong-url": CONFIG.replace("'https://u:", "'htps://u:"),
    "wrong-rtmp": CONFIG.replace("{url: 'rtmp:", "{uri: 'rtmp:"),
    "default-in-variable": CONFIG.replace(
        "${SUPPORT_HMAC}", f"${{HMAC:-{SECRETS['declared-hmac']}}}"
    ),
    "domain-is-secret": CONFIG.replace("'${NAME}'", "{a: '${NAME}'}"),
}


@pytest.mark.parametrize("format_", ["text", "json"])
@pytest.mark.parametrize("command", ["validate", "plan"])
@pytest.mark.parametrize("config", BROKEN.values(), ids=BROKEN)
def test_a_message_about_a_broken_config_quotes_no_secret(
    make_world: Callable[..., World], config: str, command: str, format_: str
) -> None:
    """The marked line of a finding is shown without the secrets that stand on it."""
    world = secret_world(make_world)
    world.write(config.replace("STORE", "current"))

    ran = world.run(command, "config.yaml", "-v", "--format", format_)

    assert found(ran.out + ran.err) == []


@pytest.mark.parametrize("format_", ["text", "json"])
def test_a_lost_entry_is_named_without_its_secret_and_restored(
    make_world: Callable[..., World], format_: str
) -> None:
    """The rescue file alone holds the secrets, readable by its owner only."""
    world = secret_world(make_world, "legacy", stores="erasing")
    args = ["apply", "config.yaml", "--yes", "--rescue-file", "rescue.json"]
    args += ["--allow", "may-erase=9"]

    lost = world.run(*args, "-v", "--format", format_)
    back = world.run("restore", "rescue.json", "--yes", "-v", "--format", format_)

    rescue = world.folder / "rescue.json"
    assert lost.code == 3
    assert "+12095550103" in lost.out
    assert back.code == 0, back.out + back.err
    assert found(lost.out + lost.err + back.out + back.err) == []
    assert SECRETS["foreign-hmac"] in rescue.read_text()
    assert rescue.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("kind", ["html-502", "reset", "truncated", "wrong-json"])
def test_a_fault_shows_no_secret(make_world: Callable[..., World], kind: str) -> None:
    """Nothing of a request or an answer leaks when the connection breaks."""
    world = secret_world(make_world)
    world.sandbox.faults = Faults([f"{kind}:*@4*all"])

    ran = world.run("apply", "config.yaml", "--yes", "-v")

    assert ran.code in (1, 3)
    assert found(ran.out + ran.err) == []


def test_a_mistake_of_ours_shows_no_secret(make_world: Callable[..., World]) -> None:
    """A traceback quotes code and types, and no value that was read or sent."""
    world = secret_world(make_world)
    world.sandbox.settings = replace(world.sandbox.settings)
    shown: list[str] = []

    def fail(*_args: object, **_named: object) -> object:
        raise RuntimeError("a mistake")

    world.monkeypatch.setattr("reconciler.core.plan.planner.make_plan", fail)
    world.monkeypatch.setattr("reconciler.operations.plan.make_plan", fail)
    try:
        ran = world.run("plan", "config.yaml", "-v")
        shown.append(ran.out + ran.err)
    except RuntimeError:
        import traceback

        shown.append(traceback.format_exc())

    assert found(shown[0]) == []


HIDDEN = "hunter2"
HOOKS = f"""
rooms:
  lobby:
    privacy: private
    extra_properties:
      new_hook: "https://user:{HIDDEN}@hooks.example.com/x?token={HIDDEN}"
      new_hooks: ["https://hooks.example.com/y?{HIDDEN}", plain]
      new_thing: {{deep: {{er: ["see rtmp://{HIDDEN}@live.example.com/z for more"]}}}}
      new_token: 8374651
"""
NEW = ("new_hook", "new_hooks", "new_thing", "new_token")


def test_addresses_and_secret_numbers_of_unknown_keys_are_masked(
    make_world: Callable[..., World],
) -> None:
    """In every format and file; another value under the same mask is a difference."""
    world = make_world(accept_properties=NEW)
    world.write(HOOKS)
    files = {"--out": "plan.json", "--markdown": "plan.md", "--html": "plan.html"}
    options = [word for pair in files.items() for word in pair]
    reported = ("--report", "r.json", "--format", "json")
    outputs: list[str] = []
    texts: list[str] = []
    for config in (HOOKS, HOOKS.replace(HIDDEN, "hunter2-b").replace("837", "938")):
        world.write(config)
        for command in (["validate"], ["effective"], ["effective", "--format", "json"]):
            room = ["lobby"] * (command[0] == "effective")
            ran = world.run(command[0], "config.yaml", *room, *command[1:])
            outputs += [ran.out, ran.err]
        ran = world.plan(*options)
        assert "https://***@hooks.example.com/x?***" in ran.out
        assert all(f"    {key}" in ran.out for key in NEW)
        texts.append(ran.out)
        outputs += [ran.out, ran.err]
        ran = world.apply("--plan", "plan.json", *reported)
        outputs += [ran.out, ran.err, (world.folder / "r.json").read_text()]
        outputs += [(world.folder / file).read_text() for file in files.values()]
        outputs += [world.run("import").out]

    assert texts[1].count("(another value)") == len(NEW)
    text = "".join(outputs)
    assert HIDDEN not in text
    assert "4651" not in text
    assert "plain" in text
    assert HIDDEN in repr(world.sandbox.store.rooms["lobby"].properties)


def test_a_plan_with_another_address_under_the_same_mask_is_refused(
    make_world: Callable[..., World],
) -> None:
    """What a reviewer saw covers what he could not see, too."""
    world = make_world(accept_properties=NEW)
    world.write(HOOKS)
    world.plan("--out", "plan.json")
    for old, new in ((HIDDEN, "hunter3"), ("8374651", "1")):
        world.write(HOOKS.replace(old, new))

        world.apply("--plan", "plan.json", expect=4)

    assert not world.writes()


@pytest.mark.parametrize("key", ["info", "error"])
def test_a_refusal_repeats_no_masked_value(
    make_world: Callable[..., World], key: str
) -> None:
    """What a plan masks is taken out of Daily's words as well."""
    world = make_world(accept_properties=NEW)
    world.write(HOOKS)
    _echoing(world, 400, key)

    ran = world.run("apply", "config.yaml", "--yes", "-v")

    assert ran.code == 1
    assert HIDDEN not in ran.out + ran.err
    assert "8374651" not in ran.out + ran.err
