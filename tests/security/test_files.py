"""What is written to a disk and read from one: private, whole, nothing else."""

from __future__ import annotations

import json
import os
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hush import secret_world
from kit import World

from reconciler.config.load import Variables, load
from reconciler.errors import ReconcilerError
from reconciler.operations.files import write_private

MakeWorld = Callable[..., World]
SCHEMA = Path(__file__).parents[2] / "schemas" / "config.schema.json"
HEAD = "version: 1\ndomain: acme\n"
_PUBLIC = {"metrics.prom": 0o644, "imported.yaml": 0o644}


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_files_that_may_hold_anything_private_are_private(
    make_world: MakeWorld, umask: int
) -> None:
    """Whatever the umask, only the user can read plans, reports, rescue and secrets."""
    world = secret_world(make_world, "legacy", stores="erasing")
    before = os.umask(umask)
    try:
        world.run(
            *("plan", "config.yaml", "--out", "plan.json"),
            *("--markdown", "plan.md", "--html", "plan.html"),
        )
        world.run(
            *("apply", "config.yaml", "--yes", "--report", "report.json"),
            *("--markdown", "report.md", "--metrics", "metrics.prom"),
            *("--rescue-file", "rescue.json", "--lock-file", "lock"),
            *("--allow", "may-erase=9"),
        )
        world.run("import", "--out", "imported.yaml", "--secrets-out", "values.sh")
        world.run("dialin", "config.yaml", "--out", "sheet.txt")
        world.run("plan", "config.yaml", "--sandbox")
    finally:
        os.umask(before)

    modes = {p.name: _mode(p) for p in world.folder.iterdir() if p.is_file()}
    modes.pop("config.yaml")
    made = {"plan.json", "plan.md", "plan.html", "report.json", "report.md", "lock"}
    assert made | {
        "sheet.txt",
        "rescue.json",
        "values.sh",
        ".daily-sandbox.json",
    } <= set(modes)
    assert modes == {name: _PUBLIC.get(name, 0o600) for name in modes}


def test_a_file_that_others_could_read_becomes_private(tmp_path: Path) -> None:
    """Writing over a file that was open to all leaves one that is not."""
    target = tmp_path / "plan.json"
    target.write_text("old")
    target.chmod(0o666)

    write_private(target, "new")

    assert (target.read_text(), _mode(target)) == ("new\n", 0o600)


def test_a_link_stays_and_its_target_is_written(tmp_path: Path) -> None:
    """What a link leads to is replaced as a whole, beside itself; the link is kept."""
    (tmp_path / "elsewhere").mkdir()
    target = tmp_path / "elsewhere" / "report.json"
    target.write_text("old")
    link = tmp_path / "report.json"
    link.symlink_to(target)
    dangling = tmp_path / "new.json"
    dangling.symlink_to(tmp_path / "elsewhere" / "made.json")

    write_private(link, "new")
    write_private(dangling, "new")

    assert target.read_text() == "new\n"
    assert _mode(target) == 0o600
    assert link.is_symlink()
    assert dangling.is_symlink()
    assert sorted(path.name for path in target.parent.iterdir()) == [
        "made.json",
        "report.json",
    ]


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_file_is_written_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """When the disk fails, the old file stays and no half one lies beside it."""
    target = tmp_path / "plan.json"
    target.write_text("old")

    def full(*_args: object) -> None:
        raise OSError(28, "No space left on device")

    owner = os if step == "fsync" else Path
    monkeypatch.setattr(owner, step, full)
    with pytest.raises(ReconcilerError, match="No space left"):
        write_private(target, "new")

    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["plan.json"]


# What a config can make the tool read: the files that the user named.


def _keys(node: Any) -> set[str]:
    if isinstance(node, list):
        return set().union(*map(_keys, node))
    if not isinstance(node, dict):
        return set()
    found = set(node.get("properties", {})) if "properties" in node else set()
    return found.union(*map(_keys, node.values()))


def test_no_key_of_a_config_is_a_path() -> None:
    """The format has no include, no file reference, no template: nothing to lead away.

    The keys with such a word in their name are Daily's own, and are sent as they are.
    """
    keys = _keys(json.loads(SCHEMA.read_text(encoding="utf-8")))
    words = ("include", "import", "extends", "file", "path", "folder", "director")

    suspects = {key for key in keys for word in words if word in key.lower()}

    assert keys > {"rooms", "hmac", "recordings_bucket"}
    assert suspects == {"includeRawResponse", "path", "path_template"}


