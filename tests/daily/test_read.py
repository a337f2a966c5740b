"""Reading a domain: pages, cursors, totals, and answers of any shape."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from answers import Clock, Domain, Script, client_on, refusal
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.core.dialin.number_use import number_uses
from reconciler.core.dialin.sheet import dialins
from reconciler.core.export.suggest import suggestions
from reconciler.core.model import Config, Desired
from reconciler.core.plan import make_plan
from reconciler.core.plan.gates import check_gates
from reconciler.daily import read as live
from reconciler.errors import DailyAnswerError, ReconcilerError, RefusedError

NOW = 1_800_000_000


def room(name: str, **config: Any) -> dict[str, Any]:
    """A room as Daily answers it."""
    return {"name": name, "id": f"id-{name}", "privacy": "private", "config": config}


def config(*rooms: str, numbers: tuple[str, ...] = ()) -> Config:
    """A config that declares rooms and PIN numbers."""
    made = [Desired("room", name, {"privacy": "private"}) for name in rooms]
    made += [Desired("number", n, {"type": "pin_dialin"}) for n in numbers]
    return Config("acme", resources=tuple(made))


def paths(script: Any) -> list[str]:
    """What was asked, with its query."""
    return [r.url.raw_path.decode().removeprefix("/v1") for r in script.asked]


@dataclass
class Watched(Domain):
    """A domain that remembers what it was asked."""

    asked: list[httpx.Request] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        return super().__call__(request)


# How many requests.


@pytest.mark.parametrize(
    ("declared", "present", "most"),
    [
        pytest.param(1, 5_000, 3, id="one-of-many"),
        pytest.param(20, 5_000, 25, id="few-of-many"),
        pytest.param(300, 310, 5, id="nearly-all"),
        pytest.param(3, 3, 2, id="small-domain"),
        pytest.param(0, 5_000, 2, id="nothing-declared"),
    ],
)
def test_reads_with_few_requests(declared: int, present: int, most: int) -> None:
    """Pages or single reads, whichever needs fewer requests."""
    names = [f"room-{n}" for n in range(present)]
    domain = Watched(rooms=[room(name) for name in names])

    with client_on(domain) as client:
        seen = live.read_live(client, config(*names[-declared:] if declared else ()))

    assert seen.requests == len(domain.asked) <= most
    assert set(names[-declared:] if declared else ()) <= set(seen.rooms)
    assert seen.total_rooms == present


def test_dialin_is_read_only_where_the_file_speaks_of_it() -> None:
    """A file without numbers costs no request to the dial-in stores."""
    without, with_numbers = Watched(), Watched(purchased=["+12095550100"])

    with client_on(without) as client:
        seen = live.read_live(client, config("lobby"))
    with client_on(with_numbers) as client:
        live.read_live(client, config(numbers=("+12095550100",)))

    assert seen.purchased is None
    assert not [p for p in paths(without) if "dialin" in p or "numbers" in p]
    assert [p for p in paths(with_numbers) if "dialin" in p]


def test_another_domains_key_is_refused_first() -> None:
    """With a key of another domain nothing but the domain is read."""
    domain = Watched(name="other")

    with client_on(domain) as client, pytest.raises(RefusedError, match="other"):
        live.read_live(client, config("lobby"))

    assert paths(domain) == ["/"]


# Lists.


def pages(*bodies: Any) -> Script:
    """A list that answers these pages, then empty ones."""
    return Script([*bodies, {"total_count": None, "data": []}])


def names_read(script: Script) -> list[str]:
    """The dial-in entries' names that a reading of this list gives."""
    with client_on(script) as client:
        return [str(a.fields["name_prefix"]) for a in live.read_assignments(client)]


def entry(name: str, **more: Any) -> dict[str, Any]:
    """An entry of /domain-dialin-config."""
    config = {"name_prefix": name}
    return {"id": f"id-{name}", "type": "pin_dialin", "config": config, **more}


A, B, C = entry("a"), entry("b"), entry("c")


def test_a_list_ends_when_its_total_is_seen() -> None:
    """With a total, no request is spent on an empty page."""
    script = pages({"total_count": 3, "data": [A, B]}, {"total_count": 3, "data": [C]})

    assert names_read(script) == ["a", "b", "c"]
    assert paths(script) == [
        "/domain-dialin-config?limit=100",
        "/domain-dialin-config?limit=100&starting_after=id-b",
    ]


def test_a_list_without_a_total_ends_with_an_empty_page() -> None:
    """Without a total, only an empty page is the end: a short one is not."""
    script = pages({"data": [A]}, {"data": [B]}, {"data": []})

    assert names_read(script) == ["a", "b"]
    assert len(script.asked) == 3


@pytest.mark.parametrize("total", [True, "3", 3.0, None, {}])
def test_a_total_that_is_no_number_is_no_total(total: Any) -> None:
    """A total of another type is taken as missing."""
    script = pages({"total_count": total, "data": [A]})

    assert names_read(script) == ["a"]
    assert len(script.asked) == 2


