"""Recall, free or in order: a participant is walked through what a person said, or speaks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from cogmem.fit.paradigms.protocol import (
    CurveAbout,
    Curves,
    Pool,
    Study,
    after_study,
    check_some,
)
from cogmem.fit.responses import Choices, Evidence, choice_log_probs, in_sd
from cogmem.participants.protocol import Participant
from cogmem.tasks.randomness import generator

__all__ = ["Heard", "RecallParadigm", "choices", "evidence_before", "one_line", "spoken"]

AT_ONCE = 128
"""Lists under one `vmap`."""


class Heard(NamedTuple):
    """What the walk needs.

    Attributes:
        responses: int[subject, list, output] 1-based items, 0 = nothing, -1 = something that is not
            of the list, or was said before.
        half: [subject, list] 1 for training lists, 2 for held-out ones, 0 for padding.
        n_items: of a list.
        subjects: [subject] identities.
        strangers: [subject, list] responses that were not of the list but of the pool.
        n_pool: words of all lists; 0 if that is not known.
    """

    responses: Int[np.ndarray, "subject list output"]
    half: Int[np.ndarray, "subject list"]
    n_items: int
    subjects: np.ndarray
    strangers: Int[np.ndarray, "subject list"] | None = None
    n_pool: int = 0


@dataclass(frozen=True, eq=False)
class RecallParadigm:
    """Lists of items, said one after the other.

    Attributes:
        name, sets, curves: see `Paradigm`.
        heard: (data, n_people) -> what people said, title, citation.
        task: (n_items, key) -> one list.
        in_places: outputs keep their places, so that one may be left empty, and each is asked for
            by its number (serial recall); otherwise recall ends at the first 0 (free recall).
        read: (responses [list, output], subject [list], n_items) -> curves.
    """

    name: str
    sets: tuple[str, ...]
    curves: dict[str, CurveAbout]
    heard: Callable[[str, int], tuple[Heard, str, str]]
    task: Callable[[int, PRNGKeyArray], Any]
    in_places: bool
    read: Callable[[np.ndarray, np.ndarray, int], Curves]

    def study(self, data: str, n_people: int) -> Study:
        """See `Paradigm`."""
        heard, title, citation = self.heard(data, n_people)
        answers = choices(heard, in_places=self.in_places)
        return Study(data, title, citation, heard.subjects, answers, heard, pool=_pool(heard))

    def begun(self, participant: Participant, study: Study, *, key: PRNGKeyArray) -> Any:
        """See `Paradigm`: the state before a list."""
        return participant.begin(self.task(study.design.n_items, key), key=key)

    def evidence(
        self, participant: Participant, study: Study, *, n_draws: int, key: PRNGKeyArray
    ) -> Evidence:
        """See `Paradigm`; items are drawn anew for every list, whatever `n_draws`."""
        heard: Heard = study.design
        shape = heard.responses.shape
        flat = jnp.asarray(heard.responses.reshape(-1, shape[-1]))
        raw = _walked(self, participant, flat, heard.n_items, jax.random.split(key, len(flat)))
        check_some(np.asarray(raw))
        left = study.answers.left  # type: ignore[union-attr]
        return in_sd(raw.reshape(left.shape), jnp.asarray(left))

    def people(self, study: Study) -> Curves:
        """See `Paradigm`."""
        heard: Heard = study.design
        who, row = np.nonzero(heard.half == 2)
        return self.read(heard.responses[who, row], heard.subjects[who], heard.n_items)

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
        """See `Paradigm`: it recalls freely, as many lists as people's held-out ones, times."""
        heard: Heard = study.design
        who, _ = np.nonzero(np.repeat(heard.half == 2, n_copies, axis=1))
        said = self._said(participant, study, who, sensitivity, key)
        return self.read(said, heard.subjects[who], heard.n_items)

    def simulated(
        self,
        participant: Participant,
        study: Study,
        z: Evidence,
        sensitivity: float,
        *,
        key: PRNGKeyArray,
    ) -> Study:
        """The same people's lists, all of them recalled by the participant in their place."""
        heard: Heard = study.design
        who, row = np.nonzero(heard.half > 0)
        responses = np.zeros((*heard.half.shape, heard.n_items), np.int16)
        responses[who, row] = self._said(participant, study, who, sensitivity, key)
        made = heard._replace(responses=responses)
        return replace(study, answers=choices(made, in_places=self.in_places), design=made)

    def shuffled(self, study: Study, *, key: PRNGKeyArray) -> Study:
        """The items of every list renamed at random: what people said, without when it was."""
        heard: Heard = study.design
        random = generator(key)
        shape = (*heard.half.shape, heard.n_items)
        names = random.permuted(np.broadcast_to(np.arange(1, heard.n_items + 1), shape), axis=2)
        item = np.maximum(heard.responses - 1, 0)
        renamed = np.take_along_axis(names, item.astype(int), axis=2)
        made = heard._replace(responses=np.where(heard.responses > 0, renamed, heard.responses))
        return replace(study, answers=choices(made, in_places=self.in_places), design=made)

    def _said(
        self,
        participant: Participant,
        study: Study,
        who: Int[np.ndarray, " list"],
        sensitivity: float,
        key: PRNGKeyArray,
    ) -> Int[np.ndarray, "list output"]:
        """Its own responses to lists of these people, with each one's habit of saying nothing."""
        assert isinstance(study.answers, Choices)
        n_items = study.design.n_items
        silence = jnp.asarray(silences(study.answers, n_items, in_places=self.in_places)[who])
        keys = jax.random.split(key, len(who))
        return np.asarray(spoken(self, participant, n_items, silence, sensitivity, keys=keys))


