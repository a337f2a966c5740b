"""The files of a base: by path, and by content where the path leads nowhere."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from repository import Repository, new_repository

from reconciler.config.reading.search import BaseFiles, base_files
from reconciler.errors import ReconcilerError

HEAD = "version: 1\ndomain: acme\n"
CONFIG = HEAD + "rooms: {a: {privacy: private}, b: {privacy: private}}\n"
PART = "rooms:\n  c: {privacy: private}\n"
OTHER = "version: 1\ndomain: beta\nrooms: {z: {privacy: private}}\n"

Change = Callable[[Repository], None]


def found(repository: Repository, *paths: str) -> tuple[set[str], set[str]]:
    """The paths of the base's files: the named, and those found by content."""
    here = [repository.folder / path for path in paths]
    files = base_files("HEAD", here, "acme")
    return _names(files.named), _names(files.found)


def _names(files: dict[Path, bytes | None]) -> set[str]:
    return {str(name).removeprefix("git:HEAD:") for name in files}


def _move(repository: Repository, old: str, new: str) -> None:
    repository.git("mv", old, new)


def _split(repository: Repository) -> None:
    repository.git("rm", "-q", "config.yaml")
    repository.write({"rooms/one.yaml": CONFIG, "rooms/two.yaml": PART})


def _link(repository: Repository) -> None:
    _move(repository, "config.yaml", "real.yaml")
    (repository.folder / "config.yaml").symlink_to("real.yaml")


def _unlink(repository: Repository) -> None:
    (repository.folder / "daily.yaml").symlink_to("config.yaml")


@pytest.mark.parametrize(
    ("change", "path"),
    [
        pytest.param(
            lambda r: _move(r, "config.yaml", "daily.yaml"), "daily.yaml", id="renamed"
        ),
        pytest.param(
            lambda r: (
                (r.folder / "deep/er").mkdir(parents=True),
                _move(r, "config.yaml", "deep/er/config.yaml"),
            ),
            "deep/er",
            id="moved",
        ),
        pytest.param(_split, "rooms", id="split"),
        pytest.param(_link, "real.yaml", id="linked"),
        pytest.param(_unlink, "daily.yaml", id="named-by-a-link"),
        pytest.param(
            lambda r: (
                r.git("rm", "-q", "config.yaml"),
                r.write({"new.yaml": HEAD + "rooms: {}\n"}),
            ),
            "new.yaml",
            id="removed",
        ),
    ],
)
def test_a_base_is_found_wherever_its_file_went(
    tmp_path: Path, change: Change, path: str
) -> None:
    """The path that is given now did not exist: the file of this domain is found."""
    repository = new_repository(tmp_path / "r", {"config.yaml": CONFIG})
    change(repository)

    named, by_content = found(repository, path)

    assert named | by_content == {"config.yaml"}


def test_joined_files_are_all_found(tmp_path: Path) -> None:
    """Several files that become one: those without a domain belong to the others."""
    files = {"daily/head.yaml": CONFIG, "daily/more.yml": PART, "notes.txt": "domain"}
    repository = new_repository(tmp_path / "r", dict(files))
    repository.git("rm", "-q", "-r", "daily")
    repository.write({"one.yaml": CONFIG})

    assert found(repository, "one.yaml") == (
        set(),
        {"daily/head.yaml", "daily/more.yml"},
    )


def test_a_part_that_was_removed_is_found(tmp_path: Path) -> None:
    """A file that the folder of the config lost is part of the base."""
    repository = new_repository(tmp_path / "r", {"a.yaml": CONFIG, "b.yaml": PART})
    repository.git("rm", "-q", "b.yaml")

    assert found(repository, "a.yaml") == ({"a.yaml"}, {"b.yaml"})
    assert found(repository, ".") == ({"a.yaml", "b.yaml"}, set())


def test_files_that_stand_are_another_job(tmp_path: Path) -> None:
    """Two jobs of one domain, and an example, are not part of each other's base."""
    files = {"a.yaml": CONFIG, "b.yaml": CONFIG, "examples/x.yaml": CONFIG}
    repository = new_repository(tmp_path / "r", dict(files))

    assert found(repository, "a.yaml") == ({"a.yaml"}, set())


