"""GitLab, Kubernetes, systemd, pre-commit, Prometheus and the image."""

from __future__ import annotations

import configparser
import re
from pathlib import Path
from typing import Any

import yaml
from ready_made.reading import EXAMPLES, commands, loaded, understood
from ready_made.runner import ROOT

from reconciler.core.check.model import Health, Way
from reconciler.core.dialin.unmanaged import UnmanagedRoom
from reconciler.core.model import Config, Live, LiveDomain
from reconciler.core.plan.model import Plan, Unmanaged
from reconciler.render.check_metrics import check_metrics
from reconciler.render.metrics import Metrics, metrics_text
from reconciler.render.plan_metrics import plan_metrics

GITLAB = EXAMPLES / "gitlab/.gitlab-ci.yml"
SERVICE = EXAMPLES / "systemd/daily-reconciler@.service"
TIMER = EXAMPLES / "systemd/daily-reconciler@.timer"


def _cronjob() -> dict[str, Any]:
    text = (EXAMPLES / "kubernetes/cronjob.yaml").read_text("utf-8")
    made: dict[str, Any] = list(yaml.safe_load_all(text))[-1]
    return made


def _unit(path: Path) -> configparser.ConfigParser:
    unit = configparser.ConfigParser(
        interpolation=None, strict=False, delimiters=("=",), comment_prefixes=("#",)
    )
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(path)
    return unit


def _metric_names() -> set[str]:
    made = Metrics(
        "acme",
        1.0,
        1.0,
        0,
        nearest_expiry=1.0,
        last_renewal=1.0,
        findings={"no-pin": 1},
        not_as_told=0,
    )
    return set(re.findall(r"^(daily_\w+)\{", metrics_text(made), re.MULTILINE))


def _check_names() -> set[str]:
    health = Health(Live(LiveDomain("acme", "id", {})), Way("key"), 1.0, 1.0)
    return set(re.findall(r"^(daily_\w+)\{", check_metrics(health, 0), re.MULTILINE))


def _plan_names() -> set[str]:
    room = UnmanagedRoom("doc", has_pin=True, ends=9, numbers=(), lasting=True)
    live = Live(LiveDomain("acme", "id", {}))
    unmanaged = Unmanaged(rooms=(room,))
    plan = Plan(Config("acme"), live, 1.0, unmanaged=unmanaged)
    return set(re.findall(r"^(daily_\w+)\{", plan_metrics(plan, 0, 0), re.MULTILINE))


def test_gitlab_reviews_applies_and_syncs_with_commands_that_exist() -> None:
    """Each script is understood; exit code 2 is asked for nowhere."""
    scripts = GITLAB.read_text("utf-8")
    used = list(commands(scripts))
    assert [c[0] for c in used] == ["validate", "plan", "plan", "apply", "apply"]
    for arguments in used:
        understood(arguments)
    assert "--detailed-exitcode" not in scripts


def test_gitlab_writes_one_at_a_time() -> None:
    """Whatever applies has the resource group of the domain, and keeps rescue files."""
    for job in loaded(GITLAB).values():
        if isinstance(job, dict) and any("apply" in s for s in job.get("script", ())):
            assert job["resource_group"] == "daily-acme"
            assert job["interruptible"] is False
            assert job["artifacts"]["when"] == "always"
            assert "rescue.json.enc" in job["artifacts"]["paths"]
            assert "rescue.json" not in job["artifacts"]["paths"]
            assert "openssl enc -aes-256-cbc" in job["after_script"][0]


def test_gitlab_applies_unattended_only_what_needs_no_approval() -> None:
    """Beside a manual job the schedule renews PINs, and nothing else."""
    work = loaded(GITLAB)
    assert work["apply"]["rules"][0]["when"] == "manual"
    (command,) = work["sync"]["script"]
    assert "--only-renewals" in command


def test_the_cronjob_runs_one_at_a_time_and_fails_on_failures_only() -> None:
    """No overlap, no blind retries, and no exit code 2 to be taken for a failure."""
    spec = _cronjob()["spec"]
    assert spec["concurrencyPolicy"] == "Forbid"
    job = spec["jobTemplate"]["spec"]
    assert job["backoffLimit"] == 0
    assert job["template"]["spec"]["restartPolicy"] == "Never"
    container = job["template"]["spec"]["containers"][0]
    understood(container["args"])
    assert container["args"][0] == "apply"
    assert "--detailed-exitcode" not in container["args"]


