"""What every workflow that is shipped keeps to, and the steps of their own."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from ready_made.conftest import BEFORE
from ready_made.reading import EXAMPLES, WORKFLOWS, jobs, loaded, steps
from ready_made.runner import ACTION, ROOT, Runner

OWN = "OWNER/daily-reconciler@" + "0" * 40
READ = {"contents": "read"}
COMMENT = {"contents": "read", "pull-requests": "write"}
PERMISSIONS = {
    "ci.yml": {"test": READ},
    "plan.yml": {"plan": COMMENT},
    "apply.yml": {
        "plan": READ,
        "approve": {},
        "apply": {"contents": "read", "actions": "read", "pull-requests": "read"},
    },
    "sync.yml": {"sync": READ},
    "fleet.yml": {"plan": COMMENT, "sync": READ},
}
FIND = next(
    step["run"]
    for step in steps(EXAMPLES / "github/apply.yml")
    if step.get("name") == "Find the approved plan"
)

GITLAB = EXAMPLES / "gitlab/.gitlab-ci.yml"
UPLOADS = {
    step["uses"]
    for step in steps(EXAMPLES / "github/plan.yml")
    if "upload-artifact" in step.get("uses", "")
}

each_workflow = pytest.mark.parametrize("path", WORKFLOWS, ids=lambda p: p.name)


@each_workflow
def test_actions_are_pinned_by_commit(path: Path) -> None:
    """A tag can be moved, a commit cannot; the version stands beside it."""
    used = re.findall(r"uses: (\S+)(?: # (.*))?", path.read_text("utf-8"))
    assert used
    for action, comment in used:
        if action != OWN:
            assert re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40}", action)
            assert re.fullmatch(r"v\d+\.\d+\.\d+", comment), action
            assert set(action.partition("@")[2]) != {"0"}


@each_workflow
def test_permissions_are_the_least(path: Path) -> None:
    """Nothing for the workflow, and for each job only what its steps use."""
    assert loaded(path)["permissions"] == {}
    given = {name: job["permissions"] for name, job in jobs(path).items()}
    assert given == PERMISSIONS[path.name]


@each_workflow
def test_nothing_is_pasted_into_a_script(path: Path) -> None:
    """Scripts get their values by environment; no trigger hands secrets to a fork."""
    assert "pull_request_target" not in path.read_text("utf-8")
    for step in steps(path):
        assert "${{" not in step.get("run", "")
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False


@each_workflow
def test_jobs_end(path: Path) -> None:
    """Each job has a time limit."""
    for job in jobs(path).values():
        assert job["timeout-minutes"] <= 60


def _uses(job: Mapping[str, Any], command: str) -> list[int]:
    """Where in a job the action is used with a command."""
    return [
        at
        for at, step in enumerate(job["steps"])
        if step.get("uses") == OWN and step["with"].get("command", "plan") == command
    ]


def _locks() -> list[tuple[str, str, Mapping[str, Any]]]:
    """Workflow, job and concurrency of every job that writes, for the domain acme."""
    found = []
    for path in WORKFLOWS:
        for name, job in jobs(path).items():
            if _uses(job, "apply"):
                lock = job.get("concurrency") or loaded(path)["concurrency"]
                group = lock["group"].replace("${{ matrix.domain }}", "acme")
                found.append((path.name, name, {**lock, "group": group}))
    return found


def test_whatever_writes_to_a_domain_excludes_the_rest() -> None:
    """One group per domain in all workflows; no run is cancelled while it writes."""
    lock = {"group": "daily-acme", "cancel-in-progress": False}
    assert _locks() == [
        ("apply.yml", "apply", lock),
        ("fleet.yml", "sync", lock),
        ("sync.yml", "sync", lock),
    ]
    assert f"resource_group: {lock['group']}" in GITLAB.read_text("utf-8")


def test_no_job_waits_for_reviewers_with_the_lock() -> None:
    """Renewals go on while an apply waits: approval and lock are two jobs' affairs."""
    work = jobs(EXAMPLES / "github/apply.yml")
    assert work["approve"]["environment"] == "daily-approval"
    assert "concurrency" not in work["approve"]
    assert "concurrency" not in loaded(EXAMPLES / "github/apply.yml")
    assert work["apply"]["needs"] == "approve"
    assert "needs.approve.result == 'success'" in work["apply"]["if"]
    for path in WORKFLOWS:
        for job in jobs(path).values():
            assert not (_uses(job, "apply") and "approval" in job["environment"])


