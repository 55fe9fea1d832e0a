"""Lists to be recalled, as rows of tokens: what is read, what is asked, how it is scored."""

from __future__ import annotations

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cogmem.errors import InvalidValue
from cogmem.tasks.word_recall import free_recall, retold, serial_recall
from cogmem.tasks.word_rows import by_output
from cogmem.tasks.word_tokens import WordTokens, study_prefix

V = WordTokens(30)
START, RECALL, STOP, FILLER = range(30, 34)
KEY = jax.random.key(0)


@cache
def drawn(task):
    """Lists of 2 to 5 with 0 to 3 fillers: one draw for several tests."""
    return numbers(task(V, 2000, (2, 5), (0, 3), key=KEY))


def numbers(passages):
    """Looked at one by one, NumPy's are quicker."""
    return jax.tree.map(np.asarray, passages)


def array(row) -> list[int]:
    return np.asarray(row).tolist()


def test_a_list_by_hand() -> None:
    """START 5 2 F F RECALL 5 2: after RECALL 5, then 2, then STOP; nothing else counts."""
    found = retold(V, jnp.array([[5, 2]]), jnp.array([[5, 2]]), 2)
    assert array(found.tokens[0]) == [START, 5, 2, FILLER, FILLER, RECALL, 5, 2]
    assert array(found.targets[0]) == [5, 2, FILLER, FILLER, RECALL, 5, 2, STOP]
    assert array(found.counted[0]) == [0, 0, 0, 0, 0, 1, 1, 1]
    assert array(found.output[0]) == [0, 0, 0, 0, 0, 1, 2, 3]
    assert array(found.list_number[0]) == [1] * 8


def test_what_somebody_said_may_be_short_repeat_and_intrude() -> None:
    words, said = jnp.array([[5, 2, 8], [1, 0, -1]]), jnp.array([[8, 9, 8], [0, -1, -1]])
    found = retold(V, words, said)
    assert array(found.tokens[0]) == [START, 5, 2, 8, RECALL, 8, 9, 8]
    assert array(found.tokens[1]) == [START, 1, 0, RECALL, 0, STOP, STOP, STOP]
    assert array(found.targets[1][found.counted[1] > 0]) == [0, STOP]
    assert array(found.order) == [[[3, -1, 3]], [[2, 0, 0]]]
    assert array(found.lengths) == [[3], [2]]


def test_prefix_and_passage_read_the_same_up_to_recall() -> None:
    words = jnp.array([[5, 2]])
    prefix = study_prefix(V, words[0], 2)
    tokens = retold(V, words, words, 2).tokens[0]
    assert array(tokens[: len(prefix)]) == array(prefix)
    assert array(tokens[len(prefix) :]) == array(words[0])


@pytest.mark.parametrize("task", [serial_recall, free_recall])
def test_rows_drawn_are_lists_recalled_in_full(task) -> None:
    """Of every row of 200: all that the docstring promises, read off the tokens themselves."""
    found = drawn(task)
    assert found.tokens.shape == (2000, 2 * 5 + 3 + 2)
    for i in range(200):
        k, r = int(found.lengths[i, 0]), int(found.fillers[i, 0])
        words, tokens = array(found.words[i, 0]), array(found.tokens[i])
        assert len(set(words[:k])) == k
        assert words[k:] == [-1] * (5 - k)
        end = 2 * k + r + 2
        assert tokens[: k + r + 2] == [START, *words[:k], *[FILLER] * r, RECALL]
        said = tokens[k + r + 2 : end]
        assert tokens[end:] == [STOP] * (15 - end)
        assert said == words[:k] if task is serial_recall else sorted(said) == sorted(words[:k])
        asked = np.flatnonzero(found.counted[i])
        assert asked.tolist() == list(range(k + r + 1, end))
        assert array(found.targets[i, asked]) == [*said, STOP]
        assert array(found.output[i, asked]) == list(range(1, k + 2))
        assert [words[p - 1] for p in array(found.order[i, 0, :k])] == said
    sizes = {
        (int(k), int(r)) for k, r in zip(found.lengths[:, 0], found.fillers[:, 0], strict=True)
    }
    assert sizes == {(k, r) for k in range(2, 6) for r in range(4)}


def test_words_are_anything_of_the_pool_and_orders_of_free_recall_are_uniform() -> None:
    """Within 5 standard errors; orders, of lists of three."""
    found = drawn(free_recall)
    words = found.words[found.words >= 0]
    counts = np.bincount(words, minlength=30)
    assert np.abs(counts - len(words) / 30).max() < 5 * np.sqrt(len(words) / 30)
    three = found.order[:, 0][found.lengths[:, 0] == 3]
    n = np.unique(three, axis=0, return_counts=True)[1]
    assert len(three) > 400
    assert len(n) == 6
    assert np.abs(n - len(three) / 6).max() < 5 * np.sqrt(len(three) * (1 / 6) * (5 / 6))


