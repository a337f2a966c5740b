"""A ledger survives people, git and editors: nothing that stands in it is lost."""

from __future__ import annotations

import random
import time
from dataclasses import replace

import pytest

from reconciler.core.ledger import Ledger, Line, parse
from reconciler.core.ledger.writing import line_text, written

HEAD = "# About.\nledger: 1\ndomain: acme d-1\n"
A = Line("a", "id-a", ("+12095550100",), "2026-01-31")
B = Line("b", "", ("+12095550100", "+12095550101"), "2026-02-01", "0" * 32)
C = Line("c", "id-c", ("global",), "2026-02-01", "f" * 32, "2026-03-01")
KEY = "key: 0123456789abcdef\n"


def text_of(*lines: Line) -> str:
    """The lines, one below the other."""
    return "".join(f"{line_text(line)}\n" for line in lines)


def with_lines(old: Ledger, *lines: Line) -> Ledger:
    """The ledger with these lines and no other."""
    return replace(old, lines={line.room: line for line in lines})


def test_every_form_of_a_line_is_read_as_it_is_written() -> None:
    """Without an id, with several numbers, with Daily's own, with a later digest."""
    ledger = parse(HEAD + KEY + text_of(A, B, C))

    assert ledger.problems == ()
    assert list(ledger.lines.values()) == [A, B, C]
    assert (ledger.domain, ledger.domain_id) == ("acme", "d-1")
    assert ledger.places == {"a": 5, "b": 6, "c": 7}


@pytest.mark.parametrize(
    "text",
    ["", HEAD, "\ufeff" + HEAD, HEAD + text_of(A).rstrip()],
)
def test_what_did_not_change_is_the_same_to_the_byte(text: str) -> None:
    """Also without a last line end, and with a byte order mark."""
    ledger = parse(text)

    assert ledger.problems == ()
    assert written(ledger, ledger) == text


def test_a_new_line_is_sorted_in_and_moves_nothing_else() -> None:
    """The comments above a line stay above it, those at the end at the end."""
    old = parse(
        HEAD + "\n# of a\n" + text_of(A) + "# of c\nc - global 2026-02-01 # x\n# end\n"
    )
    b = replace(B, digest="")

    text = written(old, with_lines(old, *old.lines.values(), b))

    assert text == (
        HEAD
        + "\n# of a\n"
        + text_of(A, b)
        + "# of c\nc - global 2026-02-01 # x\n# end\n"
    )


def test_a_line_that_changes_keeps_its_comments() -> None:
    """Above it and behind it; those of a line that goes stay where they are."""
    old = parse(
        HEAD
        + "# of a\n"
        + text_of(A).rstrip()
        + "  # by letter\n# of d\nd - global 2026-02-01\n"
    )

    text = written(old, with_lines(old, replace(A, day="2026-05-05")))

    assert (
        text == HEAD + "# of a\na id-a +12095550100 2026-05-05  # by letter\n# of d\n"
    )


def test_windows_line_ends_stay() -> None:
    """New lines have those of the file."""
    old = parse((HEAD + text_of(A)).replace("\n", "\r\n"))

    text = written(old, with_lines(old, A, C))

    assert old.problems == ()
    assert text == (HEAD + text_of(A, C)).replace("\n", "\r\n")


def test_a_file_that_is_not_there_begins_with_what_it_is() -> None:
    """A comment, the format, the domain, and then the rooms by name."""
    new = Ledger({"c": C, "a": A}, "acme", "d-1", "0123456789abcdef")

    text = written(Ledger(), new)

    assert text.startswith("# What callers have been told.")
    assert text.endswith("ledger: 1\ndomain: acme d-1\n" + KEY + text_of(A, C))
    assert dict(parse(text).lines) == new.lines


def test_the_key_comes_goes_and_changes_in_the_head() -> None:
    """A line of its own there, and the other lines stay."""
    plain = parse(HEAD + text_of(A))
    keyed = parse(HEAD + KEY + text_of(A))
    other = replace(keyed, fingerprint="f" * 16)

    assert written(
        plain, replace(plain, fingerprint="0123456789abcdef")
    ) == HEAD + KEY + text_of(A)
    assert written(keyed, replace(keyed, fingerprint="")) == HEAD + text_of(A)
    assert written(keyed, other) == HEAD + f"key: {'f' * 16}\n" + text_of(A)


BAD = {
    "<<<<<<< ours": "a conflict that git left here",
    "=======": "a conflict that git left here",
    ">>>>>>> theirs": "a conflict that git left here",
    "||||||| base": "a conflict that git left here",
    "z": "a line is: room",
    "z id +12095550100": "a line is: room",
    "z id +12095550100 2026-01-01 hmac: x y": "a line is: room",
    "z/../.. id global 2026-01-01": "a line is: room",
    "z\u00fc id global 2026-01-01": "a line is: room",
    "z i/d global 2026-01-01": "a line is: room",
    "z id 12095550100 2026-01-01": "numbers of room 'z'",
    "z id +12095550100,, 2026-01-01": "numbers of room 'z'",
    "z id global,+12095550100 2026-01-01": "numbers of room 'z'",
    "z id global 2026-13-01": "day of room 'z'",
    "z id global 20260101": "day of room 'z'",
    "z id global 2026-01-01 hmac:12": "digest of room 'z'",
    f"z id global 2026-01-01 hmac:{'g' * 32}": "digest of room 'z'",
    f"z id global 2026-01-01 hmac:{'0' * 32}@2026-02-30": "day of room 'z'",
    "a id-2 global 2026-01-01": "room 'a' stands in line 5 already",
    "z id global 2026-01-01\u2028b id global 2026-01-01": "cannot be seen",
    "# a comment\rz id global 2026-01-01": "cannot be seen",
    "# \x1b[2K a comment": "cannot be seen",
    "\x00": "cannot be seen",
    "key: 0123456789abcdef": "stands below a room",
}