def one_line(measured: xr.Dataset) -> xr.Dataset:
    """A measure's `value` along `subject` and one other axis, as a curve of one line."""
    value = measured["value"]
    (x,) = (dim for dim in value.dims if dim != "subject")
    return value.rename({x: "x"}).expand_dims(line=["all"], axis=1).to_dataset(name="value")


def _pool(heard: Heard) -> Pool | None:
    if heard.strangers is None or not heard.n_pool:
        return None
    halves = [(heard.half == half).astype(float) for half in (1, 2)]
    said = (heard.responses > 0).sum(axis=2)
    return Pool(
        heard.n_pool,
        heard.n_items,
        np.stack([(said * half).sum(axis=1) for half in halves]),
        np.stack([(heard.strangers * half).sum(axis=1) for half in halves]),
        halves[1].sum(axis=1),
    )


def choices(heard: Heard, *, in_places: bool) -> Choices:
    """Responses as choices among what was left.

    An item that was said is not left. What is no item of the list, or was said before, is not
    scored. In free recall the first 0 is the end of recall, and is scored; in recall in places
    every 0 is.
    """
    responses, n = heard.responses.astype(int), heard.n_items
    if not in_places:  # room for the end after the longest list
        responses = np.pad(responses, ((0, 0), (0, 0), (0, 1)))
    ended = np.cumsum(responses == 0, axis=2)
    scored = (heard.half > 0)[:, :, None] & ((ended <= (responses == 0)) | in_places)
    chosen = responses[..., None] == np.arange(1, n + 1)
    before = np.cumsum(chosen, axis=2) - chosen
    left = before == 0
    again = (chosen & ~left).any(axis=-1)
    said = np.where(responses > 0, responses - 1, np.where(responses == 0, n, -1))
    place = np.broadcast_to(np.arange(responses.shape[2]), responses.shape)
    return Choices(
        np.where(scored & ~again, said, -1),
        left,
        (heard.half == 1).astype(np.float32),
        (heard.half == 2).astype(np.float32),
        place if in_places else (chosen.sum(axis=-1).cumsum(axis=2) - chosen.any(axis=-1)),
    )


def silences(
    answers: Choices, n_items: int, *, in_places: bool
) -> Float[np.ndarray, "subject place"]:
    """P(no item of the list is said) by place: each person's own, on training lists (Jeffreys).

    For simulations, where strangers and repeats, which no participant says, are silence too.
    """
    n, n_places = answers.n_items, n_items + 1
    place = answers.place[..., None] == np.arange(n_places)
    asked = (answers.said >= 0) | ((answers.said == -1) & in_places)
    weight = asked[..., None] * answers.train[:, :, None, None] * place
    nothing = ((answers.said == n) | (answers.said < 0))[..., None]
    return ((weight * nothing).sum(axis=(1, 2)) + 0.5) / (weight.sum(axis=(1, 2)) + 1)


