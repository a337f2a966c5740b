"""Files to a Config: which files, what wins, what is wanted."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler.config.load import Loaded, Variables, load
from reconciler.core.model import Limit, Limits, Place, Rolling
from reconciler.core.secrecy import Secret

Load = Callable[..., Loaded]


def config_of(loaded: Loaded):  # type: ignore[no-untyped-def]
    """The config of files that have nothing wrong with them."""
    assert loaded.config, loaded.findings
    return loaded.config


def ids(loaded: Loaded) -> list[str]:
    """The ids of all findings, in order."""
    return [finding.id for finding in loaded.findings]


def run(*paths: str) -> Loaded:
    """Load paths with an empty environment."""
    return load(
        [Path(path) for path in paths], environ={}, now=0, variables=Variables.OPTIONAL
    )


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, and the one we are in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_reads_a_folder(folder: Path) -> None:
    """A folder gives its YAML files by name: not hidden ones, not deeper ones."""
    (folder / "c").mkdir()
    (folder / "c" / "sub").mkdir()
    (folder / "c" / "dir.yaml").mkdir()
    (folder / "c" / "b.yml").write_text("version: 1\ndomain: acme\n")
    (folder / "c" / "a.yaml").write_text("rooms: {a: {privacy: public}}\n")
    (folder / "c" / ".hidden.yaml").write_text("nonsense")
    (folder / "c" / "notes.txt").write_text("nonsense")
    (folder / "c" / "sub" / "x.yaml").write_text("nonsense")

    loaded = run("c")

    assert loaded.files == ("c/a.yaml", "c/b.yml")
    assert [room.key for room in config_of(loaded).resources] == ["a"]


def test_reads_a_file_once(folder: Path) -> None:
    """A file that is named twice, or reached by a link as well, is read once."""
    (folder / "a.yaml").write_text("version: 1\ndomain: acme\n")
    (folder / "link.yaml").symlink_to("a.yaml")

    loaded = run("link.yaml", "a.yaml", ".")

    assert loaded.files == ("link.yaml",)
    assert loaded.findings == ()


@pytest.mark.parametrize(
    ("content", "path", "id_", "place"),
    [
        pytest.param(None, "no.yaml", "file-missing", ("no.yaml", 0, 0), id="missing"),
        pytest.param(None, "c", "no-config-files", ("c", 0, 0), id="empty-folder"),
        pytest.param(
            b"a: 1\nb: caf\xe9\n", "f", "file-unreadable", ("f", 2, 7), id="latin-1"
        ),
        pytest.param(
            "a: 1".encode("utf-16"), "f", "file-unreadable", ("f", 1, 1), id="utf-16"
        ),
        pytest.param(b"a: \x00", "f", "yaml-syntax", ("f", 1, 4), id="nul"),
    ],
)
def test_files_that_cannot_be_read(
    folder: Path,
    content: bytes | None,
    path: str,
    id_: str,
    place: tuple[str, int, int],
) -> None:
    """Each is one finding with its place, and no missing keys are claimed."""
    (folder / "c").mkdir()
    if content is not None:
        (folder / path).write_bytes(content)

    loaded = run(path)

    (finding,) = loaded.findings
    assert finding.id == id_
    assert finding.place == Place(*place)
    assert finding.message
    assert loaded.config is None


def test_the_reader_can_be_replaced() -> None:
    """Texts need not come from files."""
    loaded = load(
        [Path("config.yaml")],
        environ={},
        now=0,
        variables=Variables.OPTIONAL,
        read=lambda _: ("version: 1\ndomain: acme\n", None),
    )

    assert config_of(loaded).domain == "acme"


def test_fills_in_what_is_not_written(load_text: Load) -> None:
    """Store and limits have their documented defaults."""
    config = config_of(load_text(""))

    assert config.domain == "acme"
    assert config.store == "current"
    assert config.limits == Limits()


def test_a_limit_may_be_written_as_a_power_of_ten(load_text: Load) -> None:
    """JSON Schema takes 1e3 for a whole number, and so does a limit."""
    loaded = load_text("limits: {delete: 1e3}\n")

    assert loaded.config is not None
    assert loaded.config.limits.delete == Limit(count=1000)


def test_limits_are_counts_or_percentages(load_text: Load) -> None:
    """A limit that is not written keeps its default."""
    loaded = load_text("limits: {delete: 0, update: 25%}\ndialin_store: legacy\n")

    config = config_of(loaded)
    assert config.limits == Limits(
        delete=Limit(count=0), replace=Limit(count=1), update=Limit(percent=25)
    )
    assert config.store == "legacy"


def test_a_room_becomes_flat(load_text: Load) -> None:
    """Privacy, properties and extra ones stand side by side; times are seconds."""
    loaded = load_text(
        """
