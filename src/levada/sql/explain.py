"""Plans as text: the syntax tree, the logical plans, the physical plan with changelog modes."""

from __future__ import annotations

import dataclasses
from typing import Any

from levada.sql.ast.expressions import Node as SyntaxNode
from levada.sql.logical import nodes as logical
from levada.sql.logical.expressions import AggregateCall, Expression
from levada.sql.physical import nodes as physical
from levada.sql.types import DataType, RowType, type_name


def syntax_text(node: object, depth: int = 0) -> str:
    """A syntax tree, one node per line, without what is empty."""
    pad = "  " * depth
    if isinstance(node, SyntaxNode):
        simple, nested = _split(node)
        line = f"{pad}{type(node).__name__}{f'({simple})' if simple else ''}"
        return "\n".join([line, *(f"{pad}  {name}:\n{syntax_text(value, depth + 2)}" for name, value in nested)])
    if isinstance(node, tuple):
        return "\n".join(syntax_text(item, depth) for item in node)
    return f"{pad}{_simple(node)}"


def _split(node: SyntaxNode) -> tuple[str, list[tuple[str, Any]]]:
    simple: list[str] = []
    nested: list[tuple[str, Any]] = []
    for field in dataclasses.fields(node):
        value = getattr(node, field.name)
        if field.name == "span" or value in (None, (), False):
            continue
        if _has_node(value):
            nested.append((field.name, value))
        else:
            simple.append(f"{field.name}={_simple(value)}")
    return ", ".join(simple), nested


def _has_node(value: object) -> bool:
    return isinstance(value, SyntaxNode) or (isinstance(value, tuple) and any(_has_node(item) for item in value))


def _simple(value: object) -> str:
    if isinstance(value, DataType):
        return type_name(value)
    if isinstance(value, tuple) and all(isinstance(item, str) for item in value):
        return ".".join(value)
    return repr(value)


def logical_text(node: logical.Node) -> str:
    """A logical plan, inputs indented below their readers."""
    return _tree(node, _logical_line, logical.inputs)


def physical_text(node: physical.Node) -> str:
    """A physical plan with the changes that each node emits."""
    return _tree(node, _physical_line, physical.inputs)


def _tree(node: Any, line: Any, children: Any, lead: str = "", branch: str = "") -> str:
    lines = [f"{lead}{branch}{line(node)}"]
    below = children(node)
    for index, child in enumerate(below):
        last = index == len(below) - 1
        deeper = lead + ("" if not branch else "   " if branch == "+- " else ":  ")
        lines.append(_tree(child, line, children, deeper, "+- " if last else ":- "))
    return "\n".join(lines)


def _logical_line(node: logical.Node) -> str:
    match node:
        case logical.Scan():
            return f"Scan(table=[{'.'.join(node.table.path)}], fields=[{_names(node.row_type)}])"
        case logical.Values():
            return f"Values({_rows(node.rows)})"
        case logical.Project():
            return f"Project({_select(node.expressions, node.row_type)})"
        case logical.Filter():
            return f"Filter(condition=[{node.condition}])"
        case logical.Aggregate():
            return f"Aggregate({_aggregate(node.keys, node.calls, node.row_type)})"
        case logical.Insert():
            return f"Insert(table=[{'.'.join(node.table.path)}], fields=[{_names(node.row_type)}])"
        case _:
            return f"Union(all=[true], union=[{_names(node.row_type)}])"


def _physical_line(node: physical.Node) -> str:
    return f"{_physical_name(node)}, changelogMode=[{node.mode}])"


def _physical_name(node: physical.Node) -> str:
    match node:
        case physical.TableScan():
            return f"TableScan(table=[{'.'.join(node.table.path)}], fields=[{_names(node.row_type)}]"
        case physical.Values():
            return f"Values({_rows(node.rows)}"
        case physical.Calc():
            where = "" if node.condition is None else f", where=[{node.condition}]"
            return f"Calc({_select(node.expressions, node.row_type)}{where}"
        case physical.Exchange():
            keys = ", ".join(node.row_type.fields[key].name for key in node.keys)
            return f"Exchange(distribution=[{f'hash[{keys}]' if keys else 'single'}]"
        case physical.GroupAggregate():
            kind = "HashAggregate" if node.final_only else "GroupAggregate"
            return f"{kind}({_aggregate(node.keys, node.calls, node.row_type)}"
        case physical.Sink():
            target = "*collect*" if node.table is None else ".".join(node.table.path)
            return f"Sink(table=[{target}], fields=[{_names(node.row_type)}]"
        case _:
            return f"Union(all=[true], union=[{_names(node.row_type)}]"


def _names(row_type: RowType) -> str:
    return ", ".join(row_type.field_names())


def _rows(rows: tuple[tuple[Any, ...], ...]) -> str:
    shown = ", ".join(f"{{ {', '.join(map(str, row))} }}" for row in rows[:5])
    more = "" if len(rows) <= 5 else f", ... {len(rows)} rows"
    return f"tuples=[[{shown}{more}]]"


def _select(expressions: tuple[Expression, ...], row_type: RowType) -> str:
    return f"select=[{', '.join(map(_as, expressions, row_type.field_names()))}]"


def _as(expression: Expression, name: str) -> str:
    text = str(expression)
    return text if text == name else f"{text} AS {name}"


def _aggregate(keys: tuple[int, ...], calls: tuple[AggregateCall, ...], row_type: RowType) -> str:
    names = row_type.field_names()
    grouped = f"groupBy=[{', '.join(names[: len(keys)])}], " if keys else ""
    selected = [
        *names[: len(keys)],
        *(f"{call} AS {name}" for call, name in zip(calls, names[len(keys) :], strict=True)),
    ]
    return f"{grouped}select=[{', '.join(selected)}]"
