"""Bring the rows of docs/promises.md up to date: `python tools/promises.py`.

Rows of sentences that are gone are removed. A new sentence gets a row with `?`: write there the tests that hold it, joined by
`<br>`, or a word of the page's list. `tests/docs/test_promises.py` fails until then.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.docs.promises import LEDGER, rewritten

if __name__ == "__main__":
    text = rewritten(LEDGER.read_text(encoding="utf-8"))
    LEDGER.write_text(text, encoding="utf-8")
    print(f"{text.count('| ? |')} sentences have no test yet")
