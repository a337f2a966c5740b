"""Both dial-in stores over several readings: what is missing, and what is not ours."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import httpx
import pytest
from answers import Clock, client_on

from reconciler.core.model import LiveAssignment, LiveDomain
from reconciler.core.plan.gates import Gate
from reconciler.daily.write.stores import OtherDomainError, Stores, StoresError

OURS, THEIRS = "+12095550100", "+12095550101"
KNOWN = tuple(
    LiveAssignment("legacy", "pin_dialin", number, {"name_prefix": "x"}, position=place)
    for place, number in enumerate((OURS, THEIRS))
)


def stores(
    *readings: Sequence[str], closed: Sequence[Gate] = (), domain: str = "acme"
) -> tuple[Stores, Clock]:
    """Stores whose legacy list shows these numbers, reading after reading."""
    left = [list(numbers) for numbers in readings]

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path != "/v1/":
            return httpx.Response(200, json={"total_count": 0, "data": []})
        shown = left.pop(0) if len(left) > 1 else left[0]
        entries = [{"phone_number": number, "name_prefix": "x"} for number in shown]
        return httpx.Response(
            200,
            json={
                "domain_name": domain,
                "config": {"pin_dialin": entries, "pinless_dialin": []},
            },
        )

    def gates(_domain: LiveDomain, _entries: object) -> Sequence[Gate]:
        return closed

    clock = Clock()
    client = client_on(answer, clock)
    return Stores(client, "acme", KNOWN, lambda e: e.number == OURS, gates), clock


def test_what_the_run_writes_is_no_bystander() -> None:
    """An entry of its own may be gone, before a write and after it."""
    made, _ = stores([THEIRS])

    assert [entry.number for entry in made.read()] == [THEIRS]
    assert made.look() == ()
    assert made.losses([]) == [f"{KNOWN[1].description} is gone"]


def test_a_bystander_that_is_missing_stops_the_write() -> None:
    """Two readings in a row do not show it: it is named, and it stays known."""
    made, _ = stores([OURS])

    with pytest.raises(StoresError) as caught:
        made.read()

    assert caught.value.lost == (f"{KNOWN[1].description} is gone",)
    assert THEIRS in [entry.number for entry in made.known]


def test_one_answer_that_leaves_something_out_is_read_again() -> None:
    """The second reading shows everything, and the write is made from it."""
    made, _ = stores([OURS], [OURS, THEIRS])

    assert [entry.number for entry in made.read()] == [OURS, THEIRS]


def test_what_an_earlier_reading_added_must_be_seen_again() -> None:
    """The union grows: an entry that came after the plan is a bystander too."""
    later = "+12095550102"
    made, _ = stores([OURS, THEIRS, later], [OURS, THEIRS])
    made.read()

    with pytest.raises(StoresError, match=rf"\{later}"):
        made.read_lists()


def test_a_closed_gate_stops_the_write() -> None:
    """The message names the gate and the option that opens it."""
    gate = Gate("blind-list-write", 1, 0, "the list is not shown")
    made, _ = stores([OURS, THEIRS], closed=[gate])

    with pytest.raises(StoresError, match="--allow blind-list-write=1") as caught:
        made.read()

    assert caught.value.lost == ()


def test_a_loss_is_read_twice_before_it_is_believed() -> None:
    """After a write, an answer may lag: a pause, and then it counts."""
    made, clock = stores([OURS, THEIRS], [OURS], [OURS, THEIRS], [OURS])
    made.read()

    assert made.look() == ()
    assert clock.waited == pytest.approx(2, abs=0.1)
    assert made.look() == (f"{KNOWN[1].description} is gone",)


def test_what_the_run_puts_back_is_no_loss() -> None:
    """An entry that the run itself brings back may go by one of its writes."""
    made, _ = stores([OURS, THEIRS], [OURS])
    made.read()

    assert made.look(lambda entry: entry.number == THEIRS) == ()
    assert replace(KNOWN[0]) in made.known


@pytest.mark.parametrize("read", [Stores.read, Stores.read_lists])
def test_a_reading_of_another_domain_stops_the_write(
    read: Callable[[Stores], object],
) -> None:
    """Its entries are neither written nor taken for what this domain has lost."""
    made, _ = stores([OURS, THEIRS], domain="other")

    with pytest.raises(StoresError, match="belongs to 'other' now") as caught:
        read(made)

    assert caught.value.lost == ()
    assert made.known == KNOWN


@pytest.mark.parametrize("read", [Stores.look, Stores.fresh, Stores.fresh_lists])
def test_a_reading_of_another_domain_settles_nothing(
    read: Callable[[Stores], object],
) -> None:
    """After a write it is an error, as an answer that did not come."""
    made, _ = stores([OURS, THEIRS], domain="other")

    with pytest.raises(OtherDomainError, match="belongs to 'other' now"):
        read(made)
