"""Knowledge graphs: counts of the published files, and what is said of files that are none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from cogmem.data import entry, load_graph, load_trials
from cogmem.data.registry import where
from cogmem.data.sets.knowledge_graphs import read_graph
from cogmem.errors import InvalidValue

TRAIN = "ann\tknows\tbob\nbob\tlikes\tann\nbob\tknows\tcat\n"
VALID = "cat\tknows\tann\n"
TEST = "ann\tlikes\tcat\ncat\tlikes\tcat\n"


def graph(name: str) -> xr.Dataset:
    """Skips the test where the files are not; tests never fetch."""
    if any(where(file) is None for file in entry(name).files):
        pytest.skip(f"the files of {name} are not here; set COGMEM_DATA")
    return load_graph(name)


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    texts = {"train": TRAIN, "valid": VALID, "test": TEST}
    for name, text in texts.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return {name: tmp_path / name for name in texts}


@pytest.mark.parametrize(
    ("name", "sizes", "facts"),
    [
        ("nations", (14, 55), (1592, 199, 201)),
        ("umls", (135, 46), (5216, 652, 661)),
        ("kinships", (104, 25), (8544, 1068, 1074)),
    ],
)
def test_published_counts(name: str, sizes: tuple, facts: tuple) -> None:
    """Entities, predicates, and facts to learn, to choose with and to test; each fact once."""
    found = graph(name)
    assert (found.sizes["entity"], found.sizes["predicate"]) == sizes
    splits = found.split.values
    assert tuple((splits == each).sum() for each in ("train", "valid", "test")) == facts
    triple = found.triple.values
    assert len(np.unique(triple, axis=0)) == sum(facts)
    assert triple.min() == 0
    assert triple.max(axis=0).tolist() == [sizes[0] - 1, sizes[1] - 1, sizes[0] - 1]


def test_kinships_has_one_term_for_nearly_every_pair() -> None:
    """10,686 of 10,816 ordered pairs, so that subject and object say nothing by themselves."""
    triple = graph("kinships").triple.values
    pairs, counts = np.unique(triple[:, ::2], axis=0, return_counts=True)
    assert (len(pairs), set(counts)) == (10_686, {1})


def test_facts_by_hand(files: dict[str, Path]) -> None:
    """Names in alphabetic order, and the third fact: bob knows cat."""
    found = read_graph(**files)
    assert found.entity.values.tolist() == ["ann", "bob", "cat"]
    assert found.predicate.values.tolist() == ["knows", "likes"]
    assert found.triple.values.tolist() == [
        *[[0, 0, 1], [1, 1, 0], [1, 0, 2]],
        [2, 0, 0],
        *[[0, 1, 2], [2, 1, 2]],
    ]
    assert found.split.values.tolist() == ["train"] * 3 + ["valid"] + ["test"] * 2
    assert found.role.values.tolist() == ["subject", "predicate", "object"]


@pytest.mark.parametrize(
    ("split", "text", "message"),
    [
        ("valid", "dan\tknows\tann\n", "valid, line 1 names the entity 'dan', which no fact"),
        ("test", TEST + "ann\tknows\teve\n", "test, line 3 names the entity 'eve'"),
        ("test", "ann\thates\tbob\n", "names the predicate 'hates'"),
        ("train", TRAIN + "ann bob\n", "train, line 4 is 'ann bob', expected subject"),
        ("train", "ann\t\tbob\n", "expected subject, predicate and object"),
        ("valid", "", "valid has no facts"),
    ],
)
def test_what_is_no_graph(files: dict[str, Path], split: str, text: str, message: str) -> None:
    files[split].write_text(text, encoding="utf-8")
    with pytest.raises(InvalidValue, match=message):
        read_graph(**files)


def test_graphs_have_their_own_reader_and_cannot_be_spoilt() -> None:
    found = graph("nations")
    with pytest.raises(InvalidValue, match=r"knowledge graph: read it with load_graph\('nations'"):
        load_trials("nations")
    with pytest.raises(ValueError, match="read-only"):
        found.triple.values[0] = 0
    found.attrs["name"] = "other"
    assert load_graph("nations").attrs["name"] == "nations"
