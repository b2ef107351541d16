"""Writes one file with the whole package, for machines without an environment: `tools/make-zipapp.py WHEEL OUTPUT.pyz`.

WHEEL is the pure wheel of wssure. `python OUTPUT.pyz hello FILE` and the like need a Python from 3.11 on and nothing else; `lint`
says which packages to install. Connections work, too, on the stdlib backend.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import zipapp
from pathlib import Path

with tempfile.TemporaryDirectory() as folder:
    install = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "-q",
        "--disable-pip-version-check",
        "--no-compile",
        "--target",
        folder,
    ]
    subprocess.run([*install, str(Path(sys.argv[1]).resolve())], check=True)
    zipapp.create_archive(
        folder, sys.argv[2], interpreter="/usr/bin/env python3", main="wssure.tools.cli.main:entry", compressed=True
    )
print(sys.argv[2])
