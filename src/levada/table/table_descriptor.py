"""``TableDescriptor``: a table declared from Python: schema, connector and options."""

from __future__ import annotations

from dataclasses import dataclass, field

from levada.common.errors import JobBuildError
from levada.table.schema import Schema

__all__ = ["TableDescriptor"]


@dataclass(frozen=True)
class TableDescriptor:
    """Made by ``TableDescriptor.for_connector(name)``.

    Examples
    --------
    >>> from levada.table import DataTypes, Schema
    >>> schema = Schema.new_builder().column("id", DataTypes.BIGINT()).build()
    >>> descriptor = TableDescriptor.for_connector("datagen").schema(schema).option("number-of-rows", "3").build()
    >>> descriptor.get_options()
    {'connector': 'datagen', 'number-of-rows': '3'}
    """

    _schema: Schema
    _options: dict[str, str] = field(default_factory=dict)
    _partition_keys: tuple[str, ...] = ()
    _comment: str | None = None

    @staticmethod
    def for_connector(connector: str) -> TableDescriptor.Builder:
        """A builder of a table with this connector."""
        return TableDescriptor.Builder({"connector": connector})

    def get_schema(self) -> Schema:
        """The columns."""
        return self._schema

    def get_options(self) -> dict[str, str]:
        """The connector's name and options."""
        return dict(self._options)

    def get_partition_keys(self) -> list[str]:
        """The columns that rows are divided by."""
        return list(self._partition_keys)

    def get_comment(self) -> str | None:
        """What was said of the table."""
        return self._comment

    def to_sql(self, path: str) -> str:
        """The CREATE TABLE statement of a table under ``path``."""
        text = f"CREATE TABLE {path} ({self._schema.to_sql()})"
        if self._comment is not None:
            text += f" COMMENT {_string(self._comment)}"
        if self._partition_keys:
            text += f" PARTITIONED BY ({', '.join(f'`{key}`' for key in self._partition_keys)})"
        options = ", ".join(f"{_string(key)} = {_string(value)}" for key, value in self._options.items())
        return f"{text} WITH ({options})"

    @dataclass
    class Builder:
        """Collects what the table is; every method gives the builder back."""

        _options: dict[str, str]
        _schema: Schema | None = None
        _partition_keys: tuple[str, ...] = ()
        _comment: str | None = None

        def schema(self, schema: Schema) -> TableDescriptor.Builder:
            """The columns."""
            self._schema = schema
            return self

        def option(self, key: str, value: object) -> TableDescriptor.Builder:
            """One option of the connector or its format."""
            self._options[key] = str(value).lower() if isinstance(value, bool) else str(value)
            return self

        def format(self, format: str) -> TableDescriptor.Builder:
            """The format of the rows: ``csv``, ``json`` or ``parquet``."""
            return self.option("format", format)

        def partitioned_by(self, *partition_keys: str) -> TableDescriptor.Builder:
            """Divide the rows by these columns."""
            self._partition_keys = partition_keys
            return self

        def comment(self, comment: str) -> TableDescriptor.Builder:
            """Say something of the table."""
            self._comment = comment
            return self

        def build(self) -> TableDescriptor:
            """The descriptor."""
            if self._schema is None:
                raise JobBuildError("TableDescriptor.Builder.build(): there is no schema; call .schema(..) first")
            return TableDescriptor(self._schema, dict(self._options), self._partition_keys, self._comment)


def _string(text: str) -> str:
    escaped = text.replace("'", "''")
    return f"'{escaped}'"
