"""What people write instead: for each room one GET, then one POST, in sequence.

A stand-in for such scripts, to be compared with. It knows no rate limits, no paging,
no deletion, no renewal and no PIN. `python per_room.py rooms.json`
"""

import json
import os
import sys
from pathlib import Path

import requests  # type: ignore[import-untyped]

URL = os.environ["DAILY_API_URL"]
HEADERS = {"Authorization": f"Bearer {os.environ['DAILY_API_KEY']}"}


def main() -> None:
    """Make or update every room of the file."""
    rooms = json.loads(Path(sys.argv[1]).read_text())
    for room in rooms:
        found = requests.get(f"{URL}/rooms/{room['name']}", headers=HEADERS)
        if found.status_code == 404:
            answer = requests.post(f"{URL}/rooms", headers=HEADERS, json=room)
        else:
            body = {"privacy": room["privacy"], "properties": room["properties"]}
            answer = requests.post(
                f"{URL}/rooms/{room['name']}", headers=HEADERS, json=body
            )
        answer.raise_for_status()


if __name__ == "__main__":
    main()
