"""Serial recall: words or letters said in the order in which they were shown."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cogmem.data.registry import Entry
from cogmem.data.sets.collection import data_set
from cogmem.data.sets.repositories import BENCHMARKS_WM

if TYPE_CHECKING:
    import xarray as xr


@data_set(
    Entry(
        name="farrell_lewandowsky2004",
        title="Serial recall with latencies, in quiet or under suppression",
        path="recall/farrell_lewandowsky2004_e2_FL04_2.dat",
        paradigm="serial recall",
        n_subjects=15,
        n_lists=2100,
        licence=BENCHMARKS_WM.licence,
        redistribution=BENCHMARKS_WM.redistribution,
        citation=(
            "Farrell, S. & Lewandowsky, S. (2004). Modelling transposition latencies: Constraints "
            "for theories of serial order memory. Journal of Memory and Language 51, 115-135. "
            "Experiment 2."
        ),
        doi="10.1016/j.jml.2004.03.007",
        sha256="ce613406981ff085933d62e83f0cb9449ad0f5ca92f1b055c0c7e4909f3793fd",
        url=BENCHMARKS_WM.url("BenchmarksWM.Data/BM4.1.1.LocalityConstraint/FL04_2.dat"),
        note=(
            "140 lists of 6 per subject. responses: 1-based position of the item given at each "
            "output, 0 = omission, in place. latency: time of each output from the one before."
        ),
    )
)
def _farrell_lewandowsky2004(path: Path) -> xr.Dataset:
    import numpy as np
    import xarray as xr

    values = np.loadtxt(path)
    responses, latency = values[:, 3:9].astype(np.int16), values[:, 9:15] / 1000
    condition = np.where(values[:, 2] == 0, "quiet", "suppression")
    about = "Position of the item given; 0 = omission"
    return xr.Dataset(
        {
            "responses": (
                ("trial", "output"),
                np.where(responses == -9, 0, responses),
                {"long_name": about, "units": "1"},
            ),
            "latency": (("trial", "output"), latency, {"long_name": "Latency", "units": "s"}),
        },
        coords={
            "subject": ("trial", values[:, 0].astype(int), {"long_name": "Subject"}),
            "condition": ("trial", condition, {"long_name": "Condition"}),
            "output": ("output", np.arange(1, 7), {"long_name": "Output position", "units": "1"}),
        },
        attrs={"list_length": 6},
    )


@data_set(
    Entry(
        name="page2006",
        title="Learning a list that comes back (Hebb effect)",
        path="recall/page2006_hebb.txt",
        paradigm="serial recall, Hebb repetition",
        n_subjects=72,
        n_lists=6912,
        licence=BENCHMARKS_WM.licence,
        redistribution=BENCHMARKS_WM.redistribution,
        citation=(
            "Page, M. P. A., Cumming, N., Norris, D., Hitch, G. J. & McNeil, A. M. (2006). "
            "Repetition learning in the immediate serial recall of visual and auditory materials. "
            "Journal of Experimental Psychology: Learning, Memory, and Cognition 32, 716-733."
        ),
        doi="10.1037/0278-7393.32.4.716",
        sha256="a5d0eea43d1b535deb54056fbf394e14165f33f1ff646a4a882aa72c6d7cf711",
        url=BENCHMARKS_WM.url("BenchmarksWM.Data/BM11.5.HebbEffect/Page.Hebb.txt"),
        note=(
            "Proportion of items in their place, per subject, list kind (repeated, or one of two "
            "kinds of fillers) and repetition, said silently or under articulatory suppression."
        ),
    )
)
def _page2006(path: Path) -> xr.Dataset:
    import numpy as np
    import pandas as pd
    import xarray as xr

    table = pd.read_csv(path, sep="\t")
    kinds = {"FillA": "filler A", "FillB": "filler B", "HebbEffect": "repeated"}
    speech = {"ns": "silent", "su": "suppression"}
    numbers = [str(n) for n in range(1, 17)]
    about = {"long_name": "Items in their place", "units": "proportion"}
    return xr.Dataset(
        {"correct": (("row", "repetition"), table[numbers].to_numpy(float), about)},
        coords={
            "subject": ("row", table["sub"].to_numpy(), {"long_name": "Subject"}),
            "kind": ("row", table["condition"].map(kinds).to_numpy(str), {"long_name": "List"}),
            "speech": (
                "row",
                table["sup/nosup"].map(speech).to_numpy(str),
                {"long_name": "Speech"},
            ),
            "repetition": (
                "repetition",
                np.arange(1, 17),
                {"long_name": "Repetition", "units": "1"},
            ),
        },
    )
