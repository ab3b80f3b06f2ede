"""Text from outside, made fit to be shown: on a terminal, in a log, in a picture."""

from __future__ import annotations

CUT = "…"


def shown(text: object, limit: int = 80) -> str:
    """Escapes what a terminal would act on or cannot show, and cuts to ``limit`` characters.

    Control characters, ANSI escapes, marks that turn the direction of writing and halves of
    surrogate pairs (bytes that were no UTF-8) become backslash escapes. The cost does not depend
    on the length of the text.
    """
    whole = text if isinstance(text, str) else str(text)
    if len(whole) <= limit and whole.isprintable():
        return whole
    out: list[str] = []
    room = limit
    for char in whole[: limit + 1]:
        piece = char if char.isprintable() else char.encode("unicode_escape").decode("ascii")
        room -= len(piece)
        if room < 0:
            break
        out.append(piece)
    else:
        return "".join(out)
    while out and sum(map(len, out)) > limit - len(CUT):
        out.pop()
    return "".join(out) + CUT
