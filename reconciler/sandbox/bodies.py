"""Reading the body of a request: of a stated length, or in chunks.

Both are bounded. What is wrong with a body is answered in JSON, and the connection
ends, because where the next request begins is then not known.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.message import Message
from io import BufferedIOBase

LARGEST = 32 * 1024 * 1024
_LONGEST_LINE = 8 * 1024


class UnreadableBodyError(Exception):
    """The body is refused, and what follows it is not understood."""

    def __init__(self, status: int, info: str) -> None:
        super().__init__(info)
        self.status = status


def read_body(headers: Message, stream: BufferedIOBase) -> bytes:
    """Read a body of a given length or in chunks; EOFError when it ends early."""
    coding, length = headers.get("Transfer-Encoding"), headers.get("Content-Length")
    if coding is not None and length is not None:
        raise UnreadableBodyError(
            400, "Content-Length and Transfer-Encoding are both set"
        )
    if coding is not None:
        if coding.strip().lower() != "chunked":
            raise UnreadableBodyError(501, "the transfer encoding should be chunked")
        return b"".join(_read_chunks(stream))
    text = length or "0"
    if not (text.isascii() and text.isdigit()):
        raise UnreadableBodyError(400, "Content-Length should be a number")
    return _read_exactly(stream, _bounded(text, 10, 0))


def _read_chunks(stream: BufferedIOBase) -> Iterator[bytes]:
    """Read chunks up to the empty one, and pass over the trailer."""
    total = 0
    while size := _chunk_size(stream, total):
        total += size
        yield _read_exactly(stream, size)
        if _read_line(stream):
            raise UnreadableBodyError(400, "a chunk is longer than its size")
    trailer = 0
    while line := _read_line(stream):
        trailer += len(line)
        if trailer > _LONGEST_LINE:
            raise UnreadableBodyError(400, "the trailer is too long")


def _chunk_size(stream: BufferedIOBase, total: int) -> int:
    text = _read_line(stream).partition(b";")[0].strip().decode("latin-1")
    if not re.fullmatch(r"[0-9A-Fa-f]+", text):
        raise UnreadableBodyError(
            400, "the size of a chunk should be a hexadecimal number"
        )
    return _bounded(text, 16, total)


def _bounded(text: str, base: int, total: int) -> int:
    """Read a length that, beside `total`, is still acceptable."""
    digits = text.lstrip("0")
    # Very long numbers take long to convert, and are too large whatever they are.
    if len(digits) > 16 or total + int(digits or "0", base) > LARGEST:
        raise UnreadableBodyError(413, "the body is too large")
    return int(digits or "0", base)


def _read_line(stream: BufferedIOBase) -> bytes:
    line = stream.readline(_LONGEST_LINE + 1)
    if not line.endswith(b"\n"):
        if len(line) > _LONGEST_LINE:
            raise UnreadableBodyError(400, "a line between chunks is too long")
        raise EOFError
    return line.rstrip(b"\r\n")


def _read_exactly(stream: BufferedIOBase, length: int) -> bytes:
    body = stream.read(length)
    if len(body) < length:
        raise EOFError
    return body
