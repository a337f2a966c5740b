"""The action's steps, run for real against the sandbox with a `gh` of our own."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from ready_made.conftest import AFTER, BEFORE, HEAD
from ready_made.runner import Runner

from reconciler.sandbox.server import Sandbox
from reconciler.sandbox.settings import Assume

Make = Callable[..., tuple[Runner, Sandbox]]
LEGACY = """dialin_store: legacy
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


def _writes(sandbox: Sandbox) -> list[str]:
    return [f"{r.method} {r.path}" for r in sandbox.requests if r.method != "GET"]


def test_a_plan_is_commented_once_and_then_updated_in_place(make_runner: Make) -> None:
    """The second run edits the bot's comment; look-alikes by others are left alone."""
    runner, sandbox = make_runner()
    marker = "<!-- daily-reconciler:plan:acme"
    forged = {"id": 1, "user": {"login": "mallory"}, "body": f"{marker} -->\nfine!"}
    other = {"id": 2, "user": {"login": "github-actions[bot]"}, "body": "build ok"}
    fleet = other | {"id": 3, "body": f"{marker}-staging -->\nother domain"}
    runner.put_comments(forged, other, fleet)

    first = runner.use()
    (runner.checkout / "config.yaml").write_text(AFTER + "  cellar: {}\n")
    second = runner.use()

    assert not first.failed, first.log
    assert not second.failed, second.log
    *before, ours = runner.comments()
    assert before == [forged, other, fleet]
    assert ours["body"].startswith(marker)
    assert "cellar" in ours["body"]
    assert (
        f"Planned for {runner.event['pull_request']['head']['sha'][:12]}"
        in ours["body"]
    )
    methods = [
        c.split("--method ")[1].split()[0] for c in runner.calls() if "--method" in c
    ]
    assert methods == ["POST", "PATCH"]
    assert _writes(sandbox) == []


def test_differences_are_a_success_with_outputs_and_a_summary(
    make_runner: Make,
) -> None:
    """Exit code 2 does not fail the step; the summary and three files hold the plan."""
    runner, _ = make_runner()

    run = runner.use()

    assert not run.failed, run.log
    assert run.outputs["exit-code"] == "2"
    assert run.outputs["planned"] == "true"
    assert run.outputs["has-changes"] == "true"
    assert int(run.outputs["changes"]) >= 1
    plan = json.loads(Path(run.outputs["plan-file"]).read_text("utf-8"))
    assert plan["kind"] == "plan"
    assert str(len(plan["changes"])) == run.outputs["changes"]
    assert "<html" in Path(run.outputs["html-file"]).read_text("utf-8")
    assert run.summary.strip() == Path(run.outputs["markdown-file"]).read_text().strip()


def test_the_base_of_a_pull_request_tells_change_from_drift(make_runner: Make) -> None:
    """A clone of depth 2 is enough: the base is the first parent of the merge."""
    runner, _ = make_runner()

    run = runner.use(comment="false")

    plan = json.loads(Path(run.outputs["plan-file"]).read_text("utf-8"))
    origins = {change["key"]: change["origin"] for change in plan["changes"]}
    assert origins == {"lobby": "drift", "attic": "change"}
    assert runner.calls() == []


def test_without_the_base_the_plan_is_made_and_says_what_it_lacks(
    make_runner: Make,
) -> None:
    """A clone of depth 1 gives a warning, not a failure."""
    runner, _ = make_runner(depth=1)

    run = runner.use()

    assert not run.failed, run.log
    assert [c for c in run.commands if "fetch-depth: 2" in c]
    assert run.outputs["changes"] == "2"


def test_a_checkout_of_another_user_is_not_blamed_on_its_depth(
    make_runner: Make,
) -> None:
    """Where git does not use the checkout, the warning names git's remedy."""
    runner, _ = make_runner()
    runner.env["GIT_TEST_ASSUME_DIFFERENT_OWNER"] = "1"

    run = runner.use()

    assert not run.failed, run.log
    (warning,) = [c for c in run.commands if "tell the change from drift" in c]
    assert f"safe.directory '{runner.checkout}'" in warning
    assert "fetch-depth" not in warning


