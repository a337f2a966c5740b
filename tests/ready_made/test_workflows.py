"""What every workflow that is shipped keeps to, and the steps of their own."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
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
        "apply": {"contents": "read", "actions": "read", "pull-requests": "read"},
    },
    "sync.yml": {"sync": READ},
    "fleet.yml": {"domain": COMMENT},
}
FIND = next(
    step["run"]
    for step in steps(EXAMPLES / "github/apply.yml")
    if step.get("name") == "Find the approved plan"
)

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
def test_jobs_end_and_do_not_pile_up(path: Path) -> None:
    """Each job has a time limit, and each writer a concurrency group of its domain."""
    workflow = loaded(path)
    for name, job in jobs(path).items():
        assert job["timeout-minutes"] <= 60
        if name in ("apply", "sync", "domain"):
            group = (job.get("concurrency") or workflow["concurrency"])["group"]
            assert group.startswith("daily-")


def test_apply_and_sync_of_a_domain_exclude_each_other() -> None:
    """Both have the same group, and neither is cancelled while it writes."""
    apply = jobs(EXAMPLES / "github/apply.yml")["apply"]["concurrency"]
    assert apply == loaded(EXAMPLES / "github/sync.yml")["concurrency"]
    assert apply["cancel-in-progress"] is False


def test_the_action_pastes_nothing_into_a_script_either() -> None:
    """Its inputs reach the shell by environment only."""
    for step in ACTION["runs"]["steps"]:
        assert "${{" not in step["run"]
        assert (
            ROOT / step["run"].split("/", 1)[1].rstrip("\"'")
        ).stat().st_mode & 0o111


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
    job = jobs(EXAMPLES / "github/fleet.yml")["domain"]
    assert job["strategy"]["fail-fast"] is False
    assert "${{ matrix.domain }}" in job["environment"]
    assert "${{ matrix.domain }}" in job["concurrency"]["group"]
    for step in job["steps"]:
        if step.get("uses") == OWN:
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


def test_a_run_by_hand_takes_the_plan_that_it_made(
    make_runner: Callable[..., Any],
) -> None:
    """workflow_dispatch applies the plan of its own first job."""
    runner, _ = make_runner()
    _answers(runner, [], [])

    ran = _found(runner, "workflow_dispatch")

    assert ran.returncode == 0, ran.stdout
    assert (runner.checkout / "approved/plan.json").read_text() == "77"
