"""Everything the tool has to say about a config or a plan, as values.

The ids are a closed list: each one is documented in docs/findings.md, and a test
compares the two. An id's severity is fixed, so that a reader can rely on it.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from reconciler.core.model import Path, Place
from reconciler.errors import ReconcilerError


class Severity(enum.StrEnum):
    """An error stops the run, a warning does not, a note is only said."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


_E, _W, _N = Severity.ERROR, Severity.WARNING, Severity.NOTE

IDS: Final[dict[str, tuple[Severity, str]]] = {
    # Reading files.
    "file-missing": (_E, "a file or folder that was named does not exist"),
    "file-unreadable": (_E, "a file cannot be read or is not UTF-8 text"),
    "no-config-files": (_E, "a folder holds no *.yaml or *.yml file"),
    "yaml-syntax": (_E, "the text is not YAML"),
    "yaml-tag": (_E, "a YAML tag is used; plain values are all that is read"),
    "yaml-too-large": (
        _E,
        "a file, a text, a list or nesting goes beyond what is allowed",
    ),
    "duplicate-key": (_E, "a key stands twice in one mapping"),
    "defined-twice": (_E, "a room, number or setting is written in two places"),
    # Shape.
    "missing-key": (_E, "a required key is not there"),
    "unknown-property": (_E, "a key that the format does not know"),
    "wrong-type": (_E, "a value of the wrong type"),
    "not-allowed": (_E, "a value outside the list of allowed ones"),
    "out-of-range": (_E, "a number or a text outside its allowed range"),
    "wrong-format": (_E, "a text that does not have the required form"),
    "bad-variable": (_E, "a variable that cannot be read, or may not stand here"),
    "unset-variable": (_E, "a variable that is referred to is not set"),
    "unset-variable-note": (_N, "a variable is not set; this command does not need it"),
    # Rules.
    "pin-without-expiry": (_E, "a room with PIN dial-in needs exp or expires"),
    "expiry-too-far": (_E, "a room with PIN dial-in expires over 364 days ahead"),
    "expiry-twice": (_E, "a room has both exp and expires"),
    "exp-in-milliseconds": (_E, "a time is in milliseconds instead of seconds"),
    "nbf-not-before-exp": (_E, "a room would open after it has expired"),
    "renew-before-after": (_E, "renew_before is not shorter than after"),
    "expired": (_W, "a written exp has passed; the room is left out"),
    "pin-ends": (_W, "a PIN that nothing renews ends within 60 days"),
    "renew-window-short": (_W, "a PIN is renewed less than 2 days before its end"),
    "room-name": (_E, "a room name that Daily does not take"),
    "similar-room-names": (_W, "two room names differ only in case"),
    "number-not-e164": (_E, "a phone number that is not in E.164 form"),
    "number-role": (_E, "a number must be one of pin_dialin and pinless_dialin"),
    "room-number-role": (_E, "room_numbers names a number with another role"),
    "sip-digits-endpoints": (_E, "digits-only SIP names allow one endpoint"),
    "oci-bucket": (_E, "a bucket of Oracle Cloud needs a namespace and takes no role"),
    "not-a-url": (_E, "an address that is not an http(s) URL"),
    "hmac-not-base64": (_E, "an hmac that is not base64"),
    "hmac-in-clear": (_W, "an hmac is written in the file"),
    "template-without-epoch": (_E, "a template without {epoch_time}"),
    "template-characters": (_E, "a template with characters Daily does not take"),
    "write-only-unknown": (_E, "write_only names something the entry does not write"),
    "extra-property": (_W, "a property that the schema does not know is passed on"),
    "extra-property-known": (_E, "extra_properties holds what belongs in properties"),
    "no-privacy": (_W, "a room without privacy is created public"),
    "ledger-file": (_E, "the ledger is a folder, or a file of the config"),
    "deprecated-property": (_W, "a property that Daily no longer documents"),
    # Planning.
    "unverified": (_W, "a value that Daily may keep without showing it"),
    "other-dialin-number": (
        _W,
        "Daily shows another number for a room than room_numbers names",
    ),
    "stores-differ": (_W, "the two dial-in stores disagree about a number"),
    "number-twice": (_W, "one dial-in store assigns a number twice"),
    "other-store": (_E, "a declared number lives only in the other store"),
    "not-purchased": (_E, "a number that the domain has not purchased"),
    "orphaned-assignment": (_W, "an assignment of a number no longer purchased"),
    "room-number-unassigned": (_E, "room_numbers names a number without PIN dial-in"),
    "room-number-gone": (_W, "room_numbers of a room in sync names a lost number"),
    "case-folded": (_W, "Daily answers with a name that differs in case"),
    "same-room-twice": (_E, "two declared names are one room to Daily"),
    "no-pin": (_W, "dial-in is declared, and Daily shows no PIN"),
    "no-phone-slot": (_W, "SIP endpoints take every phone connection of a room"),
    "account-suspended": (_W, "the account is suspended, and calls do not work"),
    "renewal-waits": (_N, "renewals wait a day, as each one may change a PIN"),
    "renewal-waits-long": (_W, "renewals wait, and a room ends within 14 days"),
    "live-pin-expiry": (_E, "exp of a live PIN room would be too far or removed"),
    "clock-skew": (_W, "the clock of this machine and Daily's are far apart"),
    "base-unusable": (_W, "the base revision cannot be compared with"),
    "first-adoption": (_N, "the base revision has none of the given files"),
    # What earlier runs left.
    "entries-lost": (_W, "an earlier run lost assignments, and they are not back"),
    "rescue-unreadable": (_W, "a rescue file of an earlier run cannot be read"),
    # Callers.
    "pin-not-as-told": (_W, "a room is not as its callers were told"),
    "ledger-key": (_W, "the ledger was written with another key than this machine's"),
    "ledger-unusable": (_W, "the ledger, or a line of it, cannot be used"),
    "ledger-no-key": (_N, "the ledger's PINs are not compared without its key"),
    "ledger-incomplete": (_N, "rooms with a PIN are not in the ledger"),
    "ledger-leftover": (_N, "the ledger has rooms that no file declares any more"),
    # What `check` looks at.
    "no-room": (_W, "a declared PIN room is not in Daily"),
    "not-open": (_W, "a room lets callers in only later, by its nbf"),
    "renewal-overdue": (_W, "a PIN room should have been renewed by now"),
    "not-assigned": (_W, "a declared number does not do what the file says"),
    "hook-differs": (_W, "Daily asks another address or with another key"),
    "no-sip-address": (_W, "a pinless entry has no SIP address"),
    "unmanaged-pin-ends": (_W, "a PIN room that no file names ends soon"),
    "not-read": (_N, "a request failed or was refused, so nothing is known"),
}

