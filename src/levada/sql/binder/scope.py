"""Which columns an expression sees, and how a name finds one."""

from __future__ import annotations

from dataclasses import dataclass

from levada.common.errors import SqlError
from levada.sql.errors import Span, did_you_mean, sql_error
from levada.sql.logical.expressions import Expression, FieldOf, Ref
from levada.sql.types import RowType, type_name


@dataclass(frozen=True, slots=True)
class Visible:
    """A relation in scope: its alias or table name, its columns and where they begin in the input row."""

    name: str | None
    row_type: RowType
    offset: int


@dataclass(frozen=True, slots=True)
class Scope:
    """All relations of one FROM clause; ``aliases`` are names of the select list, for better messages."""

    relations: tuple[Visible, ...] = ()
    aliases: frozenset[str] = frozenset()

    def columns(self, qualifier: str | None = None) -> list[Ref] | None:
        """Every column, or those of one relation (None if there is no such relation)."""
        chosen = [r for r in self.relations if qualifier is None or r.name == qualifier]
        if qualifier is not None and not chosen:
            return None
        return [
            Ref(field.data_type, relation.offset + index, field.name)
            for relation in chosen
            for index, field in enumerate(relation.row_type.fields)
        ]

    def resolve(self, parts: tuple[str, ...], text: str, span: Span) -> Expression:
        """The column that a name of one or more parts means, and the fields inside it."""
        for used, column in ((2, self._qualified(parts, text, span)), (1, self._bare(parts[0], text, span))):
            if column is not None:
                return _fields(column, parts[used:], text, span)
        for skipped in range(1, len(parts) - 1):
            column = self._qualified(parts[skipped:], text, span)
            if column is not None:
                return _fields(column, parts[skipped + 2 :], text, span)
        raise self._not_found(parts, text, span)

    def _qualified(self, parts: tuple[str, ...], text: str, span: Span) -> Ref | None:
        if len(parts) < 2:
            return None
        return self._find(parts[1], [r for r in self.relations if r.name == parts[0]], text, span)

    def _bare(self, name: str, text: str, span: Span) -> Ref | None:
        return self._find(name, self.relations, text, span)

    def _find(self, name: str, relations: list[Visible] | tuple[Visible, ...], text: str, span: Span) -> Ref | None:
        found = [
            Ref(field.data_type, relation.offset + index, field.name, span)
            for relation in relations
            for index, field in enumerate(relation.row_type.fields)
            if field.name == name
        ]
        if len(found) > 1:
            owners = [f"`{r.name}`" for r in relations if r.name and name in r.row_type.field_names()]
            remedy = f": write {owners[0]}.`{name}`" if len(set(owners)) > 1 else ""
            raise sql_error(text, span, f"column `{name}` is ambiguous{remedy}")
        return found[0] if found else None

    def _not_found(self, parts: tuple[str, ...], text: str, span: Span) -> SqlError:
        name = parts[-1]
        relations = list(self.relations)
        if len(parts) > 1:
            named = [relation for relation in relations if relation.name == parts[0]]
            if not named:
                known = [relation.name for relation in relations if relation.name]
                remedy = did_you_mean(parts[0], known) or _listed("; in FROM stand", known)
                return sql_error(text, span, f"`{parts[0]}` is no table or column of this query{remedy}")
            relations, name = named, parts[1]
        if not relations:
            return sql_error(text, span, f"column `{name}` not found: there is no FROM")
        if len(parts) == 1 and name in self.aliases:
            return sql_error(
                text, span, f"`{name}` is an alias of the select list, which is not visible here: repeat its expression"
            )
        columns = [column for relation in relations for column in relation.row_type.field_names()]
        tables = [f"`{relation.name}`" for relation in relations if relation.name]
        where = f" in {', '.join(tables)}" if tables else ""
        remedy = did_you_mean(name, columns) or _listed("; the columns are", columns)
        return sql_error(text, span, f"column `{name}` not found{where}{remedy}")


def _listed(lead: str, names: list[str]) -> str:
    shown = ", ".join(names[:12])
    return f"{lead} {shown}{', ...' if len(names) > 12 else ''}" if names else ""


def _fields(column: Expression, names: tuple[str, ...], text: str, span: Span) -> Expression:
    for name in names:
        column = field_of(column, name, text, span)
    return column


def field_of(base: Expression, name: str, text: str, span: Span) -> Expression:
    """Field ``name`` of a row value."""
    kind = base.data_type
    if not isinstance(kind, RowType):
        raise sql_error(text, span, f"`{base}` is a {type_name(kind.nullable())}, not a ROW: it has no field `{name}`")
    for index, field in enumerate(kind.fields):
        if field.name == name:
            nullable = kind.is_nullable or field.data_type.is_nullable
            return FieldOf(field.data_type.with_nullability(nullable), base, index, name)
    known = kind.field_names()
    raise sql_error(
        text, span, f"`{base}` has no field `{name}`{did_you_mean(name, known) or _listed('; it has', known)}"
    )
