"""The alerts fire when they should, as Prometheus itself evaluates them.

promtool is not a Python package; `make promtool` fetches it, and without it the tests
that need it are skipped. All series have ten minutes between two values.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from ready_made.reading import EXAMPLES, loaded

RULES = EXAMPLES / "prometheus/daily-reconciler.rules.yaml"
ALERTS = {rule["alert"]: rule for rule in loaded(RULES)["groups"][0]["rules"]}
DISASTERS = ("DailyAssignmentLost", "DailyPinChanged", "DailyRoomExpiresSoon")
DISASTERS += ("DailyCallersKeptOut",)
PROMTOOL = shutil.which(
    "promtool", path=str(Path(sys.prefix) / "promtool/usr/bin")
) or shutil.which("promtool")

HEALTHY = {
    "last_run_timestamp_seconds": "0+600x2000",
    "last_success_timestamp_seconds": "0+600x2000",
    "last_successful_renewal_timestamp_seconds": "0+600x2000",
    "nearest_expiry_seconds": "5184000x2000",
    "exit_code": "0x2000",
    "throttled": "0x2000",
    "lost_entries_total": "0x2000",
    "changed_pins_total": "0x2000",
    "pins_not_as_told": "0x2000",
    "lock_held": "0x2000",
}
GONE = {name: f"{text.partition('x')[0]}x30" for name, text in HEALTHY.items()}
STILL = {
    name: "0+600x30 18000x2000" if text.startswith("0+600") else text
    for name, text in HEALTHY.items()
}

CASES: dict[str, tuple[dict[str, str], dict[str, set[str]]]] = {
    "healthy": (HEALTHY, {"20m": set(), "5h": set(), "12d": set()}),
    "machine-gone": (
        GONE,
        {
            "5h": set(),
            "9h": {"DailySyncMissing"},
            "6d": {"DailySyncMissing"},
            "13d": {"DailySyncMissing"},
        },
    ),
    "never-there": ({}, {"4h": {"DailySyncMissing"}}),
    "scheduler-stopped": (
        STILL,
        {
            "7h": set(),
            "9h": {"DailySyncMissing"},
            "12h": {"DailySyncMissing", "DailySyncFailing"},
        },
    ),
    "not-as-told": (
        HEALTHY | {"pins_not_as_told": "0x9 1x50 0x2000"},
        {"90m": set(), "100m": {"DailyPinNotAsTold"}, "12h": set()},
    ),
    "lost-once": (
        HEALTHY | {"lost_entries_total": "0x9 1x2000"},
        {
            "90m": set(),
            "100m": {"DailyAssignmentLost"},
            "12h": {"DailyAssignmentLost"},
            "3d": set(),
        },
    ),
    "lost-in-the-first-run": (
        HEALTHY | {"lost_entries_total": "1x2000"},
        {"0m": {"DailyAssignmentLost"}, "3d": set()},
    ),
    "lost-twice": (
        HEALTHY | {"lost_entries_total": "3x300 5x2000"},
        {"49h": set(), "51h": {"DailyAssignmentLost"}},
    ),
    "counter-starts-anew": (
        HEALTHY | {"lost_entries_total": "3x300 0x2000"},
        {"51h": set()},
    ),
    "pin-changed": (
        HEALTHY | {"changed_pins_total": "0x9 1x2000"},
        {"90m": set(), "100m": {"DailyPinChanged"}, "3d": set()},
    ),
    "part-way-in-one-run-only": (
        HEALTHY | {"exit_code": "0x5 3 0x2000"},
        {
            "50m": set(),
            "60m": {"DailySyncStoppedPartWay"},
            "90m": {"DailySyncStoppedPartWay"},
            "4h": set(),
        },
    ),
    "refused": (
        HEALTHY | {"exit_code": "0x5 4x2000"},
        {"60m": set(), "2h": {"DailySyncRefused"}},
    ),
    "lock-held": (
        HEALTHY | {"exit_code": "0x5 4x2000", "lock_held": "0x5 1x2000"},
        {"90m": set(), "3h": {"DailyLockHeld"}},
    ),
    "renewals-fail": (
        HEALTHY | {"last_successful_renewal_timestamp_seconds": "0x2000"},
        {"23h": set(), "25h": {"DailyRenewalsFailing"}},
    ),
    "syncs-fail": (
        HEALTHY | {"last_success_timestamp_seconds": "0x2000"},
        {"5h": set(), "7h": {"DailySyncFailing"}},
    ),
    "never-a-success": (
        {k: v for k, v in HEALTHY.items() if k != "last_success_timestamp_seconds"},
        {"1h": {"DailySyncFailing"}},
    ),
    "expires-soon": (
        HEALTHY | {"nearest_expiry_seconds": "1200000x2000"},
        {"0m": {"DailyRoomExpiresSoon"}},
    ),
    "callers-kept-out": (
        HEALTHY | {'check_rows{verdict="fail"}': "0x9 2x50 0x2000"},
        {"90m": set(), "100m": {"DailyCallersKeptOut"}, "12h": set()},
    ),
    "check-fails": (
        HEALTHY | {"check_exit_code": "2x5 1x2000"},
        {"60m": set(), "2h": {"DailyCheckFailing"}},
    ),
    "check-does-not-run": (
        HEALTHY | {"check_last_run_timestamp_seconds": "0x2000"},
        {"3h": set(), "4h": {"DailyCheckFailing"}},
    ),
    "drift": (
        HEALTHY
        | {
            'pending{action="update",origin="unknown"}': "0x9 2x50 0x2000",
            'pending{action="update",origin="change"}': "1x2000",
            'pending{action="renew",origin="unknown"}': "1x2000",
        },
        {"100m": set(), "3h": {"DailyDrift"}, "12h": set()},
    ),
    "unmanaged-pin-ends": (
        HEALTHY | {"unmanaged_pin_nearest_expiry_seconds": "1200000x2000"},
        {"0m": {"DailyUnmanagedPinEnds"}},
    ),
    "plan-fails": (
        HEALTHY | {"plan_exit_code": "2x5 1x2000"},
        {"60m": set(), "2h": {"DailyPlanFailing"}},
    ),
    "plan-does-not-run": (
        HEALTHY | {"plan_last_run_timestamp_seconds": "0x2000"},
        {"3h": set(), "4h": {"DailyPlanFailing"}},
    ),
    "expires-while-the-scheduler-rests": (
        STILL | {"nearest_expiry_seconds": "1728000x2000"},
        {
            "7h": set(),
            "7d": {
                "DailySyncMissing",
                "DailySyncFailing",
                "DailyRenewalsFailing",
                "DailyRoomExpiresSoon",
            },
        },
    ),
}


@pytest.mark.parametrize("name", DISASTERS)
def test_a_disaster_alerts_at_once(name: str) -> None:
    """No `for` stands before it: the next run may show nothing any more."""
    assert "for" not in ALERTS[name]
    assert ALERTS[name]["labels"]["severity"] == "critical"


def test_no_alert_promises_that_renewals_go_on() -> None:
    """They do behind a gate and not behind a lock: an alert of their own tells."""
    for rule in ALERTS.values():
        assert "go on" not in rule["annotations"]["description"]
    assert "last_successful_renewal" in ALERTS["DailyRenewalsFailing"]["expr"]


def test_every_alert_has_a_case() -> None:
    """Each is seen to fire below, but for the one about rates."""
    fired = {
        name for _, seen in CASES.values() for names in seen.values() for name in names
    }
    assert fired == set(ALERTS) - {"DailyThrottled"}


def _series(name: str) -> str:
    """The whole name of a series; it may have a label beside `domain`."""
    base, _, label = name.removesuffix("}").partition("{")
    labels = ",".join(['domain="acme"', *([label] if label else [])])
    return f"daily_reconciler_{base}{{{labels}}}"


def _expected(name: str, fires: bool) -> list[dict[str, Any]]:
    if not fires:
        return []
    rule = ALERTS[name]
    texts = {
        key: text.replace("{{ $labels.domain }}", "acme")
        for key, text in rule["annotations"].items()
    }
    labels = {**rule["labels"], "domain": "acme"}
    return [{"exp_labels": labels, "exp_annotations": texts}]


@pytest.mark.full
@pytest.mark.skipif(PROMTOOL is None, reason="no promtool here")
def test_prometheus_accepts_the_rules() -> None:
    """Expressions, durations and templates are valid."""
    ran = subprocess.run(
        [str(PROMTOOL), "check", "rules", str(RULES)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.full
@pytest.mark.skipif(PROMTOOL is None, reason="no promtool here")
def test_alerts_fire_when_they_should_and_only_then(tmp_path: Path) -> None:
    """Each case at each time: exactly the alerts that it names."""
    tests = [
        {
            "name": case,
            "interval": "10m",
            "input_series": [
                {"series": _series(name), "values": text}
                for name, text in series.items()
            ],
            "alert_rule_test": [
                {
                    "eval_time": at,
                    "alertname": name,
                    "exp_alerts": _expected(name, name in names),
                }
                for at, names in seen.items()
                for name in ALERTS
            ],
        }
        for case, (series, seen) in CASES.items()
    ]
    file = tmp_path / "alerts.yaml"
    file.write_text(
        yaml.safe_dump(
            {
                "rule_files": [str(RULES)],
                "evaluation_interval": "10m",
                "tests": tests,
            }
        )
    )

    ran = subprocess.run(
        [str(PROMTOOL), "test", "rules", str(file)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.returncode == 0, ran.stdout + ran.stderr