rooms:
  a:
    privacy: private
    properties:
      exp: 2026-03-01T01:00:00+01:00
      nbf: 1767312000
      lang: null
      dialin:
        room_numbers: ["+12095550100", {phone_number: "+12095550101"}]
    extra_properties: {flag: [1]}
    write_only: [dialin.room_numbers, flag]
"""
    )

    (room,) = config_of(loaded).resources
    assert room.kind == "room"
    assert room.fields == {
        "privacy": "private",
        "exp": 1772323200,
        "nbf": 1767312000,
        "lang": None,
        "dialin": {"room_numbers": ["+12095550100", "+12095550101"]},
        "flag": [1],
    }
    assert room.extra == {"flag"}
    assert room.write_only == {("dialin", "room_numbers"), ("flag",)}
    assert room.place == Place("0.yaml", 5, 3, 1)


def test_a_number_becomes_flat(load_text: Load) -> None:
    """The role becomes the type, beside the fields of the assignment."""
    loaded = load_text(
        """
phone_numbers:
  "+12095550100": {pin_dialin: {ivr_greeting: {message: Hello}}}
  "+12095550101": {state: absent}
"""
    )

    pin, gone = config_of(loaded).of_kind("number")
    assert pin.fields == {"type": "pin_dialin", "ivr_greeting": {"message": "Hello"}}
    assert gone.absent
    assert gone.fields == {}


def test_defaults_lie_under_every_room(load_text: Load) -> None:
    """The room wins property by property; objects are whole; null is a value."""
    defaults = """
defaults:
  rooms:
    privacy: private
    properties: {lang: en, geo: us-east-1, permissions: {canSend: true}}
    extra_properties: {flag: 1}
"""
    rooms = """
rooms:
  plain: {}
  own:
    properties: {lang: de, geo: null, permissions: {canAdmin: true}}
    extra_properties: {other: 2}
  without: {defaults: false, privacy: public}
  gone: {state: absent}
"""
    plain, own, without, gone = config_of(load_text(defaults, rooms)).resources

    assert plain.fields == {
        "privacy": "private",
        "lang": "en",
        "geo": "us-east-1",
        "permissions": {"canSend": True},
        "flag": 1,
    }
    assert own.fields == {
        "privacy": "private",
        "lang": "de",
        "geo": None,
        "permissions": {"canAdmin": True},
        "flag": 1,
        "other": 2,
    }
    assert without.fields == {"privacy": "public"}
    assert gone.absent
    assert gone.fields == {}


def test_places_follow_the_defaults(load_text: Load) -> None:
    """A field's place is where it is written, be that in the defaults' file."""
    defaults = "defaults:\n  rooms:\n    properties: {lang: en, geo: us-east-1}\n"
    rooms = "rooms:\n  a:\n    privacy: public\n    properties: {lang: de}\n"

    (room,) = config_of(load_text(defaults, rooms)).resources

    assert room.places["lang",] == Place("1.yaml", 4, 18, 4)
    assert room.places["geo",] == Place("0.yaml", 5, 28, 3)
    assert set(room.places) == {("privacy",), ("lang",), ("geo",)}
    assert ("nope",) not in room.places


def test_a_default_write_only_applies_where_it_can(load_text: Load) -> None:
    """A path of the defaults that a room does not write is no mistake."""
    loaded = load_text(
        """
defaults: {rooms: {privacy: public, write_only: [sip.video, geo]}}
rooms:
  a: {properties: {geo: us-east-1}}
"""
    )

    (room,) = config_of(loaded).resources
    assert room.write_only == {("geo",)}
    assert loaded.findings == ()


@pytest.mark.parametrize(
    ("default", "own", "exp", "rolling"),
    [
        pytest.param(
            "expires: {after: 9d, renew_before: 3d}",
            "properties: {exp: 1767312000}",
            1767312000,
            None,
            id="own-exp",
        ),
        pytest.param(
            "properties: {exp: 1767312000}",
            "expires: {after: 9d, renew_before: 3d}",
            None,
            Rolling(9 * 86400, 3 * 86400),
            id="own-expires",
        ),
    ],
)
def test_a_rooms_own_lifetime_displaces_the_default_one(
    load_text: Load, default: str, own: str, exp: object, rolling: object
) -> None:
    """`exp` and `expires` mean one thing: the room's form of it wins."""
    loaded = load_text(
        f"defaults: {{rooms: {{privacy: public, {default}}}}}\n"
        f"rooms: {{a: {{{own}}}}}\n"
    )

    (room,) = config_of(loaded).resources
    assert room.fields.get("exp") == exp
    assert room.rolling == rolling


