"""Fuzz every target for a time limit, each in its own process: `python -m fuzz [--seconds N] [TARGET ...]`.

atheris needs the coverage of interpreted code, so the targets run on a copy of the sources without compiled parts,
starting with the seeds of the tests. The collected inputs are then run on the compiled form as well. Exits with 0 if no
failure was found, 1 after a failure, and 3 if fuzzing is not possible.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent
SEEDED = ("tests.wire.test_fuzz_tls", "tests.wire.test_fuzz_websocket", "tests.tools.explain.test_fuzz_texts")


def main() -> int:
    """Run the targets of the command line."""
    parser = argparse.ArgumentParser(prog="python -m fuzz", description="Fuzz the decoders and state machines.")
    parser.add_argument("--seconds", type=int, default=20, help="for each target (default: 20)")
    parser.add_argument("targets", nargs="*", metavar="TARGET", help="such as fuzz_hello; all without any")
    options = parser.parse_args()
    if importlib.util.find_spec("atheris") is None:
        print("fuzz: not run, atheris is not installed (pip install atheris; it has no wheel for every Python)")
        return 3
    names = options.targets or sorted(path.stem for path in HERE.glob("fuzz_*.py"))
    seeds = _seeds()
    broken = []
    with tempfile.TemporaryDirectory() as work:
        source = Path(work) / "src"
        shutil.copytree(ROOT / "src", source, ignore=shutil.ignore_patterns("*.so", "__pycache__"))
        for name in names:
            corpus = Path(work) / name
            corpus.mkdir()
            for number, seed in enumerate(seeds.get(name, ())):
                (corpus / f"seed-{number}").write_bytes(seed)
            if not _fuzz(name, corpus, source, options.seconds):
                broken.append(name)
    print(f"fuzz: {len(names)} targets, {len(broken)} broken" + (f": {', '.join(broken)}" if broken else ""))
    return 1 if broken else 0


def _seeds() -> dict[str, list[bytes]]:
    """Return the seeds of the tests, by target."""
    sys.path.insert(0, str(ROOT))
    found = {}
    for module in SEEDED:
        for target, seeds in importlib.import_module(module).SEEDS.items():
            found[target.__name__.rpartition(".")[2]] = seeds
    return found


def _fuzz(name: str, corpus: Path, source: Path, seconds: int) -> bool:
    """Fuzz one target, then run the compiled form on the collected inputs; return False after a failure."""
    finding = ROOT / "build" / "fuzz" / f"{name}-"
    finding.parent.mkdir(parents=True, exist_ok=True)
    limits = [f"-max_total_time={seconds}", "-timeout=10", "-rss_limit_mb=2048", f"-artifact_prefix={finding}"]
    fuzzed = _run(name, [*limits, str(corpus)], str(source))
    files = sorted(str(path) for path in corpus.iterdir())
    done = next((line for line in reversed(fuzzed.stderr.splitlines()) if line.startswith("Done ")), "")
    print(f"fuzz: {name}: {done or 'broken'}, {len(files)} inputs kept", flush=True)
    if fuzzed.returncode:
        print(fuzzed.stdout[-4000:], fuzzed.stderr[-4000:], sep="\n")
        return False
    replayed = _run(name, files, None)
    if replayed.returncode:
        print(f"fuzz: {name}: the compiled form breaks", replayed.stdout[-500:], replayed.stderr[-4000:], sep="\n")
    return not replayed.returncode


def _run(name: str, arguments: list[str], source: str | None) -> subprocess.CompletedProcess[str]:
    environment = dict(os.environ)
    if source is not None:
        environment["PYTHONPATH"] = source
    command = [sys.executable, str(HERE / f"{name}.py"), *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


if __name__ == "__main__":
    sys.exit(main())
