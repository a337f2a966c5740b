"""Changes to bytes that tend to find mistakes, without a tool that sees coverage."""

from __future__ import annotations

import random
from collections.abc import Sequence

_PIECES: tuple[bytes, ...] = (
    *(b"${A}", b"${", b"$$", b"&a ", b"*a", b"<<: ", b"!!x ", b"---\n", b"? ", b"- "),
    *(
        b": ",
        b"\t",
        b"\r",
        b"\x00",
        b"\xff",
        b"\xc2\x85",
        b"\xe2\x80\xa8",
        b"\xef\xbb\xbf",
    ),
    *(
        b"null",
        b"{}",
        b"[]",
        b'""',
        b"-1",
        b"1e999",
        b"9" * 70,
        b"0x",
        b".inf",
        b"true",
    ),
    *(
        b"\xed\xa0\x80",
        b"\\ud800",
        b"\x1b[2J",
        b"\xf0\x9f\x98\x80",
        b"\n  ",
        b"|\n",
        b"#",
    ),
)


def mutated(seeds: Sequence[bytes], chance: random.Random) -> bytes:
    """One seed, changed in a few places; sometimes spliced with another."""
    data = bytearray(chance.choice(seeds))
    for _ in range(chance.randint(1, 6)):
        at = chance.randint(0, len(data))
        until = min(len(data), at + chance.choice((0, 1, 2, 8, 64)))
        match chance.randrange(5):
            case 0:
                data[at:until] = chance.choice(_PIECES)
            case 1:
                del data[at:until]
            case 2:
                data[at:at] = data[at:until] * chance.randint(1, 50)
            case 3:
                data[at : at + 1] = bytes([chance.randrange(256)])
            case _:
                other = chance.choice(seeds)
                start = chance.randint(0, len(other))
                data[at:until] = other[start : start + chance.randint(0, 200)]
    return bytes(data[:100_000])
