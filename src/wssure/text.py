"""Escaping and cutting of text that a peer chose, before a person reads it."""


def printable(text: str, limit: int = 200) -> str:
    r"""Return text that is safe for a terminal, a log line or a page.

    Control, format (bidirectional), unassigned and unpaired surrogate characters become `\xNN` or `\uNNNN`; the rest is cut at `limit`.
    """
    cut = text[:limit]
    if not cut.isprintable():
        cut = "".join(character if character.isprintable() else ascii(character)[1:-1] for character in cut)
    return cut + "…" if len(text) > limit else cut
