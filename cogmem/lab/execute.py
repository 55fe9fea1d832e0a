"""Computing the cells of a sweep: block by block, in this process or by any number of workers.

Workers compute and send back; only the process that was started writes to the store.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

import jax
import numpy as np

from cogmem.errors import CogmemError, InvalidValue
from cogmem.lab.experiment import Experiment, find_experiment
from cogmem.lab.settings import with_values
from cogmem.lab.store import DONE, FAILED, TO_DO, Column, Store, Table
from cogmem.lab.sweep import Block, Sweep
from cogmem.participants.reporting import Report

__all__ = [
    "Computed",
    "Mapper",
    "Options",
    "SweepFailed",
    "Tally",
    "compute",
    "execute",
    "failure",
    "in_this_process",
    "parse_part",
    "results_table",
    "widest_labels",
]

Values = dict[str, np.ndarray]


class SweepFailed(CogmemError, RuntimeError):
    """A sweep was stopped at a cell that failed, as asked."""


class Computed(NamedTuple):
    """What came of a block: values by output, and messages of cells that failed."""

    values: Values
    failures: dict[int, str]


Mapper = Callable[[Callable[[Any], Any], Iterable[Any]], Iterator[tuple[Any, Any]]]
"""(function, jobs) -> each job with its result, in any order: whoever computes."""


@dataclass(frozen=True)
class Options:
    """How a sweep is carried out; none of it changes a number.

    Attributes:
        part: (i, n), compute the i-th of n parts only, counted from 1.
        retry_failed: compute cells again that failed before.
        fail_fast: stop at the first cell that fails.
        repair: compute cells again whose results cannot be read.
    """

    part: tuple[int, int] = (1, 1)
    retry_failed: bool = False
    fail_fast: bool = False
    repair: bool = False


_AS_USUAL = Options()


@dataclass
class Tally:
    """Cells by how they ended."""

    done: int = 0
    failed: int = 0
    messages: list[str] = field(default_factory=list)


def parse_part(text: str) -> tuple[int, int]:
    """ "2/4" as (2, 4): the second of four parts.

    Raises:
        InvalidValue: for anything but i/n with i from 1 to n.
    """
    part, _, whole = text.partition("/")
    if not (part.isdigit() and whole.isdigit() and 1 <= int(part) <= int(whole)):
        raise InvalidValue(f"shard is {text!r}, expected i/n with i from 1 to n, e.g. 2/4.")
    return int(part), int(whole)


def in_this_process(
    function: Callable[[Any], Any], jobs: Iterable[Any]
) -> Iterator[tuple[Any, Any]]:
    """One job after the other."""
    for job in jobs:
        yield job, function(job)


def execute(
    sweep: Sweep,
    store: Store,
    report: Callable[[int], Report],
    mapper: Mapper = in_this_process,
    options: Options = _AS_USUAL,
) -> Tally:
    """Compute what the store does not hold yet.

    Args:
        sweep: what is swept.
        store: where results go.
        report: called with the number of cells to do; gives the function that reports them.
        mapper: who computes.
        options: which part, and what to do about failures.

    Returns:
        How many cells of this part are done and failed, all runs taken together.

    Raises:
        StoreBusy: if another process writes this part of the store.
        SweepFailed: at the first failed cell, if so asked.
        OSError: if the disk is full; what was done stays.
    """
    part, n_parts = options.part
    name = "all" if n_parts == 1 else f"{part}/{n_parts}"
    with store.writing(name):
        table = results_table(sweep, store)
        _set_back(table, options)
        mine = [b for i, b in enumerate(sweep.blocks()) if i % n_parts == part - 1]
        status = table.status
        todo = [block for block in mine if (status[block.rows] == TO_DO).any()]
        tell = report(sum(block.n_cells for block in todo))
        n_failed = 0
        for block, computed in mapper(compute, todo):
            table.write(block.rows, _padded(computed.values, table), computed.failures)
            n_failed += len(computed.failures)
            tell(block.n_cells, f"{n_failed} failed" if n_failed else "")
            if computed.failures and options.fail_fast:
                cell, message = min(computed.failures.items())
                raise SweepFailed(failure(sweep, block.first_row + cell, message))
        return _tally(sweep, table, mine)


def compute(block: Block) -> Computed:
    """Compute a block: in one call if the cells are pure JAX, else cell by cell.

    A cell fails if it raises, or gives NaN in an output that the experiment wants finite. What
    was raised is kept with the cell, and the rest goes on.
    """
    experiment = find_experiment(block.experiment)
    each = _together if experiment.vectorised else _one_by_one
    values, failures = each(experiment, block)
    return Computed(values, _not_finite(experiment, block, values) | failures)


def results_table(sweep: Sweep, store: Store) -> Table:
    """The table of a sweep, sized for all its cells and its widest outputs."""
    widest = {dim: len(labels) for dim, labels in widest_labels(sweep).items()}
    columns = {
        name: Column(tuple(widest[dim] for dim in dims), np.float64, dims)
        for name, dims in sweep.experiment.outputs.items()
    }
    return store.table("cells", columns, len(sweep.cell_of_row), sweep.width)


def widest_labels(sweep: Sweep) -> dict[str, np.ndarray]:
    """Labels of each axis of the outputs, from the group in which it is longest."""
    each = [_labels(sweep.experiment, block) for block in _one_per_group(sweep)]
    return {dim: max((labels[dim] for labels in each), key=len) for dim in each[0]}


def _together(experiment: Experiment, block: Block) -> Computed:
    """All cells in one call of one compiled program."""
    program = _program(block.experiment, json.dumps(block.static, sort_keys=True))
    try:
        found = program(dict(block.traced), block.identity, block.repeat, block.seed)
    except Exception as error:  # while tracing: it concerns all cells of these sizes
        return Computed(
            _empty(experiment, block), dict.fromkeys(range(block.n_cells), _told(error))
        )
    return Computed({name: np.asarray(found[name], float) for name in experiment.outputs}, {})


@lru_cache(maxsize=64)
def _program(name: str, static: str) -> Callable[..., Values]:
    """The compiled program of one group. The number of these is the number of compilations."""
    experiment = find_experiment(name)

    def cell(traced: Mapping[str, Any], identity: Any, repeat: Any, seed: Any) -> Mapping[str, Any]:
        return _cell(experiment, {**json.loads(static), **traced}, identity, repeat, seed)

    return jax.jit(jax.vmap(cell, in_axes=(0, 0, 0, None)))


def _one_by_one(experiment: Experiment, block: Block) -> Computed:
    """Cells that are ordinary Python: each may fail by itself."""
    values, failures = _empty(experiment, block), {}
    for i in range(block.n_cells):
        try:
            found = _cell(
                experiment, block.settings(i), block.identity[i], block.repeat[i], block.seed
            )
            for name in experiment.outputs:
                values[name][i] = found[name]
        except Exception as error:
            failures[i] = _told(error)
    return Computed(values, failures)


def _cell(
    experiment: Experiment, settings: Mapping[str, Any], identity: Any, repeat: Any, seed: Any
) -> Mapping[str, Any]:
    """One cell, with its own key."""
    key = jax.random.fold_in(jax.random.fold_in(jax.random.key(seed), identity), repeat)
    assert experiment.cell is not None  # see Sweep
    return experiment.cell(with_values(experiment.default, settings), key=key)


def _empty(experiment: Experiment, block: Block) -> Values:
    labels = _labels(experiment, block)
    shapes = {name: [len(labels[d]) for d in dims] for name, dims in experiment.outputs.items()}
    return {name: np.full((block.width, *shape), np.nan) for name, shape in shapes.items()}


def _labels(experiment: Experiment, block: Block) -> dict[str, np.ndarray]:
    """Labels of the axes of the outputs; their number depends on static settings only."""
    config = with_values(experiment.default, block.settings(0))
    return {dim: np.asarray(labels) for dim, labels in experiment.labels(config).items()}


def _not_finite(experiment: Experiment, block: Block, values: Values) -> dict[int, str]:
    """Cells with NaN or infinity where the experiment forbids it."""
    failures = {}
    for name in experiment.finite:
        flat = values[name][: block.n_cells].reshape(block.n_cells, -1)
        for cell in np.flatnonzero(~np.isfinite(flat).all(axis=1)):
            failures[int(cell)] = f"{name} is not finite"
    return failures


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def _one_per_group(sweep: Sweep) -> list[Block]:
    """A block of each group, for its sizes."""
    return [sweep.block(row) for row in sweep.first_rows]


def _padded(values: Values, table: Table) -> Values:
    """Outputs of a smaller size filled up with NaN to the size of the table."""
    padded = {}
    for name, value in values.items():
        shape = table.group[name].shape[1:]  # type: ignore[union-attr]
        widths = [(0, 0), *((0, full - n) for full, n in zip(shape, value.shape[1:], strict=True))]
        padded[name] = np.pad(value, widths, constant_values=np.nan)
    return padded


def _set_back(table: Table, options: Options) -> None:
    """Rows to be done again, as asked."""
    if options.repair:
        table.rewrite(table.unreadable())
    if options.retry_failed:
        table.reset(table.status == FAILED)


def _tally(sweep: Sweep, table: Table, blocks: list[Block]) -> Tally:
    status, messages = table.status, table.messages
    tally = Tally()
    for block in blocks:
        for i in range(block.n_cells):
            row = block.first_row + i
            tally.done += int(status[row] == DONE)
            if status[row] == FAILED:
                tally.failed += 1
                tally.messages.append(failure(sweep, row, messages[row]))
    return tally


def failure(sweep: Sweep, row: int, message: str) -> str:
    """A failed cell in words: its place on the axes, and what went wrong."""
    point, repeat = divmod(int(sweep.cell_of_row[row]), sweep.repeats)
    where = [f"{name}={value:g}" for name, value in sweep.points[point].items()]
    return f"{', '.join([*where, f'repeat={repeat}'])}: {message}"
