"""Link prediction: ranks by hand, ties at chance (specs: tensor brain, T14), what is refused."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cogmem.errors import InvalidValue
from cogmem.measures import link_prediction
from cogmem.measures.link_prediction import (
    Questions,
    filtered_ranks,
    hits,
    mean_reciprocal_rank,
    questions,
    summary,
    tie_ranks,
)

# Five entities, two predicates. Asked: (0, 0, 1); known besides: (0, 0, 2) and (3, 0, 1).
ASKED = np.array([[0, 0, 1]])
KNOWN = np.array([[0, 0, 1], [0, 0, 2], [3, 0, 1], [4, 1, 4]])


def scores() -> np.ndarray:
    found = np.zeros((5, 2, 5), np.float32)
    found[0, 0] = [9, 5, 8, 5, 1]  # objects: 0 is better, 2 is known, 3 is equal, 4 is worse
    found[:, 0, 1] = [5, 2, 3, 9, 4]  # subjects: 3 is better, and known
    return found


def test_ranks_by_hand() -> None:
    """Object: one higher, one the same: 1 + 1 + 1/2. Subject: nobody unknown is higher: 1."""
    ranks = filtered_ranks(scores(), questions(ASKED, KNOWN, 5))
    assert ranks.tolist() == [[2.5, 1.0]]


def test_unfiltered_ranks_count_what_is_known() -> None:
    """Object: entities 0 and 2 are higher: 1 + 2 + 1/2. Subject: 3 is: 2."""
    assert filtered_ranks(scores(), questions(ASKED, [], 5)).tolist() == [[3.5, 2.0]]


def test_candidates_only_compete() -> None:
    """Object among 1, 3, 4: one the same. The subject 0 must be a candidate as well."""
    asked = questions(ASKED, KNOWN, 5, candidates=[0, 1, 3, 4])
    assert filtered_ranks(scores(), asked).tolist() == [[2.5, 1.0]]
    asked = questions(ASKED, KNOWN, 5, candidates=[0, 1, 4])
    assert filtered_ranks(scores(), asked).tolist() == [[2.0, 1.0]]


def test_each_direction_may_have_its_own_scores() -> None:
    inverse = scores()
    inverse[:, 0, 1] = [1, 2, 0, 9, 0]  # one better than 0 that is not known to be true
    ranks = filtered_ranks((scores(), inverse), questions(ASKED, KNOWN, 5))
    assert ranks.tolist() == [[2.5, 2.0]]


@pytest.mark.parametrize("n_known", [0, 3, 7])
def test_constant_scores_are_at_chance(n_known: int) -> None:
    """T14: (N unfiltered + 1) / 2, of 9 entities of which some are known answers besides."""
    others = [[0, 0, 2 + i] for i in range(n_known)]
    asked = questions([[0, 0, 1]], [[0, 0, 1], *others], 9)
    rank = filtered_ranks(np.full((9, 1, 9), 0.3), asked)[0, 0]
    assert rank == (9 - n_known + 1) / 2


def test_what_is_not_a_number_is_never_an_advantage() -> None:
    """Rank 5 of 5 for an answer without a score, or among rivals without any."""
    asked = questions([[0, 0, 1]], [], 5)
    for wrong in ([0, np.nan, 0, 0, 0], [np.nan, 1, np.nan, np.nan, np.nan], [np.nan] * 5):
        table = np.tile(np.float32(wrong), (5, 1, 1))
        assert filtered_ranks(table, asked)[0, 0] == 5


def test_reciprocal_rank_and_hits_by_hand() -> None:
    ranks = np.array([1, 2.5, 4])
    assert float(mean_reciprocal_rank(ranks)) == pytest.approx((1 + 0.4 + 0.25) / 3)
    assert [float(hits(ranks, k)) for k in (1, 2, 3, 10)] == pytest.approx([1 / 3, 1 / 3, 2 / 3, 1])
    with pytest.raises(InvalidValue, match="k is 0, expected 1 or more"):
        hits(ranks, 0)


def test_summary_of_both_or_of_one_direction() -> None:
    ranks = np.array([[1.0, 4.0], [2.0, 20.0]])
    both, tail = summary(ranks), summary(ranks, (1,), directions=("object",))
    assert float(both.mrr) == pytest.approx((1 + 0.25 + 0.5 + 0.05) / 4)
    np.testing.assert_allclose(both.hits, [0.25, 0.5, 0.75])
    assert (float(tail.mrr), tail.hits.values.tolist()) == (0.75, [0.5])
    assert (both.directions, tail.directions) == ("object and subject", "object")
    with pytest.raises(InvalidValue, match="expected some of"):
        summary(ranks, directions=())


def test_random_scores_agree_with_a_plain_loop() -> None:
    """40 facts of 7 entities and 3 predicates with many ties, one by one."""
    rng = np.random.default_rng(0)
    table = rng.integers(0, 4, (7, 3, 7)).astype(np.float32)
    facts = np.unique(rng.integers(0, [7, 3, 7], (60, 3)), axis=0)
    true = {tuple(fact) for fact in facts.tolist()}

    def rank(own: float, other: list[float]) -> float:
        return 1 + sum(x > own for x in other) + sum(x == own for x in other) / 2

    expected = [
        (
            rank(table[s, p, o], [table[s, p, x] for x in range(7) if (s, p, x) not in true]),
            rank(table[s, p, o], [table[x, p, o] for x in range(7) if (x, p, o) not in true]),
        )
        for s, p, o in facts[:40].tolist()
    ]
    asked = questions(facts[:40], facts, 7)
    np.testing.assert_array_equal(filtered_ranks(table, asked), expected)
    compiled = jax.jit(link_prediction.validation(asked))(jnp.asarray(table))
    assert float(compiled) == pytest.approx(np.mean(1 / np.array(expected)), abs=1e-6)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_precision_follows_the_scores(dtype: str) -> None:
    with jax.enable_x64(dtype == "float64"):
        found = tie_ranks(jnp.ones((1, 3), dtype), jnp.array([0]), np.ones((1, 3), bool))
        assert found.dtype == dtype
        assert found.tolist() == [2.0]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"candidates": []}, "the list of candidates is empty"),
        ({"candidates": [0, 2]}, "entity 1 is the answer to a question, and not among the 2"),
        ({"candidates": [0, 1, 5]}, "candidates name entity 5; there are 5"),
        ({"facts": []}, "there are no facts to ask for"),
        ({"facts": [[0, 1]]}, "of shape"),
        ({"facts": [[0, 0, 1.5]]}, "expected whole numbers"),
        ({"facts": [[0, 0, 5]]}, "facts name entity 5"),
        ({"known": [[-1, 0, 1]]}, "known facts name entity -1"),
        ({"facts": [[0, -1, 1]]}, "facts name predicate -1; predicates are numbered from 0"),
        ({"known": [[0, -1, 1]]}, "known facts name predicate -1"),
    ],
)
def test_what_cannot_be_asked(arguments: dict, message: str) -> None:
    given = {"facts": ASKED, "known": KNOWN, "n_entities": 5} | arguments
    with pytest.raises(InvalidValue, match=message):
        questions(**given)


def test_scores_of_another_graph_are_refused() -> None:
    asked: Questions = questions([[0, 1, 1]], [], 5)
    with pytest.raises(InvalidValue, match="of 5 entities"):
        filtered_ranks(np.zeros((4, 2, 4)), asked)
    with pytest.raises(InvalidValue, match="a fact has predicate 1; there are scores of 1"):
        filtered_ranks(np.zeros((5, 1, 5)), asked)