def test_another_job_that_was_renamed_is_still_another_job(tmp_path: Path) -> None:
    """What stands in a new file that is not given did not leave the other job."""
    other = HEAD + "rooms: {z: {}}\n"
    repository = new_repository(tmp_path / "r", {"a.yaml": CONFIG, "b.yaml": other})
    _move(repository, "b.yaml", "c.yaml")

    assert found(repository, "a.yaml") == ({"a.yaml"}, set())
    assert found(repository, "c.yaml") == (set(), {"b.yaml"})


def test_files_of_another_domain_are_left_out(tmp_path: Path) -> None:
    """What was removed of another domain, and its parts, is none of this base."""
    files = {
        "acme/config.yaml": CONFIG,
        "beta/config.yaml": OTHER,
        "beta/part.yaml": PART,
        "ci.yaml": "rooms: 3\non: push\n",
    }
    repository = new_repository(tmp_path / "r", dict(files))
    repository.git("rm", "-q", "-r", "beta", "ci.yaml")

    assert found(repository, "acme/config.yaml") == ({"acme/config.yaml"}, set())


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param((HEAD + "rooms: {a: [}\n").encode(), id="syntax"),
        pytest.param((HEAD + "rooms: {}\n").encode("utf-16"), id="utf-16"),
        pytest.param((HEAD + "rooms: {}\n# \xff\n").encode("latin-1"), id="latin-1"),
        pytest.param((HEAD + f"# {'x' * (17 << 20)}\n").encode(), id="too-large"),
        pytest.param(b'{"version": 1, "domain": "acme", "rooms": {', id="json"),
        pytest.param(b"version: 1\n'domain': 'acme'\nrooms: {a: ]\n", id="quoted"),
        pytest.param(b"version: 1\r\ndomain: acme\r\nrooms: [\r\n", id="crlf"),
    ],
)
def test_a_broken_config_is_found_as_well(tmp_path: Path, broken: bytes) -> None:
    """A file that cannot be read is judged by its lines."""
    repository = new_repository(tmp_path / "r", {"config.yaml": broken})
    _move(repository, "config.yaml", "daily.yaml")

    assert found(repository, "daily.yaml") == (set(), {"config.yaml"})


@pytest.mark.parametrize("name", ["café é.yaml", "with space.yaml", 'quo"te\t.yaml'])
@pytest.mark.parametrize("quotes", ["true", "false"])
def test_any_file_name_is_found(tmp_path: Path, name: str, quotes: str) -> None:
    """Names are never quoted by git, whatever core.quotePath says."""
    repository = new_repository(tmp_path / "r", {name: CONFIG})
    repository.git("config", "core.quotePath", quotes)

    assert found(repository, name) == ({name}, set())
    _move(repository, name, "daily.yaml")
    assert found(repository, "daily.yaml") == (set(), {name})


def test_many_files_that_are_gone_are_searched_at_once(tmp_path: Path) -> None:
    """A pull request that removes a folder of files costs one search by git."""
    files = {f"vendor/{n}.txt": f"{n}" for n in range(250)}
    repository = new_repository(tmp_path / "r", {**files, "config.yaml": CONFIG})
    repository.git("rm", "-q", "-r", "vendor")
    _move(repository, "config.yaml", "daily.yaml")

    assert found(repository, "daily.yaml") == (set(), {"config.yaml"})


def test_a_sparse_checkout_lost_nothing(tmp_path: Path) -> None:
    """What a sparse checkout leaves out of the work tree was not removed."""
    files = {"a/config.yaml": CONFIG, "b/config.yaml": CONFIG}
    repository = new_repository(tmp_path / "r", dict(files))
    repository.git("sparse-checkout", "set", "a")
    assert not (repository.folder / "b").exists()

    assert found(repository, "a") == ({"a/config.yaml"}, set())


def test_a_link_is_read_as_what_it_led_to(tmp_path: Path) -> None:
    """A link in the revision gives the content of its target there, not its name."""
    repository = new_repository(tmp_path / "r", {"shared/base.yaml": CONFIG})
    folder = repository.folder / "daily"
    folder.mkdir()
    (folder / "config.yaml").symlink_to("../shared/base.yaml")
    (folder / "again.yaml").symlink_to("config.yaml")
    (repository.folder / "linked").symlink_to("daily")
    repository.commit()
    repository.write({"shared/base.yaml": OTHER})

    for path in ("daily", "linked", "daily/config.yaml", "linked/again.yaml"):
        files = base_files("HEAD", [repository.folder / path], "acme")
        assert list(files.named.values()) == [CONFIG.encode()], path


