"""Arrays of colours or bars seen at once: has one changed, and how was it?

The change detection of Adam et al. (2015) is among the sets of `working_memory`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cogmem.data.sets.collection import data_set
from cogmem.data.sets.re_encoded import Origin, labelled, re_encoded

if TYPE_CHECKING:
    import xarray as xr

_SUBJECT = {"subject": ("Subject", "")}
_SIZE = {"set_size": ("Items shown", "items")}


@data_set(
    re_encoded(
        name="gilchrist_cowan2014",
        title="Change detection, 1 to 6 items, with times (Gilchrist & Cowan 2014)",
        file="change_detection_gilchrist2014.csv.gz",
        paradigm="change detection",
        n_subjects=63,
        n_lists=35550,
        citation=(
            "Gilchrist, A. L. & Cowan, N. (2014). A two-stage search of visual working memory: "
            "Investigating speed in the change-detection paradigm. Attention, Perception, & "
            "Psychophysics 76, 2031-2050. Experiments 1 and 2."
        ),
        sha256="dc48b9f85e8829ed7f3bd71b72c7925241bcef08b67210fa0bd11b7cc0986ff4",
        origin=Origin(
            "BM1.2.SetsizeRT/Gilchrist.Cowan/Gilchrist & Cowan 2014_Experiment 1 data.xlsx",
            "3a2ba170056ab77342e815909e3b47834d86d85f458384c455c6c4af3db6a114",
            "trial rows of this workbook and of that of Experiment 2 in the same folder",
        ),
        note=(
            "One colour is probed, at the centre or at its place. 31 people in Experiment 1, 32 in "
            "2; outlier marks trials that the authors left out by their times."
        ),
    )
)
def _gilchrist_cowan2014(path: Path) -> xr.Dataset:
    import pandas as pd

    table = pd.read_csv(path)
    change, correct = table["change"] == 1, table["correct"] == 1
    columns = {
        "subject": table["id"],
        "experiment": table["exp"],
        "said_change": change == correct,
        "change": change,
        "correct": correct,
        "time": table["rt_ms"] / 1000,
        "probe": table["probe"].map({"Cen": "centre", "Loc": "place"}),
        "outlier": table["outlier"] == 1,
    }
    return labelled(
        table.assign(**columns),
        {
            "said_change": ("Said that the item had changed", ""),
            "correct": ("Correct", ""),
            "time": ("Response time", "s"),
        },
        {
            **_SUBJECT,
            **_SIZE,
            "experiment": ("Experiment", "1"),
            "change": ("The item had changed", ""),
            "probe": ("Where the probe is", ""),
            "outlier": ("Left out by the authors", ""),
        },
    )


@data_set(
    re_encoded(
        name="keshvari2013",
        title="Change of orientation by its size (Keshvari et al. 2013)",
        file="change_detection_keshvari2013.csv.gz",
        paradigm="change detection",
        n_subjects=10,
        n_lists=18000,
        citation=(
            "Keshvari, S., van den Berg, R. & Ma, W. J. (2013). No evidence for an item limit in "
            "change detection. PLoS Computational Biology 9, e1002927."
        ),
        doi="10.1371/journal.pcbi.1002927",
        sha256="8a9c8960d05f179962690c347d6ca06088db137acd96a3902f6d410a9e32656a",
        origin=Origin(
            "BM8.2.ItemProbeSim/WeijiChangeDetection.dat",
            "175c1421f484d98ac316757aef115d9a12d76f6332ccd18b5c439dbb28e2d5f1",
            "all rows, with names of columns",
        ),
        note=(
            "1800 trials per subject; the orientation of one of 2, 4, 6 or 8 items changes by up "
            "to 90 degrees, or none does. Sizes of change are whole degrees; the file has radians."
        ),
    )
)
def _keshvari2013(path: Path) -> xr.Dataset:
    import numpy as np
    import pandas as pd

    table = pd.read_csv(path)
    columns = {
        "subject": table["id"],
        "said_change": table["response_change"] == 1,
        "change_size": np.rint(np.degrees(table["delta_rad"])),
    }
    return labelled(
        table.assign(**columns),
        {"said_change": ("Said that an item had changed", "")},
        {**_SUBJECT, **_SIZE, "change_size": ("Size of the change; 0 = none", "deg")},
    )


@data_set(
    re_encoded(
        name="van_den_berg2012",
        title="Colours given on a wheel (van den Berg et al. 2012)",
        file="delayed_estimation_vandenberg2012.csv",
        paradigm="delayed estimation",
        n_subjects=13,
        n_lists=5616,
        citation=(
            "van den Berg, R., Shin, H., Chou, W.-C., George, R. & Ma, W. J. (2012). Variability "
            "in encoding precision accounts for visual short-term memory limitations. Proceedings "
            "of the National Academy of Sciences 109, 8780-8785."
        ),
        doi="10.1073/pnas.1117465109",
        sha256="c2834eacb75db0f7edd978b4b040f038b31e8a9d2bf6a2a59d08e7934f56d7a3",
        origin=Origin(
            "BM4.5.ErrorDistributionDE/WeijiDelayedEstimation.dat",
            "7c0398ceabbb44527a93f8e6df2e25e8573582bb4331ecde9c44250b644bdf00",
            "all rows, with names of columns",
        ),
        note="The colour of one of 1, 2, 4 or 8 items is given; errors have a sign.",
    )
)
def _van_den_berg2012(path: Path) -> xr.Dataset:
    import pandas as pd

    table = pd.read_csv(path).rename(columns={"id": "subject", "error_deg": "error"})
    return labelled(table, {"error": ("Error", "deg")}, {**_SUBJECT, **_SIZE})
