"""One index for every label, whatever groups it is in."""

from __future__ import annotations

import numpy as np
import pytest

from cogmem.errors import InvalidValue, UnknownName
from cogmem.models.vocabulary import Vocabulary

WORDS = Vocabulary.of({"entity": ["Sparky", "Bo"], "kind": ["dog"], "property": ["furry", "dog"]})


def test_a_label_in_two_groups_is_one_index() -> None:
    assert WORDS.labels == ("Sparky", "Bo", "dog", "furry")
    assert WORDS.ids("kind").tolist() == [2]
    assert WORDS.ids("property").tolist() == [3, 2]
    assert WORDS.ids("kind", "property").tolist() == [2, 3]  # each once
    assert len(WORDS) == 4


def test_labels_and_indices_find_each_other() -> None:
    assert WORDS.find("furry") == 3
    assert WORDS.find(["dog", "Sparky"]).tolist() == [2, 0]
    assert WORDS.read(np.array([3, 0])) == ["furry", "Sparky"]


def test_growing_adds_at_the_end() -> None:
    grown = WORDS.grown("entity", ["Kit"])
    assert grown.find("Kit") == 4
    assert grown.ids("entity").tolist() == [0, 1, 4]
    assert grown.labels[:4] == WORDS.labels
    with pytest.raises(InvalidValue, match="'Bo' is in the vocabulary already"):
        WORDS.grown("entity", ["Bo"])


def test_what_is_not_there_is_refused_by_name() -> None:
    with pytest.raises(UnknownName, match=r"label 'Sparki'\. Did you mean 'Sparky'"):
        WORDS.find("Sparki")
    with pytest.raises(UnknownName, match="group of the vocabulary 'entities'"):
        WORDS.ids("entities")
    with pytest.raises(InvalidValue, match="index 4; the vocabulary has 4 indices, 0 to 3"):
        WORDS.read([4])
    with pytest.raises(InvalidValue, match="whole numbers"):
        WORDS.read([0.5])
    with pytest.raises(InvalidValue, match="label twice: 'dog'"):
        Vocabulary(("dog", "dog"), ())
    with pytest.raises(InvalidValue, match="the group 'kind' has the index 7"):
        Vocabulary(("dog",), (("kind", (7,)),))


def test_a_label_given_twice_is_named_and_a_text_is_no_list_of_labels() -> None:
    with pytest.raises(InvalidValue, match="there is a label in the group 'a' twice: 'x'"):
        Vocabulary.of({"a": ["x", "x"]})
    with pytest.raises(InvalidValue, match=r"the group 'a' is the text 'xyz', expected labels"):
        Vocabulary.of({"a": "xyz"})
