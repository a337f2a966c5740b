"""The lock of a domain: who meets whom, who cannot stand in the way, what is left."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

from reconciler.environment import real
from reconciler.errors import LockedError, ReconcilerError
from reconciler.operations import lock
from reconciler.operations.lock import held, lock_name, places
from reconciler.operations.options import Output, Target
from reconciler.operations.session import Session


def _session(**target: object) -> Session:
    stop = threading.Event()
    output = Output("text", colour=False)
    return Session(output, Target(**target), stop, real(stop))  # type: ignore[arg-type]


SESSION = _session()


@pytest.fixture(name="folder")
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(lock, "places", lambda: (tmp_path / "home", tmp_path / "tmp"))
    return tmp_path


def _name(monkeypatch: pytest.MonkeyPatch, url: str, domain: str = "acme") -> str:
    monkeypatch.setenv("DAILY_API_URL", url)
    return lock_name(domain)


@contextmanager
def _other_run(folder: Path) -> Iterator[None]:
    with held(SESSION, "acme", folder / "lock"):
        yield


SAME = [
    [
        "",
        "https://api.daily.co/v1",
        "https://api.daily.co/v1/",
        "HTTPS://API.Daily.co/v1",
        "https://api.daily.co:443/v1",
        "https://api.daily.co./v1//",
    ],
    [
        "http://127.0.0.1:80/v1",
        "http://localhost/v1",
        "http://[::1]/v1/",
        "http://[0:0:0:0:0:0:0:1]:80/v1",
        "http://127.0.0.1/v1",
    ],
]


@pytest.mark.parametrize("urls", SAME, ids=["https", "loopback"])
def test_the_lock_does_not_depend_on_how_the_url_is_written(
    monkeypatch: pytest.MonkeyPatch, urls: list[str]
) -> None:
    """One Daily has one lock, whichever way its address is spelled."""
    assert len({_name(monkeypatch, url) for url in urls}) == 1


def test_each_domain_of_each_daily_has_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another host, port, path or domain is another lock; capitals are none."""
    urls = [
        *("https://api.daily.co/v1", "https://other.example.com/v1"),
        *("https://api.daily.co:8443/v1", "https://api.daily.co/v2"),
        *("http://localhost:81/v1", "http://localhost:82/v1"),
    ]
    names = {_name(monkeypatch, url) for url in urls}

    assert len(names) == len(urls)
    assert _name(monkeypatch, "", "acme") != _name(monkeypatch, "", "acme-2")
    assert _name(monkeypatch, "", "acme") == _name(monkeypatch, "", "ACME")


@pytest.mark.parametrize("domain", ["../../etc/x", "a/b", "x" * 300, "a\nb", "é"])
def test_a_domain_is_never_a_path(domain: str) -> None:
    """The name is one plain word, whatever the domain is called."""
    assert Path(lock_name(domain)).name == lock_name(domain)
    assert len(lock_name(domain)) < 100


@pytest.mark.parametrize(
    "name", ["TMPDIR", "HOME", "XDG_RUNTIME_DIR", "XDG_CACHE_HOME", "TEMP"]
)
def test_no_variable_moves_the_lock(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A job and a shell have other variables, and still meet."""
    before = places()
    monkeypatch.setenv(name, str(tmp_path))
    code = "from reconciler.operations.lock import places; print(*places())"

    there = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert there.stdout.split() == [str(place) for place in before]


def test_a_user_without_a_home_has_a_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """A container may run as a user that nothing knows."""

    def unknown(_uid: int) -> None:
        raise KeyError

    monkeypatch.setattr("pwd.getpwuid", unknown)

    assert [place.name for place in places()] == [f"daily-reconciler-{os.getuid()}"]


def test_two_runs_do_not_hold_it_at_once(folder: Path) -> None:
    """The second one is refused, and names the process that holds it and since when."""
    with held(SESSION, "acme"):
        with pytest.raises(LockedError) as refused, held(SESSION, "acme"):
            pytest.fail("both hold it")
        with held(SESSION, "other"):
            pass

    assert refused.value.exit_code == 4
    assert f"(process {os.getpid()} on " in refused.value.message
    assert "since 20" in refused.value.message
    with held(SESSION, "acme"):
        pass


def test_runs_meet_that_see_one_place_only(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A service without a home and a shell with one share the other place."""
    with held(SESSION, "acme"):
        for only in ("home", "tmp"):
            monkeypatch.setattr(lock, "places", lambda only=only: (folder / only,))
            with pytest.raises(LockedError), held(SESSION, "acme"):
                pytest.fail("both hold it")


def test_locks_do_not_pile_up(folder: Path) -> None:
    """Nothing is left of the default lock, and nobody else can read its folder."""
    with held(SESSION, "acme"):
        files = [path for path in folder.rglob("*") if path.is_file()]
        modes = {stat.S_IMODE(path.stat().st_mode) for path in files}
        folders = {stat.S_IMODE(path.parent.stat().st_mode) for path in files}

    assert (len(files), modes, folders) == (2, {0o600}, {0o700})
    assert [path for path in folder.rglob("*") if path.is_file()] == []


def test_a_named_lock_file_stays(folder: Path) -> None:
    """A file that several users share is not taken from them, and it is empty."""
    shared = folder / "lock"
    shared.touch(0o660)
    before = shared.stat()

    with held(SESSION, "acme", shared):
        assert shared.read_text().startswith("daily-reconciler process")

    assert shared.read_text() == ""
    assert (shared.stat().st_ino, shared.stat().st_mode) == (
        before.st_ino,
        before.st_mode,
    )


def test_a_file_with_anything_else_in_it_is_not_written(folder: Path) -> None:
    """A lock file that was named by mistake keeps what people wrote."""
    config = folder / "config.yaml"
    config.write_text("version: 1\n")

    with held(SESSION, "acme", config):
        pass

    assert config.read_text() == "version: 1\n"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("daily-reconciler process 1 on \x1b[31m since x\n", id="control"),
        pytest.param("y" * 9_999, id="long"),
        pytest.param("", id="empty"),
    ],
)
def test_what_a_lock_file_says_is_not_trusted(folder: Path, text: str) -> None:
    """Only a signature is repeated, and nothing of it reaches a terminal raw."""
    path = folder / "lock"
    path.write_text(text)
    with path.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(LockedError) as refused, held(SESSION, "acme", path):
            pytest.fail("both hold it")

    assert refused.value.message.isprintable()
    assert "yyy" not in refused.value.message


