"""The sets of every paradigm against the key values of specs/human_data.md, section 2.1."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from cogmem.data import catalogue, load, load_graph, load_images, load_text, load_trials, published
from cogmem.data.recalls import Recalls
from cogmem.data.registry import where
from cogmem.data.sets.collection import entry
from cogmem.errors import InvalidValue


def here(name: str) -> None:
    """Skips the test where the file of the set is not; tests never fetch."""
    if where(entry(name)) is None:
        pytest.skip(f"the file of {name} is not here; set COGMEM_DATA")


def recalls(name: str) -> Recalls:
    here(name)
    return load(name)


def trials(name: str) -> xr.Dataset:
    here(name)
    readers = {
        "knowledge graph": load_graph,
        "images of digits": load_images,
        "running text": load_text,
    }
    return readers.get(entry(name).paradigm, load_trials)(name)


def mean_of_subjects(values: np.ndarray, subject: np.ndarray) -> np.ndarray:
    return np.mean([values[subject == who].mean(axis=0) for who in np.unique(subject)], axis=0)


@pytest.mark.parametrize("row", catalogue(), ids=lambda row: row["name"])
def test_catalogue_says_whose_data_they_are(row: dict) -> None:
    what = entry(row["name"])
    assert all((what.title, what.citation, what.licence, what.redistribution, what.note))
    for file in what.files:
        # The training images of MNIST are known by the MD5 of what is in the .gz: test_images.py.
        by_content = file.path == "mnist/train-images-idx3-ubyte.gz"
        assert file.package or by_content or len(file.sha256) == 64
        assert file.url is None or len(file.url.split("/")[5]) == 40, "the commit is not pinned"


@pytest.mark.parametrize("row", catalogue(), ids=lambda row: row["name"])
def test_sizes_are_those_of_the_catalogue(row: dict) -> None:
    here(row["name"])
    if "free recall" in row["paradigm"]:
        found = load(row["name"])
        assert (len(found.subjects), len(found)) == (row["subjects"], row["lists"])
    else:
        found = trials(row["name"])
        assert len(np.unique(found.get("subject", []))) == row["subjects"]
        assert all("long_name" in found[name].attrs for name in found.data_vars)
    assert found.attrs["citation"] == row["citation"]


@pytest.mark.parametrize(
    "name", [row["name"] for row in catalogue() if "free recall" not in row["paradigm"]]
)
def test_every_variable_says_what_it_is_and_every_quantity_its_unit(name: str) -> None:
    for each, variable in trials(name).variables.items():
        assert variable.attrs.get("long_name"), each
        if variable.dtype.kind in "iuf" and each not in ("subject", "list", "point"):
            assert variable.attrs.get("units"), each


def test_each_kind_has_its_reader() -> None:
    here("adam2015")
    with pytest.raises(InvalidValue, match=r"change detection: read it with load_trials"):
        load("adam2015")
    with pytest.raises(InvalidValue, match=r"free recall: read it with load\('peers'\)"):
        load_trials("peers")


def test_trials_are_the_callers_own() -> None:
    first = trials("adam2015")
    first["said_change"][:] = False
    assert trials("adam2015")["said_change"].any()


# ---- free recall --------------------------------------------------------------------------------

IRTS = {
    5: [1.49, 0.83, 1.12, 3.63, 10.13],
    7: [1.42, 0.54, 0.94, 1.83, 3.25, 6.52, 10.89],
    9: [1.25, 0.50, 0.76, 1.30, 1.85, 3.19, 5.23, 8.44, 11.48],
}


@pytest.mark.parametrize("n", IRTS)
def test_times_between_responses_of_murdock_and_okada(n: int) -> None:
    """Mean over lists with exactly n responses, s."""
    lists = recalls("murdock_okada1970")
    onsets = lists.times[lists.n_out == n, :n].astype(float)
    between = np.diff(onsets, axis=1, prepend=0).mean(axis=0)
    np.testing.assert_allclose(between, IRTS[n], atol=0.0051)


def test_responses_of_murdock_and_okada() -> None:
    """6.11 per list, repeats counted; some intrusions."""
    lists = recalls("murdock_okada1970").recalls
    assert round((lists > 0).sum(axis=1).mean(), 2) == 6.11
    assert (lists == -1).any()


def test_repeated_words_carry_their_first_position() -> None:
    lists = recalls("lohnas_kahana2014")
    row, output = np.nonzero(lists.recalls > 0)
    position = lists.recalls[row, output] - 1
    said = lists.items[row, position]
    np.testing.assert_array_equal(said, lists.responses[row, output])
    first = (lists.items[row] == said[:, None]).argmax(axis=1)
    np.testing.assert_array_equal(first, position)
    different = {
        kind: {len(np.unique(items)) for items in lists.select(list_type=kind).items}
        for kind in ("once", "massed", "spaced", "mixed")
    }
    assert different == {"once": {40}, "massed": {20}, "spaced": {20}, "mixed": {34}}


def test_tasks_of_polyn_et_al() -> None:
    lists = recalls("polyn2009")
    kinds = {
        kind: {len(set(task)) for task in lists.select(condition=kind).by_position["task"]}
        for kind in np.unique(lists.by_list["condition"])
    }
    assert kinds == {"control animacy": {1}, "control size": {1}, "shift": {2}}


def test_words_said_are_the_words_at_their_positions() -> None:
    for name in ("asymfr3", "polyn2009"):
        lists = recalls(name)
        row, output = np.nonzero(lists.recalls > 0)
        position = lists.recalls[row, output] - 1
        np.testing.assert_array_equal(lists.items[row, position], lists.responses[row, output])


def test_recall_begins_with_the_first_word_of_short_lists() -> None:
    """P(first response is word 1), and is one of the last four, by list length."""
    lists = recalls("grenfell_essam_ward2012")
    expected = {4: 0.903, 6: 0.512, 8: 0.225, 10: 0.138, 12: 0.084, 15: 0.097}
    for length, share in expected.items():
        some = lists.select(list_length=length)
        found = mean_of_subjects(some.recalls[:, 0] == 1, some.subject)
        assert round(float(found), 3) == share
    for length, share in {6: 0.428, 12: 0.738}.items():
        some = lists.select(list_length=length)
        found = mean_of_subjects(some.recalls[:, 0] > length - 4, some.subject)
        assert round(float(found), 3) == share


def test_groups_of_grenfell_essam_and_ward_are_different_people() -> None:
    """40 people, 8 lists of each of 11 lengths; who starts with word 1 in one group tells nothing
    of the person of the same number in the other."""
    lists = recalls("grenfell_essam_ward2012")
    sizes = {kind: lists.select(length=kind).subjects.tolist() for kind in ("known", "unknown")}
    assert sizes == {"known": list(range(1, 21)), "unknown": list(range(21, 41))}
    assert set(np.unique(lists.subject, return_counts=True)[1]) == {88}
    long = lists[lists.list_length >= 5]
    first = [(long.recalls[long.subject == who, 0] == 1).mean() for who in range(1, 41)]
    assert abs(np.corrcoef(first[:20], first[20:])[0, 1]) < 0.3


# ---- other paradigms ----------------------------------------------------------------------------


def test_serial_recall_of_farrell_and_lewandowsky() -> None:
    """Strict accuracy by position; omissions and latencies (ms) in quiet."""
    table = trials("farrell_lewandowsky2004")
    right = (table.responses == table.output).groupby("condition").mean("trial")
    quiet, suppression = (
        [0.890, 0.768, 0.725, 0.619, 0.586, 0.756],
        [0.660, 0.415, 0.370, 0.250, 0.271, 0.511],
    )
    np.testing.assert_allclose(right.sel(condition="quiet"), quiet, atol=6e-4)
    np.testing.assert_allclose(right.sel(condition="suppression"), suppression, atol=6e-4)
    still = table.where(table.condition == "quiet", drop=True)
    omitted = (still.responses == 0).mean("trial")
    np.testing.assert_allclose(omitted, [0.035, 0.083, 0.088, 0.134, 0.162, 0.111], atol=6e-4)
    latency = 1000 * still.latency.mean("trial")
    np.testing.assert_allclose(latency, [2122, 935, 1051, 1192, 1125, 882], atol=0.6)


def test_hebb_effect_of_page_et_al() -> None:
    table = trials("page2006")
    silent = table.where((table.speech == "silent") & (table.kind == "repeated"), drop=True)
    found = silent.correct.mean("row").sel(repetition=[1, 2, 4, 8, 12, 16])
    np.testing.assert_allclose(found, [0.524, 0.571, 0.592, 0.694, 0.752, 0.747], atol=6e-4)


def test_ratings_of_schwartz_et_al() -> None:
    """Cumulative from "sure old", mean of subjects, among probes that were rated."""
    table = trials("schwartz2005")
    table = table.isel(trial=np.flatnonzero(table.rating > 0))
    expected = {
        True: [0.491, 0.588, 0.674, 0.747, 0.867],
        False: [0.077, 0.162, 0.269, 0.397, 0.634],
    }
    for old, shares in expected.items():
        some = table.isel(trial=np.flatnonzero(table.old == old))
        above = some.rating.values[:, None] >= np.arange(6, 1, -1)
        found = mean_of_subjects(above, some.subject.values)
        np.testing.assert_allclose(found, shares, atol=6e-4)


def test_response_times_of_donkin_and_nosofsky() -> None:
    """Correct trials: slope (ms per item) and intercept (ms) of each subject, then the mean."""
    table = trials("donkin_nosofsky2012").to_dataframe()
    table = table[table.correct]
    expected = {
        ("fast", True): (27.7, 369),
        ("fast", False): (31.3, 392),
        ("slow", True): (33.7, 438),
        ("slow", False): (32.2, 505),
    }
    for (pace, old), values in expected.items():
        some = table[(table.pace == pace) & (table.old == old)]
        means = some.groupby(["subject", "set_size"]).time.mean().unstack()
        lines = [np.polyfit(means.columns, 1000 * row, 1) for row in means.to_numpy()]
        np.testing.assert_allclose(np.mean(lines, axis=0), values, atol=0.55)


def test_spans_of_unsworth_and_engle() -> None:
    correct = trials("unsworth_engle2006").correct.mean("subject")
    expected = {
        "word": [0.990, 0.983, 0.928, 0.745, 0.597, 0.456],
        "letter": [0.999, 0.980, 0.919, 0.894, 0.740, 0.520, 0.430],
        "operation": [0.937, 0.743, 0.557, 0.358],
    }
    for task, shares in expected.items():
        found = correct.sel(task=task).dropna("length")
        np.testing.assert_allclose(found, shares, atol=6e-4)


def test_forgetting_of_floden_et_al() -> None:
    """The sheet's own mean of the old at 3 s, .865, counts lost trials otherwise: .869 here."""
    table = trials("floden2000")
    left = (table.n_recalled / table.n_tested).groupby("group").mean("subject")
    young, old = ([0.981, 0.924, 0.795, 0.701, 0.648], [0.948, 0.869, 0.516, 0.405, 0.281])
    np.testing.assert_allclose(left.sel(group="young"), young, atol=6e-4)
    np.testing.assert_allclose(left.sel(group="old"), old, atol=6e-4)
    assert (table.n_tested == 24).sum() == 48 * 5 - 2


