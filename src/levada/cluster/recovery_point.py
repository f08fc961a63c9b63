"""What a job starts from: nothing, the newest checkpoint, or the one that was named."""

from __future__ import annotations

from pathlib import Path

from levada.checkpoint.inspect import locate
from levada.checkpoint.recovery import check_fits
from levada.checkpoint.storage import LocalStorage
from levada.checkpoint.store import CheckpointStore, StoredCheckpoint, folder_of
from levada.common.errors import CheckpointCorruptError, ConfigError, UserError
from levada.common.logs import get_logger
from levada.graph.job_graph import JobGraph
from levada.runtime.execution import describe_operators

log = get_logger(__name__)

LATEST = "latest"


def choose(wanted: str | None, own: CheckpointStore | None, graph: JobGraph) -> StoredCheckpoint | None:
    """The checkpoint to start from, checked against the job; None for a fresh start.

    Parameters
    ----------
    wanted : str or None
        ``execution.state-recovery.path`` (or ``--from``): "latest", a checkpoint's folder, or a directory of them.
    own : CheckpointStore or None
        The job's own directory.
    graph : JobGraph

    Raises
    ------
    UserError, CheckpointCorruptError, CheckpointMismatchError
    """
    if wanted is None:
        _mention(own)
        return None
    found = _newest(own) if wanted == LATEST else _named(wanted)
    if found is not None:
        check_fits(found.manifest, graph.name, describe_operators(graph), graph.max_parallelism, found.path)
        if found.manifest.job_name != graph.name:
            log.warning(
                "%s was written by the job %r; this is %r, whose operators are alike, so they take that state over. If "
                "the two are different jobs, stop this one and give it an execution.checkpointing.dir of its own",
                found.path,
                found.manifest.job_name,
                graph.name,
            )
        log.info("restoring %s (checkpoint %d)", found.path, found.manifest.checkpoint_id)
    return found


def _mention(own: CheckpointStore | None) -> None:
    ids = [] if own is None else own.ids()
    if own is not None and ids:
        log.warning(
            "starting fresh, although %s holds %d checkpoints; to continue from the newest, pass --from latest or set "
            "execution.state-recovery.path=latest",
            own.storage,
            len(ids),
        )


def _newest(own: CheckpointStore | None) -> StoredCheckpoint | None:
    if own is None:
        raise ConfigError(
            "--from latest: this job has no checkpoint directory; set execution.checkpointing.dir, or name a checkpoint"
        )
    found = own.load_latest()
    if found is None:
        log.warning("--from latest: %s holds no checkpoint, so the job starts fresh", own.storage)
    return found


def _named(wanted: str) -> StoredCheckpoint:
    path = Path(wanted.removeprefix("file://"))
    store, checkpoint_id = locate(path)
    if not path.name.startswith("chk-"):
        newest = store.load_latest()
        if newest is None:
            raise UserError(f"{path} holds no completed checkpoint")
        return newest
    try:
        return store.load(checkpoint_id)
    except CheckpointCorruptError as error:
        others = [folder_of(other) for other in store.ids() if other != checkpoint_id]
        remedy = f"others in {path.parent}: {', '.join(others)}" if others else "there is no other in its directory"
        raise CheckpointCorruptError(f"{error}; {remedy}") from None


def local_store(directory: str) -> CheckpointStore:
    """The store of a checkpoint directory given as a path or a ``file://`` URL."""
    if "://" in directory and not directory.startswith("file://"):
        raise ConfigError(
            f"execution.checkpointing.dir={directory!r}: only local directories hold checkpoints; give a path"
        )
    return CheckpointStore(LocalStorage(directory.removeprefix("file://")))
