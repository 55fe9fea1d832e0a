"""The arena: what holds for every mind alike, and what a fit may not see."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jaxtyping import Array, Float, PRNGKeyArray

from cogmem.fit.arena import ALL, Arena, aims, all_but, gain_by_unit, n_events, units
from cogmem.fit.paradigms import Study
from cogmem.fit.paradigms.protocol import NoEvidence
from cogmem.fit.paradigms.recall import choices
from cogmem.fit.responses import Choices, YesCounts, scores
from cogmem.fit.simulators import Budget, best, generations
from cogmem.models.parameters import parameter
from cogmem.participants.null import NullParticipant
from cogmem.participants.roster import Mind, minds
from tests.fit.small_arena import (
    Favourite,
    Firm,
    Spy,
    any_rank,  # noqa: F401
    mind,
    recall_study,
    recognition_study,
)

KEY = jax.random.key(3)
FREE, SERIAL, OLD = "free recall", "serial recall", "recognition"

SAID = np.array([[[4, 3, 1, 0], [4, 2, 0, 0], [3, 4, 2, 1]], [[1, 2, 4, 3], [4, 0, 0, 0], [4] * 4]])
SAID[1, 2, 1:] = 0


def arena(**more: Study) -> Arena:
    studies = {FREE: recall_study(SAID), SERIAL: recall_study(SAID, SERIAL)}
    return Arena(studies | {OLD: recognition_study()} | more, n_draws=4, seed=5)


# ---- aims ----------------------------------------------------------------------------------------


def test_aims_are_all_each_alone_and_all_but_each() -> None:
    assert aims(["a", "b", "c"], ["a", "b", "c"]) == {
        ALL: ["a", "b", "c"],
        "a": ["a"],
        "b": ["b"],
        "c": ["c"],
        all_but("a"): ["b", "c"],
        all_but("b"): ["a", "c"],
        all_but("c"): ["a", "b"],
    }


def test_who_sits_one_paradigm_has_one_aim() -> None:
    assert aims(["a"], ["a"]) == aims(["a"], []) == {ALL: ["a"]}


def test_mean_times_are_fitted_to_alone() -> None:
    """Nothing of them is held out, so that they have no part in what is fitted to the others."""
    assert aims(["a", "times"], ["a"]) == {ALL: ["a"], "a": ["a"], "times": ["times"]}


def test_one_person_is_a_person_and_not_a_group() -> None:
    one = recall_study([[[6, 5, 4, 1, 2, 3]] * 4])
    here = Arena({FREE: one})
    reading = here.read(FREE, here.evidence(mind(Favourite(1.0)), FREE), 2.0)
    assert reading.nats.shape == (1,)
    assert gain_by_unit(one, reading, here.null(FREE))[0] != 0


def test_every_paradigm_has_the_same_weight_in_an_aim() -> None:
    """Recognition has twenty times as many responses."""
    here, spy = arena(**{FREE: recall_study([[[4, 3, 2, 1]] * 4] * 2)}), mind(Favourite(1.0))
    both = Mind("both", (*spy.participants, Recogniser()))
    alone = [here.loss(both, [name], {}) for name in (FREE, OLD)]
    assert here.loss(both, [FREE, OLD], {}) == pytest.approx(np.mean(alone))
    assert alone[0] != pytest.approx(alone[1], abs=0.1)


class Recogniser(Favourite):
    """Knows new from old: the new item is the last candidate of recognition."""

    paradigms: ClassVar[dict[str, str]] = {OLD: "native"}

    def begin(self, lists: Any, *, key: PRNGKeyArray) -> Float[Array, " n"]:
        """One less for the new item."""
        return jnp.where(jnp.arange(lists.n_candidates) == lists.n_candidates - 1, -1.0, 0.0)


# ---- the same for all ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", [FREE, SERIAL, OLD])
def test_minds_of_other_names_see_the_same_lists_and_random_numbers(name: str) -> None:
    """What a spy gives as evidence is what it was given: items, and draws of its key."""
    first, second = (arena().evidence(mind(Spy(), each), name) for each in ("one", "another"))
    np.testing.assert_array_equal(first, second)
    assert np.ptp(np.asarray(first)) > 0
    other = replace(arena(), seed=6).evidence(mind(Spy()), name)
    assert (np.asarray(first) != np.asarray(other)).any()


@pytest.mark.parametrize("name", [FREE, OLD])
def test_the_final_reading_has_other_random_numbers_than_the_search(name: str) -> None:
    here, spy = arena(), mind(Spy())
    search, final = here.evidence(spy, name), here.evidence(spy, name, final=True)
    assert (np.asarray(search) != np.asarray(final)).any()


def test_a_mind_fares_the_same_whoever_else_and_whatever_else_is_there() -> None:
    """Bit for bit: with all paradigms, after others have sat, and alone in one paradigm."""
    crowded, alone = arena(), Arena({SERIAL: recall_study(SAID, SERIAL)}, n_draws=4, seed=5)
    for other in (Favourite(0.1), NullParticipant()):
        crowded.evidence(mind(other, "before"), SERIAL)
    each = [here.evidence(mind(Spy()), SERIAL) for here in (crowded, alone)]
    np.testing.assert_array_equal(*each)
    assert len({here.loss(mind(Spy()), [SERIAL], {}) for here in (crowded, alone)}) == 1


def test_evaluations_of_one_search_have_common_random_numbers() -> None:
    here, spy = arena(), mind(Spy())
    assert len({here.loss(spy, [SERIAL, OLD], {}) for _ in range(3)}) == 1


def test_as_many_evaluations_whatever_there_is_to_fit() -> None:
    """Of one parameter and of three."""
    budget, here, n_tried = Budget(2, 4), arena(), {}
    for each in (mind(Favourite()), minds()["SIMPLE"]):
        tried: list[dict[str, float]] = []

        def loss(values: dict, who=each, tried: list = tried) -> float:
            tried.append(values)
            return here.loss(who, [SERIAL], values)

        list(generations(loss, each.parameters, budget, key=KEY))
        n_tried[each.name] = len(tried)
    assert n_tried == {"toy": 8, "SIMPLE": 8}


def test_the_null_gains_nothing_and_is_what_no_sensitivity_leaves() -> None:
    here = arena()
    for name in (FREE, SERIAL, OLD):
        z = here.evidence(mind(NullParticipant()), name, final=True)
        null = here.null(name)
        reading = here.read(name, z, 3.0)
        np.testing.assert_allclose(reading.nats, null.nats, rtol=1e-5)
        spied = here.read(name, here.evidence(mind(Spy()), name), 0.0)
        np.testing.assert_allclose(spied.nats, null.nats, rtol=1e-5)
        assert here.loss(mind(NullParticipant()), [name], {}) == pytest.approx(0, abs=1e-6)


# ---- what was held out ---------------------------------------------------------------------------


def other_held_out() -> Arena:
    """The same training halves; whatever was held out is another answer."""
    said = SAID.copy()
    said[:, 1] = [[1, 3, 2, 4], [2, 1, 0, 0]]
    old = recognition_study()
    assert isinstance(old.answers, YesCounts)
    yes, n = old.answers
    turned = replace(old, answers=YesCounts(np.stack([yes[0], n[1] - yes[1]]), n))
    return arena(**{FREE: recall_study(said), SERIAL: recall_study(said, SERIAL), OLD: turned})


def test_held_out_responses_change_no_fit() -> None:
    """Parameters, sensitivities and criteria are the same bit for bit; scores are not."""
    toy, budget, read = mind(Favourite()), Budget(3, 4), []
    for here in (arena(), other_held_out()):
        found = list(
            generations(
                lambda values, here=here: here.loss(toy, [FREE, SERIAL], values),
                toy.parameters,
                budget,
                key=KEY,
            )
        )
        fitted = toy.with_values(dict(best(found, toy.parameters)))
        z = {name: here.evidence(fitted, name) for name in (FREE, SERIAL)}
        z[OLD] = here.evidence(mind(Spy()), OLD)
        b = {name: here.sensitivity(name, each) for name, each in z.items()}
        trained = [scores(here.studies[name].answers, z[name], b[name])[0] for name in z]
        read.append((found, b, trained, {n: here.read(n, z[n], 1.0).nats for n in z}))
    (one, b_one, trained_one, nats_one), (two, b_two, trained_two, nats_two) = read
    for ours, theirs in zip(one, two, strict=True):
        np.testing.assert_array_equal(ours.loss, theirs.loss)
        np.testing.assert_array_equal(ours.raw, theirs.raw)
    assert b_one == b_two
    for ours, theirs in zip(trained_one, trained_two, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert all((nats_one[name] != nats_two[name]).any() for name in nats_one)


def test_training_responses_are_no_part_of_what_is_read() -> None:
    said = SAID.copy()
    said[:, 0] = [[1, 2, 3, 4], [2, 0, 0, 0]]
    here, there = arena(), arena(**{FREE: recall_study(said)})
    nats = [
        each.read(FREE, each.evidence(mind(Favourite()), FREE), 1.0).nats for each in (here, there)
    ]
    np.testing.assert_array_equal(*nats)


# ---- blanks --------------------------------------------------------------------------------------


def test_who_refuses_has_a_blank_with_the_reason() -> None:
    five = recall_study([[[1, 2, 3, 4, 5]] * 2] * 2)
    here = arena(**{FREE: five})
    assert here.sits(mind(Firm())) == [SERIAL]
    assert here.how(mind(Firm()), FREE) == "5 items, expected 4."
    assert here.how(mind(Firm()), SERIAL) == "native"
    assert here.how(mind(Firm()), OLD) == "not declared by its author"
    assert here.sits(mind(Favourite(), "another")) == [FREE, SERIAL]


def test_every_blank_of_every_registered_mind_has_a_reason() -> None:
    """A phrase that fits into the cell of a table."""
    here = arena()
    for each in minds().values():
        for name in set(here.studies) - set(here.sits(each)):
            assert 0 < len(here.how(each, name)) <= 90, (each.name, name)


# ---- gains ---------------------------------------------------------------------------------------


def test_a_gain_by_hand() -> None:
    """Two people; the first says the last item of four first, then another, then ends."""
    study = recall_study(SAID)
    here = Arena({FREE: study})
    z = here.evidence(mind(Favourite(1.0)), FREE)
    gain = gain_by_unit(study, here.read(FREE, z, 2.0), here.null(FREE))
    assert isinstance(study.answers, Choices)
    first = -((np.arange(4) / 3 - 1) ** 2)
    log_p = []
    for left, item in (([0, 1, 2, 3], 3), ([0, 1, 2], 1)):
        sd = (first[left] - first[left].mean()) / first[left].std()
        log_p.append(2 * sd[left.index(item)] - np.log(np.exp(2 * sd).sum()) + np.log(len(left)))
    assert gain[0] == pytest.approx(sum(log_p) / np.log(2) / 3, rel=1e-4)
    assert gain[1] == pytest.approx(log_p[0] / np.log(2) / 2, rel=1e-4)


def test_responses_are_counted_with_those_that_say_nothing() -> None:
    study = recall_study(SAID)
    np.testing.assert_array_equal(n_events(study, 0), [4 + 5, 5 + 2])
    np.testing.assert_array_equal(n_events(study, 1), [3, 2])


def test_who_has_nothing_held_out_is_no_unit() -> None:
    """Of the second person the only held-out list is none."""
    study = recall_study(SAID)
    heard = study.design._replace(half=np.array([[1, 2, 1], [1, 0, 1]]))
    fewer = replace(study, design=heard, answers=choices(heard, in_places=False))
    np.testing.assert_array_equal(units(fewer), [0])
    null = Arena({FREE: fewer}).null(FREE)
    assert gain_by_unit(fewer, null, null).tolist() == [0]


def test_cells_are_the_units_where_people_are_one_group() -> None:
    study = recognition_study(n_people=1)
    here = Arena({OLD: study}, n_draws=4)
    null = here.null(OLD)
    assert null.nats.shape == n_events(study, 1).shape == (4,)
    assert gain_by_unit(study, null, null).tolist() == [0] * 4


# ---- no evidence ---------------------------------------------------------------------------------


class Speechless(Spy):
    """Answers with NaN unless it is told not to."""

    loud: float = parameter(0.0, (0, 1), meaning="whether it answers", source="a toy")

    def evidence(self, state: Any, cue: Any) -> Float[Array, " n"]:
        return jnp.where(self.loud > 0.5, state, jnp.nan)


@pytest.mark.parametrize("name", [FREE, SERIAL, OLD])
def test_evidence_that_is_nan_throughout_is_refused_and_not_taken_for_the_null(name: str) -> None:
    told = (
        r"evidence is nan, and a finite number nowhere; expected finite numbers.*conformance\.check"
    )
    with pytest.raises(NoEvidence, match=told):
        arena().evidence(mind(Speechless()), name)


def test_a_search_goes_on_past_parameters_without_evidence_as_if_they_were_the_null() -> None:
    who, names = mind(Speechless()), [FREE, OLD]
    assert arena().loss(who, names, {"loud": 0.0}) == 0
    assert arena().loss(who, names, {"loud": 1.0}) == arena().loss(mind(Spy()), names, {})
