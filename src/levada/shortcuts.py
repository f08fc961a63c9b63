"""What ``import levada as lv`` offers beside PyFlink's names: ``lv.environment`` and ``lv.sql``. Stands above every floor."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from levada.common.configuration import Configuration
from levada.common.options import CHECKPOINT_DIR, PARALLELISM

if TYPE_CHECKING:
    from levada.datastream import StreamExecutionEnvironment
    from levada.table import Table

__all__ = ["environment", "sql"]


def environment(
    *, parallelism: int | None = None, checkpoint_dir: str | Path | None = None, **settings: Any
) -> StreamExecutionEnvironment:
    """A stream execution environment.

    Parameters
    ----------
    parallelism : int, optional
        Subtasks per operator (``parallelism.default``).
    checkpoint_dir : str or Path, optional
        Where checkpoints are written (``execution.checkpointing.dir``).
    """
    from levada.datastream import StreamExecutionEnvironment

    config = Configuration()
    if parallelism is not None:
        config.set(PARALLELISM, parallelism)
    if checkpoint_dir is not None:
        config.set(CHECKPOINT_DIR, str(checkpoint_dir))
    return StreamExecutionEnvironment.get_execution_environment(config)


def sql(query: str, /, **tables: Any) -> Table:
    """A query over data in memory: data frames, Arrow tables, or anything with ``__arrow_c_stream__``, by name.

    Parameters
    ----------
    query : str
        One SELECT.
    **tables : data by table name

    Examples
    --------
    >>> import pyarrow as pa
    >>> bids = pa.table({"bidder": [1, 2, 1], "price": [10, 20, 30]})
    >>> sql("SELECT bidder, SUM(price) AS total FROM bids GROUP BY bidder", bids=bids).to_arrow().num_rows
    2
    """
    from levada.table import run_query

    return run_query(query, **tables)
