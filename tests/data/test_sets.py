"""The human data sets: sizes and numbers of specs/human_data.md, sections 1.1 and 2.1."""

import time

import numpy as np
import pytest

from cogmem.data import catalogue, load
from cogmem.data.recalls import Recalls
from cogmem.data.registry import where
from cogmem.data.sets.collection import _parse, entry
from cogmem.errors import UnknownName

needs_murdock = pytest.mark.skipif(
    where(entry("murdock1962")) is None,
    reason="murdock1962_MurdData_clean.mat is not here; set COGMEM_DATA (tests never download)",
)


@pytest.fixture(scope="module")
def peers() -> Recalls:
    return load("peers")


@pytest.fixture(scope="module")
def morton() -> Recalls:
    return load("morton2013")


@pytest.fixture(scope="module")
def murdock() -> Recalls:
    return load("murdock1962")


def serial_position_curve(recalls: Recalls) -> np.ndarray:
    """[position]: within subject, then mean over subjects; the definition, written plainly."""
    positions = range(1, recalls.length + 1)
    recalled = np.stack([(recalls.recalls == p).any(axis=1) for p in positions], axis=1)
    return np.mean([recalled[recalls.subject == s].mean(axis=0) for s in recalls.subjects], axis=0)


def test_peers_sizes(peers):
    """126 subjects x 28 lists of 16; 39,763 responses, up to 28 in a list."""
    assert len(peers.subjects) == 126
    assert len(peers) == 3528
    assert np.unique(peers.subject, return_counts=True)[1].tolist() == [28] * 126
    assert peers.length == 16
    assert peers.n_out.sum() == 39763
    assert peers.n_out.max() == 28
    assert peers.subjects[[0, -1]].tolist() == [63, 244]


def test_peers_keeps_lists_without_recalls(peers):
    """4 lists have no response; 11.28 responses per list that has any."""
    assert (peers.n_out == 0).sum() == 4
    assert peers.n_out[peers.n_out > 0].mean() == pytest.approx(11.28, abs=0.005)


def test_peers_curve(peers):
    """Section 6.1, to its three decimals."""
    expected = [0.821, 0.736, 0.673, 0.642, 0.622, 0.596, 0.590, 0.558]
    expected += [0.569, 0.572, 0.578, 0.583, 0.646, 0.698, 0.822, 0.924]
    np.testing.assert_allclose(serial_position_curve(peers), expected, atol=0.0006)


def test_peers_intrusions_per_list(peers):
    """Prior-list .065 and extra-list .272 per list (section 6, item 7)."""
    prior = (peers.prior_lag > 0).sum(axis=1)
    extra = (peers.recalls == -1).sum(axis=1) - prior
    per_subject = [[x[peers.subject == s].mean() for x in (prior, extra)] for s in peers.subjects]
    np.testing.assert_allclose(np.mean(per_subject, axis=0), [0.065, 0.272], atol=0.0006)


def test_morton_sizes(morton):
    """40 subjects x 48 lists of 24; 25,149 responses, 1 to 26 a list; a pool of 768 words."""
    assert len(morton.subjects) == 40
    assert np.unique(morton.subject, return_counts=True)[1].tolist() == [48] * 40
    assert morton.length == 24
    assert morton.n_out.sum() == 25149
    assert (morton.n_out.min(), morton.n_out.max()) == (1, 26)
    assert len(np.unique(morton.items)) == 768


def test_morton_intrusions(morton):
    """719 intrusions in all, not the 1,160 rows of the scored table; .222 prior-list per list."""
    assert (morton.recalls == -1).sum() == 719
    assert (morton.prior_lag > 0).sum() / len(morton) == pytest.approx(0.222, abs=0.0006)
    assert (morton.prior_lag == 1).sum() == 231


def test_morton_columns(morton):
    assert set(morton.by_list) == {"session", "list_type", "list_category"}
    assert set(morton.by_position) == {"item_number", "category", "response", "response_time"}
    assert set(np.unique(morton.by_position["category"])) == {"cel", "loc", "obj"}
    assert np.isnan(morton.times).all()  # response_time is of the judgement at study
    assert len(morton.select(list_type="mixed")) == 1200


@needs_murdock
@pytest.mark.parametrize("length", [20, 30, 40])
def test_murdock_sizes(murdock, length):
    """15 subjects x 80 lists of each length, numbered 1-80 within each subject."""
    lists = murdock.select(list_length=length)
    assert len(lists.subjects) == 15
    assert len(lists) == 1200
    assert lists.list_id.reshape(15, 80).tolist() == [list(range(1, 81))] * 15
    assert set(lists.by_list["condition"]) == {f"{length}-1"}