def test_free_recall_has_the_lists_of_serial_recall() -> None:
    serial, free = drawn(serial_recall), drawn(free_recall)
    np.testing.assert_array_equal(serial.words, free.words)
    np.testing.assert_array_equal(serial.fillers, free.fillers)
    assert (serial.order != free.order).any()


# ---- several lists ------------------------------------------------------------------------------


@pytest.mark.parametrize("last_only", [False, True])
def test_lists_follow_each_other_without_a_break(last_only: bool) -> None:
    n_lists = 2 if last_only else 3
    design = {"n_lists": n_lists, "last_only": last_only}
    found = jax.tree.map(np.asarray, serial_recall(V, 50, (2, 3), (0, 1), **design, key=KEY))
    assert found.tokens.shape == (50, n_lists * (2 * 3 + 1 + 3) - 1)
    for i in range(50):
        expected, numbers = [], []
        for j in range(n_lists):
            words = [w for w in array(found.words[i, j]) if w >= 0]
            rest = [FILLER] * int(found.fillers[i, j])
            expected += [START, *words, *rest, RECALL, *words, STOP]
            numbers += [j + 1] * (len(expected) - len(numbers))
        n = min(len(expected), found.tokens.shape[1])
        assert array(found.tokens[i])[:n] == expected[:n]
        assert array(found.list_number[i])[:n] == numbers[:n]
        assert not found.counted[i, n:].any()
        every = np.ravel(found.words[i])
        assert len(set(every[every >= 0])) == int(found.lengths[i].sum())
        asked = set(array(found.list_number[i][found.counted[i] > 0]))
        assert asked == ({2} if last_only else {1, 2, 3})


def test_lists_of_a_small_pool_share_words_but_have_none_twice() -> None:
    small = WordTokens(4)
    found = serial_recall(small, 100, (3, 3), n_lists=2, apart=False, key=KEY)
    for lists in np.asarray(found.words):
        assert all(len(set(each)) == 3 for each in lists)
        assert len(set(lists.ravel())) <= 4
    with pytest.raises(InvalidValue, match="a pool of 4 words, expected 6 or more"):
        serial_recall(small, 1, (3, 3), n_lists=2, key=KEY)


def test_values_are_sorted_by_list_and_output() -> None:
    """The targets themselves: the words in the order said, then STOP; NaN for what is not there."""
    found = serial_recall(V, 50, (2, 3), (0, 1), n_lists=2, last_only=True, key=KEY)
    check_table(found, (50, 2, 4))
    some = jax.tree.map(lambda each: jnp.asarray(each[:50]), drawn(free_recall))
    check_table(some, (50, 1, 6))


def check_table(found, shape: tuple[int, int, int]) -> None:
    table, found = np.asarray(by_output(found.targets, found)), numbers(found)
    assert table.shape == shape
    for i in range(shape[0]):
        for j in range(shape[1]):
            k = int(found.lengths[i, j])
            due = [array(found.words[i, j])[p - 1] for p in array(found.order[i, j, :k])]
            assert table[i, j, : k + 1].tolist() == [*due, STOP]
            assert np.isnan(table[i, j, k + 1 :]).all()


# ---- slips --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"n": 0}, "n is 0, expected 1"),
        ({"n_lists": 0}, "n_lists is 0"),
        ({"lengths": (0, 2)}, r"lengths is \(0, 2\)"),
        ({"lengths": (3, 2)}, r"lengths is \(3, 2\)"),
        ({"fillers": (-1, 2)}, r"fillers is \(-1, 2\)"),
        ({"lengths": (2, 31)}, "a pool of 30 words, expected 31"),
    ],
)
@pytest.mark.parametrize("task", [serial_recall, free_recall])
def test_impossible_sizes_are_refused(task, change, said) -> None:
    with pytest.raises(InvalidValue, match=said):
        task(V, **{"n": 1, "lengths": (2, 3), "key": KEY, **change})


@pytest.mark.parametrize(
    ("words", "recalled", "said"),
    [
        ([[5, 5]], [[5]], "there twice"),
        ([[5, -1, 2]], [[5]], "-1 after the last one only"),
        ([[5, 2]], [[-1, 5]], "-1 after the last one only"),
        ([[5, 2]], [[STOP]], "expected ids from 0 to 29"),
        ([[5, 2]], [[5], [2]], "1 lists and 2 recalls"),
    ],
)
def test_lists_and_recalls_that_are_none_are_refused(words, recalled, said) -> None:
    with pytest.raises(InvalidValue, match=said):
        retold(V, jnp.array(words), jnp.array(recalled))
