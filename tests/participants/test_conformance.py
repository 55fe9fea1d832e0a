"""Every registered model satisfies the rules, and who breaks one is refused by its name."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jaxtyping import Array

from cogmem.errors import UnknownName
from cogmem.models.parameters import parameter
from cogmem.participants import conformance
from cogmem.participants.conformance import RuleBroken, check
from cogmem.participants.conformance_tasks import EXAMS, exam
from cogmem.participants.protocol import PARADIGMS, Participant
from cogmem.participants.roster import Mind, minds

SITS = ("free recall", "serial recall", "recognition")


class Trace(Participant):
    """Strength of each item, which fades with every item that follows: it satisfies all rules."""

    decay: float | Array = parameter(0.8, (0, 1), meaning="strength left", source="here")

    paradigms: ClassVar[dict[str, str]] = dict.fromkeys(SITS, "strength")
    declines: ClassVar[dict[str, str]] = {
        name: "strength alone" for name in PARADIGMS if name not in SITS
    }

    def begin(self, lists: Any, *, key: Array) -> Any:
        return jnp.zeros(lists.n_candidates)

    def study(self, state: Any, item: Array) -> Any:
        return (self.decay * state).at[item].add(1)

    def rest(self, state: Any, duration: Any) -> Any:
        return state

    def evidence(self, state: Any, cue: Any) -> Array:
        return state

    def report(self, state: Any, item: Array) -> Any:
        return state


WORDS = ("serial recall", "recognition", "paired associates", "retention")
"""Of what taught networks do with words, all but free recall; they differ in their cores alone."""

LARGE = ("BDH", "Transformer")


def sat() -> Iterator[Any]:
    """Each model with each of its paradigms; most of those that take long are left to `slow`."""
    for name, mind in minds().items():
        for paradigm in PARADIGMS:
            if mind.sitting(paradigm) is not None:
                slow = name in LARGE and paradigm in WORDS
                marks = [pytest.mark.slow] if slow else []
                yield pytest.param(name, paradigm, marks=marks, id=f"{name}-{paradigm}")


@pytest.mark.parametrize(("name", "paradigm"), list(sat()))
def test_every_model_satisfies_all_rules(name: str, paradigm: str) -> None:
    check(minds()[name], [paradigm])


def test_a_plain_trace_satisfies_all_rules() -> None:
    check(Trace())


# ---- who is refused ------------------------------------------------------------------------------


class Undeclared(Trace):
    declines: ClassVar[dict[str, str]] = {}


class Wordy(Trace):
    declines: ClassVar[dict[str, str]] = Trace.declines | {"updating": "no " * 31}


class Uncounted(Trace):
    n_chosen: ClassVar[int] = -1


class HalfCounted(Trace):
    n_learnt: ClassVar[int] = 0.5  # type: ignore[assignment]


class Unbounded(Trace):
    decay: float | Array = parameter(1.2, (0, 1), meaning="strength left", source="here")


class Branching(Trace):
    def study(self, state: Any, item: Array) -> Any:
        return super().study(state, item) if item > 0 else state


class Growing(Trace):
    def report(self, state: Any, item: Array) -> Any:
        return jnp.append(state, 0.0)


class Retyped(Trace):
    def study(self, state: Any, item: Array) -> Any:
        return super().study(state, item).astype(jnp.float16)


class OneNumber(Trace):
    def evidence(self, state: Any, cue: Any) -> Array:
        return state.sum()


class WholeNumbers(Trace):
    def evidence(self, state: Any, cue: Any) -> Array:
        return (10 * state).astype(int)


class Infinite(Trace):
    def evidence(self, state: Any, cue: Any) -> Array:
        return jnp.log(state)


class InPlace(Trace):
    """Writes into the state that it was given."""

    def begin(self, lists: Any, *, key: Array) -> Any:
        return {"strength": jnp.zeros(lists.n_candidates)}

    def study(self, state: Any, item: Array) -> Any:
        state["strength"] = state["strength"].at[item].add(1)
        return state

    def evidence(self, state: Any, cue: Any) -> Array:
        return state["strength"]


_CALLS = itertools.count()


class Fickle(Trace):
    """Counts how often it was asked, outside the state."""

    def evidence(self, state: Any, cue: Any) -> Array:
        return state + next(_CALLS)


def only(paradigm: str) -> dict[str, dict[str, str]]:
    """What a class that sits one paradigm says of all."""
    others = [name for name in PARADIGMS if name != paradigm]
    return {
        "paradigms": {paradigm: "it was given the key"},
        "declines": dict.fromkeys(others, "no key"),
    }


class Foreknowing(Trace):
    """Knows from the beginning what will be studied."""

    paradigms: ClassVar[dict[str, str]] = only("recognition")["paradigms"]
    declines: ClassVar[dict[str, str]] = only("recognition")["declines"]

    def begin(self, lists: Any, *, key: Array) -> Any:
        return jnp.zeros(lists.n_candidates).at[lists.studied].set(1)


class KnowsPairs(Trace):
    """Reads the right responses off the task."""

    paradigms: ClassVar[dict[str, str]] = only("paired associates")["paradigms"]
    declines: ClassVar[dict[str, str]] = only("paired associates")["declines"]

    def begin(self, lists: Any, *, key: Array) -> Any:
        return jax.nn.one_hot(lists.responses, lists.n_candidates)

    def study(self, state: Any, item: Array) -> Any:
        return state

    def evidence(self, state: Any, cue: Any) -> Array:
        return state[cue]


class KnowsFacts(KnowsPairs):
    paradigms: ClassVar[dict[str, str]] = only("fact verification")["paradigms"]
    declines: ClassVar[dict[str, str]] = only("fact verification")["declines"]

    def begin(self, lists: Any, *, key: Array) -> Any:
        return -lists.kinds.astype(float)

    def evidence(self, state: Any, cue: Any) -> Array:
        return state


class KnowsLetters(KnowsPairs):
    paradigms: ClassVar[dict[str, str]] = only("retention")["paradigms"]
    declines: ClassVar[dict[str, str]] = only("retention")["declines"]

    def begin(self, lists: Any, *, key: Array) -> Any:
        return jax.nn.one_hot(lists.studied, lists.n_candidates)


class KnowsSums(KnowsPairs):
    paradigms: ClassVar[dict[str, str]] = only("updating")["paradigms"]
    declines: ClassVar[dict[str, str]] = only("updating")["declines"]

    def begin(self, lists: Any, *, key: Array) -> Any:
        return jax.nn.one_hot(lists.answers, lists.n_candidates)


class Guesses(KnowsFacts):
    """Says that the second display is the same, whichever it is."""

    paradigms: ClassVar[dict[str, str]] = only("change detection")["paradigms"]
    declines: ClassVar[dict[str, str]] = only("change detection")["declines"]

    def begin(self, lists: Any, *, key: Array) -> Any:
        return jnp.arange(lists.n_candidates).astype(float)


class Numbered(Trace):
    """Takes the number of a candidate for its position."""

    paradigms: ClassVar[dict[str, str]] = only("serial recall")["paradigms"]
    declines: ClassVar[dict[str, str]] = only("serial recall")["declines"]

    def evidence(self, state: Any, cue: Any) -> Array:
        return -jnp.abs(jnp.arange(len(state)) - cue).astype(float)


REFUSED = {
    Undeclared: "declared",
    Wordy: "declared",
    Uncounted: "counted",
    HalfCounted: "counted",
    Unbounded: "bounded",
    Branching: "traceable",
    Growing: "one form",
    Retyped: "one form",
    OneNumber: "a number each",
    WholeNumbers: "a number each",
    Infinite: "finite",
    InPlace: "pure",
    Fickle: "pure",
    Foreknowing: "no foreknowledge",
    KnowsPairs: "no foreknowledge",
    KnowsFacts: "no foreknowledge",
    KnowsLetters: "no foreknowledge",
    KnowsSums: "no foreknowledge",
    Guesses: "no answer from numbers",
    Numbered: "no answer from numbers",
}


@pytest.mark.parametrize("broken", REFUSED, ids=lambda cls: cls.__name__)
def test_who_breaks_a_rule_is_refused_by_its_name(broken: type[Participant]) -> None:
    with pytest.raises(RuleBroken, match="expected") as refused:
        check(broken())
    assert refused.value.rule == REFUSED[broken]
    assert conformance.rules()[refused.value.rule] in str(refused.value)
    assert isinstance(refused.value, AssertionError)


def test_every_rule_but_one_has_somebody_who_breaks_it() -> None:
    """Nobody here differs in a batch: that takes a fault of the compiler, or of rounding."""
    assert set(conformance.rules()) - set(REFUSED.values()) == {"same alone"}


def test_paradigms_of_a_model_may_be_shared_out() -> None:
    class Rest(Trace):
        paradigms: ClassVar[dict[str, str]] = {}
        declines: ClassVar[dict[str, str]] = Trace.declines

    class Recall(Trace):
        declines: ClassVar[dict[str, str]] = {}

    with pytest.raises(RuleBroken, match="nothing on paired associates"):
        check(Recall())
    check(Mind("both", (Recall(), Rest())))


def test_noise_is_no_knowledge_of_numbers() -> None:
    """Evidence that differs from draw to draw is compared as a distribution."""

    class Noisy(Trace):
        def begin(self, lists: Any, *, key: Array) -> Any:
            return jax.random.normal(key, (lists.n_candidates,))

    check(Noisy())


# ---- the exams -----------------------------------------------------------------------------------


def test_unknown_paradigms_are_refused() -> None:
    with pytest.raises(UnknownName, match="Did you mean 'free recall'"):
        check(Trace(), ["free-recall"])


def test_there_is_an_exam_of_every_paradigm() -> None:
    assert set(EXAMS) == set(PARADIGMS)


@pytest.mark.parametrize("paradigm", PARADIGMS)
def test_variants_of_an_exam_are_alike_so_far_and_differ_later(paradigm: str) -> None:
    one = exam(paradigm)
    events = np.asarray(one.events)
    np.testing.assert_array_equal(events, np.asarray(one.task.studied)[: len(events)])
    assert len(events) < len(one.task.studied)
    differ = [not np.array_equal(a, b) for a, b in zip(one.task, one.later, strict=True)]
    assert any(differ)
    if one.names is not None:
        assert sorted(np.asarray(one.names)) == list(range(one.task.n_candidates))
        assert (np.asarray(one.names) != np.arange(one.task.n_candidates)).all()