@eqx.filter_jit
def _walked(
    paradigm: RecallParadigm,
    participant: Participant,
    responses: Int[Array, "list output"],
    n_items: int,
    keys: PRNGKeyArray,
) -> Float[Array, "list event item"]:
    def one(row: tuple[Array, Array]) -> Float[Array, "event item"]:
        heard, key = row
        return evidence_before(paradigm, participant, heard, n_items, key=key)

    return jax.lax.map(one, (responses, keys), batch_size=AT_ONCE)


def evidence_before(
    paradigm: RecallParadigm,
    participant: Participant,
    responses: Int[Array, " output"],
    n_items: int,
    *,
    key: PRNGKeyArray,
) -> Float[Array, "event item"]:
    """Evidence for each item before every response to one list, and before the end.

    The participant hears each item of the list that is said for the first time.
    """
    start = after_study(participant, paradigm.task(n_items, jax.random.fold_in(key, 1)), key=key)

    def step(now: tuple[Any, Array], asked: tuple[Array, Array]) -> tuple[Any, Array]:
        (state, left), (response, output) = now, asked
        evidence = participant.evidence(state, output if paradigm.in_places else None)
        item = jnp.maximum(response - 1, 0)
        fresh = (response > 0) & left[item]
        return (_heard(participant, state, item, fresh), left.at[item].min(~fresh)), evidence

    if not paradigm.in_places:
        responses = jnp.append(responses, 0)
    asked = (responses.astype(int), jnp.arange(len(responses)))
    return jax.lax.scan(step, (start, jnp.ones(n_items, bool)), asked)[1]


@eqx.filter_jit
def spoken(
    paradigm: RecallParadigm,
    participant: Participant,
    n_items: int,
    silence: Float[Array, "list place"],
    sensitivity: float | Array,
    *,
    keys: PRNGKeyArray,
) -> Int[Array, "list output"]:
    """What the participant says itself of so many lists.

    Args:
        paradigm: free or in places.
        participant: who.
        n_items: of each list.
        silence: P(nothing is said), by number of words said or by output.
        sensitivity: of the readout.
        keys: one for each list.
    """

    def one(row: tuple[Array, Array]) -> Int[Array, " output"]:
        own, key = row
        return _speech(paradigm, participant, n_items, own, sensitivity, key)

    return jax.lax.map(one, (silence, keys), batch_size=AT_ONCE)


def _speech(
    paradigm: RecallParadigm,
    participant: Participant,
    n_items: int,
    silence: Float[Array, " place"],
    sensitivity: float | Array,
    key: PRNGKeyArray,
) -> Int[Array, " output"]:
    start = after_study(participant, paradigm.task(n_items, jax.random.fold_in(key, 1)), key=key)

    def step(now: tuple[Any, ...], asked: tuple[Array, Array]) -> tuple[Any, Array]:
        (state, left, active), (output, key) = now, asked
        evidence = participant.evidence(state, output if paradigm.in_places else None)
        choose, keep_silent = jax.random.split(key)
        log_p = choice_log_probs(in_sd(evidence[None], left[None])[0], left, sensitivity)
        item = jax.random.categorical(choose, jnp.where(left, log_p, -jnp.inf))
        says = active & (jax.random.uniform(keep_silent) >= silence[output])
        state = _heard(participant, state, item, says)
        left = left.at[item].min(~says)
        return (state, left, active & (says | paradigm.in_places)), jnp.where(says, item + 1, 0)

    asked = (jnp.arange(n_items), jax.random.split(jax.random.fold_in(key, 2), n_items))
    begin = (start, jnp.ones(n_items, bool), jnp.asarray(True))
    return jax.lax.scan(step, begin, asked)[1]


def _heard(
    participant: Participant, state: Any, item: Int[Array, ""], said: Bool[Array, ""]
) -> Any:
    """The state after an item was said, or the same if it was not."""

    def choose(old: Array, new: Array) -> Array:
        # What a response leaves alone stays one array for all lists of a batch.
        return old if new is old else jnp.where(said, new, old)

    return jax.tree.map(choose, state, participant.report(state, item))
