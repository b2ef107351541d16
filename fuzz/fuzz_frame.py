"""Fuzz target: the frame reader in each role, with input in one piece and in several."""

from __future__ import annotations

from wssure.wire.frame import FrameError, FrameReader

ROLES = (True, False, None)


def TestOneInput(data: bytes) -> None:  # noqa: N802
    """Only `FrameError` is raised, for any pieces. The first octet selects the role and the size of the pieces."""
    if not data:
        return
    must_mask, rsv1, step = ROLES[data[0] % 3], bool(data[0] & 0x80), 1 + data[0] % 7
    stream = data[1:]
    whole, cut = FrameReader(must_mask, rsv1), FrameReader(must_mask, rsv1)
    found = [_frames(whole, stream)]
    found.append([item for at in range(0, len(stream), step) for item in _frames(cut, stream[at : at + step])])
    if all("broken" not in items for items in found):
        assert found[0] == found[1]
        assert whole.between_frames == cut.between_frames


def _frames(reader: FrameReader, data: bytes) -> list[object]:
    try:
        return list(reader.frames(data))
    except FrameError:
        return ["broken"]


if __name__ == "__main__":
    from harness import main

    main(TestOneInput)
