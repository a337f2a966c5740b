"""What can be renewed of files that are wrong elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.config.load import Loaded, Variables, load

HEAD = "version: 1\ndomain: acme\n"
ROOM = "rooms:\n  a: {privacy: private, expires: {after: 9d, renew_before: 2d}}\n"


def loaded(**files: str) -> Loaded:
    """Load some files by name."""
    return load(
        [Path(f"{name}.yaml") for name in files],
        environ={},
        now=1_800_000_000,
        variables=Variables.REQUIRED,
        read=lambda path: (files[path.stem], None),
    )


def names(result: Loaded) -> list[str]:
    """The rooms that can be renewed."""
    return [room.key for room in result.renewable.rooms]


@pytest.mark.parametrize(
    "head",
    [
        pytest.param("domain: acme\n", id="no-version"),
        pytest.param("version: 2\ndomain: acme\n", id="another-version"),
        pytest.param("version: true\ndomain: acme\n", id="version-true"),
        pytest.param("version: '1'\ndomain: acme\n", id="version-as-text"),
        pytest.param("version: 1\n", id="no-domain"),
        pytest.param("version: 1\ndomain: ''\n", id="empty-domain"),
        pytest.param("version: 1\ndomain: [acme]\n", id="domain-list"),
        pytest.param("version: 1\ndomain: ${DOMAIN}\n", id="domain-variable"),
    ],
)
def test_without_version_and_domain_nothing_can_be_renewed(head: str) -> None:
    """What the file means, or whose it is, would be a guess."""
    result = loaded(config=head + ROOM)

    assert result.config is None
    assert result.renewable.config is None


def test_files_that_disagree_about_the_domain_have_none() -> None:
    """Two files name two domains: neither can be relied on."""
    result = loaded(one=HEAD + ROOM, two="domain: other\n")

    assert result.renewable.config is None


def test_rooms_beside_a_broken_file_can_be_renewed() -> None:
    """The other file does not parse: its rooms are not known, those here are."""
    result = loaded(one=HEAD + ROOM, two="rooms: [}\n")

    assert names(result) == ["a"]
    assert result.unread == ("two.yaml",)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("{expires: {after: 9d, renew_before: 9d}}", id="window-too-long"),
        pytest.param("{expires: {after: 9d}}", id="half-of-it"),
        pytest.param("{expires: {after: 9, renew_before: 2}}", id="no-durations"),
        pytest.param("{expires: {after: 9d, renew_before: 0d}}", id="no-window"),
        pytest.param("{expires: 9x}", id="text"),
        pytest.param("[]", id="not-a-room"),
        pytest.param(
            "{expires: {after: 9d, renew_before: 2d}, properties: {exp: 1900000000}}",
            id="two-ends",
        ),
        pytest.param(
            "{expires: {after: 9d, renew_before: 2d}, state: gone}", id="state"
        ),
    ],
)
def test_a_room_whose_end_is_not_clear_is_named(body: str) -> None:
    """Its `state` or `expires` cannot be used; the others can be renewed."""
    result = loaded(config=f"{HEAD}{ROOM}  bad: {body}\n")

    assert names(result) == ["a"]
    assert result.renewable.unclear == ("bad",)


@pytest.mark.parametrize(
    "body",
    [
        "{state: absent, expires: {after: 9d, renew_before: 2d}}",
        "{privacy: private}",
        "{expires: null}",
        "{properties: {exp: 1900000000}}",
    ],
)
def test_a_room_that_does_not_roll_is_neither(body: str) -> None:
    """It is to go, or has a fixed end: there is nothing to renew, and no doubt."""
    result = loaded(config=f"{HEAD}{ROOM}  other: {body}\n")

    assert names(result) == ["a"]
    assert result.renewable.unclear == ()


def test_defaults_count() -> None:
    """The effective `expires` is what a room is renewed by."""
    text = "defaults: {rooms: {expires: {after: 9d, renew_before: 2d}, privcy: x}}\n"
    result = loaded(config=f"{HEAD}{text}rooms: {{a: , b: {{defaults: false}}}}\n")

    assert result.config is None
    assert names(result) == ["a"]
