"""Statements that define, show and change things."""

from __future__ import annotations

import pytest
from tests.table.harness import changes, environment, query

from levada.common.errors import ConfigError, SqlError
from levada.sql.parser import parse_type
from levada.table import (
    DataTypes,
    EnvironmentSettings,
    ResultKind,
    Schema,
    StreamTableEnvironment,
    TableDescriptor,
    TableEnvironment,
)

TABLE = (
    "CREATE TABLE t (id BIGINT, `a b` STRING COMMENT 'it''s', ts TIMESTAMP(3), twice AS id * 2, "
    "WATERMARK FOR ts AS ts - INTERVAL '5' SECOND, PRIMARY KEY (id) NOT ENFORCED) "
    "COMMENT 'of things' WITH ('connector' = 'datagen', 'number-of-rows' = '3')"
)


@pytest.fixture
def t_env() -> TableEnvironment:
    made = environment()
    made.execute_sql(TABLE)
    return made


def column(t_env: TableEnvironment, text: str) -> list[object]:
    return [row[1] for row in query(t_env, text)]


def test_tables_are_created_shown_and_dropped(t_env: TableEnvironment) -> None:
    assert column(t_env, "SHOW TABLES") == ["t"]
    result = t_env.execute_sql("CREATE TABLE IF NOT EXISTS t (x INT) WITH ('connector' = 'print')")
    assert result.get_result_kind() is ResultKind.SUCCESS
    t_env.execute_sql("CREATE VIEW v AS SELECT id FROM t")
    assert column(t_env, "SHOW TABLES LIKE '_'") == ["t", "v"]
    assert column(t_env, "SHOW VIEWS") == ["v"]
    assert column(t_env, "SHOW TABLES NOT LIKE 't%'") == ["v"]
    t_env.execute_sql("DROP VIEW v")
    t_env.execute_sql("DROP TABLE t")
    t_env.execute_sql("DROP TABLE IF EXISTS t")
    assert t_env.list_tables() == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("CREATE TABLE t (x INT) WITH ('connector' = 'print')", "`t` exists already"),
        ("CREATE TABLE u (x INT, x INT)", "column `x` is defined twice"),
        ("CREATE TABLE u (x INT, PRIMARY KEY (y) NOT ENFORCED)", "PRIMARY KEY: column `y` is not defined"),
        ("CREATE TABLE u (x INT, PRIMARY KEY (x))", "must say NOT ENFORCED"),
        ("CREATE TABLE u (x INT, WATERMARK FOR y AS y)", "WATERMARK: column `y` is not defined"),
        ("CREATE TABLE u (x INTERVAL DAY)", "INTERVAL is no type of a column"),
        ("CREATE TABLE u (x INT) WITH ('connector' 'print')", "expected `=`, found `'print'`"),
        ("CREATE TABLE nodb.u (x INT)", "database `default_catalog.nodb` does not exist"),
        ("DROP TABLE nope", "table `nope` not found"),
        ("DROP VIEW t", "`t` is a table: DROP TABLE t"),
        ("DESCRIBE tt", "table `tt` not found; did you mean `t`?"),
        ("USE nowhere", "does not exist"),
        ("CREATE CATALOG c WITH ('type' = 'x')", "not supported yet: CREATE CATALOG"),
        ("ALTER TABLE t RENAME TO u", "not supported yet: ALTER TABLE"),
        ("CREATE TABLE u LIKE t", "not supported yet: CREATE TABLE .. LIKE"),
        ("CREATE TABLE u WITH ('connector' = 'print') AS SELECT id FROM t", "not supported yet: CREATE TABLE .. AS"),
        ("SHOW JARS", "not supported yet: SHOW JARS"),
        ("DELETE FROM t", "not supported yet: DELETE FROM"),
        ("CREATE VIEW v AS SELECT idd FROM t", "did you mean `id`?"),
        ("CREATE VIEW v (a, b) AS SELECT id FROM t", "names 2 columns, its query gives 1"),
    ],
)
def test_what_is_refused(t_env: TableEnvironment, text: str, message: str) -> None:
    with pytest.raises(SqlError) as error:
        t_env.execute_sql(text)
    assert message in str(error.value)


def test_describe(t_env: TableEnvironment) -> None:
    assert query(t_env, "DESCRIBE t") == [
        ("+I", "id", "BIGINT", False, "PRI(id)", None, None),
        ("+I", "a b", "STRING", True, None, None, None),
        ("+I", "ts", "TIMESTAMP(3) *ROWTIME*", True, None, None, "ts - INTERVAL '5' SECOND"),
        ("+I", "twice", "BIGINT", False, None, "AS id * 2", None),
    ]
    assert column(t_env, "SHOW COLUMNS FROM t LIKE 't%'") == ["ts", "twice"]


def test_show_create_reads_back(t_env: TableEnvironment) -> None:
    (shown,) = column(t_env, "SHOW CREATE TABLE t")
    other = environment()
    other.execute_sql(str(shown))
    assert query(other, "SHOW CREATE TABLE t") == query(t_env, "SHOW CREATE TABLE t")
    assert query(other, "DESCRIBE t") == query(t_env, "DESCRIBE t")


