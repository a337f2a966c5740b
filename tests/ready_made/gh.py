"""The `gh` of the tests: comments in a file, prepared answers, artifacts.

A program of its own, and of the standard library, because it starts many times.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path


def _gh(hub: Path, args: list[str]) -> int:
    """The other side of `gh`: comments in a file, prepared answers, artifacts."""
    with (hub / "calls").open("a") as log:
        log.write(" ".join(args) + "\n")
    if not os.environ.get("GH_TOKEN") or (hub / "forbidden").exists():
        sys.stderr.write("gh: HTTP 403\n")
        return 1
    if args[:2] == ["run", "download"]:
        return _download(hub, args)
    method = args[args.index("--method") + 1] if "--method" in args else "GET"
    path = next(a for a in args[1:] if a.startswith("repos/")).partition("?")[0]
    if "/comments" not in path:
        sys.stdout.write((hub / path.replace("/", "_")).read_text("utf-8"))
        return 0
    kept = hub / "comments.json"
    comments = json.loads(kept.read_text("utf-8")) if kept.exists() else []
    if method == "GET":
        # Pages come one after the other.
        for at in range(0, max(len(comments), 1), 2):
            sys.stdout.write(json.dumps(comments[at : at + 2]))
        return 0
    body = Path(args[args.index("-F") + 1].removeprefix("body=@")).read_text("utf-8")
    if method == "POST":
        author = {"login": "github-actions[bot]"}
        made = {"id": 100 + len(comments), "user": author, "body": body}
        comments.append(made)
    else:
        made = next(c for c in comments if str(c["id"]) == path.rpartition("/")[2])
        made["body"] = body
    kept.write_text(json.dumps(comments))
    sys.stdout.write(json.dumps(made))
    return 0


def _download(hub: Path, args: list[str]) -> int:
    target = Path(args[args.index("--dir") + 1])
    artifact = hub / f"artifact-{args[2]}-{args[args.index('--name') + 1]}"
    if not artifact.exists():
        return 1
    target.mkdir(parents=True)
    for file in artifact.iterdir():
        (target / file.name).write_bytes(file.read_bytes())
    return 0


if __name__ == "__main__":
    sys.exit(_gh(Path(os.environ["FAKE_HUB"]), sys.argv[1:]))
