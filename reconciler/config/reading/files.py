"""From the paths a user names to texts: folders listed, bytes decoded."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from reconciler.config.reading import limits
from reconciler.core.findings import Finding
from reconciler.core.model import Place
from reconciler.paths import is_folder, is_link, is_regular, real

_ENDINGS: Final = (".yaml", ".yml")
_OTHER_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")


def listed(paths: Iterable[Path]) -> tuple[tuple[Path, ...], tuple[Finding, ...]]:
    """List the files that the paths name, each once, in the order given."""
    files: dict[str, Path] = {}
    findings: list[Finding] = []
    for path in paths:
        try:
            found = _in_folder(path) if is_folder(path) else [path]
        except OSError as error:
            findings.append(_unreadable(path, error))
            continue
        if not found:
            findings.append(
                Finding(
                    "no-config-files",
                    "the folder holds no *.yaml or *.yml file",
                    Place(str(path)),
                    hint="name a file, or a folder with YAML files directly inside",
                )
            )
        for file in found:
            files.setdefault(real(file), file)
    return tuple(files.values()), tuple(findings)


def read(file: Path) -> tuple[str | None, Finding | None]:
    """Read a file as UTF-8 text, or say why that cannot be done."""
    if _leads_away(file):
        message = "a link that leads out of its folder is not followed"
        hint = "name the file that it leads to"
        return None, Finding("file-unreadable", message, Place(str(file)), hint=hint)
    try:
        # A device has no size, so the size is what was read.
        with file.open("rb") as stream:
            content = stream.read(limits.MAX_BYTES + 1)
    except FileNotFoundError:
        message = "no such file"
        hint = "check the path"
        return None, Finding("file-missing", message, Place(str(file)), hint=hint)
    except OSError as error:
        return None, _unreadable(file, error)
    return decoded(file, content)


def decoded(file: Path, content: bytes | None) -> tuple[str | None, Finding | None]:
    """The text of a file, or the place where it stops being UTF-8.

    None stands for a link or a submodule in which git has no file.
    """
    if content is None:
        message = "a link or a submodule that leads to no file of this revision"
        return None, Finding("file-unreadable", message, Place(str(file)))
    if len(content) > limits.MAX_BYTES:
        message = f"the file is larger than {limits.MAX_BYTES >> 20} MiB"
        hint = "use several files"
        return None, Finding("yaml-too-large", message, Place(str(file)), hint=hint)
    try:
        return content.decode("utf-8"), None
    except UnicodeDecodeError as error:
        return None, _not_text(file, content, error.start)


def _leads_away(file: Path) -> bool:
    """Tell whether a link leads to a file that is neither beside it nor below here.

    A link is a part of what is reviewed, and messages quote lines: one to a file of
    keys must not put them into a log. What a user pipes in (/dev/fd/3) is no file.
    """
    if not is_link(file) or not is_regular(file) or file.is_relative_to("/dev"):
        return False
    target = Path(real(file))
    near = (real(file.parent), real(os.curdir))
    return not any(target.is_relative_to(folder) for folder in near)


def is_config_name(name: str) -> bool:
    """Tell whether a file in a folder belongs to the config."""
    return name.endswith(_ENDINGS) and not name.startswith(".")


def _in_folder(folder: Path) -> list[Path]:
    return sorted(
        (
            item
            for item in folder.iterdir()
            if is_config_name(item.name) and not is_folder(item)
        ),
        key=lambda item: item.name,
    )


def _unreadable(path: Path, error: OSError) -> Finding:
    reason = (error.strerror or type(error).__name__).lower()
    return Finding("file-unreadable", f"cannot be read: {reason}", Place(str(path)))


def _not_text(file: Path, content: bytes, offset: int) -> Finding:
    if content.startswith(_OTHER_MARKS):
        place, message = Place(str(file), 1, 1), "the file is UTF-16, not UTF-8"
    else:
        before = content[:offset].decode("utf-8", "replace")
        line = before.count("\n") + 1
        column = len(before) - (before.rfind("\n") + 1) + 1
        place = Place(str(file), line, column)
        message = f"the byte 0x{content[offset]:02x} is not UTF-8 text"
    return Finding("file-unreadable", message, place, hint="save the file as UTF-8")