def test_the_cronjob_has_no_rights_that_it_does_not_use() -> None:
    """Non-root with the image's user, read-only, no capabilities, no API token."""
    pod = _cronjob()["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    container = pod["containers"][0]
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"]["type"] == "RuntimeDefault"
    user = re.findall(r"^USER (\d+):(\d+)$", (ROOT / "Dockerfile").read_text(), re.M)
    ids = {k: pod["securityContext"][k] for k in ("runAsUser", "runAsGroup")}
    assert {(str(ids["runAsUser"]), str(ids["runAsGroup"]))} == set(user)
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert container["envFrom"] == [{"secretRef": {"name": "daily-acme"}}]
    mounts = {m["name"]: m["mountPath"] for m in container["volumeMounts"]}
    assert container["workingDir"] == mounts["work"]
    volumes = {v["name"]: v for v in pod["volumes"]}
    assert "persistentVolumeClaim" in volumes["work"], "a rescue file must survive"


def test_the_service_takes_exit_code_2_for_a_success() -> None:
    """Its command is understood, and its key comes as a credential."""
    service = _unit(SERVICE)["Service"]
    (arguments,) = commands(SERVICE.read_text("utf-8"))
    understood(arguments)
    assert "--detailed-exitcode" in arguments
    assert service["SuccessExitStatus"] == "2"
    assert service["Type"] == "oneshot"
    assert service["DynamicUser"] == "yes"
    name = service["LoadCredential"].partition(":")[0]
    at = arguments[arguments.index("--api-key-file") + 1]
    assert at == f"${{CREDENTIALS_DIRECTORY}}/{name}"


def test_the_timer_starts_the_service_of_its_name() -> None:
    """A missed run is made up for."""
    timer = _unit(TIMER)["Timer"]
    assert TIMER.stem == SERVICE.stem
    assert timer["Persistent"] == "true"
    assert "Unit" not in timer


def test_the_pre_commit_hook_checks_whole_configs() -> None:
    """It passes no changed files: one of several would look incomplete."""
    (hook,) = loaded(ROOT / ".pre-commit-hooks.yaml")
    (repo,) = loaded(EXAMPLES / "pre-commit/.pre-commit-config.yaml")["repos"]
    assert repo["hooks"][0]["id"] == hook["id"]
    assert hook["pass_filenames"] is False
    for args in (hook["args"], repo["hooks"][0]["args"]):
        (arguments,) = commands(hook["entry"] + " " + " ".join(args))
        understood(arguments)
    assert re.search(hook["files"], "config.yaml")
    assert re.search(repo["hooks"][0]["files"], "config.yaml")


def test_alerts_ask_for_metrics_that_exist() -> None:
    """Every name in a rule is in the file that apply, check or plan writes."""
    rules = loaded(EXAMPLES / "prometheus/daily-reconciler.rules.yaml")
    (group,) = rules["groups"]
    for rule in group["rules"]:
        asked = set(re.findall(r"daily_reconciler_\w+", rule["expr"]))
        assert asked
        assert asked <= _metric_names() | _check_names() | _plan_names()
        assert rule["labels"]["severity"] in ("critical", "warning", "info")


def test_the_page_of_check_lists_its_metrics() -> None:
    """docs/check.md and the code name the same metrics, and no apply has them."""
    page = (ROOT / "docs/check.md").read_text("utf-8")
    assert set(re.findall(r"`(daily_reconciler_\w+)`", page)) == _check_names()
    assert not _check_names() & _metric_names()


def test_the_page_lists_every_metric() -> None:
    """docs/sync-by-cron.md and the code name the same metrics."""
    page = (ROOT / "docs/sync-by-cron.md").read_text("utf-8")
    assert set(re.findall(r"`(daily_reconciler_\w+)`", page)) == (
        _metric_names() | _plan_names()
    )
    assert not _plan_names() & (_metric_names() | _check_names())


def test_the_image_holds_what_the_build_needs_and_no_more() -> None:
    """What is copied is let in by .dockerignore; the default stage is the small one."""
    dockerfile = (ROOT / "Dockerfile").read_text("utf-8")
    ignore = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    copied = {
        name
        for line in re.findall(r"^COPY (?!--from)(.*)$", dockerfile, re.MULTILINE)
        for name in line.split()[:-1]
    }
    assert copied == {line[1:] for line in ignore if line.startswith("!")}
    assert all((ROOT / name).exists() for name in copied)
    assert dockerfile.rstrip().endswith("FROM runtime")
    assert re.search(r'^ENTRYPOINT \["daily-reconciler"\]$', dockerfile, re.MULTILINE)
    assert not re.search(r"^FROM \S+:latest|^FROM [^:\s]+ AS build", dockerfile, re.M)