def test_in_sync_is_said_too(make_runner: Make) -> None:
    """Without differences the exit code is 0 and nothing has changes."""
    runner, _ = make_runner(before=HEAD, after=HEAD + "rooms: {}\n")

    run = runner.use(base="none")

    assert not run.failed, run.log
    assert run.outputs["exit-code"] == "0"
    assert run.outputs["has-changes"] == "false"
    assert run.outputs["changes"] == "0"


def test_an_approved_plan_is_applied(make_runner: Make) -> None:
    """Plan, then apply with that plan: exit code 2, a report, and no failure."""
    runner, sandbox = make_runner()
    planned = runner.use()

    run = runner.use(command="apply", plan_file=planned.outputs["plan-file"])

    assert not run.failed, run.log
    assert run.outputs["exit-code"] == "2"
    assert run.outputs["has-changes"] == "true"
    assert run.outputs["rescue-file"] == ""
    report = json.loads(Path(run.outputs["report-file"]).read_text("utf-8"))
    assert report["kind"] == "report"
    assert "attic" in run.summary
    assert set(sandbox.store.rooms) == {"lobby", "attic"}


def test_what_nobody_approved_is_refused(make_runner: Make) -> None:
    """A plan that has grown since fails with exit code 4 and writes nothing."""
    runner, sandbox = make_runner()
    planned = runner.use()
    (runner.checkout / "config.yaml").write_text(AFTER + "  cellar: {}\n")

    run = runner.use(command="apply", plan_file=planned.outputs["plan-file"])

    assert run.failed
    assert run.outputs["exit-code"] == "4"
    assert "cellar" in run.log
    assert _writes(sandbox) == []


def test_arguments_and_gates_come_one_per_line(make_runner: Make) -> None:
    """`allow` and `arguments` reach the command, blank lines and spaces left out."""
    runner, sandbox = make_runner()
    planned = runner.use()
    (runner.checkout / "config.yaml").write_text(AFTER + "  cellar: {}\n")

    run = runner.use(
        command="apply",
        plan_file=planned.outputs["plan-file"],
        allow="delete=1\n\n  replace=2  \n",
        arguments="--skip-unapproved\n--log-format=json\n",
    )

    assert run.outputs["exit-code"] == "3"
    assert set(sandbox.store.rooms) == {"lobby", "attic"}


def test_a_fork_gets_validation_and_a_word_about_the_plan(make_runner: Make) -> None:
    """Without a key in a fork's pull request: annotations, a notice, and success."""
    runner, sandbox = make_runner()
    runner.env["DAILY_API_KEY"] = ""
    runner.event["pull_request"]["head"]["repo"]["full_name"] = "mallory/fork"

    run = runner.use()

    assert not run.failed, run.log
    assert run.outputs["planned"] == "false"
    assert [c for c in run.commands if c.startswith("::notice::no plan")]
    assert "No plan" in run.summary
    assert runner.calls() == []
    assert sandbox.requests == []


def test_a_fork_with_an_invalid_config_fails_with_annotations(
    make_runner: Make,
) -> None:
    """The finding is marked at its line, and nothing else runs."""
    runner, sandbox = make_runner(after=BEFORE + "  attic: {privacy: secret}\n")
    runner.env["DAILY_API_KEY"] = ""
    runner.event["pull_request"]["head"]["repo"]["full_name"] = "mallory/fork"

    run = runner.use()

    assert run.failed
    assert [c for c in run.commands if "file=config.yaml,line=5" in c]
    assert list(run.codes) == ["Install", "Validate", "Comment"]
    assert runner.calls() == []
    assert sandbox.requests == []


def test_a_missing_key_is_an_error_in_the_own_repository(make_runner: Make) -> None:
    """A forgotten secret fails, for plan and for apply, and says where to put it."""
    runner, _ = make_runner()
    runner.env["DAILY_API_KEY"] = ""

    for command in ("plan", "apply"):
        run = runner.use(command=command)
        assert run.failed
        assert [c for c in run.commands if "set DAILY_API_KEY in 'env:'" in c]


def test_a_comment_that_cannot_be_written_is_a_warning(make_runner: Make) -> None:
    """A token without the permission loses the comment, not the plan."""
    runner, _ = make_runner()
    (runner.hub / "forbidden").write_text("")

    run = runner.use()

    assert not run.failed, run.log
    assert [c for c in run.commands if "pull-requests: write" in c]
    assert run.summary


