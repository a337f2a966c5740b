"""What a run was asked for: the values behind the options, and how some are read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from reconciler.core.model import Store
from reconciler.errors import UsageError


@dataclass(frozen=True, slots=True)
class Output:
    """How to answer: the format, whether in colour, and how much to say where."""

    format: str
    colour: bool
    verbose: int = 0
    log_format: str = "text"


@dataclass(frozen=True, slots=True)
class Target:
    """Which Daily to talk to, and how. `clock_offset` is in seconds."""

    sandbox: bool = False
    sandbox_state: Path = Path(".daily-sandbox.json")
    clock_offset: float = 0.0
    timeout: float = 30.0
    rate: float = 0.5
    api_key_file: Path | None = None

    @property
    def files(self) -> dict[str, Path | None]:
        """The files that a run reads, by their options."""
        state = self.sandbox_state if self.sandbox else None
        return {"--api-key-file": self.api_key_file, "--sandbox-state": state}


@dataclass(frozen=True, slots=True)
class PlanOptions:
    """What one `plan` was asked for."""

    only: tuple[str, ...]
    show_unmanaged: bool
    detailed_exitcode: bool
    allow: tuple[str, ...]
    base: str | None
    out: Path | None
    markdown: Path | None
    html: Path | None
    metrics: Path | None
    quiet: bool


@dataclass(frozen=True, slots=True)
class ApplyOptions:
    """What one `apply` was asked for. `max_plan_age` is in seconds."""

    only: tuple[str, ...]
    yes: bool
    only_renewals: bool
    resend: tuple[str, ...]
    rescue_file: Path | None
    lock_file: Path | None
    plan: Path | None
    skip_unapproved: bool
    max_plan_age: float
    report: Path | None
    markdown: Path | None
    metrics: Path | None
    quiet: bool
    detailed_exitcode: bool
    allow: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CheckOptions:
    """What one `check` was asked for. `min_left` is in seconds."""

    only: tuple[str, ...]
    min_left: float
    quiet: bool
    metrics: Path | None


@dataclass(frozen=True, slots=True)
class RestoreAsked:
    """What one `restore` was asked for. `max_age` is in seconds."""

    yes: bool
    check: bool
    dismiss: bool
    config: tuple[Path, ...]
    max_age: float
    lock_file: Path | None
    allow: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """What one `import` was asked for."""

    domain: str | None
    out: Path | None
    force: bool
    rooms: tuple[str, ...]
    include_expiring: bool
    rolling: bool
    defaults: bool
    merge: Path | None
    in_place: bool
    secrets_out: Path | None
    store: Store | None


def parse_allow(pairs: tuple[str, ...], names: tuple[str, ...]) -> dict[str, int]:
    """`delete=12` to a mapping. UsageError names what is wrong."""
    allowed: dict[str, int] = {}
    for pair in pairs:
        name, equals, number = pair.partition("=")
        if name not in names:
            known = ", ".join(names)
            raise UsageError(f"--allow: no gate is called '{name}'; {known}")
        if not equals or not number.isascii() or not number.isdigit():
            raise UsageError(f"--allow {pair}: write it as {name}=N, N a count")
        allowed[name] = int(number)
    return allowed