def _link(folder: Path) -> None:
    (folder / "theirs").mkdir()
    (folder / "tmp").symlink_to(folder / "theirs")


def _file(folder: Path) -> None:
    (folder / "tmp").touch()


PLANTED = [pytest.param(_link, id="link"), pytest.param(_file, id="file")]


@pytest.mark.parametrize("plant", PLANTED)
def test_what_others_plant_below_tmp_is_not_used(
    folder: Path, plant: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a home it does not matter; without one the error names a way out."""
    plant(folder)  # type: ignore[operator]
    with held(SESSION, "acme"):
        pass
    monkeypatch.setattr(lock, "places", lambda: (folder / "tmp",))

    with pytest.raises(ReconcilerError, match="no place for a lock") as refused:
        held(SESSION, "acme").__enter__()

    assert "--lock-file FILE" in refused.value.tip
    assert refused.value.exit_code == 1


def test_a_folder_of_another_user_is_not_used(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever owns the folder could hold the lock for good."""
    (folder / "tmp").mkdir()
    monkeypatch.setattr(lock, "places", lambda: (folder / "tmp",))
    monkeypatch.setattr("os.getuid", lambda: 12345)

    with pytest.raises(ReconcilerError, match="belongs to another user"):
        held(SESSION, "acme").__enter__()


def test_a_folder_that_others_can_write_to_becomes_private(folder: Path) -> None:
    """A mode from elsewhere does not let others in."""
    for name in ("home", "tmp"):
        (folder / name).mkdir()
        (folder / name).chmod(0o777)

    with held(SESSION, "acme"):
        modes = {stat.S_IMODE((folder / n).stat().st_mode) for n in ("home", "tmp")}

    assert modes == {0o700}


def test_a_lock_that_went_while_it_was_opened_is_opened_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that locks what another one has just removed holds nothing yet."""
    path = folder / "lock"
    take, taken = lock._take_now, []

    def removed_first(descriptor: int) -> None:
        if not taken:
            path.unlink()
        taken.append(descriptor)
        take(descriptor)

    monkeypatch.setattr(lock, "_take_now", removed_first)
    with held(SESSION, "acme", path):
        assert len(taken) == 2
        assert path.exists()


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP, errno.EIO])
def test_a_file_system_without_locks_is_no_held_lock(
    folder: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """Where nothing can be locked, waiting would not help: it is another error."""

    def refused(_descriptor: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(lock, "_take_now", refused)

    for path in (folder / "lock", None):
        with pytest.raises(ReconcilerError) as error:
            held(SESSION, "acme", path).__enter__()
        assert not isinstance(error.value, LockedError)
        assert os.strerror(number) in error.value.message
        assert "--lock-file" in error.value.tip


def _fifo(path: Path) -> None:
    os.mkfifo(path)


UNUSABLE = {
    "folder": lambda path: path.mkdir(),
    "fifo": _fifo,
    "link": lambda path: path.symlink_to(path.with_name("elsewhere")),
    "no-folder": lambda path: path.parent.rmdir(),
    "long": lambda path: SimpleNamespace(),
}


@pytest.mark.parametrize("make", UNUSABLE.values(), ids=UNUSABLE)
def test_a_lock_file_that_cannot_be_one_is_named(
    folder: Path, make: object, request: pytest.FixtureRequest
) -> None:
    """No hanging, no crash, nothing written elsewhere: one error names the file."""
    (folder / "locks").mkdir()
    long = "long" in request.node.name
    path = folder / "locks" / ("x" * 300 if long else "lock")
    make(path)  # type: ignore[operator]

    with pytest.raises(ReconcilerError, match="lock file") as error:
        held(SESSION, "acme", path).__enter__()

    assert not isinstance(error.value, LockedError)
    assert not (folder / "locks" / "elsewhere").exists()


def test_a_sandbox_is_locked_by_its_state(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each state file is a Daily of its own, however its path is written."""
    monkeypatch.chdir(folder)
    one = _session(sandbox=True, sandbox_state=Path("state.json"))
    same = _session(sandbox=True, sandbox_state=folder / "state.json")
    other = _session(sandbox=True, sandbox_state=Path("other.json"))

    with held(one, "acme"):
        with pytest.raises(LockedError), held(same, "acme"):
            pytest.fail("both hold it")
        with held(other, "acme"):
            pass

    assert [path.name for path in folder.iterdir()] == []