def test_inputs_are_never_run(make_runner: Make) -> None:
    """Shell syntax in an input is text; as a name or an option it is refused."""
    runner, _ = make_runner()
    hostile = "$(touch pwned)`touch pwned`; touch pwned; ' \" && touch pwned"

    for inputs in (
        {"command": hostile},
        {"config": hostile},
        {"config": "--sandbox"},
        {"base": hostile, "allow": hostile, "arguments": hostile},
    ):
        assert runner.use(**inputs).failed, inputs
        assert not (runner.checkout / "pwned").exists()


def test_names_cannot_give_orders_to_the_runner(make_runner: Make) -> None:
    """Between the stop-commands lines nothing of a plan or a report is obeyed."""
    hostile = """phone_numbers:
  "+12095550100":
    pin_dialin:
      name_prefix: pin
      ivr_greeting: {message: "Hello\\n::error::pwned"}
"""
    runner, _ = make_runner(after=HEAD + hostile)

    for command in ("plan", "apply"):
        run = runner.use(command=command, plan_file="")
        assert "pwned" in run.log
        assert not [c for c in run.commands if "pwned" in c], run.log


def test_a_rescue_file_leaves_the_machine_encrypted(make_runner: Make) -> None:
    """When an assignment was lost, its copy can be read with the API key only."""
    config = HEAD + LEGACY
    runner, sandbox = make_runner(after=config, assume=Assume(stores="erasing"))
    sandbox.store.add_dialin_config("pinless_dialin", FOREIGN)

    run = runner.use(command="apply", allow="may-erase=1")

    assert run.failed
    assert run.outputs["exit-code"] == "3"
    rescue = Path(run.outputs["rescue-file"])
    assert FOREIGN["hmac"].encode() not in rescue.read_bytes()
    assert not rescue.with_suffix("").exists()
    assert FOREIGN["hmac"].encode() in _opened(runner, rescue)


def _opened(runner: Runner, rescue: Path) -> bytes:
    """What the documented command makes of an encrypted rescue file."""
    command = "openssl enc -d -aes-256-cbc -pbkdf2 -pass env:DAILY_API_KEY -in"
    opened = subprocess.run(
        [*command.split(), str(rescue)],
        env=runner.surroundings(),
        capture_output=True,
        check=True,
    )
    return opened.stdout


def _artifacts(runner: Runner) -> list[Path]:
    """The encrypted rescue files that were uploaded."""
    return sorted(runner.hub.glob("artifact-77-daily-rescue-*/*/rescue.json.enc"))


def _plain_rescue_files(runner: Runner) -> list[Path]:
    return [p for p in runner.temp.rglob("*rescue*") if p.suffix == ".json"]


def _written(sandbox: Sandbox) -> Callable[[], bool]:
    return lambda: bool(_writes(sandbox))


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_cancelled_plan_ends_at_once(make_runner: Make, name: str) -> None:
    """Any signal reaches the tool through the scripts; nothing is planned."""
    runner, sandbox = make_runner(latency_ms=1000)
    runner.cancellation = (signal.Signals[name],)

    run = runner.use(cancel=lambda: len(sandbox.requests) > 0, base="none")

    assert run.cancelled
    assert "interrupted" in run.log
    assert run.outputs["planned"] == "false"


def test_a_cancelled_apply_finishes_its_write_and_reports(make_runner: Make) -> None:
    """The runner's two signals reach the tool as one: the report names what is left."""
    head = HEAD + "limits: {update: 40}\nrooms:\n"
    rooms = "".join(f"  room-{n:02}: {{privacy: private}}\n" for n in range(40))
    runner, sandbox = make_runner(before=HEAD, after=head + rooms)
    assert not runner.use(command="apply").failed
    config = runner.checkout / "config.yaml"
    config.write_text(head + rooms.replace("private", "public"))
    runner.env["DAILY_RATE"] = "1"
    before = len(_writes(sandbox))

    run = runner.use(command="apply", cancel=lambda: len(_writes(sandbox)) > before)

    assert run.cancelled
    assert run.codes["Apply"] == 3, run.log
    report = json.loads(Path(run.outputs["report-file"]).read_text("utf-8"))
    done = {r["key"] for r in report["results"] if r["outcome"] == "done"}
    public = {k for k, r in sandbox.store.rooms.items() if r.privacy == "public"}
    assert 0 < len(done) < 40
    assert done == public
    assert "room-" in run.summary