def test_change_detection_of_adam_et_al() -> None:
    """Hits and false alarms for 2 to 6 items."""
    said = trials("adam2015").said_change.groupby(["change", "set_size"]).mean()
    hits, false_alarms = ([0.968, 0.948, 0.920, 0.900, 0.874], [0.051, 0.137, 0.243, 0.392, 0.438])
    np.testing.assert_allclose(said.sel(change=True), hits, atol=6e-4)
    np.testing.assert_allclose(said.sel(change=False), false_alarms, atol=1e-3)


# ---- points of figures --------------------------------------------------------------------------


def test_digitised_points_are_those_of_the_published_tables() -> None:
    """Section 3: d' of items, forward recall, hits by decile, recall of pairs; to three digits."""
    of_items = trials("hockley1992_digitised")
    of_items = of_items.y.values[of_items.curve.values == "Item"]
    np.testing.assert_allclose(of_items, [2.31, 2.05, 1.85, 1.84, 1.68], atol=0.006)
    pairs = trials("kahana2002_digitised")
    forward = pairs.y.values[pairs.curve.values == "forward"]
    np.testing.assert_allclose(forward, published("kahana2002").value[:6], atol=6e-4)
    words = trials("lohnas_kahana2013_digitised")
    hits = words.y.values[words.curve.values == "HR"]
    np.testing.assert_allclose(hits, published("lohnas_kahana2013").value[:10], atol=6e-4)
    recalled = trials("murdock_paired_digitised")
    np.testing.assert_allclose(recalled.y, published("murdock_paired_associates").value, atol=6e-4)
    assert (recalled.low < recalled.y).all()
    assert (recalled.y < recalled.high).all()


