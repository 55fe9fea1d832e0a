"""Working memory: spans, change detection, and forgetting under distraction."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cogmem.data.registry import Entry
from cogmem.data.sets.collection import data_set
from cogmem.data.sets.repositories import BENCHMARKS_WM

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import xarray as xr


@data_set(
    Entry(
        name="unsworth_engle2006",
        title="Simple and complex spans of 235 people (Unsworth & Engle 2006)",
        path="recall/unsworth_engle_spans.txt",
        paradigm="span",
        n_subjects=235,
        n_lists=0,
        licence=BENCHMARKS_WM.licence,
        redistribution=BENCHMARKS_WM.redistribution,
        citation=(
            "Unsworth, N. & Engle, R. W. (2006). Simple and complex memory spans and their "
            "relation to fluid abilities: Evidence from list-length effects. Journal of Memory and "
            "Language 54, 68-80."
        ),
        doi="10.1016/j.jml.2005.06.003",
        sha256="342a3a2085e183db1825b2d0f3011b0e93f1679b73938a14d134e56adc791058",
        url=BENCHMARKS_WM.url(
            "BenchmarksWM.Data/BM1.1.SetsizeAccuracy/Unsworth.Engle.Listlength.txt"
        ),
        note=(
            "Proportion correct by task (word, letter, operation and reading span) and list "
            "length; NaN where a task has no lists of that length. How many lists there were of "
            "each is not in the file. wm/span_unsworth_engle2006.csv holds the same, and is not "
            "read."
        ),
    )
)
def _unsworth_engle2006(path: Path) -> xr.Dataset:
    import pandas as pd

    table = pd.read_csv(path, sep="\t")
    tasks = {"word": "worupc", "letter": "letupc", "operation": "opupc", "reading": "rspupc"}
    lengths = range(2, 9)
    values = [[_column(table, f"{stem}{n}") for n in lengths] for stem in tasks.values()]
    axes = {"task": tasks, "length": lengths}
    people = table["subject"].astype(int)
    correct = _by_subject(people, values, axes, "Items in their place", "proportion")
    correct["task"].attrs["long_name"] = "Task"
    correct["length"].attrs = {"long_name": "Items in the list", "units": "items"}
    return correct.to_dataset(name="correct")


@data_set(
    Entry(
        name="floden2000",
        title="Brown-Peterson forgetting in young and old (Floden et al. 2000)",
        path="recall/floden_brown_peterson.xlsx",
        paradigm="Brown-Peterson",
        n_subjects=48,
        n_lists=0,
        licence=BENCHMARKS_WM.licence,
        redistribution=BENCHMARKS_WM.redistribution,
        citation=(
            "Floden, D., Stuss, D. T. & Craik, F. I. M. (2000). Age differences in performance on "
            "two versions of the Brown-Peterson task. Aging, Neuropsychology, and Cognition 7, "
            "245-259. Experiment 2."
        ),
        doi="",
        sha256="d63154f4b3a865e506da7b4db62ed867c663d03707627695f012786dd884ca49",
        url=BENCHMARKS_WM.url(
            "BenchmarksWM.Data/BM2.1.RetentionInterval/Floden.BrownPeterson.xlsx"
        ),
        note=(
            "Words recalled after 0, 3, 18, 36 and 60 s of distraction, 24 young and 24 old "
            "people, six trials of four words each; three trials of two people were lost."
        ),
    )
)
def _floden2000(path: Path) -> xr.Dataset:
    import warnings

    import numpy as np
    import pandas as pd
    import xarray as xr

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Cannot parse header", UserWarning)  # of the print-out
        table = pd.read_excel(path, sheet_name="Exp2_Data")
    delays = [0, 3, 18, 36, 60]
    # One column per trial: how many of its four words were recalled; empty if it was lost.
    trials = [table.filter(regex=rf"^TR\d+_{delay}S$") for delay in delays]
    recalled = [of_delay.sum(axis=1) for of_delay in trials]
    tested = [4 * of_delay.notna().sum(axis=1) for of_delay in trials]
    axes, people = {"delay": delays}, pd.Series(np.arange(1, len(table) + 1))
    dataset = xr.Dataset(
        {
            "n_recalled": _by_subject(people, recalled, axes, "Words recalled", "words"),
            "n_tested": _by_subject(people, tested, axes, "Words to recall", "words"),
        }
    )
    dataset["delay"].attrs |= {"long_name": "Retention interval", "units": "s"}
    group = np.where(table["GROUP"] == 2, "young", "old")
    return dataset.assign_coords(group=("subject", group, {"long_name": "Age group"}))


@data_set(
    Entry(
        name="adam2015",
        title="Change detection, 2 to 6 items (Adam et al. 2015)",
        path="recall/adam2015_changedetection.dat",
        paradigm="change detection",
        n_subjects=40,
        n_lists=12000,
        licence=BENCHMARKS_WM.licence,
        redistribution=BENCHMARKS_WM.redistribution,
        citation=(
            "Adam, K. C. S., Mance, I., Fukuda, K. & Vogel, E. K. (2015). The contribution of "
            "attentional lapses to individual differences in visual working memory capacity. "
            "Journal of Cognitive Neuroscience 27, 1601-1616."
        ),
        doi="10.1162/jocn_a_00811",
        sha256="fc5db3e6450d87a1dcaf31486f130128cf21ee62a33bc630b6ee136eb7e7a7b2",
        url=BENCHMARKS_WM.url("BenchmarksWM.Data/BM1.1.SetsizeAccuracy/Adam.ChangeDet.dat"),
        note=(
            "60 trials of each set size per subject; one item is probed. "
            "wm/change_detection_adam2015.csv holds the same, and is not read."
        ),
    )
)
def _adam2015(path: Path) -> xr.Dataset:
    import numpy as np
    import xarray as xr

    subject, size, change, correct = np.loadtxt(path).astype(int).T
    said = np.where(correct == 1, change, 1 - change).astype(bool)
    return xr.Dataset(
        {"said_change": ("trial", said, {"long_name": "Said that the item had changed"})},
        coords={
            "subject": ("trial", subject, {"long_name": "Subject"}),
            "set_size": ("trial", size, {"long_name": "Items shown", "units": "items"}),
            "change": ("trial", change.astype(bool), {"long_name": "The item had changed"}),
        },
    )


def _column(table: pd.DataFrame, name: str) -> np.ndarray:
    """A column of numbers, NaN if there is none of this name."""
    import numpy as np

    return table[name].to_numpy(float) if name in table else np.full(len(table), np.nan)


def _by_subject(
    subject: pd.Series, values: list, axes: dict, long_name: str, units: str
) -> xr.DataArray:
    """Values [*axes, subject] with labels, the subject first."""
    import numpy as np
    import xarray as xr

    coords = {name: list(labels) for name, labels in axes.items()} | {"subject": subject}
    attrs = {"long_name": long_name, "units": units}
    labelled = xr.DataArray(np.array(values), coords, attrs=attrs).transpose("subject", ...)
    labelled["subject"].attrs["long_name"] = "Subject"
    return labelled
