"""What ``import levada as lv`` offers beside PyFlink's names: ``lv.environment`` and ``lv.sql``.

Stands above every floor but the command line; loaded when one of the names is first used.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from levada.common.configuration import Configuration
from levada.common.options import CHECKPOINT_DIR, PARALLELISM

if TYPE_CHECKING:
    from levada.datastream import StreamExecutionEnvironment
    from levada.table import Table

__all__ = ["environment", "sql"]


def environment(
    *, parallelism: int | None = None, checkpoint_dir: str | Path | None = None
) -> StreamExecutionEnvironment:
    """A stream execution environment.

    Parameters
    ----------
    parallelism : int, optional
        Subtasks per operator (``parallelism.default``).
    checkpoint_dir : str or Path, optional
        Where checkpoints are written (``execution.checkpointing.dir``).

    Examples
    --------
    >>> import levada as lv
    >>> lv.environment(parallelism=2).get_parallelism()
    2
    """
    from levada.datastream import StreamExecutionEnvironment

    config = Configuration()
    if parallelism is not None:
        config.set(PARALLELISM, parallelism)
    if checkpoint_dir is not None:
        config.set(CHECKPOINT_DIR, str(checkpoint_dir))
    return StreamExecutionEnvironment.get_execution_environment(config)


class _Sql:
    """``levada.sql(query, **tables)``; members of the package of the same name, the SQL floor, are found here too."""

    def __call__(self, query: str, /, **tables: Any) -> Table:
        """A query over data in memory, in batch mode: each row of the result comes once.

        Parameters
        ----------
        query : str
            One SELECT.
        **tables : data by table name
            pandas or Polars data frames, Arrow tables, dicts of columns, anything with ``__arrow_c_stream__``.

        Examples
        --------
        >>> import levada as lv
        >>> bids = {"bidder": [1, 2, 1], "price": [10, 20, 30]}
        >>> lv.sql("SELECT bidder, SUM(price) AS total FROM bids GROUP BY bidder", bids=bids).to_arrow().to_pylist()
        [{'bidder': 1, 'total': 40}, {'bidder': 2, 'total': 20}]
        """
        from levada.table import run_query

        return run_query(query, tables)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(import_module("levada.sql"), name)


sql = _Sql()