@pytest.mark.parametrize("row", BAD)
def test_a_bad_line_is_named_and_hides_no_other(row: str) -> None:
    """One problem with its line; the lines before and after it are read."""
    ledger = parse(HEAD + KEY + text_of(A) + row + "\n" + text_of(C))

    assert [problem.line for problem in ledger.problems] == [6]
    assert BAD[row] in ledger.problems[0].message
    assert list(ledger.lines.values()) == [A, C]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("# only a comment\n", "this is no ledger"),
        ("rooms: {}\n", "this is no ledger"),
        ("ledger: 2\nanything at all\n", "format '2' is not known"),
    ],
)
def test_what_is_no_ledger_is_one_problem(text: str, problem: str) -> None:
    """Whatever its lines are; nothing of it is taken for a line."""
    ledger = parse(text)

    assert [p.line for p in ledger.problems] == [0]
    assert problem in ledger.problems[0].message
    assert not ledger.lines


@pytest.mark.parametrize(
    "head",
    [
        "ledger: 1\nledger: 1\n",
        "ledger: 1\ndomain: a b c\n",
        "ledger: 1\ndomain:\n",
        "ledger: 1\nkey: x\n",
        f"ledger: 1\nkey: {'0' * 16}\nkey: {'1' * 16}\n",
        "ledger: 1\n" + text_of(C),
    ],
)
def test_a_head_that_cannot_be_right_is_a_problem(head: str) -> None:
    """Twice, in another form, or missing although there are digests."""
    assert len(parse(head).problems) == 1


def test_a_hostile_line_is_not_quoted() -> None:
    """Messages hold a name that can be one, and nothing else of the line."""
    text = HEAD + "secret::command id global 2026-01-01\nx secret secret secret\n"

    said = " ".join(problem.message for problem in parse(text).problems)

    assert "secret" not in said


def _random_line(rng: random.Random) -> Line:
    room = "".join(rng.choices("aBz09_-", k=rng.randint(1, 4)))
    numbers = rng.choice(
        [("global",), ("+12095550100",), ("+12095550101", "+12095550100")]
    )
    digest, later = rng.choice([("", ""), ("a1" * 16, ""), ("b2" * 16, "2026-07-07")])
    return Line(
        room, rng.choice(["", "id-1", "x_Y"]), numbers, "2026-06-06", digest, later
    )


@pytest.mark.parametrize("seed", range(40))
def test_any_ledger_is_read_as_it_was_written(seed: int) -> None:
    """Any lines in place of any other ones; no comment is lost, and all is sorted."""
    rng = random.Random(seed)
    comments = [f"# comment {n}\n" for n in range(rng.randint(0, 6))]
    rows = [
        f"{line_text(line)}\n"
        for line in {
            li.room: li for li in (_random_line(rng) for _ in range(6))
        }.values()
    ]
    body = [*rows, *comments, *rng.choices(["\n", "  \n"], k=2)]
    rng.shuffle(body)
    old = parse(HEAD + KEY + "".join(body))
    kept = [line for line in old.lines.values() if rng.random() < 0.7]
    new = {line.room: line for line in (*kept, *(_random_line(rng) for _ in range(4)))}
    wanted = replace(old, lines=new)

    text = written(old, wanted)
    again = parse(text)

    assert again.problems == ()
    assert dict(again.lines) == new
    assert all(text.count(comment) == 1 for comment in comments)
    assert written(again, again) == text
    if dict(old.lines) != new:
        assert list(again.lines) == sorted(new)


@pytest.mark.parametrize("seed", range(60))
def test_any_text_is_read(seed: int) -> None:
    """Never an error, and what is read without a problem is written as it was."""
    rng = random.Random(seed)
    good = HEAD + KEY + text_of(A, B, C)
    parts = [
        *good,
        *"\r\n\t\0 #@:,<=>|é\u2028\ufeff",
        "ledger: 1\n",
        "hmac:",
        "@2026-02-30",
    ]
    text = list(good)
    for _ in range(rng.randint(1, 12)):
        text[rng.randrange(len(text))] = rng.choice(parts)

    ledger = parse("".join(text))

    assert ledger.problems or written(ledger, ledger) == "".join(text)


@pytest.mark.parametrize(
    "text",
    [
        "\n" * 2_000_000,
        HEAD + "x\n" * 199_000,
        HEAD + " " * 4_000_000 + "x",
        HEAD + "a " * 2_000_000,
        HEAD + "# " * 2_000_000,
        HEAD + "a i " + "+12095550100," * 300_000,
    ],
    ids=["lines", "bad-lines", "blanks", "words", "comment", "numbers"],
)
def test_a_huge_text_is_refused_at_once(text: str) -> None:
    """A file of a pull request cannot hold up a plan or a renewal."""
    began = time.process_time()

    ledger = parse(text)

    assert 0 < len(ledger.problems) <= 1_001
    assert time.process_time() - began < 2
