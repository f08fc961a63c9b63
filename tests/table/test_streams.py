"""Tables and streams in one job: conversions both ways, in every form rows have, and what is refused."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

import pytest
from tests.table.harness import final, query

from levada.common import Instant, Row, RowKind, Types
from levada.common.errors import JobBuildError, SqlError, UserError
from levada.common.watermark_strategy import WatermarkStrategy
from levada.connectors.datagen import DataGeneratorSource
from levada.datastream import DataStream, StreamExecutionEnvironment
from levada.table import (
    ChangelogMode,
    DataTypes,
    EnvironmentSettings,
    Schema,
    StreamTableEnvironment,
    TableEnvironment,
)

BID = Types.ROW_NAMED(["bidder", "price"], [Types.STRING(), Types.LONG()])
BIDS = [("ann", 3), ("bob", None), (None, 5), ("ann", 4), ("bob", 1)]
TOTALS = "SELECT bidder, COUNT(*) AS bids, SUM(price) AS total FROM bids GROUP BY bidder"


def environments(
    parallelism: int = 1, batch: bool = False, **settings: str
) -> tuple[StreamExecutionEnvironment, StreamTableEnvironment]:
    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(parallelism)
    for key, value in settings.items():
        env.get_configuration().set_string(key.replace("__", ".").replace("_", "-"), value)
    mode = EnvironmentSettings.in_batch_mode() if batch else EnvironmentSettings.in_streaming_mode()
    return env, StreamTableEnvironment.create(env, mode)


def with_bids(parallelism: int = 1, **settings: Any) -> tuple[StreamExecutionEnvironment, StreamTableEnvironment]:
    env, t_env = environments(parallelism, **settings)
    t_env.create_temporary_view("bids", env.from_collection(BIDS, BID))
    return env, t_env


def collected(stream: DataStream[Any]) -> list[Any]:
    with stream.execute_and_collect() as records:
        return list(records)


def kinded(rows: Iterable[Row]) -> list[tuple[Any, ...]]:
    return [(str(row.get_row_kind()), *row) for row in rows]


# --- tables to streams -----------------------------------------------------------------------------------------------


def test_a_changelog_is_a_stream_of_rows_with_kinds() -> None:
    _, t_env = with_bids()
    stream = t_env.to_changelog_stream(t_env.sql_query(TOTALS))
    rows = collected(stream)
    assert kinded(rows) == [
        ("+I", "ann", 1, 3),
        ("+I", "bob", 1, None),
        ("+I", None, 1, 5),
        ("-U", "ann", 1, 3),
        ("+U", "ann", 2, 7),
        ("-U", "bob", 1, None),
        ("+U", "bob", 2, 1),
    ]
    assert rows[0] == Row(bidder="ann", bids=1, total=3)
    assert stream.get_type() == Types.ROW_NAMED(
        ["bidder", "bids", "total"], [Types.STRING(), Types.LONG(), Types.LONG()]
    )


@pytest.mark.parametrize("mini_batch", [False, True])
def test_changes_stay_in_order_in_two_subtasks(mini_batch: bool) -> None:
    settings = {"table__exec__mini_batch__enabled": "true", "table__exec__mini_batch__size": "7"} if mini_batch else {}
    env, t_env = environments(2, **settings)
    bids = [(f"b{n % 13}" if n % 7 else None, n if n % 5 else None) for n in range(400)]
    t_env.create_temporary_view("bids", env.from_collection(bids, BID).rebalance())
    changes = kinded(collected(t_env.to_changelog_stream(t_env.sql_query(TOTALS)).map(lambda row: row)))
    last: dict[Any, tuple[Any, ...]] = {}
    for kind, *values in changes:
        key, row = values[0], tuple(values)
        if kind == "-U":
            assert last.pop(key) == row
        else:
            assert (key in last) is False
            last[key] = row
    expected: dict[Any, list[Any]] = {}
    for bidder, price in bids:
        entry = expected.setdefault(bidder, [0, None])
        entry[0] += 1
        entry[1] = entry[1] if price is None else price + (entry[1] or 0)
    assert last == {bidder: (bidder, *entry) for bidder, entry in expected.items()}
    assert sum(kind == "+I" for kind, *_ in changes) == len(expected)
    if not mini_batch:
        # A bid without a price still counts, so each is answered.
        assert len(changes) == 2 * len(bids) - len(expected)


def test_inserts_go_on_as_rows() -> None:
    _, t_env = with_bids(parallelism=2)
    stream = t_env.to_data_stream(t_env.sql_query("SELECT price * 2 AS twice, bidder FROM bids WHERE price > 2"))
    doubled = stream.filter(lambda row: row.twice > 6).map(lambda row: (row["bidder"], row[0]))
    assert Counter(collected(doubled)) == Counter([(None, 10), ("ann", 8)])


def test_updates_into_a_plain_stream_are_refused() -> None:
    _, t_env = with_bids()
    message = (
        r"to_data_stream\(table\) takes only inserts, but GroupAggregate\(groupBy=\[bidder\]\) changes rows that it "
        r"has sent before; ask for to_changelog_stream\(table\), whose rows say what they change, or run in batch mode"
    )
    with pytest.raises(SqlError, match=message):
        t_env.to_data_stream(t_env.sql_query(f"SELECT total FROM ({TOTALS}) WHERE total > 1"))
    with pytest.raises(SqlError, match=r"to_changelog_stream\(table\) takes only inserts"):
        t_env.to_changelog_stream(t_env.sql_query(TOTALS), None, ChangelogMode.insert_only())
    with pytest.raises(SqlError, match=r"not supported yet: ChangelogMode.upsert\(\)"):
        t_env.to_changelog_stream(t_env.sql_query(TOTALS), None, ChangelogMode.upsert())


@pytest.mark.parametrize("parallelism", [1, 2])
def test_in_batch_mode_each_result_comes_once(parallelism: int) -> None:
    _, t_env = with_bids(parallelism, batch=True)
    rows = collected(t_env.to_data_stream(t_env.sql_query(TOTALS)))
    assert Counter(kinded(rows)) == Counter([("+I", "ann", 2, 7), ("+I", "bob", 2, 1), ("+I", None, 1, 5)])
    counted = t_env.to_data_stream(t_env.sql_query("SELECT COUNT(*) FROM bids WHERE price > 100"))
    assert kinded(collected(counted)) == [("+I", 0)]


def test_values_come_as_streams_hold_them() -> None:
    _, t_env = environments()
    table = t_env.sql_query(
        "SELECT CAST(1 AS TINYINT) a, CAST(1.5 AS DECIMAL(5, 2)) b, DATE '2024-01-02' c, TIME '01:02:03' d, "
        "TIMESTAMP '2024-01-02 03:04:05.678' e, CAST(TIMESTAMP '1969-12-31 23:59:59.25' AS TIMESTAMP_LTZ(3)) f, "
        "x'0a' g, CAST(NULL AS DOUBLE) h, TRUE i"
    )
    stream = t_env.to_data_stream(table)
    assert collected(stream) == [
        Row(
            a=1,
            b=Decimal("1.50"),
            c=date(2024, 1, 2),
            d=time(1, 2, 3),
            e=datetime(2024, 1, 2, 3, 4, 5, 678000),
            f=Instant(-1, 250_000_000),
            g=b"\n",
            h=None,
            i=True,
        )
    ]
    assert stream.get_type().get_field_types()[5] == Types.INSTANT()


def test_a_target_schema_converts_columns_by_position() -> None:
    _, t_env = with_bids()
    wide = Schema.new_builder().column("who", DataTypes.STRING()).column("much", DataTypes.DOUBLE()).build()
    table = t_env.sql_query("SELECT bidder, price FROM bids WHERE price = 3")
    assert collected(t_env.to_changelog_stream(table, wide)) == [Row(who="ann", much=3.0)]
    narrow = Schema.new_builder().column("who", "STRING").column("much", "INT").build()
    with pytest.raises(SqlError, match="`price` is BIGINT, column `much` takes INT; use CAST"):
        t_env.to_changelog_stream(table, narrow)
    strict = Schema.new_builder().column("who", "STRING").column("much", "BIGINT NOT NULL").build()
    everybody = t_env.sql_query("SELECT bidder, price FROM bids")
    with pytest.raises(UserError, match="column `much` of `target_schema` is NOT NULL"):
        collected(t_env.to_changelog_stream(everybody, strict))
    with pytest.raises(SqlError, match=r"takes 1 columns \(a\), the query gives 2"):
        t_env.to_changelog_stream(table, Schema.new_builder().column("a", "INT").build())


def test_a_single_row_of_totals_cannot_lose_its_order() -> None:
    _, t_env = with_bids(parallelism=2)
    stream = t_env.to_changelog_stream(t_env.sql_query("SELECT COUNT(*), MAX(price) FROM bids"))
    with pytest.raises(JobBuildError, match="only runs with parallelism 1"):
        stream.set_parallelism(2)
    assert final(kinded(collected(stream))) == [(5, 5)]


def test_one_job_reads_streams_and_writes_streams_and_tables(capsys: pytest.CaptureFixture[str]) -> None:
    env, t_env = with_bids(parallelism=2)
    seen: list[Any] = []
    t_env.to_data_stream(t_env.sql_query("SELECT price FROM bids WHERE price > 3")).map(lambda row: row[0]).add_sink(
        seen.append
    )
    t_env.to_changelog_stream(t_env.sql_query("SELECT COUNT(price) FROM bids")).print("count")
    env.execute("both ways")
    assert sorted(seen) == [4, 5]
    assert capsys.readouterr().out.splitlines()[-1].endswith("+U[4]")
    # SQL's own jobs read the stream, too; nothing of it is left for the stream environment to run.
    assert final(query(t_env, TOTALS)) == final([("+I", "ann", 2, 7), ("+I", "bob", 2, 1), ("+I", None, 1, 5)])
    with pytest.raises(JobBuildError, match="nothing was built"):
        env.execute()


def test_state_keeps_its_address_at_another_parallelism() -> None:
    addresses = []
    for parallelism in (1, 3):
        env, t_env = with_bids(parallelism)
        t_env.to_changelog_stream(t_env.sql_query(TOTALS)).print()
        addresses.append(sorted(re.findall(r"state: (group-aggregate-\w+)", env.get_execution_plan())))
    assert addresses[0] == addresses[1]
    assert len(addresses[0]) == 1


# --- streams to tables -----------------------------------------------------------------------------------------------


@dataclass
class Bid:
    bidder: str | None
    price: int | None


class Pair(NamedTuple):
    price: int | None
    bidder: str | None


SCHEMA = Schema.new_builder().column("bidder", DataTypes.STRING()).column("price", DataTypes.BIGINT()).build()


@pytest.mark.parametrize(
    ("values", "type_info", "schema"),
    [
        (BIDS, BID, ()),
        (BIDS, Types.TUPLE([Types.STRING(), Types.LONG()]), (SCHEMA,)),
        (BIDS, None, (SCHEMA,)),
        ([list(bid) for bid in BIDS], None, (SCHEMA,)),
        ([Bid(*bid) for bid in BIDS], Bid, ()),
        ([Bid(*bid) for bid in BIDS], None, (SCHEMA,)),
        ([Pair(price, bidder) for bidder, price in BIDS], Pair, ()),
        ([{"price": price, "bidder": bidder} for bidder, price in BIDS], None, (SCHEMA,)),
        ([Row(price=price, bidder=bidder) for bidder, price in BIDS], None, (SCHEMA,)),
        ([Row(*bid) for bid in BIDS], None, (SCHEMA,)),
    ],
    ids=["row", "tuple", "untyped", "list", "dataclass", "object", "named tuple", "dict", "named", "unnamed"],
)
def test_every_form_of_row_is_a_table(values: list[Any], type_info: Any, schema: tuple[Any, ...]) -> None:
    env, t_env = environments()
    table = t_env.from_data_stream(env.from_collection(values, type_info), *schema)
    assert sorted(table.get_schema().get_field_names()) == ["bidder", "price"]
    t_env.create_temporary_view("bids", table)
    assert query(t_env, "SELECT bidder, price FROM bids") == [("+I", *bid) for bid in BIDS]
    assert query(t_env, "SELECT price FROM bids WHERE price > 4") == [("+I", 5)]


def test_single_values_are_one_column() -> None:
    env, t_env = environments()
    t_env.create_temporary_view("numbers", env.from_collection([3, 1, None], Types.LONG()))
    assert query(t_env, "SELECT f0 + 1 AS x FROM numbers") == [("+I", 4), ("+I", 2), ("+I", None)]
    named = t_env.from_data_stream(
        env.from_collection(["x"], str), Schema.new_builder().column("word", "STRING").build()
    )
    assert [str(row) for row in collected(t_env.to_data_stream(named))] == ["Row(word='x')"]


def test_all_types_go_in_and_out() -> None:
    kinds = {
        "b": Types.BOOLEAN(),
        "i": Types.INT(),
        "f": Types.DOUBLE(),
        "d": Types.BIG_DEC(),
        "s": Types.STRING(),
        "y": Types.PRIMITIVE_ARRAY(Types.BYTE()),
        "day": Types.SQL_DATE(),
        "t": Types.SQL_TIME(),
        "ts": Types.SQL_TIMESTAMP(),
        "at": Types.INSTANT(),
        "l": Types.LIST(Types.INT()),
        "m": Types.MAP(Types.STRING(), Types.INSTANT()),
        "r": Types.ROW_NAMED(["a", "b"], [Types.LONG(), Types.LIST(Types.SQL_TIMESTAMP())]),
    }
    moment = datetime(2024, 2, 29, 1, 2, 3, 456789)
    row = Row(
        b=True,
        i=-7,
        f=0.1,
        d=Decimal("1.5"),
        s="ü",
        y=b"\x00\xff",
        day=date(1, 1, 1),
        t=time(23, 59, 59, 999999),
        ts=moment,
        at=Instant(1_700_000_000, 123_456_789),
        l=[1, None],
        m={"k": Instant(-5, 1), "n": None},
        r=Row(a=None, b=[moment, None]),
    )
    empty = Row(**dict.fromkeys(kinds))
    env, t_env = environments()
    stream = env.from_collection([row, empty], Types.ROW_NAMED(list(kinds), list(kinds.values())))
    out = collected(t_env.to_data_stream(t_env.from_data_stream(stream)))
    assert out[0].as_dict() == row.as_dict()
    assert out[1] == empty


def test_a_schema_adds_computed_columns_and_types() -> None:
    env, t_env = environments()
    schema = Schema.new_builder().column_by_expression("twice", "price * 2").primary_key("bidder").build()
    t_env.create_temporary_view("bids", env.from_collection(BIDS[:1], BID), schema)
    assert query(t_env, "SELECT twice, bidder FROM bids") == [("+I", 6, "ann")]
    instants = Schema.new_builder().column("at", "TIMESTAMP_LTZ(3)").build()
    moments = env.from_collection([(datetime(2024, 1, 1, tzinfo=UTC),), (Instant(1, 5_000_000),)])
    table = t_env.from_data_stream(moments, instants)
    assert [row.at for row in collected(t_env.to_data_stream(table))] == [
        Instant(1704067200, 0),
        Instant(1, 5_000_000),
    ]


@pytest.mark.parametrize(
    ("value", "kind", "message"),
    [
        ("3", "BIGINT", r"column 'x' \(int64\): row 2 holds '3' \(str\), which would lose its type"),
        (True, "BIGINT", r"row 2 holds True \(bool\), which would lose its type"),
        (1.0, "INT", r"column 'x' \(int32\): row 2 holds 1.0 \(float\)"),
        (2**31, "INT", r"row 2 holds 2147483648 \(int\)"),
        (None, "BIGINT NOT NULL", r"column 'x' \(int64 NOT NULL\): row 2 holds None"),
        (b"x", "STRING", r"row 2 holds b'x' \(bytes\), which is not text"),
        ("x", "BYTES", r"row 2 holds 'x' \(str\), which is not bytes"),
        ("x", "DOUBLE", r"row 2 holds 'x' \(str\), which is no number"),
        (0.1, "DECIMAL(5, 2)", r"row 2 holds 0.1 \(float\), which is not exact; convert it with Decimal"),
        (Decimal("0.001"), "DECIMAL(5, 2)", r"row 2 holds Decimal\('0.001'\)"),
        (1, "BOOLEAN", r"row 2 holds 1 \(int\)"),
        (5, "DATE", r"row 2 holds 5 \(int\), which would lose its type"),
        (datetime(2024, 1, 1), "DATE", r"which would lose its type; convert it with .date\(\) first"),
        (5, "TIME", r"row 2 holds 5 \(int\), which is not a time"),
        (5, "TIMESTAMP(3)", r"row 2 holds 5 \(int\), which is not a datetime"),
        (datetime(2024, 1, 1, tzinfo=UTC), "TIMESTAMP(3)", r"which has a zone; declare the column TIMESTAMP_LTZ"),
        (datetime(2024, 1, 1), "TIMESTAMP_LTZ(3)", r"which has no zone; declare the column TIMESTAMP, or"),
        (5, "TIMESTAMP_LTZ(3)", r"row 2 holds 5 \(int\), which is no instant"),
        ("abc", "ARRAY<STRING>", r"row 2 holds 'abc' \(str\), which is no list"),
        ([1, "a"], "ARRAY<BIGINT>", r"row 2 holds \[1, 'a'\] \(list\), in which 'item' is 'a' \(str\), which would"),
        ([None], "ARRAY<BIGINT NOT NULL>", r"in which 'item' is None, but it is NOT NULL"),
        ([("a", 1)], "MAP<STRING, INT>", r"which is no dict"),
        ({"a": "b"}, "MAP<STRING, INT>", r"in which 'value' is 'b' \(str\)"),
        ({"a": 1}, "ROW<b INT>", r"row 2 holds \{'a': 1\} \(dict\), which does not have the fields b"),
        ((1, 2), "ROW<b INT>", r"which has 2 fields, not 1"),
        (timedelta(1), "BIGINT", r"which would lose its type"),
    ],
)
def test_a_value_of_a_wrong_type_is_named(value: Any, kind: str, message: str) -> None:
    fitting: Any = {"BIGINT NOT NULL": 1}.get(kind)
    env, t_env = environments()
    schema = Schema.new_builder().column("x", kind).build()
    stream = env.from_collection([{"x": fitting}, {"x": fitting}, {"x": value}])
    with pytest.raises(UserError, match=message):
        collected(t_env.to_data_stream(t_env.from_data_stream(stream, schema)))


def test_changes_are_no_rows_of_a_plain_stream() -> None:
    env, t_env = environments()
    stream = env.from_collection([Row("a", 1), Row.of_kind(RowKind.DELETE, "a", 1)])
    t_env.create_temporary_view("bids", stream, SCHEMA)
    with pytest.raises(
        UserError, match=r"Table: bids: row 1: .* is of kind -D, but a table made of a stream takes only"
    ):
        query(t_env, TOTALS)


def test_what_cannot_be_a_table_is_refused_when_it_is_built() -> None:
    env, t_env = environments()
    untyped = env.from_collection([object()])
    with pytest.raises(JobBuildError, match=r"from_data_stream\(data_stream\): the stream's values may be anything"):
        t_env.from_data_stream(untyped)
    with pytest.raises(JobBuildError, match="int is not a DataStream"):
        t_env.from_data_stream(5)  # type: ignore[arg-type]
    with pytest.raises(JobBuildError, match="expressions that name fields are not supported yet"):
        t_env.from_data_stream(untyped, "a", "b")  # type: ignore[arg-type]
    with pytest.raises(SqlError, match="the stream's rows have no field `prise`; did you mean `price`"):
        t_env.create_temporary_view(
            "v", env.from_collection(BIDS, BID), Schema.new_builder().column("prise", "BIGINT").build()
        )
    other = StreamExecutionEnvironment.get_execution_environment()
    with pytest.raises(JobBuildError, match="comes from another environment"):
        t_env.create_temporary_view("v", other.from_collection(BIDS, BID))
    with pytest.raises(JobBuildError, match=r"pass a Table .*StreamTableEnvironment.create\(env\)"):
        TableEnvironment.create(EnvironmentSettings.in_streaming_mode()).create_temporary_view("v", untyped)
    t_env.create_temporary_view("bids", env.from_collection(BIDS, BID))
    with pytest.raises(SqlError, match="is a stream: it can only be read from"):
        t_env.execute_sql("INSERT INTO bids VALUES ('a', 1)")


def test_batch_mode_needs_a_stream_that_ends() -> None:
    env, t_env = environments(batch=True)
    numbers = env.from_source(
        DataGeneratorSource(lambda n: n, None), WatermarkStrategy.no_watermarks(), "numbers", Types.LONG()
    )
    t_env.create_temporary_view("numbers", numbers.map(lambda n: n, Types.LONG()))
    with pytest.raises(SqlError, match="the source 'numbers' of table `numbers` has no end"):
        t_env.execute_sql("SELECT COUNT(*) FROM numbers")
