"""Fuzz target: pasted error texts and logs, with every context of the command line."""

from __future__ import annotations

from wssure.tools.explain import read


def TestOneInput(data: bytes) -> None:  # noqa: N802
    """Nothing is raised; every candidate has a reason and a fix in safe text."""
    reading = read(data)
    for candidate in reading.candidates:
        assert candidate.why
        assert candidate.fix
        assert (candidate.why + candidate.fix).replace("\n", "").isprintable()


if __name__ == "__main__":
    from harness import main

    main(TestOneInput)