@pytest.mark.parametrize(
    "value",
    [
        "!include secret.yaml",
        "!!python/object/apply:open [secret.yaml]",
        "${file:secret.yaml}",
        "<(cat secret.yaml)",
        "file://secret.yaml",
        "@secret.yaml",
        "../secret.yaml",
        "{{ secret.yaml }}",
        "$(cat secret.yaml)",
    ],
)
def test_a_value_never_opens_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    """Whatever a value looks like, only the config itself is opened."""
    secret = tmp_path / "secret.yaml"
    secret.write_text("hunter2")
    config = tmp_path / "config.yaml"
    config.write_text(f"{HEAD}rooms: {{a: {{properties: {{geo: {value}}}}}}}\n")
    _load(config)  # the schema is read once
    opened: list[str] = []
    real = Path.open

    def watched(self: Path, *args: Any, **named: Any) -> Any:
        opened.append(self.name)
        return real(self, *args, **named)

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Path, "open", watched)

    loaded = _load(config)

    assert opened == ["config.yaml"]
    assert "hunter2" not in repr(loaded)


def _load(*paths: Path) -> Any:
    return load(paths, environ={}, now=1.8e9, variables=Variables.OPTIONAL)


def test_a_folder_gives_its_own_files_only(tmp_path: Path) -> None:
    """Folders, hidden files and linked folders in a named folder are not read."""
    away = tmp_path / "away"
    away.mkdir()
    (away / "away.yaml").write_text("rooms: {away: {}}\n")
    folder = tmp_path / "config"
    (folder / "below").mkdir(parents=True)
    (folder / "below" / "below.yaml").write_text("rooms: {below: {}}\n")
    (folder / "linked.yaml").symlink_to(away)
    (folder / ".hidden.yaml").write_text("rooms: {hidden: {}}\n")
    (folder / "a.yaml").write_text(f"{HEAD}rooms: {{lobby: {{}}}}\n")

    loaded = _load(folder)

    assert loaded.files == (str(folder / "a.yaml"),)
    assert [entry.key for entry in loaded.entries] == ["lobby"]


def test_a_link_never_leads_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A linked file is read if it lies beside the link or below the work folder."""
    (tmp_path / "keys.txt").write_text("secret: hunter2-hunter2: x\n")
    folder = tmp_path / "repository" / "config"
    folder.mkdir(parents=True)
    (tmp_path / "repository" / "shared.yaml").write_text(f"{HEAD}rooms: {{a: {{}}}}\n")
    away, inside = folder / "away.yaml", folder / "inside.yaml"
    away.symlink_to("../../keys.txt")
    inside.symlink_to("../shared.yaml")
    monkeypatch.chdir(tmp_path / "repository")

    for paths in ([away], [away, inside]):
        loaded = _load(*paths)

        assert "file-unreadable" in [finding.id for finding in loaded.findings]
        assert "hunter2" not in repr(loaded)
    assert _load(inside).config is not None


def test_a_revision_never_leads_out_of_its_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A path that a link leads outside is refused, and a committed link is not read."""
    from reconciler.config.reading.search import texts_at

    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.yaml").write_text("hunter2")
    repository = tmp_path / "repository"
    repository.mkdir()
    (repository / "link.yaml").symlink_to(outside / "secret.yaml")
    (repository / "folder").symlink_to(outside)
    (repository / "a.yaml").write_text(HEAD)
    monkeypatch.chdir(repository)
    for args in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "x"]):
        who = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
        subprocess.run(["git", *who, *args], check=True, capture_output=True)

    for path in ("folder", "link.yaml", "../outside/secret.yaml"):
        with pytest.raises(ReconcilerError):
            texts_at("HEAD", [Path(path)])
    whole = texts_at("HEAD", [Path()])

    assert b"hunter2" not in b"".join(text or b"" for text in whole.values())


@pytest.mark.parametrize(
    "revision", ["--output=x", "-h", "HEAD; touch x", "$(touch x)", "HEAD:a.yaml", ""]
)
def test_a_revision_is_never_an_option_or_a_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, revision: str
) -> None:
    """What is given as a revision is looked up as one, and does nothing else."""
    from reconciler.config.reading.search import texts_at

    (tmp_path / "a.yaml").write_text(HEAD)
    monkeypatch.chdir(tmp_path)
    subprocess.run(["git", "init", "-q"], check=True, capture_output=True)

    with pytest.raises(ReconcilerError):
        texts_at(revision, [Path("a.yaml")])

    assert not (tmp_path / "x").exists()