# ---- re-encoded files of working memory ---------------------------------------------------------


@pytest.mark.parametrize("name", [row["name"] for row in catalogue()])
def test_re_encoded_files_say_what_they_were_made_from(name: str) -> None:
    what = entry(name)
    if what.path.startswith("wm/"):
        assert what.url is None
        assert "Made from https://raw.githubusercontent.com/oberauer/BenchmarksWM/" in what.note
        assert "no address to fetch these very bytes from" in what.note


def in_wm(file: str) -> pd.DataFrame:
    """A re-encoding of a file that is registered as it was published."""
    path = Path(os.environ.get("COGMEM_DATA", "")) / "wm" / file
    if not path.is_file():
        pytest.skip(f"wm/{file} is not here; set COGMEM_DATA")
    return pd.read_csv(path)


def test_three_re_encodings_hold_what_the_published_files_hold() -> None:
    table = in_wm("change_detection_adam2015.csv")
    found = trials("adam2015")
    np.testing.assert_array_equal(table["id"], found["subject"])
    np.testing.assert_array_equal(table["set_size"], found["set_size"])
    np.testing.assert_array_equal(table["correct"] == 1, found["said_change"] == found["change"])
    spans = in_wm("span_unsworth_engle2006.csv")
    words = [f"worupc{n}" for n in range(2, 8)]
    of_words = trials("unsworth_engle2006").correct.sel(task="word").dropna("length")
    np.testing.assert_array_equal(spans[words], of_words)


