"""SQL on a stream: bids of an auction per bidder, as a changelog that grows with the input and as a final result.

python examples/sql_group_by.py
"""

from __future__ import annotations

from levada.table import EnvironmentSettings, TableEnvironment

BIDS = """
    CREATE TABLE bids (bidder BIGINT, price BIGINT) WITH (
        'connector' = 'datagen', 'number-of-rows' = '{rows}', 'rows-per-second' = '1000000', 'seed' = '1',
        'fields.bidder.min' = '1', 'fields.bidder.max' = '4', 'fields.price.min' = '1', 'fields.price.max' = '100'
    )
"""
PER_BIDDER = """
    SELECT bidder, COUNT(*) AS bids, SUM(price) AS total, MAX(price) AS highest
    FROM bids WHERE price >= 10 GROUP BY bidder
"""


def main() -> None:
    streaming = TableEnvironment.create(EnvironmentSettings.in_streaming_mode())
    streaming.execute_sql(BIDS.format(rows=5))
    streaming.execute_sql(PER_BIDDER).print()

    batch = TableEnvironment.create(EnvironmentSettings.in_batch_mode())
    batch.execute_sql(BIDS.format(rows=100_000))
    batch.execute_sql(PER_BIDDER).print()


if __name__ == "__main__":
    main()