@needs_murdock
def test_murdock_groups_are_different_people(murdock):
    assert len(murdock.subjects) == 45


# Section 2.1: probability of recall by serial position, in thousandths.
MURDOCK_CURVES = {
    20: "461 275 197 143 170 143 139 149 214 222 236 212 227 252 294 388 603 718 822 950",
    30: "441 268 188 159 182 190 164 161 190 178 186 178 168 173 150 158 192 172 180 176 198 188 "
    "219 230 324 377 528 742 891 952",
    40: "307 198 126 122 112 107 123 129 117 088 145 117 098 100 109 135 108 096 117 097 109 104 "
    "105 148 136 120 111 150 145 138 170 168 148 214 261 362 489 698 828 952",
}


@needs_murdock
@pytest.mark.parametrize("length", MURDOCK_CURVES)
def test_murdock_curves(murdock, length):
    expected = [int(text) / 1000 for text in MURDOCK_CURVES[length].split()]
    curve = serial_position_curve(murdock.select(list_length=length))
    np.testing.assert_allclose(curve, expected, atol=0.0006)


@needs_murdock
def test_murdock_first_recalls_have_a_plateau(murdock):
    """Section 2.1: share of lists that begin at each of the last eight of 20, and at the first."""
    lists = murdock.select(list_length=20)
    began = lists.recalls[:, 0, None] == np.array([*range(13, 21), 1])
    share = np.mean([began[lists.subject == who].mean(axis=0) for who in lists.subjects], axis=0)
    expected = [0.011, 0.036, 0.054, 0.092, 0.201, 0.182, 0.124, 0.151, 0.079]
    np.testing.assert_allclose(share, expected, atol=0.0006)


@needs_murdock
@pytest.mark.parametrize(
    ("length", "mean", "sd"), [(20, 6.82, 1.21), (30, 8.51, 1.96), (40, 8.11, 1.03)]
)
def test_murdock_words_recalled(murdock, length, mean, sd):
    """Mean and SD over subjects of section 2.1."""
    lists = murdock.select(list_length=length)
    words = [lists.n_out[lists.subject == s].mean() for s in lists.subjects]
    assert np.mean(words) == pytest.approx(mean, abs=0.006)
    assert np.std(words, ddof=1) == pytest.approx(sd, abs=0.006)


@pytest.mark.parametrize(
    "name", ["peers", "morton2013", pytest.param("murdock1962", marks=needs_murdock)]
)
def test_sources_are_stated_and_the_catalogue_is_right(name):
    """Every set says whose it is, and the listing's static counts are those of the data."""
    recalls = load(name)
    for key in ("name", "citation", "licence", "doi", "sha256"):
        assert recalls.attrs[key]
    assert len(recalls.attrs["sha256"]) == 64
    row = next(row for row in catalogue() if row["name"] == name)
    assert (row["subjects"], row["lists"]) == (len(recalls.subjects), len(recalls))


def test_catalogue_says_where_a_set_is(monkeypatch, tmp_path):
    monkeypatch.setenv("COGMEM_DATA", str(tmp_path))
    monkeypatch.setenv("COGMEM_CACHE", str(tmp_path))
    places = {row["name"]: row["place"] for row in catalogue()}
    packaged = {name for name, place in places.items() if place == "package psifr"}
    assert packaged == {"peers", "morton2013"}
    assert {place for name, place in places.items() if name not in packaged} == {"not here"}


def test_an_unknown_name_is_answered_with_the_nearest():
    with pytest.raises(UnknownName, match=r"unknown data set 'peer'. Did you mean 'peers'\?"):
        load("peer")


def test_what_is_loaded_cannot_be_spoilt_for_others(peers):
    with pytest.raises(ValueError, match="read-only"):
        peers.recalls[0, 0] = 1
    peers.attrs["mine"] = True
    assert "mine" not in load("peers").attrs


def test_loading_peers_is_quick():
    """Under a second, reading and parsing (best of three); the second time in no time."""
    assert min(seconds_to_load(fresh=True) for _ in range(3)) < 1.0
    assert min(seconds_to_load(fresh=False) for _ in range(3)) < 0.1


def seconds_to_load(fresh: bool) -> float:
    if fresh:
        _parse.cache_clear()
    start = time.perf_counter()
    load("peers")
    return time.perf_counter() - start