def test_aliases_are_read_like_what_they_stand_for(load_text: Load) -> None:
    """Two rooms may share one mapping; each is a room of its own."""
    loaded = load_text(
        "rooms:\n  a: &a {privacy: public, properties: {lang: de}}\n"
        "  b: *a\n  c: {<<: *a, privacy: private}\n"
    )

    a, b, c = config_of(loaded).resources
    assert a.fields == b.fields == {"privacy": "public", "lang": "de"}
    assert c.fields == {"privacy": "private", "lang": "de"}


def test_the_digest_ignores_how_a_config_is_written(load_text: Load) -> None:
    """Order, comments, quotes, defaults and files do not matter; content does."""
    one = load_text(
        """
rooms:
  a: {privacy: public, properties: {lang: de, geo: us-east-1}}
  b: {privacy: public, properties: {exp: 1767312000}}
"""
    )
    two = load_text(
        "defaults: {rooms: {privacy: public}}  # for all\n",
        "rooms:\n  b:\n    properties: {exp: '2026-01-02T00:00:00Z'}\n",
        "rooms:\n  a:\n    properties: {geo: 'us-east-1', 'lang': de}\n",
    )
    other = load_text("rooms: {a: {privacy: private}}\n")

    assert one.digest == two.digest
    assert len(one.digest) == 64
    assert other.digest != one.digest


def test_the_digest_holds_references_and_not_their_values(load_text: Load) -> None:
    """It stays when the environment changes, and changes with the reference."""
    text = "rooms: {a: {privacy: public, properties: {meeting_join_hook: %s}}}\n"

    def digest(written: str, **environ: str) -> str:
        return load_text(text % written, environ=environ).digest

    first = digest('"${A}"', A="https://one.example.com")
    assert first == digest('"${A}"', A="https://two.example.com")
    assert first != digest('"${B}"', B="https://one.example.com")


def test_findings_are_shown_from_top_to_bottom(load_text: Load) -> None:
    """They come in the order of files and lines, and each only once."""
    loaded = load_text("limits: {delete: x}\nrooms: {a: 1}\n", "rooms: {b: {x: 1}}\n")

    places = [(f.place.file, f.place.line) for f in loaded.findings if f.place]
    assert places == sorted(places)
    assert len(set(loaded.findings)) == len(loaded.findings)


def test_a_warning_does_not_stop_a_config(load_text: Load) -> None:
    """Warnings and notes come along with a config."""
    loaded = load_text("rooms: {a: {}}\n")

    assert ids(loaded) == ["no-privacy"]
    assert loaded.config


def test_a_secret_in_clear_is_wrapped(load_text: Load) -> None:
    """An hmac or an RTMP address is a Secret, wherever it came from."""
    loaded = load_text(
        """
phone_numbers:
  "+12095550101": {pinless_dialin: {hmac: c2VjcmV0}}
rooms:
  a:
    privacy: public
    properties:
      streaming_endpoints:
        - {name: tv, type: rtmp, rtmp_config: {url: "rtmp://x.example.com/key"}}
"""
    )

    number, room = config_of(loaded).resources
    assert number.fields["hmac"] == Secret("c2VjcmV0")
    assert room.fields["streaming_endpoints"] == [
        {
            "name": "tv",
            "type": "rtmp",
            "rtmp_config": {"url": Secret("rtmp://x.example.com/key")},
        }
    ]
    assert "c2VjcmV0" not in repr(loaded)
    assert "key" not in repr(room.fields)


def test_the_example_is_valid(tmp_path: Path) -> None:
    """The example shipped with the project loads without a word."""
    example = Path(__file__).parents[2] / "config.example.yaml"

    loaded = load(
        [example], environ={}, now=1_767_225_600, variables=Variables.REQUIRED
    )

    assert loaded.findings == ()
    assert loaded.variables == ()


def test_every_property_of_the_schema_can_be_declared(load_text: Load) -> None:
    """Each example in the schema's room properties passes the whole loader."""
    from reconciler.config.schema.validator import room_properties

    properties = {
        name: part["examples"][0]
        for name, part in room_properties().items()
        if part.get("examples") and not part.get("deprecated")
    }
    properties.pop("streaming_endpoints", None)
    rooms = {
        f"r-{name}": {"privacy": "public", "properties": {name: value}}
        for name, value in properties.items()
        if name not in ("exp", "dialin")
    }
    loaded = load_text("rooms: " + json.dumps(rooms) + "\n")

    assert ids(loaded) == []
