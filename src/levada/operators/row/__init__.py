"""Operators that call Python functions: fused chains, keyed process and reduce, windows.

One operator per file; ``window`` holds windows, triggers and the operators that run them, ``two_inputs`` what
connected, broadcast and joined streams become. Loops over records are
generated (``chain_source``) or written out, with no framework call per record beyond the user's own. May import from
``state`` and ``common`` and from ``operators.base``; nothing here imports pyarrow or numpy while rows flow.
"""

from levada.operators.row.fused import FusedRows, RowStep, fuse
from levada.operators.row.keyed_process import KeyedProcess
from levada.operators.row.keyed_reduce import KeyedReduce
from levada.operators.row.runtime_context import KeyedStateStore, RuntimeContext

__all__ = ["FusedRows", "KeyedProcess", "KeyedReduce", "KeyedStateStore", "RowStep", "RuntimeContext", "fuse"]