def test_points_of_worm_are_those_of_the_file() -> None:
    table = in_wm("worm_human_points.csv")
    typed = published("worm_human_points", verified=False)
    kept = ["task", "condition", "x_name", "x"]
    pd.testing.assert_frame_equal(typed[kept], table[kept])
    np.testing.assert_array_equal(typed["value"], table["human_accuracy"])


def test_re_encoding_of_grenfell_essam_and_ward() -> None:
    table = in_wm("immediate_free_recall_grenfell2012.csv.gz")
    lists = recalls("grenfell_essam_ward2012")
    at_study = (lists.recalls[:, :, None] == np.arange(1, 16)).any(axis=1)
    shown = np.arange(1, 16) <= lists.list_length[:, None]
    np.testing.assert_array_equal(table["output"] > 0, at_study[shown])


def test_words_are_written_once_and_mostly_within_the_sheet() -> None:
    """Of Grenfell-Essam & Ward (2012, Experiment 2), 36 words are beyond the end of their list."""
    table = trials("grenfell_essam_ward2012_serial")
    given = table.responses.values
    beyond = (given > 0) & (np.arange(1, 16) > table.list_length.values[:, None])
    assert beyond.sum() == 36
    assert all(len(set(one[one > 0])) == (one > 0).sum() for one in given)


def test_sequences_of_hedge_and_leonards_are_told_apart() -> None:
    """72 of each person, of 9, 11 or 13 updates, each with one outcome."""
    table = trials("hedge_leonards2013").to_dataframe()
    each = table.groupby(["subject", "sequence"])
    assert each.size().equals(each["updates"].first())
    assert (each["correct"].nunique() == 1).all()
    assert (each.size().groupby("subject").size() == 72).all()
