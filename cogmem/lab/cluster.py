"""Workers, through Dask: on this machine, at a scheduler's address, or under Slurm.

One thread per worker, and new processes rather than forks of this one: forking a process that has
used JAX hangs.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from cogmem.errors import InvalidValue, MissingExtra
from cogmem.lab.execute import Mapper, in_this_process
from cogmem.lab.runtime import ONE_THREAD

__all__ = ["chosen", "local_workers", "scheduler", "slurm", "slurm_cluster"]


def chosen(
    workers: int = 0, address: str = "", settings: Path | None = None
) -> AbstractContextManager[Mapper]:
    """Who computes: this process, or one kind of workers.

    Args:
        workers: processes on this machine; 0: none.
        address: of a Dask scheduler; "": none.
        settings: TOML file describing Slurm jobs; None: none.

    Raises:
        InvalidValue: if more than one is asked for.
    """
    if (workers != 0) + bool(address) + (settings is not None) > 1:
        raise InvalidValue("give one of --workers, --scheduler and --slurm.")
    if workers:
        return local_workers(workers)
    if address:
        return scheduler(address)
    return nullcontext(in_this_process) if settings is None else slurm(settings)


@contextmanager
def local_workers(n_workers: int) -> Iterator[Mapper]:
    """Processes on this machine.

    Raises:
        InvalidValue: if there is less than one.
        MissingExtra: if Dask is not installed.
    """
    if n_workers < 1:
        raise InvalidValue(f"workers is {n_workers}, expected 1 or more.")
    distributed = _distributed()
    with (
        distributed.LocalCluster(
            n_workers=n_workers,
            threads_per_worker=1,
            processes=True,
            dashboard_address=None,
            env=ONE_THREAD,
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield _mapper(client)


@contextmanager
def scheduler(address: str, timeout: str = "20s") -> Iterator[Mapper]:
    """The workers of a running Dask scheduler, e.g. "tcp://10.0.0.1:8786".

    Args:
        address: of the scheduler.
        timeout: how long to wait for it to answer.

    Raises:
        InvalidValue: if nothing answers there.
        MissingExtra: if Dask is not installed.
    """
    distributed = _distributed()
    try:
        client = distributed.Client(address, timeout=timeout)
    except OSError as error:
        raise InvalidValue(f"no Dask scheduler answers at {address} ({error}).") from error
    with client:
        yield _mapper(client)


@contextmanager
def slurm(settings: Path) -> Iterator[Mapper]:
    """Jobs of a Slurm cluster, described by a TOML file; see `slurm_cluster`."""
    distributed = _distributed()
    with slurm_cluster(settings) as cluster, distributed.Client(cluster) as client:
        yield _mapper(client)


@contextmanager
def slurm_cluster(settings: Path) -> Iterator[Any]:
    """The cluster that a TOML file describes.

    The file holds the arguments of `dask_jobqueue.SLURMCluster`, e.g. `queue`, `account`,
    `walltime`, `memory`, `cores`, and `jobs`, the number of jobs to ask for.

    Raises:
        InvalidValue: if the file cannot be read.
        MissingExtra: if dask-jobqueue is not installed.
    """
    try:
        import dask_jobqueue
    except ImportError as error:
        raise MissingExtra("dask-jobqueue", "cluster") from error
    try:
        options = tomllib.loads(settings.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise InvalidValue(f"{settings} cannot be read as TOML ({error}).") from error
    jobs = options.pop("jobs", 1)
    exports = [f"export {name}={value}" for name, value in ONE_THREAD.items()]
    prologue = [*options.pop("job_script_prologue", []), *exports]
    with dask_jobqueue.SLURMCluster(**options, job_script_prologue=prologue) as cluster:
        cluster.scale(jobs=jobs)
        yield cluster


def _distributed() -> Any:
    try:
        import distributed
    except ImportError as error:
        raise MissingExtra("dask", "cluster") from error
    return distributed


def _mapper(client: Any) -> Mapper:
    """Send all jobs; one whose worker dies is done by another."""

    def mapper(function: Callable[[Any], Any], jobs: Iterable[Any]) -> Iterator[tuple[Any, Any]]:
        from distributed import as_completed

        sent = {client.submit(function, job, pure=False): job for job in jobs}
        for future, result in as_completed(sent, with_results=True):
            yield sent.pop(future), result
            future.release()

    return mapper
