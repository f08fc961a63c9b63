"""A position in a statement's tokens, and the small steps every grammar rule is made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from levada.common.errors import SqlError
from levada.sql.errors import Span, did_you_mean, sql_error
from levada.sql.keywords import RESERVED
from levada.sql.tokenizer import Token, TokenKind, tokenize

T = TypeVar("T")


class Cursor:
    """Walks the tokens of ``text``. Words are compared in capitals; quoted names never match a word."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokenize(text)
        self.index = 0

    @property
    def token(self) -> Token:
        """The token to be read next."""
        return self.tokens[self.index]

    def ahead(self, distance: int = 1) -> Token:
        """A token further on (the last one when there are fewer)."""
        return self.tokens[min(self.index + distance, len(self.tokens) - 1)]

    def advance(self) -> Token:
        """Read one token."""
        token = self.tokens[self.index]
        if token.kind is not TokenKind.END:
            self.index += 1
        return token

    def at_end(self) -> bool:
        """Whether everything has been read."""
        return self.token.kind is TokenKind.END

    def at(self, *words: str) -> bool:
        """Whether the next tokens are these words, in this order."""
        for distance, word in enumerate(words):
            token = self.ahead(distance)
            if token.kind is not TokenKind.WORD or token.value != word:
                return False
        return True

    def at_any(self, *words: str) -> bool:
        """Whether the next token is one of these words."""
        return self.token.kind is TokenKind.WORD and self.token.value in words

    def at_symbol(self, *symbols: str) -> bool:
        """Whether the next token is one of these operators or marks."""
        return self.token.kind is TokenKind.OPERATOR and self.token.value in symbols

    def take(self, *words: str) -> bool:
        """Read these words if they come next."""
        if not self.at(*words):
            return False
        self.index += len(words)
        return True

    def take_any(self, *words: str) -> str | None:
        """Read one of these words if it comes next."""
        return self.advance().value if self.at_any(*words) else None

    def take_symbol(self, symbol: str) -> bool:
        """Read this mark if it comes next."""
        if not self.at_symbol(symbol):
            return False
        self.index += 1
        return True

    def expect(self, *words: str) -> Token:
        """Read exactly these words; the last one is returned."""
        token = self.token
        for word in words:
            if not self.at(word):
                raise self.unexpected(f"`{word}`")
            token = self.advance()
        return token

    def expect_any(self, *words: str) -> str:
        """Read one of these words."""
        found = self.take_any(*words)
        if found is None:
            raise self.unexpected(" or ".join(f"`{word}`" for word in words))
        return found

    def expect_symbol(self, symbol: str) -> Token:
        """Read exactly this mark."""
        if not self.at_symbol(symbol):
            raise self.unexpected(f"`{symbol}`")
        return self.advance()

    def name(self, what: str = "a name") -> str:
        """Read one name: a word that is not reserved, or a quoted one."""
        token = self.token
        if token.kind is TokenKind.QUOTED:
            return self.advance().value
        if token.kind is TokenKind.WORD:
            if token.value in RESERVED:
                raise self.reserved(token)
            return self.advance().text
        raise self.unexpected(what)

    def at_name(self) -> bool:
        """Whether a name comes next."""
        token = self.token
        return token.kind is TokenKind.QUOTED or (token.kind is TokenKind.WORD and token.value not in RESERVED)

    def qualified(self, what: str = "a name") -> tuple[str, ...]:
        """Read ``a.b.c``."""
        parts = [self.name(what)]
        while self.take_symbol("."):
            parts.append(self.name(what))
        return tuple(parts)

    def string(self, what: str = "a string in quotes") -> str:
        """Read a character string."""
        if self.token.kind is not TokenKind.STRING:
            raise self.unexpected(what)
        return self.advance().value

    def integer(self, what: str = "a whole number") -> int:
        """Read an unsigned whole number."""
        if self.token.kind is not TokenKind.INTEGER:
            raise self.unexpected(what)
        return int(self.advance().value)

    def comma_list(self, rule: Callable[[Cursor], T]) -> tuple[T, ...]:
        """Read ``rule, rule, ..``."""
        items = [rule(self)]
        while self.take_symbol(","):
            items.append(rule(self))
        return tuple(items)

    def parenthesised(self, rule: Callable[[Cursor], T]) -> T:
        """Read ``( rule )``."""
        self.expect_symbol("(")
        result = rule(self)
        self.expect_symbol(")")
        return result

    def name_list(self) -> tuple[str, ...]:
        """Read ``(a, b)``."""
        return self.parenthesised(lambda cursor: cursor.comma_list(Cursor.name))

    def span_from(self, start: Span) -> Span:
        """From ``start`` to the end of the token read last."""
        return start.to(self.tokens[max(self.index - 1, 0)].span)

    def error(self, message: str, span: Span | None = None) -> SqlError:
        """An error that marks ``span`` (the next token if None)."""
        return sql_error(self.text, self.token.span if span is None else span, message)

    def reserved(self, token: Token) -> SqlError:
        """The error for a reserved word that stands where a name should."""
        return self.error(f"`{token.text}` is a reserved word; to use it as a name write it in backticks", token.span)

    def unexpected(self, expected: str) -> SqlError:
        """The error for a token that does not fit."""
        token = self.token
        if token.kind is TokenKind.END:
            return self.error(f"the statement ends where {expected} should follow")
        hint = ""
        if token.kind is TokenKind.WORD and expected.startswith("`"):
            hint = did_you_mean(token.text, [word.strip("`") for word in expected.split(" or ")])
        return self.error(f"expected {expected}, found `{token.text}`{hint}")
