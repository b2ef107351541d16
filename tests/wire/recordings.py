"""The recorded first flights of tests/vectors, as the tests of this folder use them."""

from __future__ import annotations

import csv
from pathlib import Path

VECTORS = Path(__file__).resolve().parents[1] / "vectors"


def flight(folder: str, file: str) -> bytes:
    """Return the bytes of one recording."""
    return bytes.fromhex((VECTORS / folder / file).read_text())


def index(folder: str) -> list[dict[str, str]]:
    """Return the rows of a folder's index."""
    with (VECTORS / folder / "index.tsv").open(newline="") as rows:
        return list(csv.DictReader(rows, delimiter="\t", quoting=csv.QUOTE_NONE))


LIBWEBSOCKETS = index("libwebsockets")
CLIENTS = index("clients")
HELLOS = [("libwebsockets", row["file"]) for row in LIBWEBSOCKETS if row["server_name"] != "not-tls"] + [
    ("clients", row["file"]) for row in CLIENTS
]