def test_a_total_that_was_too_high_ends_with_an_empty_page() -> None:
    """Entries that went away while reading do not make it go on for ever."""
    script = pages({"total_count": 9, "data": [A]}, {"total_count": 9, "data": []})

    assert names_read(script) == ["a"]
    assert len(script.asked) == 2


def test_an_entry_seen_twice_counts_once() -> None:
    """A page that overlaps the one before it adds what is new."""
    script = pages(
        {"total_count": 3, "data": [A, B]}, {"total_count": 3, "data": [B, C]}
    )

    assert names_read(script) == ["a", "b", "c"]


def test_a_list_that_repeats_itself_is_an_error() -> None:
    """A list that never gets on ends with a message, not in a loop."""
    script = Script([{"total_count": 9, "data": [A, B]}])

    with pytest.raises(DailyAnswerError, match="repeats itself after 2 of 9"):
        names_read(script)

    assert len(script.asked) <= 5


def test_a_refused_cursor_starts_the_list_again() -> None:
    """When the entry behind a cursor is gone, the list is read from its start."""
    script = Script(
        [
            {"total_count": 3, "data": [A, B]},
            refusal(400, "invalid-request-error", "no such cursor"),
            {"total_count": 2, "data": [A, C]},
        ]
    )

    assert names_read(script) == ["a", "c"]


def test_a_cursor_that_is_always_refused_is_an_error() -> None:
    """Starting again has an end."""

    def handler(request: httpx.Request) -> httpx.Response:
        if "starting_after" in request.url.params:
            return refusal(404, "not-found")
        return httpx.Response(200, json={"total_count": 3, "data": [A]})

    with (
        client_on(handler) as client,
        pytest.raises(DailyAnswerError, match="could not be read to its end"),
    ):
        live.read_assignments(client)


def test_purchased_numbers_follow_their_own_cursor() -> None:
    """Purchased numbers come 50 at a time, after a `pagination_id`."""
    numbers = [f"+1209555{n:04d}" for n in range(120)]
    domain = Watched(purchased=numbers)

    with client_on(domain) as client:
        owned, callers = live.read_owned(client)

    assert [n.number for n in owned] == numbers
    assert callers == ()
    assert paths(domain)[1] == "/purchased-phone-numbers?limit=50&starting_after=49"
    assert len(domain.asked) == 3


def test_verified_caller_ids_are_not_purchased() -> None:
    """Items without an id are caller ids; they need no cursor to be counted."""
    ids = [{"number": f"+1209555010{n}", "type": "verified"} for n in range(3)]
    bought = {"id": "p", "pagination_id": 1, "number": "12095550109"}
    script = pages({"total_count": 4, "data": [bought, *ids]})

    with client_on(script) as client:
        owned, callers = live.read_owned(client)

    assert [n.number for n in owned] == ["+12095550109"]
    assert callers == ("+12095550100", "+12095550101", "+12095550102")
    assert len(script.asked) == 1


def test_caller_ids_at_the_end_of_a_page_do_not_hide_the_next_page() -> None:
    """The cursor is that of the last item which has one."""
    caller = {"number": "+12095550101"}
    first = {"id": "p1", "pagination_id": 11, "number": "+12095550102"}
    second = {"id": "p2", "pagination_id": 10, "number": "+12095550103"}
    script = pages(
        {"total_count": 3, "data": [first, caller]},
        {"total_count": 3, "data": [second]},
    )

    with client_on(script) as client:
        owned, callers = live.read_owned(client)

    assert [n.number for n in owned] == ["+12095550102", "+12095550103"]
    assert callers == ("+12095550101",)
    assert paths(script)[1].endswith("starting_after=11")


# Answers of any shape.

NAMES = ("lobby", "Lobby", "standup")
NUMBERS = ("+12095550100", "+12095550101")
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.just(10**400)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["", "acme", "pin_dialin", "pinless_dialin", *NAMES, *NUMBERS])
    | st.text(max_size=5)
)
KEYS = st.sampled_from(
    [
        *("data", "total_count", "name", "id", "config", "privacy", "type", "exp"),
        *("dialin", "room_numbers", "phone_number", "dialin_code", "hmac", "number"),
        *("pin_dialin", "pinless_dialin", "domain_name", "permissions", "canSend"),
        *("pagination_id", "dialin_number", "ivr_greeting", "room_creation_api"),
    ]
)
ANY = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4)
    ),
    max_leaves=12,
)
CONFIGS = st.dictionaries(KEYS, ANY, max_size=4)
ROOMS = st.fixed_dictionaries(
    {"name": st.sampled_from(NAMES), "config": ANY | CONFIGS},
    optional={"id": ANY, "privacy": ANY},
)
ENTRIES = st.fixed_dictionaries(
    {"phone_number": st.sampled_from(NUMBERS) | ANY},
    optional={"hmac": ANY, "name_prefix": ANY, "ivr_greeting": ANY, "sip_uri": ANY},
)
ITEMS = {
    "/rooms": ROOMS,
    "/domain-dialin-config": st.fixed_dictionaries(
        {"type": st.sampled_from(["pin_dialin", "pinless_dialin"]), "config": ENTRIES},
        optional={"id": ANY},
    ),
    "/purchased-phone-numbers": st.fixed_dictionaries(
        {"number": st.sampled_from(NUMBERS) | ANY, "id": ANY},
        optional={"pagination_id": ANY},
    ),
}


