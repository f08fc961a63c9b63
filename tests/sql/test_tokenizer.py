"""Text to tokens."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from levada.common.errors import SqlError
from levada.sql.tokenizer import TokenKind, tokenize


def kinds(text: str) -> list[tuple[str, str]]:
    return [(token.kind.name, token.value) for token in tokenize(text)[:-1]]


def test_words_are_capitals_and_quoted_names_are_not() -> None:
    assert kinds("select `Select`, Foo") == [
        ("WORD", "SELECT"),
        ("QUOTED", "Select"),
        ("OPERATOR", ","),
        ("WORD", "FOO"),
    ]


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("'it''s'", "STRING", "it's"),
        ("N'nat'", "STRING", "nat"),
        ("x'4a'", "BINARY", "4a"),
        (r"U&'\00e9'", "UNICODE", r"\00e9"),
        ("`a``b`", "QUOTED", "a`b"),
        ("12", "INTEGER", "12"),
        ("1.5", "DECIMAL", "1.5"),
        (".5", "DECIMAL", ".5"),
        ("1.", "DECIMAL", "1."),
        ("1e10", "APPROXIMATE", "1e10"),
        ("1.5E-3", "APPROXIMATE", "1.5E-3"),
        ("<>", "OPERATOR", "<>"),
        ("||", "OPERATOR", "||"),
        ("=>", "OPERATOR", "=>"),
        ("/*+", "HINT", "/*+"),
    ],
)
def test_single_tokens(text: str, kind: str, value: str) -> None:
    assert kinds(text) == [(kind, value)]


def test_comments_and_space_are_skipped_but_hints_are_not() -> None:
    assert kinds("a -- to the end\n/* block\n */ b /*+ h */") == [
        ("WORD", "A"),
        ("WORD", "B"),
        ("HINT", "/*+"),
        ("WORD", "H"),
        ("OPERATOR", "*/"),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("select 'abc", "line 1, column 8: the string is not closed"),
        ("select `abc", "line 1, column 8: the quoted name is not closed"),
        ("a /* b", "line 1, column 3: the comment is not closed"),
        ('a\n  "b"', "line 2, column 3: names are quoted with backticks"),
        ("a ~ b", "line 1, column 3: unexpected character '~'"),
        ("select 1abc", "line 1, column 8: `1abc` starts with a digit"),
    ],
)
def test_errors_say_where(text: str, message: str) -> None:
    with pytest.raises(SqlError) as error:
        tokenize(text)
    assert str(error.value).startswith(message)


@given(st.text())
def test_any_string_survives_quoting(value: str) -> None:
    quoted = "'" + value.replace("'", "''") + "'"
    token, end = tokenize(quoted)
    assert (token.kind, token.value, end.kind) == (TokenKind.STRING, value, TokenKind.END)


@given(st.text(max_size=30))
def test_any_text_is_tokens_or_a_sql_error(text: str) -> None:
    try:
        tokens = tokenize(text)
    except SqlError:
        return
    assert all(text[token.span.start : token.span.end] == token.text for token in tokens)
