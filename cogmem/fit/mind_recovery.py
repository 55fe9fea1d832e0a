"""Can the scores tell models apart? Each model's own behaviour, refitted by all.

In each paradigm every model that sits it takes people's place, with the parameters that were fitted
to them: it leaves as many responses to the same design. All models that sit the paradigm are then
fitted to one half of those responses, with the same budget, and the one that foretells the other
half best is chosen, person by person.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

import jax
import numpy as np
import xarray as xr
from jaxtyping import Float, PRNGKeyArray

from cogmem.fit.arena import Arena
from cogmem.fit.paradigms import Study
from cogmem.fit.paradigms.cells import GROUPS
from cogmem.fit.recovery import confusion
from cogmem.fit.simulators import Budget, best, generations
from cogmem.participants.reporting import Report, silent
from cogmem.participants.roster import Mind

__all__ = ["confusions", "recovered", "simulated_by", "simulated_units"]


def recovered(
    arena: Arena,
    name: str,
    minds: Mapping[str, Mind],
    budget: Budget,
    *,
    key: PRNGKeyArray,
    report: Report = silent,
) -> Float[np.ndarray, "made model unit"]:
    """How well everybody foretells everybody's behaviour in one paradigm, after a refit.

    Args:
        arena: people, whose design and numbers of responses are kept.
        name: of a paradigm whose responses are scored.
        minds: those that sit it, with the parameters that were fitted to people.
        budget: of each refit.
        key: of the simulations and searches.
        report: called with 1 for each model simulated.

    Returns:
        [made by, model, person] minus the held-out log-probability (nats), see `confusions`.
    """
    scores = []
    for number, (maker, mind) in enumerate(minds.items()):
        own = jax.random.fold_in(key, number)
        made = simulated_by(mind, arena, name, key=own)
        there = replace(arena, studies={name: made})
        scores.append([_badness(there, name, m, budget, own) for m in minds.values()])
        report(1, f"recovery of {maker} in {name}")
    return np.asarray(scores)


def confusions(scores: Float[np.ndarray, "made model unit"], names: list[str]) -> xr.Dataset:
    """Which model foretells the held-out half of whose behaviour best.

    Args:
        scores: of `recovered`.
        names: of the models.

    Returns:
        `count` (made_by, chosen), by person, and `together` (made_by, chosen), 1 for the model
        chosen for all people of a maker taken together; see `cogmem.fit.recovery.confusion`.
    """
    each, together = confusion(scores, names), confusion(scores.sum(axis=2, keepdims=True), names)
    return each[["count"]].assign(together=together["count"])


def simulated_by(mind: Mind, arena: Arena, name: str, *, key: PRNGKeyArray) -> Study:
    """The paradigm's study with a mind in people's place, its readout fitted to them."""
    participant, study = mind.sitting(name), arena.studies[name]
    assert participant is not None
    z = arena.evidence(mind, name)
    sensitivity = arena.sensitivity(name, z)
    paradigm = arena.paradigms[name]
    return paradigm.simulated(participant, study, z, sensitivity, key=key)


def _badness(
    arena: Arena, name: str, mind: Mind, budget: Budget, key: PRNGKeyArray
) -> Float[np.ndarray, " unit"]:
    """Minus the held-out log-probability of every simulated person, after a refit."""
    entries = mind.parameters
    if entries:
        loss = partial(arena.loss, mind, [name])
        found = list(generations(loss, entries, budget, key=key))
        mind = mind.with_values(dict(best(found, entries)))
    z = arena.evidence(mind, name, final=True)
    return -arena.read(name, z, arena.sensitivity(name, z)).nats


def simulated_units(study: Study) -> int:
    """How many people, or groups, a simulation of a study has."""
    return len(study.subjects) if len(study.subjects) > 1 else GROUPS
