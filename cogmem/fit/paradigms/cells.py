"""Answers counted in the cells of a design: yes or no, right or wrong.

The evidence of a cell depends on the design alone, so that a participant sits every cell a number
of times with items drawn anew, the same for all participants, instead of once for each person's
trial. Its unit is taken away by the SD over all cells and draws.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array, Float, Int, PRNGKeyArray

from cogmem.fit.paradigms.protocol import Block, CurveAbout, Curves, Study, check_some, drawn
from cogmem.fit.people import rank_within
from cogmem.fit.responses import Evidence, YesCounts, criteria, p_yes
from cogmem.participants.protocol import Participant
from cogmem.tasks.randomness import generator

__all__ = ["CellParadigm", "Design", "cell_evidence", "counted", "halved", "over_cells"]


GROUPS = 20
"""Simulated groups, where people are known as one group only."""


@dataclass(frozen=True, eq=False)
class Design:
    """The cells, in the order of the blocks that ask them.

    Attributes:
        blocks: what a participant sits.
        line, x: [cell] where each cell is drawn; several cells may share a point.
    """

    blocks: tuple[Block, ...]
    line: np.ndarray
    x: np.ndarray


@dataclass(frozen=True, eq=False)
class CellParadigm:
    """A design with counted answers.

    Attributes:
        name, sets, curves: see `Paradigm`; of curves there is one.
        load: (data, n_people) -> people.
    """

    name: str
    sets: tuple[str, ...]
    curves: dict[str, CurveAbout]
    load: Callable[[str, int], Study]

    def study(self, data: str, n_people: int) -> Study:
        """See `Paradigm`."""
        return self.load(data, n_people)

    def begun(self, participant: Participant, study: Study, *, key: PRNGKeyArray) -> Any:
        """See `Paradigm`: the last block, which is the largest."""
        return study.design.blocks[-1](participant, key)

    def evidence(
        self, participant: Participant, study: Study, *, n_draws: int, key: PRNGKeyArray
    ) -> Evidence:
        """See `Paradigm`."""
        return cell_evidence(participant, study.design, n_draws=n_draws, key=key)[None]

    def people(self, study: Study) -> Curves:
        """See `Paradigm`."""
        assert isinstance(study.answers, YesCounts)
        yes, n = study.answers.yes[1], study.answers.n[1]
        return self._curve(study, yes, n)

    def model(
        self,
        participant: Participant,
        study: Study,
        z: Evidence,
        sensitivity: float,
        *,
        n_copies: int,
        key: PRNGKeyArray,
    ) -> Curves:
        """See `Paradigm`: P(yes) itself, with each person's criterion, without sampling noise."""
        assert isinstance(study.answers, YesCounts)
        answers, z = study.answers, jnp.asarray(z)
        criterion = criteria(z, answers.yes[0], answers.n[0], sensitivity)
        p = np.asarray(p_yes(z, sensitivity, criterion), float)
        return self._curve(study, p * answers.n[1], answers.n[1])

    def simulated(
        self,
        participant: Participant,
        study: Study,
        z: Evidence,
        sensitivity: float,
        *,
        key: PRNGKeyArray,
    ) -> Study:
        """As many answers as people gave, drawn from the participant's P(yes) in their place.

        A group of which only counts are known stands for `GROUPS` such groups.
        """
        answers, z = study.answers, jnp.asarray(z)
        assert isinstance(answers, YesCounts)
        p = p_yes(z, sensitivity, criteria(z, answers.yes[0], answers.n[0], sensitivity))
        n = np.asarray(answers.n)
        chance = np.asarray(p, float)
        if n.shape[1] == 1:
            n, chance = np.repeat(n, GROUPS, axis=1), np.repeat(chance, GROUPS, axis=0)
        yes = generator(key).binomial(n.astype(int), np.broadcast_to(chance, n.shape))
        made = YesCounts(yes.astype(np.float32), n)
        return replace(study, answers=made, subjects=np.arange(n.shape[1]))

    def shuffled(self, study: Study, *, key: PRNGKeyArray) -> Study:
        """Each person's answers given to other cells at random, in each half by itself."""
        assert isinstance(study.answers, YesCounts)
        shape = study.answers.n.shape
        order = generator(key).permuted(np.broadcast_to(np.arange(shape[2]), shape), axis=2)
        made = YesCounts(*(np.take_along_axis(table, order, axis=2) for table in study.answers))
        return replace(study, answers=made)

    def _curve(self, study: Study, yes: np.ndarray, n: np.ndarray) -> Curves:
        (name,) = self.curves
        return {name: over_cells(study.design, study.subjects, yes, n)}


def cell_evidence(
    participant: Participant, design: Design, *, n_draws: int, key: PRNGKeyArray
) -> Float[Array, "cell draw"]:
    """Evidence in SD over all cells and draws; no answer (NaN) has the mean of all.

    Raises:
        NoEvidence: if there is no answer in any cell.
    """
    each = []
    for number, block in enumerate(design.blocks):
        keys = jax.random.split(jax.random.fold_in(key, number), n_draws)
        each.append(drawn(block, participant, keys=keys))
    raw = jnp.concatenate(each)
    # In float64: leads of a thousand and their rounding errors are told apart.
    values = np.asarray(raw, np.float64)
    check_some(values)
    known = np.isfinite(values)
    if np.ptp(values[known]) <= 1e-6 * np.abs(values[known]).max():
        return jnp.zeros_like(raw)
    mean, sd = values[known].mean(), values[known].std()
    return jnp.asarray(np.where(known, (values - mean) / sd, 0.0), jnp.float32)


def over_cells(design: Design, subjects: np.ndarray, yes: np.ndarray, n: np.ndarray) -> xr.Dataset:
    """Share of yes at each point of the curve.

    Returns:
        `value` (subject, line, x); NaN where nobody was asked.
    """
    lines, xs = list(dict.fromkeys(design.line.tolist())), sorted(set(design.x.tolist()))
    value = np.full((len(subjects), len(lines), len(xs)), np.nan)
    for i, line in enumerate(lines):
        for j, x in enumerate(xs):
            here = (design.line == line) & (design.x == x)
            total = n[:, here].sum(axis=1)
            share = yes[:, here].sum(axis=1) / np.where(total > 0, total, np.nan)
            value[:, i, j] = share
    return xr.Dataset(
        {"value": (("subject", "line", "x"), value)},
        {"subject": subjects, "line": lines, "x": xs},
    )


def halved(subject: np.ndarray, cell: np.ndarray) -> Int[np.ndarray, " trial"]:
    """0 (training) and 1 (held out) in turn, within each person's trials of each cell."""
    each = np.unique(np.stack([subject, cell]), axis=1, return_inverse=True)[1]
    return rank_within(each) % 2


def counted(
    subject: np.ndarray, cell: np.ndarray, yes: np.ndarray, n: np.ndarray, n_cells: int
) -> tuple[np.ndarray, YesCounts]:
    """Answers of trials by person and cell, in two halves.

    Args:
        subject: [trial] whose.
        cell: [trial] in which cell, from 0.
        yes: [trial] how many answers of it were yes, or right.
        n: [trial] of how many.
        n_cells: there are.

    Returns:
        Identities of the people, sorted, and their counts.
    """
    people, row = np.unique(subject, return_inverse=True)
    half = halved(row, cell)
    tables = []
    for values in (yes, n):
        table = np.zeros((2, len(people), n_cells))
        np.add.at(table, (half, row, cell), values)
        tables.append(table.astype(np.float32))
    return people, YesCounts(*tables)