def page(item: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """A page of a list that ends with it."""
    return st.lists(item, max_size=3).map(
        lambda items: {"data": items, "total_count": len(items)}
    )


# Answers of the promised shape, with anything in their places.
FAIR = {
    "/": st.fixed_dictionaries({"domain_name": st.just("acme"), "config": CONFIGS}),
    "room": ROOMS,
    **{path: page(item) for path, item in ITEMS.items()},
}
# Anything at all.
UNFAIR = {
    path: answer
    | ANY
    | st.fixed_dictionaries(
        {"data": st.lists(ANY, max_size=3)}, optional={"total_count": ANY}
    )
    for path, answer in FAIR.items()
}

DECLARED = Config(
    "acme",
    resources=(
        Desired(
            "room",
            "lobby",
            {
                "privacy": "private",
                "exp": NOW + 86_400,
                "dialin": {"display_name": "x", "room_numbers": [NUMBERS[0]]},
                "permissions": {"canSend": ["audio"]},
            },
        ),
        Desired("room", "standup", {"privacy": "private", "lang": None}),
        Desired("number", NUMBERS[0], {"type": "pin_dialin", "ivr_greeting": None}),
        Desired("number", NUMBERS[1], {"type": "pinless_dialin", "name_prefix": "x"}),
    ),
)


@pytest.mark.parametrize("kind", ["fair", "unfair"])
@settings(deadline=None, suppress_health_check=list(HealthCheck), max_examples=50)
@given(drawn=st.data())
def test_no_answer_is_more_than_an_error(kind: str, drawn: st.DataObject) -> None:
    """Any JSON that Daily may answer gives a plan or our own error, nothing else."""
    chosen = drawn.draw(st.fixed_dictionaries(FAIR if kind == "fair" else UNFAIR))

    def handler(request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/v1")
        return httpx.Response(200, json=chosen.get(path, chosen["room"]))

    with client_on(handler, Clock()) as client:
        try:
            seen = live.read_live(client, DECLARED, every_assignment=True)
        except ReconcilerError:
            return
    plan = make_plan(DECLARED, seen, now=NOW)

    assert check_gates(plan, {}) is not None
    assert dialins(DECLARED, seen) is not None
    uses = number_uses(DECLARED, seen)
    assert all(s.entry or s.why for s in suggestions(uses, DECLARED.store))


# A list that does not end.


@dataclass
class Endless:
    """A list that always has a next page of items that were not there before."""

    total: Callable[[int], int | None]
    size: int = 100
    pad: str = ""
    pages: int = 0

    def __call__(self, _request: httpx.Request) -> httpx.Response:
        self.pages += 1
        first = self.pages * self.size
        items = [
            {"id": f"i{n}", "name": f"r{n}", "pad": self.pad}
            for n in range(first, first + self.size)
        ]
        body: dict[str, Any] = {"data": items}
        if (total := self.total(first)) is not None:
            body["total_count"] = total
        return httpx.Response(200, json=body)


@pytest.mark.parametrize(
    ("total", "most"),
    [
        pytest.param(lambda seen: seen + 1_000, 100, id="grows-with-the-reading"),
        pytest.param(lambda _seen: 10**9, 5_001, id="absurd"),
        pytest.param(lambda _seen: None, 5_001, id="not-said"),
    ],
)
def test_a_list_that_does_not_end_is_given_up(
    total: Callable[[int], int | None], most: int
) -> None:
    """Whatever it says about its length, reading ends after a number of pages."""
    daily = Endless(total, size=1)

    with client_on(daily) as client, pytest.raises(DailyAnswerError, match="not end"):
        live.read_rooms(client, [], every_room=True)

    assert daily.pages <= most


def test_a_list_is_bounded_in_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Large items fill the memory before there are many pages."""
    monkeypatch.setattr("reconciler.daily.read.MAX_LIST", 1_000_000)
    daily = Endless(lambda _seen: None, pad="x" * 1_000)

    with client_on(daily) as client, pytest.raises(DailyAnswerError, match="not end"):
        live.read_rooms(client, [], every_room=True)

    assert daily.pages <= 12


def test_a_list_may_grow_while_it_is_read() -> None:
    """Rooms that are made meanwhile are read too."""
    daily = Endless(lambda seen: min(seen + 250, 2_000))

    with client_on(daily) as client:
        rooms, total, complete = live.read_rooms(client, [], every_room=True)

    assert (len(rooms), total, complete) == (2_000, 2_000, True)
