"""Participants that do one thing, and people few enough to be counted by hand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jaxtyping import Array, Float, Int, PRNGKeyArray

from cogmem.errors import InvalidValue
from cogmem.fit.paradigms import Study, find_paradigm, recognition
from cogmem.fit.paradigms.recall import Heard, choices
from cogmem.models.parameters import parameter
from cogmem.participants.protocol import Cue, Participant
from cogmem.participants.roster import Mind

__all__ = [
    "Favourite",
    "Firm",
    "Neighbour",
    "Spy",
    "any_rank",
    "mind",
    "recall_study",
    "recognition_study",
]


@pytest.fixture(autouse=True, scope="module")
def any_rank() -> Iterator[None]:
    """As for a user: evosax, and the scores of responses, repeat arrays along leading axes."""
    with jax.numpy_rank_promotion("allow"):
        yield


class Still(Participant):
    """What holds for all of them: nothing is learnt, forgotten or changed by a response."""

    paradigms: ClassVar[dict[str, str]] = {"free recall": "native", "serial recall": "native"}

    def begin(self, lists: Any, *, key: PRNGKeyArray) -> Float[Array, " n"]:
        """Zero evidence for each candidate."""
        return jnp.zeros(lists.n_candidates)

    def study(self, state: Any, item: Int[Array, ""]) -> Any:
        """Nothing is learnt."""
        return state

    def rest(self, state: Any, duration: Float[Array, ""] | float) -> Any:
        """Nothing is forgotten."""
        return state

    def evidence(self, state: Any, cue: Cue) -> Float[Array, " n"]:
        """What `begin` made."""
        return state

    def report(self, state: Any, item: Int[Array, ""]) -> Any:
        """Nothing changes."""
        return state


class Favourite(Still):
    """Evidence falls with the distance from one place of the list."""

    place: Float[Array, ""] = parameter(
        0.5, (0, 1), start=(0.2, 0.8), meaning="where, 0 first and 1 last", source="a toy"
    )

    def begin(self, lists: Any, *, key: PRNGKeyArray) -> Float[Array, " n"]:
        """The same for all lists of one length."""
        n = lists.n_candidates
        return -((jnp.arange(n) / (n - 1) - self.place) ** 2)


class Neighbour(Still):
    """Evidence falls with the distance from the item said last."""

    def report(self, state: Any, item: Int[Array, ""]) -> Any:
        """The items beside it come to mind."""
        return -jnp.abs(jnp.arange(len(state)) - item).astype(state.dtype)


class Spy(Still):
    """Its evidence is what it was given: random numbers of its key, and features of the items."""

    paradigms: ClassVar[dict[str, str]] = dict.fromkeys(
        ("free recall", "serial recall", "recognition"), "native"
    )

    def begin(self, lists: Any, *, key: PRNGKeyArray) -> Float[Array, " n"]:
        """One number for each candidate."""
        seen = jax.random.normal(key, (lists.n_candidates,))
        features = getattr(lists, "features", None)
        if features is None:
            return seen
        return seen + features @ jnp.arange(features.shape[1], dtype=seen.dtype)


class Firm(Favourite):
    """Favours a place, and refuses lists that are not of so many items."""

    n_items: int = eqx.field(static=True, default=4)

    def begin(self, lists: Any, *, key: PRNGKeyArray) -> Float[Array, " n"]:
        """As `Favourite`, of lists that it knows."""
        if lists.n_candidates != self.n_items:
            raise InvalidValue(f"{lists.n_candidates} items, expected {self.n_items}.")
        return super().begin(lists, key=key)


def mind(participant: Participant, name: str = "toy") -> Mind:
    """One participant as a mind."""
    return Mind(name, (participant,))


def recall_study(said: Any, name: str = "free recall") -> Study:
    """Responses [subject, list, output] as a study; lists are trained on and held out in turn.

    There are as many items as outputs.
    """
    responses = np.asarray(said, np.int16)
    half = np.broadcast_to(1 + np.arange(responses.shape[1]) % 2, responses.shape[:2])
    subjects = np.arange(1, len(responses) + 1)
    heard = Heard(responses, half, responses.shape[2], subjects)
    answers = choices(heard, in_places=find_paradigm(name).in_places)
    data = f"toy of {name}"
    return Study(data, "by hand", "nobody (0)", subjects, answers, heard)


def recognition_study(n_people: int = 6, n_trials: int = 60, seed: int = 0) -> Study:
    """People who say old to 9 of 10 old items, and to 2 of 10 new ones; lists of 3."""
    random = np.random.default_rng(seed)
    place = np.tile(np.arange(4), n_people * n_trials // 4)
    said = random.random(len(place)) < np.where(place == 0, 0.2, 0.9)
    about = {"title": "by hand", "citation": "nobody (0)"}
    who = np.repeat(np.arange(n_people), n_trials)
    n_items = np.full(len(place), 3)
    return recognition.of_trials("toy", about, who, n_items, place, said, np.array([3]))
