"""The sheet for callers: one page for all rooms, or one page for each of them.

What callers must not read is told to whoever makes the sheet, on stderr.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from reconciler.config.rules.rooms import is_room_name
from reconciler.core.dialin.callers import Sheet, for_callers
from reconciler.core.dialin.number_use import NumberUse
from reconciler.core.dialin.sheet import DialIn, Source, masked
from reconciler.core.text import clean, quote
from reconciler.errors import ReconcilerError, UsageError
from reconciler.operations.files import check_distinct, check_writable, write_private
from reconciler.operations.rescue.place import check_spared
from reconciler.operations.session import Session
from reconciler.paths import exists, is_link
from reconciler.render.html.dialin import dialin_html
from reconciler.render.html.qr import available
from reconciler.render.text.dialin import problem_text
from reconciler.render.words import count, listed

EXTRA: Final = "pip install 'daily-reconciler[report]'"
OPTION: Final = "--per-room"
_UNSURE: Final = {
    Source.DECLARED: "Daily does not show that it has the number on its page",
    Source.ASSUMED: "it names no number, and has the one that was bought first",
}


@dataclass(frozen=True, slots=True)
class SheetWish:
    """What was asked for: `per_room` is a folder, `mask` leaves the PINs out."""

    out: Path | None
    per_room: Path | None
    title: str
    mask: bool


def check_options(session: Session, wish: SheetWish, *, ledger: bool) -> None:
    """Refuse options that do not go together.

    Raises:
        UsageError: names them.
    """
    per_room = wish.per_room is not None
    given = [OPTION] * per_room + ["--title"] * bool(wish.title)
    if given and session.output.format != "html":
        raise UsageError(f"{given[0]} is for --format html")
    if per_room and wish.out is not None:
        raise UsageError(f"--out writes one page, {OPTION} one for each room: use one")
    if given and ledger:
        raise UsageError(f"--update-ledger makes no sheet: it takes no {given[0]}")


def make_sheet(
    session: Session,
    entries: Sequence[DialIn],
    chosen: Container[str],
    uses: Sequence[NumberUse],
    wish: SheetWish,
) -> int:
    """Write the sheet, or the pages, of the chosen rooms; returns the exit code."""
    every = for_callers(entries, uses)
    sheet = Sheet(
        tuple(entry for entry in every.ready if entry.room in chosen),
        tuple(entry for entry in every.left_out if entry.room in chosen),
    )
    _tell(session, sheet)
    shown = masked(sheet.ready) if wish.mask else sheet.ready
    if wish.per_room is not None:
        _write_pages(session, wish.per_room, shown, every.ready, wish.title)
    else:
        page = dialin_html(shown, now=session.now(), title=wish.title)
        give(session, page, wish.out, private=any(entry.pin for entry in shown))
    return 3 if any(entry.missing for entry in sheet.left_out) else 0


def give(session: Session, text: str, out: Path | None, *, private: bool) -> None:
    """Print the result, or write it to a private file."""
    if out is None:
        # What prints the result ends its last line.
        session.result(text.removesuffix("\n"))
        return
    write_private(out, text)
    session.say(f"wrote {clean(str(out))}" + ("; it holds PINs" if private else ""))


def _tell(session: Session, sheet: Sheet) -> None:
    """Name what is not on the sheet, and what is there without being certain."""
    for entry in sheet.left_out:
        said = f"left out of the sheet: room {quote(entry.room)}: {problem_text(entry)}"
        session.say(said, level="warning")
    for source, why in _UNSURE.items():
        if rooms := sheet.unsure(source):
            said = f"call once before you hand the sheet out ({why}): {listed(rooms)}"
            session.say(said, level="warning")
    if rooms := sheet.invited:
        said = "the link lets nobody in without a meeting token (private, and no "
        session.say(f"{said}enable_knocking): {listed(rooms)}", level="warning")
    if not available():
        session.say(f"no QR codes in the sheet; to have them: {EXTRA}")


def _write_pages(
    session: Session,
    folder: Path,
    chosen: Sequence[DialIn],
    ready: Iterable[DialIn],
    title: str,
) -> None:
    """One private page for each chosen room, then the names of pages that are stale.

    `ready`: all rooms that have a page by right, also those that are not chosen.

    Raises:
        ReconcilerError: the folder or a page cannot be written.
    """
    names = page_names([entry.room for entry in ready])
    pages = {folder / names[entry.room]: entry for entry in chosen}
    _make(folder)
    _check(session, pages)
    for path, entry in pages.items():
        write_private(path, dialin_html([entry], now=session.now(), title=title))
    holding = "; each holds a PIN" if any(entry.pin for entry in chosen) else ""
    wrote = count(len(pages), "page")
    session.say(f"wrote {wrote} to {clean(str(folder))}{holding}")
    if stale := _stale(folder, names.values()):
        said = f"pages in {clean(str(folder))} of no room that is ready, to be removed"
        session.say(f"{said}: {listed(stale)}", level="warning")


def page_names(rooms: Sequence[str]) -> Mapping[str, str]:
    """A file name for each room, different also where case does not count."""
    seen = Counter(room.casefold() for room in rooms)
    return {room: _page_name(room, alone=seen[room.casefold()] == 1) for room in rooms}


def _page_name(room: str, *, alone: bool) -> str:
    # No room has a "~" in its name, so no other page can be called like that.
    digest = hashlib.sha256(room.encode(errors="surrogatepass")).hexdigest()[:12]
    if not is_room_name(room):
        return f"room~{digest}.html"
    return f"{room}.html" if alone else f"{room}~{digest}.html"


def _make(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        why = "it is no folder" if exists(folder) else error.strerror or str(error)
        raise ReconcilerError(f"cannot write pages to {folder}: {why}") from error


def _check(session: Session, pages: Iterable[Path]) -> None:
    for path in pages:
        if is_link(path):
            raise ReconcilerError(f"cannot write {path}: it is a link")
        check_spared({OPTION: path})
        check_distinct({OPTION: path}, session.target.files)
        check_writable({OPTION: path})


def _stale(folder: Path, names: Iterable[str]) -> list[str]:
    known = {name.casefold() for name in names}
    found = (path.name for path in folder.glob("*.html"))
    return sorted(name for name in found if name.casefold() not in known)
