"""`stores=mirrored`: both stores keep showing the same assignments."""

from __future__ import annotations

import uuid

from reconciler.sandbox.state.entries import KINDS, DialinConfig, Lists, identity


def follow_lists(lists: Lists, configs: dict[str, DialinConfig]) -> None:
    """Make the configs equal to the lists.

    A config whose entry is still listed keeps its id.
    """
    ids = {
        (config.type, identity(config.fields)): config.id for config in configs.values()
    }
    configs.clear()
    for kind in KINDS:
        for entry in lists[kind] or ():
            known = ids.pop((kind, identity(entry)), None) or str(uuid.uuid4())
            configs[known] = DialinConfig(known, kind, dict(entry))


def follow_configs(lists: Lists, configs: dict[str, DialinConfig]) -> None:
    """Make the lists equal to the configs.

    Entries stay where they are in their list; new ones come last.
    """
    for kind in KINDS:
        before = [identity(entry) for entry in lists[kind] or ()]
        mirrored = [
            dict(config.fields) for config in configs.values() if config.type == kind
        ]
        mirrored.sort(key=lambda entry: _place(before, identity(entry)))
        if mirrored or lists[kind] is not None:
            lists[kind] = mirrored


def _place(before: list[str], known: str) -> int:
    return before.index(known) if known in before else len(before)
