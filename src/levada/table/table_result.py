"""``TableResult``: what executing a statement gives."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from types import TracebackType
from typing import TYPE_CHECKING, Any

from levada.cluster.signals import StopSignals
from levada.common.batch import Batch
from levada.common.errors import JobBuildError
from levada.common.job_client import JobClient
from levada.common.types import Row
from levada.sql.types import RowType
from levada.table.result_display import bounded_lines, statement_lines, streaming_lines
from levada.table.result_kind import ResultKind
from levada.table.rows import RowReader
from levada.table.table_schema import TableSchema

if TYPE_CHECKING:
    from typing import Self

    from levada.cluster.embedded import EmbeddedJob
    from levada.connectors.collect import CollectBuffer

__all__ = ["CloseableIterator", "TableResult"]

STEP_SECONDS = 0.05
"""How long the job runs on before the iterator looks again for rows."""


class CloseableIterator(Iterator[Row]):
    """Rows of a result, in order. A running query runs in the thread that asks for rows, and only while it does."""

    def __init__(self, rows: Iterator[Row], close: Callable[[], None]) -> None:
        self._rows = rows
        self._close = close

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Row:
        return next(self._rows)

    def next(self) -> Row:
        """The next row; raises ``StopIteration`` behind the last."""
        return self.__next__()

    def close(self) -> None:
        """Cancel the query, if it still runs."""
        self._rows = iter(())
        self._close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc_val: BaseException | None, exc_tb: TracebackType | None
    ) -> None:
        self.close()


class QueryJob:
    """A query that runs as its result is read."""

    def __init__(self, job: EmbeddedJob, buffer: CollectBuffer) -> None:
        self.job = job
        self.buffer = buffer
        self._running = True
        self.ended: Future[Any] = Future()

    def batches(self) -> Iterator[Batch]:
        """The result's batches; raises what the job failed with."""
        while True:
            batch = self.buffer.pop()
            if batch is not None:
                yield batch
            elif self._running:
                self._step()
            else:
                return

    def cancel(self) -> None:
        """End the job, if it still runs, and drop what was not read."""
        self.buffer.clear()
        if self._running:
            self.job.cancel()
            while self._running:
                self._running = self.job.step(STEP_SECONDS)
            self._settle()

    def _step(self) -> None:
        self._running = self.job.step(STEP_SECONDS)
        if not self._running:
            self._settle()
            if self.job.failure is not None:
                raise self.job.failure

    def _settle(self) -> None:
        try:
            self.ended.set_result(self.job.result())
        except Exception as error:
            self.ended.set_exception(error)


class TableResult:
    """The rows of a query, the answer of a statement, or a running INSERT.

    Examples
    --------
    >>> from levada.table import EnvironmentSettings, TableEnvironment
    >>> t_env = TableEnvironment.create(EnvironmentSettings.in_streaming_mode())
    >>> with t_env.execute_sql("SELECT 7 / 2 AS three").collect() as rows:
    ...     list(rows)
    [<Row(3)>]
    """

    def __init__(
        self,
        row_type: RowType,
        kind: ResultKind,
        *,
        rows: list[Row] | None = None,
        query: QueryJob | None = None,
        client: JobClient | None = None,
        inserting: EmbeddedJob | None = None,
        streaming: bool = False,
        time_zone: str = "UTC",
    ) -> None:
        self._row_type = row_type
        self._kind = kind
        self._fixed = rows
        self._query = query
        self._client = client
        self._inserting = inserting
        self._streaming = streaming
        self._time_zone = time_zone
        self._read = False

    def collect(self) -> CloseableIterator:
        """The rows, with their kinds; a query's rows can be read once."""
        if self._fixed is not None:
            return CloseableIterator(iter(self._fixed), lambda: None)
        query = self._query
        assert query is not None
        return CloseableIterator(self._rows(query), query.cancel)

    def print(self) -> None:
        """Print the rows as a table; of an unbounded query until it is stopped."""
        if self._kind is ResultKind.SUCCESS:
            print("OK")
            return
        with self.collect() as rows:
            lines = statement_lines if self._query is None else streaming_lines if self._streaming else bounded_lines
            for line in lines(self._row_type, rows):
                print(line, flush=self._streaming)

    def wait(self, timeout_ms: int | None = None) -> None:
        """Return when an INSERT has ended; other results need no waiting.

        In the main thread Ctrl-C and SIGTERM stop the job at a last checkpoint; a second signal ends it at once.

        Raises
        ------
        TimeoutError
            After ``timeout_ms``.
        """
        if self._client is None or self._inserting is None:
            return
        result = self._client.get_job_execution_result()
        with StopSignals(self._inserting) as signals:
            try:
                result.result(None if timeout_ms is None else timeout_ms / 1000)
            except FutureTimeoutError:
                raise TimeoutError(f"wait(timeout_ms={timeout_ms}): the job still runs") from None
            finally:
                signals.raise_if_stopped()

    def get_job_client(self) -> JobClient | None:
        """The job behind the result, or None where there is none."""
        if self._client is not None:
            return self._client
        return None if self._query is None else JobClient(self._query.job, self._query.ended)

    def get_table_schema(self) -> TableSchema:
        """Names and types of the columns."""
        return TableSchema(self._row_type.field_names(), self._row_type.field_types())

    def get_result_kind(self) -> ResultKind:
        """``SUCCESS`` where there is nothing to show, else ``SUCCESS_WITH_CONTENT``."""
        return self._kind

    def to_arrow(self) -> Any:
        """All rows of a query whose results only grow, as an Arrow table; of a changelog use ``collect()``."""
        import pyarrow as pa
        import pyarrow.compute

        from levada.common.batch import ColumnBatch
        from levada.sql.types.arrow import to_arrow_schema

        schema = to_arrow_schema(self._row_type)
        if self._query is None:
            columns = zip(*self._fixed or [], strict=True)
            return (
                pa.table([list(column) for column in columns], schema=schema) if self._fixed else schema.empty_table()
            )
        batches = []
        self._read_once()
        for batch in self._query.batches():
            assert isinstance(batch, ColumnBatch)
            if batch.kinds is not None and pa.compute.max(batch.kinds).as_py():
                self._query.cancel()
                raise JobBuildError(
                    "to_arrow(): the query's rows change as more input comes (GROUP BY); read them with collect(), "
                    "which tells the change of each row, or use EnvironmentSettings.in_batch_mode()"
                )
            batches.append(batch.data)
        return pa.Table.from_batches(batches, schema)

    def _rows(self, query: QueryJob) -> Iterator[Row]:
        self._read_once()
        reader = RowReader(self._row_type, self._time_zone)
        for batch in query.batches():
            yield from reader.rows(batch)

    def _read_once(self) -> None:
        if self._read:
            raise JobBuildError("the rows of this result have been read; execute the statement again for another run")
        self._read = True