def test_views_see_their_tables_and_name_themselves_in_errors(t_env: TableEnvironment) -> None:
    t_env.execute_sql("CREATE VIEW v (x) AS SELECT id + 1 FROM (VALUES (1)) AS w (id)")
    assert query(t_env, "SELECT x FROM v") == [("+I", 2)]
    t_env.execute_sql("CREATE VIEW w AS SELECT id FROM t")
    t_env.execute_sql("DROP TABLE t")
    with pytest.raises(SqlError, match="in the view `w`: line 1, column 16: table `t` not found"):
        t_env.execute_sql("SELECT * FROM w")


def test_settings(t_env: TableEnvironment) -> None:
    t_env.execute_sql("SET 'table.exec.mini-batch.size' = '77'")
    assert t_env.get_config().get("table.exec.mini-batch.size", "") == "77"
    assert ("+I", "table.exec.mini-batch.size", "77") in query(t_env, "SET")
    t_env.execute_sql("RESET 'table.exec.mini-batch.size'")
    assert t_env.get_config().get("table.exec.mini-batch.size", "none") == "none"
    with pytest.raises(ConfigError, match="unknown configuration key"):
        t_env.execute_sql("SET 'table.exec.mini-batch.sise' = '77'")
    with pytest.raises(ConfigError, match="no time zone"):
        t_env.get_config().set_local_timezone("Mars/Olympus")


def test_catalog_and_database(t_env: TableEnvironment) -> None:
    assert column(t_env, "SHOW CURRENT DATABASE") == ["default_database"]
    assert column(t_env, "SHOW CATALOGS") == ["default_catalog"]
    t_env.execute_sql("USE CATALOG default_catalog")
    t_env.execute_sql("USE default_database")
    assert query(t_env, "SELECT COUNT(*) FROM default_catalog.default_database.t WHERE FALSE") == []


def test_explain_shows_every_step(t_env: TableEnvironment) -> None:
    t_env.execute_sql("CREATE TABLE sink (id BIGINT, c BIGINT) WITH ('connector' = 'blackhole')")
    text = t_env.explain_sql("INSERT INTO sink SELECT id, COUNT(*) FROM t WHERE id > 1 + 1 GROUP BY id")
    titles = [line for line in text.split("\n") if line.startswith("==")]
    assert titles == [
        "== Parsed ==",
        "== Logical Plan ==",
        "== Optimized Logical Plan ==",
        "== Physical Plan ==",
    ]
    assert ">(id, +(1, 1))" in text
    assert ">(id, 2)" in text
    assert "GroupAggregate(groupBy=[id], select=[id, COUNT(*) AS c], changelogMode=[I,UA])" in text
    (shown,) = column(t_env, "EXPLAIN PLAN FOR SELECT id FROM t")
    assert shown == t_env.explain_sql("SELECT id FROM t")
    assert t_env.sql_query("SELECT id FROM t").explain() == shown


def test_a_stream_environment_shares_its_settings() -> None:
    from levada.datastream import StreamExecutionEnvironment

    env = StreamExecutionEnvironment.get_execution_environment()
    t_env = StreamTableEnvironment.create(env, EnvironmentSettings.in_streaming_mode())
    env.set_parallelism(2)
    assert t_env.get_config().get("parallelism.default", "") == "2"
    assert changes(t_env.execute_sql("SELECT 1")) == [("+I", 1)]


def test_tables_declared_from_python() -> None:
    t_env = environment()
    schema = (
        Schema.new_builder()
        .column("n", DataTypes.BIGINT())
        .column("a `b", "ROW<x INT, y ARRAY<STRING>>")
        .column_by_expression("twice", "n * 2")
        .column("ts", DataTypes.TIMESTAMP(3))
        .watermark("ts", "ts - INTERVAL '1' SECOND")
        .primary_key("n")
        .build()
    )
    descriptor = TableDescriptor.for_connector("datagen").schema(schema).option("number-of-rows", 2).comment("it's")
    assert t_env.create_table("t", descriptor.build())
    assert not t_env.create_table("t", descriptor.build(), ignore_if_exists=True)
    assert column(t_env, "SHOW COLUMNS FROM t") == ["n", "a `b", "twice", "ts"]
    rows = query(t_env, "SELECT n, twice FROM t")
    assert len(rows) == 2
    assert all((2 * row[1] - row[2]) % 2**64 == 0 for row in rows)


def test_types_from_python_are_the_types_of_sql() -> None:
    row = DataTypes.ROW([DataTypes.FIELD("a", DataTypes.INT(False)), DataTypes.FIELD("b", DataTypes.STRING())])
    assert row == parse_type("ROW<a INT NOT NULL, b STRING>")
    assert DataTypes.MAP(DataTypes.CHAR(2), DataTypes.DECIMAL(5, 1)) == parse_type("MAP<CHAR(2), DECIMAL(5, 1)>")
    assert str(DataTypes.STRING()) == "VARCHAR"
    schema = environment().sql_query("SELECT 1 AS a, 'x' AS b").get_schema()
    assert schema.get_field_data_type("a") == DataTypes.INT(False)
    assert repr(schema) == "root\n |-- a: INT NOT NULL\n |-- b: CHAR(1) NOT NULL"
