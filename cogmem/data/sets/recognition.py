"""Recognition: is this one of those that were shown?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cogmem.data.registry import Entry, Part
from cogmem.data.sets.collection import data_set
from cogmem.data.sets.re_encoded import Origin, labelled, numbered_anew, re_encoded
from cogmem.data.sets.repositories import BENCHMARKS_WM, CMR_IA

if TYPE_CHECKING:
    import xarray as xr

_STERNBERG = "BenchmarksWM.Data/BM1.2.SetsizeRT/Donkin.Sternberg/subj{}.txt"
_STERNBERG_SHA256 = (
    "063b540072e1c93cca92c7099ef2fde20eaf172691b34dccc812b43b4610e529",
    "047148951043b3309217e4af747566119d65c5b148850a6a4bd82416cc1c40ea",
    "548bd0b91d460d60b307a03ef82ef2a0572dfad204b86e41e1c073664c309137",
    "4740274e5acf572f5b175ebdab2a5b2ae7bf2f810024eb780e4a39985dc53939",
    "e4d43a8d6e6d45a40b6023b4e5577bd484592ac8c36a691a30b2a2e4e3772b3a",
    "c268906e25228d5e5bad2b6137a6c19dc3983766b8be5d1989c01057c86c8b91",
    "1697c3af5c02eb17d79b975541199c000243bec0b1b982813eba8e5652a66c92",
)


@data_set(
    Entry(
        name="schwartz2005",
        title="Recognition of travel scenes with confidence (Schwartz et al. 2005)",
        path="recall/schwartz2005_RN2_Pix.dat",
        paradigm="recognition with ratings",
        n_subjects=91,
        n_lists=546,
        licence=CMR_IA.licence,
        redistribution=CMR_IA.redistribution,
        citation=(
            "Schwartz, G., Howard, M. W., Jing, B. & Kahana, M. J. (2005). Shadows of the past: "
            "Temporal retrieval effects in recognition memory. Psychological Science 16, 898-904."
        ),
        doi="10.1111/j.1467-9280.2005.01634.x",
        sha256="269cf1b43d396cb51734193beefdf8aa7a0567715634c16c3abbe21fdd218b1c",
        url=CMR_IA.url("Analysis/simu2_recog_conti/simu2_data/RN2_Pix.dat"),
        note=(
            "6 lists of 64 pictures, tested with 128 probes each. rating from 1 (sure new) to 6 "
            "(sure old), 0 = none given. What the file's columns mean was inferred from them."
        ),
    )
)
def _schwartz2005(path: Path) -> xr.Dataset:
    import pandas as pd
    import xarray as xr

    columns = {0: "subject", 2: "list", 5: "probe", 6: "position", 9: "rating", 10: "time"}
    table = pd.read_csv(path, sep="\t", header=None)[list(columns)].rename(columns=columns)
    old = table["probe"].str.contains("OLD").to_numpy()
    rating = {"long_name": "Confidence that the picture is old", "units": "1 (sure new) to 6"}
    return xr.Dataset(
        {
            "rating": ("trial", table["rating"].to_numpy("int8"), rating),
            "time": ("trial", table["time"].to_numpy() / 1000, {"long_name": "Time", "units": "s"}),
        },
        coords={
            "subject": ("trial", table["subject"].to_numpy(), {"long_name": "Subject"}),
            "list": ("trial", table["list"].to_numpy() + 1, {"long_name": "List"}),
            "old": ("trial", old, {"long_name": "Studied in this list"}),
            "position": (
                "trial",
                table["position"].where(old, 0).to_numpy("int16"),
                {"long_name": "Position at study; 0 = new", "units": "1"},
            ),
        },
    )


@data_set(
    Entry(
        name="donkin_nosofsky2012",
        title="Sternberg search with response times (Donkin & Nosofsky 2012)",
        path="recall/donkin_nosofsky_sternberg/subj1.txt",
        paradigm="short-term recognition",
        n_subjects=7,
        n_lists=25517,
        licence=BENCHMARKS_WM.licence,
        redistribution=BENCHMARKS_WM.redistribution,
        citation=(
            "Donkin, C. & Nosofsky, R. M. (2012). The structure of short-term memory scanning: An "
            "investigation using response time distribution models. Psychonomic Bulletin & Review "
            "19, 363-394."
        ),
        doi="10.3758/s13423-012-0236-8",
        sha256=_STERNBERG_SHA256[0],
        url=BENCHMARKS_WM.url(_STERNBERG.format(1)),
        others=tuple(
            Part(
                f"recall/donkin_nosofsky_sternberg/subj{n}.txt",
                _STERNBERG_SHA256[n - 1],
                BENCHMARKS_WM.url(_STERNBERG.format(n)),
            )
            for n in range(2, 8)
        ),
        note=(
            "Trials that the authors use. Subjects 1-4 saw the lists fast, 5-7 slowly. old: the "
            "probe was in the list. serial_position: its place in it, 0 if new; the file calls it "
            "Lag, but the largest is answered fastest and best, as the last item is."
        ),
    )
)
def _donkin_nosofsky2012(*paths: Path) -> xr.Dataset:
    import numpy as np
    import pandas as pd
    import xarray as xr

    each = [pd.read_csv(path, sep=r"\s+").assign(subject=n) for n, path in enumerate(paths, 1)]
    table = pd.concat(each)
    table = table[table["use"].astype(bool)]
    subject = table["subject"].to_numpy()
    return xr.Dataset(
        {
            "time": ("trial", table["RT"].to_numpy(), {"long_name": "Time", "units": "s"}),
            "correct": ("trial", table["ACC"].to_numpy(bool), {"long_name": "Correct"}),
        },
        coords={
            "subject": ("trial", subject, {"long_name": "Subject"}),
            "set_size": (
                "trial",
                table["SetSize"].to_numpy(),
                {"long_name": "Items in the list", "units": "items"},
            ),
            "old": ("trial", table["CorrResp"].to_numpy() == 1, {"long_name": "Probe in list"}),
            "serial_position": (
                "trial",
                table["Lag"].where(table["CorrResp"] == 1, 0).to_numpy(int),
                {"long_name": "Serial position of the probe", "units": "1"},
            ),
            "pace": ("trial", np.where(subject <= 4, "fast", "slow"), {"long_name": "Pace"}),
        },
    )


@data_set(
    re_encoded(
        name="oberauer2003",
        title="Was it in the list, was it there? Lists of six (Oberauer 2003)",
        file="serial_recognition_oberauer2003.csv",
        paradigm="short-term recognition",
        n_subjects=53,
        n_lists=0,
        citation=(
            "Oberauer, K. (2003). Understanding serial position curves in short-term recognition "
            "and recall. Journal of Memory and Language 49, 469-483."
        ),
        sha256="7557f09208e27598d969a5fc917f5aceba575b7781029e15cd339bca17361bdc",
        origin=Origin(
            "BM3.1.SP.Accuracy/Oberauer.2003.GlobRec.dat",
            "898e9dfbe6605e5c8eeb2d69656fc8530efaa610e2ee77a89b43572728d6bb00",
            "proportions of this and the file LocRec, one row per person, order and position",
        ),
        note=(
            "Proportion correct by position at study. 23 people told whether a word was in the "
            "list (item), 30 whether it was at its place (relational); both are numbered from 1 in "
            "the files, here they go on."
        ),
    )
)
def _oberauer2003(path: Path) -> xr.Dataset:
    import pandas as pd

    table = pd.read_csv(path).rename(columns={"prop_correct": "correct"})
    table["subject"] = numbered_anew(table["test"], table["id"])
    table["serial_position"] = table["input_pos"]
    return labelled(
        table,
        {"correct": ("Correct", "proportion")},
        {
            "subject": ("Subject", ""),
            "test": ("What is asked", ""),
            "probe_order": ("Order of the probes", ""),
            "serial_position": ("Serial position", "1"),
        },
        dim="row",
    )


@data_set(
    re_encoded(
        name="ricker2014",
        title="Three characters after 1, 6 or 12 s (Ricker et al. 2014)",
        file="retention_interval_ricker2014.csv",
        paradigm="short-term recognition",
        n_subjects=68,
        n_lists=9452,
        citation=(
            "Ricker, T. J., Spiegel, L. R. & Cowan, N. (2014). Time-based loss in visual "
            "short-term memory is from trace decay, not temporal distinctiveness. Journal of "
            "Experimental Psychology: Learning, Memory, and Cognition 40, 1510-1523."
        ),
        sha256="02249459f1fbf5605f59f12a56ecdf1ea4db4efd199c2c7580b626e890213d6f",
        origin=Origin(
            "BM2.RetentionInterval/Ricker.2014.txt",
            "bf232d162cb821ce9860d2385718e3619e946a965a16c8fedf45107da2a6e91e",
            "10 ms added to the interval, as by the authors of the collection",
        ),
        note=(
            "Characters that nobody can name; one is probed. The file has two columns of the name "
            "correct: the first is taken as the outcome, the second (s or d) is left out."
        ),
    )
)
def _ricker2014(path: Path) -> xr.Dataset:
    import pandas as pd

    table = pd.read_csv(path)
    columns = {
        "subject": table["id"],
        "correct": table["correct"] == 1,
        "time": table["rt_ms"] / 1000,
        "retention_interval": table["ri_ms"] / 1000,
        "gap": table["iti"],
    }
    return labelled(
        table.assign(**columns),
        {"correct": ("Correct", ""), "time": ("Response time", "s")},
        {
            "subject": ("Subject", ""),
            "retention_interval": ("Retention interval", "s"),
            "set_size": ("Characters shown", "items"),
            "gap": ("Time since the trial before", ""),
        },
    )