@pytest.mark.parametrize("target", ["/etc/passwd", "nowhere", "../../../x", "a.yaml"])
def test_a_link_to_nothing_cannot_be_read(tmp_path: Path, target: str) -> None:
    """A link that leads out, to nothing or to itself is a file that is not there."""
    repository = new_repository(tmp_path / "r", {"x": ""})
    (repository.folder / "a.yaml").symlink_to(target)
    repository.commit()

    files = base_files("HEAD", [repository.folder], "acme")

    assert list(files.named.values()) == [None]


def test_windows_line_ends_are_read(tmp_path: Path) -> None:
    """A file with CRLF is the same file, committed as it is or converted by git."""
    for number, autocrlf in enumerate(("true", "false")):
        repository = new_repository(tmp_path / str(number), {})
        repository.git("config", "core.autocrlf", autocrlf)
        repository.write({"config.yaml": CONFIG.replace("\n", "\r\n")})
        repository.commit()
        files = base_files("HEAD", [repository.folder / "config.yaml"], "acme")
        (text,) = files.named.values()
        assert text is not None
        assert text.replace(b"\r\n", b"\n") == CONFIG.encode()


@pytest.mark.parametrize(
    "variable",
    [
        *("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY"),
        *("GIT_COMMON_DIR", "GIT_NAMESPACE", "GIT_SHALLOW_FILE"),
    ],
)
def test_an_inherited_variable_leads_to_no_other_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    """The repository is the one that holds the config, also inside a hook of git."""
    other = new_repository(tmp_path / "other", {"config.yaml": OTHER})
    repository = new_repository(tmp_path / "r", {"config.yaml": CONFIG})
    values = {
        "GIT_WORK_TREE": other.folder,
        "GIT_INDEX_FILE": other.folder / ".git" / "index",
        "GIT_OBJECT_DIRECTORY": other.folder / ".git" / "objects",
        "GIT_SHALLOW_FILE": other.folder / "config.yaml",
    }
    monkeypatch.setenv(variable, str(values.get(variable, other.folder / ".git")))

    files = base_files("HEAD", [repository.folder / "config.yaml"], "acme")

    assert list(files.named.values()) == [CONFIG.encode()]


def test_a_linked_work_tree_is_a_repository(tmp_path: Path) -> None:
    """A work tree of `git worktree`, also of a bare repository, compares as any."""
    repository = new_repository(tmp_path / "r", {"config.yaml": CONFIG})
    bare = Repository(tmp_path / "bare")
    repository.git("clone", "-q", "--bare", str(repository.folder), str(bare.folder))
    for number, origin in enumerate((repository, bare)):
        place = tmp_path / f"tree-{number}"
        origin.git("worktree", "add", "-q", "--detach", str(place))
        assert found(Repository(place), "config.yaml") == ({"config.yaml"}, set())


def test_a_submodule_is_its_own_repository(tmp_path: Path) -> None:
    """A config in a submodule is compared with the submodule's revision."""
    inner = new_repository(tmp_path / "inner", {"config.yaml": CONFIG})
    outer = new_repository(tmp_path / "outer", {"a.yaml": CONFIG})
    outer.git("submodule", "add", "-q", str(inner.folder), "sub")
    outer.commit()

    assert found(outer, "sub") == ({"config.yaml"}, set())
    assert found(outer, "sub/config.yaml") == ({"config.yaml"}, set())
    with pytest.raises(ReconcilerError) as caught:
        base_files("main~1", [outer.folder / "sub"], "acme")
    assert "submodule" in caught.value.tip


