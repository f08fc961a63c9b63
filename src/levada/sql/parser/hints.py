"""Hints: ``/*+ OPTIONS('k' = 'v'), BROADCAST(t) */``."""

from __future__ import annotations

from levada.sql.ast.queries import Hint
from levada.sql.parser.cursor import Cursor
from levada.sql.tokenizer import TokenKind


def hints(cursor: Cursor) -> tuple[Hint, ...]:
    """Read a hint comment, if one comes next."""
    if cursor.token.kind is not TokenKind.HINT:
        return ()
    cursor.advance()
    found = cursor.comma_list(_hint)
    cursor.expect_symbol("*/")
    return found


def _hint(cursor: Cursor) -> Hint:
    start = cursor.token.span
    name = cursor.name("a hint name").upper()
    arguments: list[str] = []
    options: list[tuple[str, str]] = []
    if cursor.take_symbol("("):
        while not cursor.at_symbol(")"):
            word = _word(cursor)
            if cursor.take_symbol("="):
                options.append((word, _word(cursor)))
            else:
                arguments.append(word)
            if not cursor.take_symbol(","):
                break
        cursor.expect_symbol(")")
    return Hint(name, tuple(arguments), tuple(options), span=cursor.span_from(start))


def _word(cursor: Cursor) -> str:
    if cursor.token.kind in (TokenKind.STRING, TokenKind.INTEGER):
        return cursor.advance().value
    return ".".join(cursor.qualified("a name or a string"))