@each_workflow
def test_every_apply_is_followed_by_its_rescue(path: Path) -> None:
    """Whatever ends the job, a rescue file is encrypted and uploaded."""
    for job in jobs(path).values():
        applies, rescues = _uses(job, "apply"), _uses(job, "rescue")
        assert len(applies) == len(rescues)
        for apply, rescue in zip(applies, rescues, strict=True):
            assert apply < rescue
            assert job["steps"][rescue]["if"] == "always()"
            key = job["steps"][rescue]["env"]["DAILY_API_KEY"]
            assert key == job["steps"][apply]["env"]["DAILY_API_KEY"]


@each_workflow
def test_a_schedule_never_applies_what_waits_for_an_approval(path: Path) -> None:
    """Where apply needs an approval, what runs by itself renews and nothing else."""
    if "schedule" not in loaded(path)[True]:
        return
    for job in jobs(path).values():
        for at in _uses(job, "apply"):
            options = job["steps"][at]["with"]["arguments"].split()
            approved = path.name != "fleet.yml"
            assert ("--only-renewals" in options) is approved
            assert "--quiet" in options
    if path.name == "fleet.yml":
        assert "without another approval" in path.read_text("utf-8")


@pytest.mark.parametrize("name", ["plan.yml", "fleet.yml"])
def test_a_plan_reports_for_every_pull_request(name: str) -> None:
    """A required check must report: no filter keeps the workflow or its job away."""
    path = EXAMPLES / "github" / name
    triggers = loaded(path)[True]
    assert "pull_request" in triggers
    assert triggers == "pull_request" or triggers["pull_request"] is None
    (job,) = [job for job in jobs(path).values() if _uses(job, "plan")]
    assert job.get("if") in (None, "github.event_name == 'pull_request'")
    for step in job["steps"]:
        if step.get("uses") == OWN:
            assert step["if"] == "steps.changed.outputs.config == 'true'"


@pytest.mark.parametrize("name", ["plan.yml", "fleet.yml"])
@pytest.mark.parametrize(
    ("change", "depth", "planned"),
    [
        pytest.param({"README.md": "x"}, 2, False, id="unrelated"),
        pytest.param({"config.yaml": "x", "domains/acme.yaml": "x"}, 2, True, id="it"),
        pytest.param({"domains/other.yaml": "x"}, 2, False, id="other-domain"),
        pytest.param({".github/workflows/daily-x.yml": "x"}, 2, True, id="workflow"),
        pytest.param({"README.md": "x"}, 1, True, id="unknown"),
    ],
)
def test_a_plan_is_made_when_the_config_changed(
    make_runner: Callable[..., Any],
    name: str,
    change: dict[str, str],
    depth: int,
    planned: bool,
) -> None:
    """The step looks at the pull request's own change; without an answer it plans."""
    runner, _ = make_runner(after=BEFORE, more=change, depth=depth)
    (look,) = [
        step["run"]
        for step in steps(EXAMPLES / "github" / name)
        if step.get("id") == "changed"
    ]

    ran = runner.shell(look, DOMAIN="acme")

    assert ran.returncode == 0, ran.stdout
    output = (runner.folder / "output").read_text("utf-8")
    assert output == ("config=true\n" if planned else "")


def test_the_plan_promises_no_safety_that_it_lacks() -> None:
    """The workflow says that those who can push a branch can use its key."""
    text = " ".join((EXAMPLES / "github/plan.yml").read_text("utf-8").split())
    assert "needs no branch protection" not in text
    assert "anyone who can push a branch" in text
    assert "Daily's keys have no read-only form" in text


def test_the_action_pastes_nothing_into_a_script_either() -> None:
    """Its inputs reach the shell by environment only."""
    for step in ACTION["runs"]["steps"]:
        if "uses" in step:
            assert step["uses"] in UPLOADS
            continue
        # `exec`: the runner signals the process that it started, and no child of it.
        script = re.fullmatch(r'exec "\$GITHUB_ACTION_PATH/(.*)"', step["run"])
        assert script, step["run"]
        assert (ROOT / script[1]).stat().st_mode & 0o111


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda p: p.name)
def test_workflows_use_inputs_and_outputs_that_exist(path: Path) -> None:
    """What is given to the action and taken from it is in action.yml."""
    for step in steps(path):
        if step.get("uses") == OWN:
            assert set(step["with"]) <= set(ACTION["inputs"])
            assert "DAILY_API_KEY" in step["env"]
    taken = re.findall(r"steps\.(?:daily|sync)\.outputs\.([a-z-]+)", path.read_text())
    assert set(taken) <= set(ACTION["outputs"])


