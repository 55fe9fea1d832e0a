"""CMR's likelihood and its gradient, and how long they take to compile and how much they hold.

The lists are those of the PEERS data without an encoding task (3,528 lists of 16), and of Morton et
al. (2013) for cymr, which is timed on 870 of its own lists of 24 in one thread. Targets are for two
threads; the population is 64 parameter sets on 280 lists each.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Iterator
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from cogmem import data
from cogmem.fit.multistart import Search, fit
from cogmem.models import parameters
from cogmem.models.cmr import CMR
from cogmem.models.support_cmr import SupportCMR
from cogmem.participants.roster import sitting
from tests.benchmarks.bench_cymr import cymr_speeds
from tests.benchmarks.harness import Row, Unavailable, side_by_side

N_SETS, N_LISTS, N_CYMR = 64, 280, 870
TARGETS = {"one": 100_000, "population": 200_000, "gradient": 15_000}  # lists/s


def rows() -> Iterator[Row]:
    """Speeds, compilation, a fit of people, and cymr beside CMR."""
    lists = jnp.asarray(data.load("peers").cleaned().recalls)
    yield from _speeds(lists)
    yield _fit_of_people()
    yield Row(f"peak memory of this process: {_peak_megabytes():,.0f} MB (target 1,000)", 0)
    yield from _beside_cymr()


def _speeds(lists: Array) -> Iterator[Row]:
    model = _as_arrays(SupportCMR())
    raw = parameters.unconstrain(parameters.table(model), parameters.get(model))
    spread = 0.3 * jax.random.normal(jax.random.key(0), (N_SETS, len(raw)))
    few, sets = lists[:N_LISTS], jnp.broadcast_to(raw, spread.shape) + spread
    n = 16
    calls: dict[str, tuple[str, Any, tuple[Any, ...], int]] = {
        "one": ("one parameter set", partial(_total, n=n), (raw, lists), len(lists)),
        "population": (
            f"{N_SETS} parameter sets x {N_LISTS} lists",
            jax.vmap(partial(_total, n=n), (0, None)),
            (sets, few),
            N_SETS * N_LISTS,
        ),
        "gradient": (
            "value and gradient",
            jax.value_and_grad(partial(_total, n=n)),
            (raw, lists),
            len(lists),
        ),
    }
    for key, (what, function, arguments, n_lists) in calls.items():
        compiled, seconds = _compiled(function, *arguments)
        target = n_lists / TARGETS[key]
        name = f"SupportCMR, {what} (target {TARGETS[key]:,}/s)"
        times = side_by_side(partial(compiled, *arguments))
        yield Row(name, n_lists, seconds_target=target, **times)
        yield Row(f"SupportCMR, {what}: to compile", 0, ours=seconds, seconds_target=10)


def _total(raw: Array, lists: Array, n: int) -> Array:
    """Log-likelihood of all lists at raw parameters, of words known by position alone."""
    entries = parameters.table(SupportCMR)
    model = parameters.replace(SupportCMR(), parameters.constrain(entries, raw))
    return jax.vmap(lambda one: model.log_likelihood(one, n))(lists).sum()


def _compiled(function: Any, *arguments: Any) -> tuple[Any, float]:
    """The compiled function, and the seconds of tracing and compiling it."""
    start = time.perf_counter()
    compiled = jax.jit(function).lower(*arguments).compile()
    return compiled, time.perf_counter() - start


def _fit_of_people() -> Row:
    """Of ten people, so that the benchmark is short; the target is 5 minutes for all 126."""
    recalls = data.load("peers")
    few = recalls.select(subject=recalls.subjects[:10])
    run = partial(fit, sitting("CMR"), few, key=jax.random.key(0), search=Search())
    run()
    start = time.perf_counter()
    run()
    seconds = time.perf_counter() - start
    target = 300 * 10 / len(recalls.subjects)
    name = "CMR fitted to 10 people, 8 starts (target 5 min for 126)"
    return Row(name, 0, ours=seconds, seconds_target=target)


def _peak_megabytes() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)


def _beside_cymr() -> Iterator[Row]:
    """870 mixed lists of 24 of Morton et al. (2013), as many as cymr's own sample has."""
    try:
        theirs = cymr_speeds()
    except Unavailable as reason:
        yield Row(f"CMR beside cymr, left out: {reason}", 0)
        return
    mixed = data.load("morton2013").select(list_type="mixed").cleaned()
    lists, model = jnp.asarray(mixed.recalls[:N_CYMR]), _as_arrays(CMR(temperature=1.0))
    run = jax.jit(lambda model: jax.vmap(lambda one: model.log_likelihood(one, 24))(lists))
    ours = side_by_side(partial(run, model))["ours"]
    for units in ("units_24", "units_768"):
        rate = theirs[units]["lists_per_second"]["prepared"]
        name = f"CMR beside cymr with a context of {units.removeprefix('units_')}"
        yield Row(name, N_CYMR, ours=ours, theirs=N_CYMR / rate, ratio_target=70)


def _as_arrays(model: Any) -> Any:
    return jax.tree.map(lambda value: jnp.asarray(value, np.float32), model)
