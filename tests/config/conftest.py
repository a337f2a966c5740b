"""Loading from a text, as the tests of this folder do it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler.config.load import Loaded, Variables, load

NOW = 1_767_225_600.0  # 2026-01-01T00:00:00Z
HEAD = "version: 1\ndomain: acme\n"


@pytest.fixture
def load_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Loaded]:
    """Write texts to files of an empty folder and load that folder."""
    monkeypatch.chdir(tmp_path)

    def run(
        *texts: str,
        head: bool = True,
        variables: Variables = Variables.OPTIONAL,
        environ: dict[str, str] | None = None,
    ) -> Loaded:
        for number, text in enumerate(texts):
            Path(f"{number}.yaml").write_text(
                (HEAD if head and not number else "") + text, encoding="utf-8"
            )
        names = [Path(f"{number}.yaml") for number in range(len(texts))]
        return load(names, environ=environ or {}, now=NOW, variables=variables)

    return run
