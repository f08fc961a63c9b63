"""MATCH_RECOGNIZE: row patterns, their variables and measures."""

from __future__ import annotations

from levada.sql.ast import expressions as ex
from levada.sql.ast import queries as ast
from levada.sql.parser import expressions, queries
from levada.sql.parser.cursor import Cursor


def match_recognize(cursor: Cursor, relation: ast.Relation) -> ast.Relation:
    """Read the clause behind ``relation``."""
    cursor.expect("MATCH_RECOGNIZE")
    cursor.expect_symbol("(")
    partition = expressions.expression_list(cursor) if cursor.take("PARTITION", "BY") else ()
    order = cursor.comma_list(expressions.sort_item) if cursor.take("ORDER", "BY") else ()
    measures = cursor.comma_list(queries.select_item) if cursor.take("MEASURES") else ()
    all_rows = _rows_per_match(cursor)
    after, skip_to = _after_match(cursor)
    cursor.expect("PATTERN")
    pattern = cursor.parenthesised(_alternation)
    within = expressions.expression(cursor) if cursor.take("WITHIN") else None
    define: tuple[tuple[str, ex.Expression], ...] = ()
    if cursor.take("DEFINE"):
        define = cursor.comma_list(_definition)
    cursor.expect_symbol(")")
    return ast.MatchRecognize(
        relation,
        partition,
        order,
        measures,
        all_rows,
        after,
        skip_to,
        pattern,
        within,
        define,
        span=cursor.span_from(relation.span),
    )


def _rows_per_match(cursor: Cursor) -> bool:
    if cursor.take("ALL"):
        cursor.expect("ROWS", "PER", "MATCH")
        return True
    if cursor.take("ONE"):
        cursor.expect("ROW", "PER", "MATCH")
    return False


def _after_match(cursor: Cursor) -> tuple[str, str | None]:
    if not cursor.take("AFTER"):
        return "NEXT ROW", None
    cursor.expect("MATCH")
    cursor.expect("SKIP")
    if cursor.take("PAST"):
        cursor.expect("LAST")
        cursor.expect("ROW")
        return "PAST LAST ROW", None
    cursor.expect("TO")
    if cursor.take("NEXT", "ROW"):
        return "NEXT ROW", None
    position = cursor.take_any("FIRST", "LAST") or "LAST"
    return position, cursor.name("a pattern variable")


def _definition(cursor: Cursor) -> tuple[str, ex.Expression]:
    name = cursor.name("a pattern variable")
    cursor.expect("AS")
    return name, expressions.expression(cursor)


def _alternation(cursor: Cursor) -> ast.Pattern:
    branches = [_sequence(cursor)]
    while cursor.take_symbol("|"):
        branches.append(_sequence(cursor))
    return branches[0] if len(branches) == 1 else ast.Pattern(parts=tuple(branches), alternation=True)


def _sequence(cursor: Cursor) -> ast.Pattern:
    parts = []
    while cursor.at_name() or cursor.at_symbol("("):
        parts.append(_quantified(cursor))
    if not parts:
        raise cursor.unexpected("a pattern variable")
    return parts[0] if len(parts) == 1 else ast.Pattern(parts=tuple(parts))


def _quantified(cursor: Cursor) -> ast.Pattern:
    start = cursor.token.span
    if cursor.at_symbol("("):
        parts: tuple[ast.Pattern, ...] = (cursor.parenthesised(_alternation),)
        variable = None
    else:
        variable, parts = cursor.name(), ()
    minimum, maximum = _quantifier(cursor)
    reluctant = (minimum, maximum) != (1, 1) and cursor.take_symbol("?")
    return ast.Pattern(variable, parts, False, minimum, maximum, reluctant, span=cursor.span_from(start))


def _quantifier(cursor: Cursor) -> tuple[int, int | None]:
    if cursor.take_symbol("*"):
        return 0, None
    if cursor.take_symbol("+"):
        return 1, None
    if cursor.take_symbol("?"):
        return 0, 1
    if not cursor.take_symbol("{"):
        return 1, 1
    minimum = 0 if cursor.at_symbol(",") else cursor.integer()
    maximum: int | None = minimum
    if cursor.take_symbol(","):
        maximum = None if cursor.at_symbol("}") else cursor.integer()
    cursor.expect_symbol("}")
    return minimum, maximum
