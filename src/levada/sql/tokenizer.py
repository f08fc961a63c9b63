"""SQL text to tokens, each with its place in the text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from levada.sql.errors import Span, sql_error


class TokenKind(Enum):
    """What a token is."""

    WORD = "word"
    QUOTED = "quoted name"
    STRING = "string"
    UNICODE = "unicode string"
    BINARY = "binary string"
    INTEGER = "whole number"
    DECIMAL = "decimal number"
    APPROXIMATE = "approximate number"
    OPERATOR = "operator"
    HINT = "hint"
    END = "end of statement"


@dataclass(frozen=True, slots=True)
class Token:
    """``text`` as written; ``value`` is a word in capitals, a name or string without quotes, else the text."""

    kind: TokenKind
    text: str
    value: str
    span: Span


_PATTERN = re.compile(
    r"""
    (?P<space>\s+)
  | (?P<line>--[^\n]*|//[^\n]*)
  | (?P<hint>/\*\+)
  | (?P<block>/\*(?:.|\n)*?\*/)
  | (?P<unicode>[uU]&'(?:[^']|'')*')
  | (?P<binary>[xX]'[^']*')
  | (?P<national>[nN]'(?:[^']|'')*')
  | (?P<string>'(?:[^']|'')*')
  | (?P<quoted>`(?:[^`]|``)+`)
  | (?P<approximate>(?:\d+\.\d*|\.\d+|\d+)[eE][+-]?\d+)
  | (?P<decimal>\d+\.\d*|\.\d+)
  | (?P<integer>\d+)
  | (?P<word>[^\W\d][\w$]*)
  | (?P<operator><>|<=|>=|!=|\|\||=>|->|\*/|/(?!\*)|[-+*%=<>(),.;\[\]{}?:|^$@!])
    """,
    re.VERBOSE,
)

_SKIPPED = frozenset({"space", "line", "block"})
_KINDS = {
    "unicode": TokenKind.UNICODE,
    "binary": TokenKind.BINARY,
    "national": TokenKind.STRING,
    "string": TokenKind.STRING,
    "quoted": TokenKind.QUOTED,
    "approximate": TokenKind.APPROXIMATE,
    "decimal": TokenKind.DECIMAL,
    "integer": TokenKind.INTEGER,
    "word": TokenKind.WORD,
    "operator": TokenKind.OPERATOR,
    "hint": TokenKind.HINT,
}
_UNCLOSED = {"'": "the string is not closed: add a '", "`": "the quoted name is not closed: add a `"}


def tokenize(text: str) -> list[Token]:
    """All tokens of ``text``, with an ``END`` token behind the last.

    Examples
    --------
    >>> [token.value for token in tokenize("select `a b` <> 'it''s'")]
    ['SELECT', 'a b', '<>', "it's", '']
    """
    tokens: list[Token] = []
    position = 0
    while position < len(text):
        match = _PATTERN.match(text, position)
        if match is None:
            raise _unreadable(text, position)
        group = match.lastgroup or ""
        if group == "integer" and text[match.end() : match.end() + 1].isalpha():
            end = match.end() + 1
            while end < len(text) and (text[end].isalnum() or text[end] == "_"):
                end += 1
            raise sql_error(
                text,
                Span(position, end),
                f"`{text[position:end]}` starts with a digit; a name like this needs backticks",
            )
        if group not in _SKIPPED:
            tokens.append(
                Token(_KINDS[group], match.group(), _value(group, match.group()), Span(position, match.end()))
            )
        position = match.end()
    tokens.append(Token(TokenKind.END, "", "", Span(len(text), len(text))))
    return tokens


def _value(group: str, text: str) -> str:
    match group:
        case "word":
            return text.upper()
        case "quoted":
            return text[1:-1].replace("``", "`")
        case "string":
            return text[1:-1].replace("''", "'")
        case "national" | "binary":
            return text[2:-1].replace("''", "'")
        case "unicode":
            return text[3:-1].replace("''", "'")
        case _:
            return text


def _unreadable(text: str, position: int) -> Exception:
    char = text[position]
    if text.startswith("/*", position):
        return sql_error(text, Span(position, position + 2), "the comment is not closed: add */")
    if char == '"':
        return sql_error(
            text, Span(position, position + 1), "names are quoted with backticks: `name`, and strings with '"
        )
    return sql_error(text, Span(position, position + 1), _UNCLOSED.get(char, f"unexpected character {char!r}"))
