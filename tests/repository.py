"""A git repository for tests: committed files, and nothing from outside."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

_IDENTITY = ("-c", "user.name=t", "-c", "user.email=t@example.com")
_SETTINGS = ("-c", "protocol.file.allow=always", "-c", "commit.gpgsign=false")


@dataclass(frozen=True)
class Repository:
    """A work tree; `git` runs git in it."""

    folder: Path

    def git(self, *args: str) -> str:
        command = ["git", "-C", str(self.folder), *_IDENTITY, *_SETTINGS, *args]
        # A hook that runs the tests leaves its own repository in the environment.
        environment = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
        ran = subprocess.run(
            command, check=True, capture_output=True, text=True, env=environment
        )
        return ran.stdout

    def commit(self) -> None:
        """Commit the work tree as it is."""
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", "x")

    def write(self, files: dict[str, str | bytes]) -> None:
        """Write files, and the folders they stand in."""
        for name, text in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text if isinstance(text, bytes) else text.encode())


def new_repository(folder: Path, files: dict[str, str | bytes]) -> Repository:
    """A repository with one commit of these files."""
    folder.mkdir(parents=True, exist_ok=True)
    repository = Repository(folder)
    repository.git("init", "-q", "-b", "main")
    repository.write(files)
    repository.commit()
    return repository