def test_a_fleet_gives_each_domain_its_own_key_file_and_comment() -> None:
    """File, environment and group follow the matrix; one failure stops no other."""
    work = jobs(EXAMPLES / "github/fleet.yml")
    assert work["plan"]["strategy"] == work["sync"]["strategy"]
    for name, job in work.items():
        assert job["strategy"]["fail-fast"] is False
        assert job["environment"] == f"daily-${{{{ matrix.domain }}}}-{name}"
        assert "${{ matrix.domain }}" in job["concurrency"]["group"]
        for step in job["steps"]:
            if step.get("uses") != OWN or step["with"].get("command") == "rescue":
                continue
            assert step["with"]["config"] == "domains/${{ matrix.domain }}.yaml"


def _found(runner: Runner, event: str = "push") -> Any:
    runner.event_name = event
    return runner.shell(FIND, GH_TOKEN="t")


def _answers(runner: Runner, pulls: Any, runs: Any) -> None:
    sha = runner.git("rev-parse", "HEAD")
    repo = "repos_acme_daily-config"
    (runner.hub / f"{repo}_commits_{sha}_pulls").write_text(json.dumps(pulls))
    name = f"{repo}_actions_workflows_daily-plan.yml_runs"
    (runner.hub / name).write_text(json.dumps({"workflow_runs": runs}))
    for run in (5, 6, 77):
        artifact = runner.hub / f"artifact-{run}-daily-plan"
        artifact.mkdir()
        (artifact / "plan.json").write_text(str(run))


def test_a_merge_finds_the_plan_of_its_pull_request(
    make_runner: Callable[..., Any],
) -> None:
    """The newest good run for the reviewed commit counts, never one from a fork."""
    runner, _ = make_runner()
    sha = runner.git("rev-parse", "HEAD")
    old = {"merged_at": None, "merge_commit_sha": sha, "head": {"sha": "closed"}}
    merged = {
        "merged_at": "2026-01-01",
        "merge_commit_sha": sha,
        "head": {"sha": "abc"},
    }
    fork = {"id": 5, "head_repository": {"full_name": "mallory/fork"}}
    ours = {"id": 6, "head_repository": {"full_name": "acme/daily-config"}}
    _answers(runner, [old, merged], [fork, ours])

    ran = _found(runner)

    assert ran.returncode == 0, ran.stdout
    assert (runner.checkout / "approved/plan.json").read_text() == "6"
    assert [c for c in runner.calls() if "head_sha=abc" in c]


def test_a_push_without_a_reviewed_plan_is_refused(
    make_runner: Callable[..., Any],
) -> None:
    """No pull request, or one without a plan: an error that says what to do."""
    runner, _ = make_runner()
    sha = runner.git("rev-parse", "HEAD")
    merged = {
        "merged_at": "2026-01-01",
        "merge_commit_sha": sha,
        "head": {"sha": "abc"},
    }
    _answers(runner, [], [])
    assert "run this workflow by hand" in _found(runner).stdout
    pulls = runner.hub / f"repos_acme_daily-config_commits_{sha}_pulls"
    pulls.write_text(json.dumps([merged]))

    ran = _found(runner)

    assert ran.returncode == 1
    assert "has no plan; run this workflow by hand" in ran.stdout


def test_a_run_that_made_no_plan_is_refused(make_runner: Callable[..., Any]) -> None:
    """A check that passed without a plan approves nothing, and the error says so."""
    runner, _ = make_runner()
    sha = runner.git("rev-parse", "HEAD")
    merged = {"merged_at": "2026-01-01", "merge_commit_sha": sha}
    ours = {"id": 8, "head_repository": {"full_name": "acme/daily-config"}}
    _answers(runner, [{**merged, "head": {"sha": "abc"}}], [ours])

    ran = _found(runner)

    assert ran.returncode == 1
    assert "::error::run 8 has no plan" in ran.stdout
    assert not (runner.checkout / "approved").exists()


def test_a_run_by_hand_takes_the_plan_that_it_made(
    make_runner: Callable[..., Any],
) -> None:
    """workflow_dispatch applies the plan of its own first job."""
    runner, _ = make_runner()
    _answers(runner, [], [])

    ran = _found(runner, "workflow_dispatch")

    assert ran.returncode == 0, ran.stdout
    assert (runner.checkout / "approved/plan.json").read_text() == "77"