def test_the_rescue_file_of_a_cancelled_apply_is_uploaded(make_runner: Make) -> None:
    """A cancelled job leaves no plain copy, and the next step uploads the other one."""
    runner, sandbox = make_runner(
        after=HEAD + LEGACY, assume=Assume(stores="erasing"), latency_ms=150
    )
    sandbox.store.add_dialin_config("pinless_dialin", FOREIGN)

    run = runner.use(command="apply", allow="may-erase=1", cancel=_written(sandbox))
    rescued = runner.use(command="rescue")

    assert run.cancelled
    assert not rescued.failed, rescued.log
    assert list(rescued.codes) == ["Rescue"]
    (uploaded,) = _artifacts(runner)
    assert FOREIGN["hmac"].encode() in _opened(runner, uploaded)
    assert _plain_rescue_files(runner) == []


def test_a_rescue_file_of_a_killed_step_is_encrypted_and_uploaded(
    make_runner: Make,
) -> None:
    """A step that was killed leaves the plain file; `rescue` still takes care of it."""
    runner, _ = make_runner()
    left = runner.temp / "daily-reconciler/apply.12345678/rescue.json"
    left.parent.mkdir()
    left.write_text('{"hmac": "c2VjcmV0"}')

    run = runner.use(command="rescue")

    assert not run.failed, run.log
    (uploaded,) = _artifacts(runner)
    assert b"c2VjcmV0" in _opened(runner, uploaded)
    assert b"c2VjcmV0" not in uploaded.read_bytes()
    assert _plain_rescue_files(runner) == []


def test_a_rescue_file_without_a_key_is_an_error(make_runner: Make) -> None:
    """Without the key nothing can be encrypted: the step fails and says why."""
    runner, _ = make_runner()
    runner.env["DAILY_API_KEY"] = ""
    left = runner.temp / "daily-reconciler/apply.12345678/rescue.json"
    left.parent.mkdir()
    left.write_text("{}")

    run = runner.use(command="rescue")

    assert run.failed
    assert [c for c in run.commands if "set DAILY_API_KEY in 'env:'" in c]
    assert _artifacts(runner) == []


def test_nothing_to_rescue_is_a_success_without_an_artifact(make_runner: Make) -> None:
    """The usual case needs no key, no tool and no upload."""
    runner, sandbox = make_runner()
    runner.env["DAILY_API_KEY"] = ""

    run = runner.use(command="rescue")

    assert not run.failed, run.log
    assert _artifacts(runner) == []
    assert sandbox.requests == []


def test_a_second_use_in_a_job_keeps_the_files_of_the_first(make_runner: Make) -> None:
    """Plans, reports and rescue files of every use stay where the outputs name them."""
    runner, sandbox = make_runner(after=HEAD + LEGACY, assume=Assume(stores="erasing"))
    planned = runner.use(base="none")
    sandbox.store.add_dialin_config("pinless_dialin", FOREIGN)
    lost = runner.use(command="apply", allow="may-erase=1")
    (runner.checkout / "config.yaml").write_text(BEFORE)
    replanned = runner.use(base="none")
    again = runner.use(command="apply")

    runner.use(command="rescue")

    for name in ("plan-file", "markdown-file", "html-file"):
        assert planned.outputs[name] != replanned.outputs[name]
        assert Path(planned.outputs[name]).exists()
    assert lost.outputs["report-file"] != again.outputs["report-file"]
    assert Path(lost.outputs["report-file"]).exists()
    assert FOREIGN["hmac"].encode() in _opened(
        runner, Path(lost.outputs["rescue-file"])
    )
    (uploaded,) = _artifacts(runner)
    assert FOREIGN["hmac"].encode() in _opened(runner, uploaded)


def test_modules_of_the_checkout_never_run_beside_the_key(make_runner: Make) -> None:
    """Neither the folder nor PYTHONPATH brings code of the checkout into the tool."""
    runner, _ = make_runner()
    for name in ("json", "sitecustomize", "usercustomize", "yaml", "reconciler"):
        (runner.checkout / f"{name}.py").write_text("open('ran', 'w')\n")
    runner.env["PYTHONPATH"] = "."

    planned = runner.use()
    applied = runner.use(command="apply", plan_file=planned.outputs["plan-file"])

    assert not planned.failed, planned.log
    assert not applied.failed, applied.log
    assert not (runner.checkout / "ran").exists()
