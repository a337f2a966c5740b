"""The report of an apply, to the files and the stream that it was asked for.

Something may have been written, so nothing here ends the run: a file that cannot be
written or a renderer that fails is named, and makes the exit code 3. The report goes to
stdout, or where that is gone to stderr; when both are gone, the code is 3 as well.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import reconciler
from reconciler.core.findings import counted
from reconciler.core.plan.model import Plan
from reconciler.core.report import RefusedAfterRenewalsError, Report
from reconciler.errors import ReconcilerError, UsageError
from reconciler.operations.files import (
    check_distinct,
    check_stdout_free,
    check_writable,
    is_file,
    write_private,
)
from reconciler.operations.metrics import read_earlier, write_metrics
from reconciler.operations.options import ApplyOptions
from reconciler.operations.rescue.place import check_spared
from reconciler.operations.session import Session, ledger_files
from reconciler.render.json.documents import dump, error_document, report_document
from reconciler.render.markdown.report import report_markdown
from reconciler.render.metrics import metrics_of
from reconciler.render.text.report import report_text
from reconciler.render.words import Paint

if TYPE_CHECKING:
    from reconciler.config.load import Loaded

_UNDELIVERED = 3


def check_ledger_distinct(loaded: Loaded, asked: ApplyOptions) -> None:
    """Refuse an output file that is the ledger.

    Raises:
        UsageError: names it.
    """
    check_distinct(_outputs(asked), ledger_files(loaded))


def check_outputs_distinct(
    session: Session, config: Iterable[Path], asked: ApplyOptions
) -> None:
    """Refuse output files that are one another, or that the run reads.

    A rescue file that is no file is refused as well: before a renewal, as every wrong
    use of the command line.

    Raises:
        UsageError: names both.
    """
    inputs = {
        **session.target.files,
        "--plan": asked.plan,
        "--lock-file": asked.lock_file,
    }
    rescue = asked.rescue_file
    if rescue is not None and not is_file(rescue):
        raise UsageError("--rescue-file is read again later: name a regular file")
    check_distinct(_outputs(asked), inputs, config)
    check_stdout_free(session.output.format, _outputs(asked))
    # The rescue file of a run never replaces another one.
    check_spared({**_outputs(asked), "--rescue-file": None})


def _outputs(asked: ApplyOptions) -> dict[str, Path | None]:
    return {
        "--report": asked.report,
        "--markdown": asked.markdown,
        "--metrics": asked.metrics,
        "--rescue-file": asked.rescue_file,
    }


def check_outputs(asked: ApplyOptions) -> None:
    """Refuse output files that could not be written after the last write.

    Raises:
        ReconcilerError: names the first of them.
    """
    check_writable(_outputs(asked))


def deliver(
    session: Session,
    plan: Plan,
    report: Report,
    asked: ApplyOptions,
    *,
    renewed: bool,
    silent: bool = False,
) -> int:
    """Write the report wherever it is wanted; returns the exit code of the run.

    `renewed`: no renewal that was due is left. `silent`: a run that ends with 0
    has no text for people; a document is written all the same.
    """
    # The files may be written again with another code, and each loss counts once.
    earlier = read_earlier(asked.metrics)

    def metrics(path: Path) -> None:
        write_metrics(path, metrics_of(plan, report, code, earlier, renewed=renewed))

    code = report.exit_code
    differs = report.results or counted(plan.findings)
    if not code and asked.detailed_exitcode and differs:
        code = 2
    if problems := _write_files(session, plan, report, asked, code, metrics):
        code = _worse(report, code)
        # Those that can be written hold the code that the run ends with.
        _write_files(session, plan, report, asked, code, metrics)
    for problem in problems:
        session.say(f"error: {problem}", level="error")
    if silent and not code and session.output.format == "text":
        return code
    text, whole = _rendered(session, plan, report, code)
    if not whole:
        code = _worse(report, code)
    if text and not session.deliver(text):
        code = _worse(report, code)
        _write_files(session, plan, report, asked, code, metrics)
    return code


def deliver_refused(
    session: Session, plan: Plan, error: RefusedAfterRenewalsError, asked: ApplyOptions
) -> None:
    """Write the report of a run that did nothing but renew. Its message comes next.

    The error gets the exit code of the run: 3 when no stream took the report.
    """
    report, code = error.report, error.exit_code
    for problem in _write_files(session, plan, report, asked, code):
        session.say(f"error: {problem}", level="error")
    if session.output.format == "json":
        text = dump(error_document(error, reconciler.__version__))
    else:
        text = _rendered(session, plan, report, code)[0]
    error.delivered = True
    if not session.deliver(text):
        error.exit_code = _worse(report, code)
        _write_files(session, plan, report, asked, error.exit_code)


def _worse(report: Report, code: int) -> int:
    """The code of a run whose report did not arrive as it was asked for."""
    if report.wrote:
        return _UNDELIVERED
    return 1 if code in (0, 2) else code


def _write_files(
    session: Session,
    plan: Plan,
    report: Report,
    asked: ApplyOptions,
    code: int,
    metrics: Callable[[Path], None] = lambda _path: None,
) -> list[str]:
    """Write each file, whatever becomes of the others; returns what went wrong."""
    domain = plan.live.domain.name

    def markdown() -> str:
        return report_markdown(report, domain, session.invocation)

    writes: list[tuple[Path | None, Callable[[Path], None]]] = [
        (asked.report, lambda path: write_private(path, document(plan, report, code))),
        (asked.markdown, lambda path: write_private(path, markdown())),
        (asked.metrics, metrics),
    ]
    tried = (_problem(partial(write, path)) for path, write in writes if path)
    return [problem for problem in tried if problem]


def _problem(work: Callable[[], None]) -> str:
    try:
        work()
    except ReconcilerError as error:
        return f"{error.message}; the report follows"
    except Exception as error:
        return f"internal error: {type(error).__name__}; please report it"
    return ""


def _rendered(
    session: Session, plan: Plan, report: Report, code: int
) -> tuple[str, bool]:
    """The report in the format of stdout, and whether it is the whole one."""
    as_json = session.output.format == "json"
    try:
        if as_json:
            return document(plan, report, code), True
        if report.results or report.left_out:
            paint = Paint(session.output.colour)
            return "\n" + report_text(report, paint, session.invocation), True
    except Exception as error:
        why = f"internal error: {type(error).__name__}; please report it"
        plain = _plain_document if as_json else _plain_text
        return plain(report, why, _worse(report, code)), False
    return "", True


def document(plan: Plan, report: Report, code: int) -> str:
    """The report as JSON."""
    domain, tool = plan.live.domain.name, reconciler.__version__
    return dump(report_document(report, domain, plan.now, code, tool=tool))


def _plain_text(report: Report, why: str, _code: int) -> str:
    """The outcomes, by nothing that could fail as the renderer did."""
    ends = (
        f"{r.outcome}  {r.change.action} {r.change.address}" for r in report.results
    )
    lost = (f"LOST: {entry}" for entry in report.lost)
    pins = (f"PIN: room {news.room}: {news.fate}" for news in report.pins)
    kept = [f"rescue file: {report.rescue_file}"] * bool(report.rescue_file)
    return "\n".join([*pins, *lost, *ends, *kept, f"error: {why}"])


def _plain_document(report: Report, why: str, code: int) -> str:
    ends = [
        {"action": r.change.action, "key": r.change.key, "outcome": r.outcome}
        for r in report.results
    ]
    body = {
        "kind": "error",
        "format_version": 1,
        "exit_code": code,
        "tool_version": reconciler.__version__,
        "message": why,
        "tip": "",
        "results": ends,
        "lost": report.lost,
        "rescue_file": report.rescue_file,
    }
    return json.dumps(body, indent=2)