def test_what_was_in_a_submodule_cannot_be_read(tmp_path: Path) -> None:
    """A folder that takes the place of a submodule is no first adoption."""
    inner = new_repository(tmp_path / "inner", {"config.yaml": CONFIG})
    outer = new_repository(tmp_path / "outer", {"a.txt": ""})
    outer.git("submodule", "add", "-q", str(inner.folder), "sub")
    outer.commit()
    outer.git("rm", "-q", "-f", "sub")
    outer.write({"sub/config.yaml": CONFIG})

    files = base_files("HEAD", [outer.folder / "sub" / "config.yaml"], "acme")

    assert list(files.named.values()) == [None]


def _failure(path: Path, revision: str = "HEAD") -> ReconcilerError:
    with pytest.raises(ReconcilerError) as caught:
        base_files(revision, [path], "acme")
    return caught.value


def test_a_shallow_clone_names_the_way_out(tmp_path: Path) -> None:
    """A revision that a shallow clone lacks: the command that brings it is named."""
    repository = new_repository(tmp_path / "r", {"config.yaml": CONFIG})
    repository.commit()
    clone = tmp_path / "clone"
    url = repository.folder.as_uri()
    repository.git("clone", "-q", "--depth", "1", url, str(clone))

    error = _failure(clone / "config.yaml", "HEAD~1")

    assert "git knows no revision 'HEAD~1'" in error.message
    assert "git fetch --unshallow" in error.tip
    Repository(clone).git("fetch", "-q", "--unshallow")
    assert found(Repository(clone), "config.yaml")[0] == {"config.yaml"}


def test_a_bare_repository_has_nothing_to_compare(tmp_path: Path) -> None:
    """A path in a bare repository is no config of a work tree."""
    repository = new_repository(tmp_path / "r", {"config.yaml": CONFIG})
    repository.git("clone", "-q", "--bare", ".", str(tmp_path / "bare"))

    assert "bare repository" in _failure(tmp_path / "bare" / "config.yaml").message


def test_a_path_outside_of_git_is_named(tmp_path: Path) -> None:
    """Without any repository the message says so, and what else there is."""
    (tmp_path / "config.yaml").write_text(CONFIG)

    error = _failure(tmp_path / "config.yaml")

    assert "is not in a git repository" in error.message
    assert "--base also takes a path" in error.tip


def test_a_repository_of_another_user_is_named_with_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Git refuses a repository that another user owns: the line to run is printed."""
    repository = new_repository(tmp_path / "r r", {"config.yaml": CONFIG})
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")

    error = _failure(repository.folder / "config.yaml")

    assert "another user owns it" in error.message
    line = f"git config --global --add safe.directory '{repository.folder}'"
    assert error.tip.endswith(line)
    assert os.system(line) == 0
    assert found(repository, "config.yaml") == ({"config.yaml"}, set())


def test_a_damaged_repository_is_no_missing_one(tmp_path: Path) -> None:
    """A `.git` that git cannot use is said, instead of that there is none."""
    repository = new_repository(tmp_path / "r", {"config.yaml": CONFIG})
    (repository.folder / ".git" / "HEAD").unlink()

    assert (
        "git cannot use the repository"
        in _failure(repository.folder / "config.yaml").message
    )


def test_a_missing_object_is_said(tmp_path: Path) -> None:
    """A clone without the blob ends the run: a base that is cut off decides nothing."""
    repository = new_repository(tmp_path / "r", {"config.yaml": CONFIG})
    blob = repository.git("rev-parse", "HEAD:config.yaml").strip()
    (repository.folder / ".git/objects" / blob[:2] / blob[2:]).unlink()

    assert (
        "cannot read the object" in _failure(repository.folder / "config.yaml").message
    )


def test_without_git_the_message_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine without git can still compare with a path."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert shutil.which("git") is None

    assert "git cannot be run" in _failure(tmp_path / "config.yaml").message


def test_the_files_are_never_mixed_up(tmp_path: Path) -> None:
    """Paths of two repositories are looked up in their own one."""
    one = new_repository(tmp_path / "one", {"a.yaml": CONFIG})
    two = new_repository(tmp_path / "two", {"b.yaml": PART})

    files = base_files("HEAD", [one.folder / "a.yaml", two.folder / "b.yaml"], "acme")

    assert files == BaseFiles(
        named={
            Path("git:HEAD:a.yaml"): CONFIG.encode(),
            Path("git:HEAD:b.yaml"): PART.encode(),
        }
    )