COUNTED: Final = frozenset({"expired", "no-pin", "pin-not-as-told"})
"""What makes `--detailed-exitcode` end with 2 although nothing differs."""

URGENT: Final = COUNTED | {
    *("pin-ends", "renewal-waits-long", "account-suspended"),
    *("ledger-key", "ledger-unusable"),
    *("entries-lost", "rescue-unreadable"),
}
"""What `apply --quiet` prints also when it has nothing to do."""

FIRST: Final = ("pin-not-as-told",)
"""What every output says before anything else."""

MEASURED: Final = (*sorted(URGENT), "renew-window-short")
"""What the metrics count."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to say, with its place and a hint.

    `source` is the marked line as it may be shown: secret values are masked in it.
    `command` helps: a command of this program and its options, to go with the hint.
    `path` is exact; `hidden` are the indexes of its steps that may not be shown.
    """

    id: str
    message: str
    place: Place | None = None
    hint: str = ""
    path: Path = ()
    source: str = ""
    command: tuple[str, ...] = ()
    hidden: tuple[int, ...] = ()

    @property
    def shown_path(self) -> Path:
        """The path as it may be shown."""
        return tuple(
            "***" if index in self.hidden else step
            for index, step in enumerate(self.path)
        )

    @property
    def severity(self) -> Severity:
        """Fixed by the id."""
        return IDS[self.id][0]


class ConfigError(ReconcilerError):
    """The config cannot be used. `findings` holds every problem that was found."""

    effect = "nothing was sent to Daily"

    def __init__(
        self, message: str, *, tip: str = "", findings: Sequence[Finding] = ()
    ) -> None:
        super().__init__(message, tip=tip)
        self.findings = tuple(findings)


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """What comes first, then by place: a reader walks through the files once."""
    return tuple(sorted(dict.fromkeys(findings), key=_by_place))


def urgent(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Only those that people must read although nothing is to do."""
    return tuple(f for f in findings if f.id in URGENT)


def counted(findings: Iterable[Finding]) -> bool:
    """Tell whether something here makes a run end with 2 that asks for differences."""
    return any(f.id in COUNTED for f in findings)


def errors(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Only those that stop the run."""
    return tuple(f for f in findings if f.severity is Severity.ERROR)


def first_of(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Only those that every output says before anything else."""
    return tuple(f for f in findings if f.id in FIRST)


def rest_of(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Those that have their place among all others."""
    return tuple(f for f in findings if f.id not in FIRST)


def _by_place(finding: Finding) -> tuple[bool, str, int, int, str]:
    place = finding.place or Place("")
    last = finding.id not in FIRST
    return (last, place.file, place.line, place.column, finding.id)
