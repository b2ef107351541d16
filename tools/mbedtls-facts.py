"""Write the facts about Mbed TLS versions into docs/mbedtls.md, from the table of `wssure versions`.

python tools/mbedtls-facts.py            print the table
python tools/mbedtls-facts.py --write    write it into the page
"""

from __future__ import annotations

import sys
from pathlib import Path

from wssure.tools.lint.versions import entries, lifetimes

TARGET = Path(__file__).resolve().parents[1] / "docs" / "mbedtls.md"
BEGIN = "<!-- begin: written by python tools/mbedtls-facts.py --write -->\n"
END = "<!-- end -->\n"


def table() -> str:
    ends = ", ".join(f"{life.series}: {life.end.isoformat()}" for life in lifetimes() if life.library == "mbedtls")
    lines = [
        "| versions | the library | wssure's backend | do | source |",
        "|---|---|---|---|---|",
        *(
            f"| {entry.ranges['mbedtls']} | {entry.summary} | {entry.wssure} | {entry.advice} | {entry.source} |"
            for entry in entries()
            if list(entry.ranges) == ["mbedtls"]
        ),
        "",
        f"Upstream maintains each series until ({lifetimes()[-1].source}): {ends}.",
    ]
    return "\n".join(lines) + "\n"


def page(text: str) -> str:
    """Return the page with the table replaced."""
    before, _, rest = text.partition(BEGIN)
    return before + BEGIN + table() + END + rest.partition(END)[2]


if __name__ == "__main__":
    if "--write" in sys.argv:
        TARGET.write_text(page(TARGET.read_text(encoding="utf-8")), encoding="utf-8")
    else:
        print(table(), end="")
