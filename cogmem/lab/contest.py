"""The contest: every participant is fitted to half of each person's lists and scored on the rest.

Same lists, same search, same readout, same number of simulated lists for everyone and for the
null. Work goes block by block of people into a store; what is done is never done again.
"""

from __future__ import annotations

import time
import zlib
from dataclasses import dataclass

import jax
import numpy as np
from jaxtyping import PRNGKeyArray

from cogmem.data.recalls import Recalls
from cogmem.fit import Fit, People, Search, fit, simulate, split_lists
from cogmem.lab.store import Column, Store, Table
from cogmem.participants.reporting import Report
from cogmem.participants.sitting import Sitting

__all__ = ["Contest", "Result"]


@dataclass(frozen=True, eq=False)
class Result:
    """What one participant left.

    Attributes:
        log_score: float[subject] nats on the held-out lists.
        nll: float[subject] nats on the training lists.
        n_fitted: numbers per person that were optimised or counted on the training lists.
        raw: float[subject, parameter] estimates on the real line.
        recalls: its own free recall of as many lists as `Contest.n_simulated` says.
        seconds: all of it took.
    """

    log_score: np.ndarray
    nll: np.ndarray
    n_fitted: int
    raw: np.ndarray
    recalls: Recalls
    seconds: float


@dataclass(frozen=True, eq=False)
class Contest:
    """One data set and the terms that hold for all who take part.

    Attributes:
        train: lists that participants are fitted to.
        test: other lists of the same people.
        search: how hard each is fitted.
        n_simulated: lists that each fitted participant recalls freely, per person.
        block: people fitted at once.
        seed: of everything random.
    """

    train: People
    test: People
    search: Search
    n_simulated: int
    block: int
    seed: int

    @classmethod
    def on(
        cls, recalls: Recalls, search: Search, *, n_copies: int, block: int, seed: int
    ) -> Contest:
        """A contest on alternate lists of each person.

        Args:
            recalls: lists of one length.
            search: how hard each participant is fitted.
            n_copies: simulated lists per held-out list.
            block: people fitted at once.
            seed: of everything random.
        """
        train, test = (People.of(half) for half in split_lists(recalls))
        n_simulated = n_copies * int(test.n_lists.max())
        return cls(train, test, search, n_simulated, min(block, len(train)), seed)

    @property
    def n_blocks(self) -> int:
        """Blocks of people."""
        return -(-len(self.train) // self.block)

    @property
    def n_steps(self) -> int:
        """Reports of progress for one participant: those of each fit, and one for the rest."""
        return self.n_blocks * (self.search.n_blocks + 1)

    def enter(self, name: str, sitting: Sitting, store: Store, report: Report) -> Result:
        """Fit, score and simulate one participant, going on from what the store holds.

        Args:
            name: of the participant; its randomness depends on it.
            sitting: the participant and its rule.
            store: where its results are, and will be.
            report: told of each step.
        """
        key = jax.random.fold_in(jax.random.key(self.seed), zlib.crc32(name.encode()))
        table = store.table(name, self._columns(sitting), len(self.train), self.block)
        done = table.done
        for start in range(0, len(self.train), self.block):
            rows = slice(start, min(start + self.block, len(self.train)))
            if done[rows].all():
                report(self.search.n_blocks + 1, name)
            else:
                table.write(rows, self._block(sitting, rows, key, name, report))
        return self._result(sitting, table)

    def _columns(self, sitting: Sitting) -> dict[str, Column]:
        simulated = (self.n_simulated, self.train.n_items)
        return {
            "raw": Column((len(sitting.parameters),), np.float32, ("parameter",)),
            "nll": Column((), np.float64),
            "log_score": Column((), np.float64),
            "recalls": Column(simulated, np.int16, ("list", "output")),
            "seconds": Column((), np.float64),
        }

    def _block(
        self, sitting: Sitting, rows: slice, key: PRNGKeyArray, name: str, report: Report
    ) -> dict[str, np.ndarray]:
        """Results of some people. The last block is filled up, so that one program serves all."""
        began = time.perf_counter()
        n_people = rows.stop - rows.start
        who = np.minimum(np.arange(rows.start, rows.start + self.block), rows.stop - 1)
        found = fit(
            sitting,
            self.train[who],
            key=key,
            search=self.search,
            progress=lambda steps: report(steps, name),
        )
        recalled = simulate(found, self.n_simulated, key=key).recalls
        score = found.score(self.test[who], key=key).sum(axis=1)
        report(1, name)
        each = (time.perf_counter() - began) / n_people
        values = {
            "raw": found.raw,
            "nll": found.nll,
            "log_score": score,
            "recalls": recalled.reshape(self.block, self.n_simulated, -1),
            "seconds": np.full(self.block, each),
        }
        return {column: value[:n_people] for column, value in values.items()}

    def _result(self, sitting: Sitting, table: Table) -> Result:
        values = table.read()
        found = Fit(sitting, self.train, values["raw"], values["nll"])
        recalls = Recalls.from_positions(
            values["recalls"].reshape(-1, self.train.n_items),
            list_length=self.train.n_items,
            subject=np.repeat(self.train.subjects, self.n_simulated),
        )
        return Result(
            log_score=values["log_score"],
            nll=values["nll"],
            n_fitted=found.n_parameters,
            raw=values["raw"],
            recalls=recalls,
            seconds=float(values["seconds"].sum()),
        )
