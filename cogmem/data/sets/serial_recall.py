"""Serial recall: words or letters said in the order in which they were shown."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cogmem.data.registry import Entry
from cogmem.data.sets.collection import data_set
from cogmem.data.sets.re_encoded import Origin, labelled, re_encoded, side_by_side
from cogmem.data.sets.repositories import BENCHMARKS_WM

if TYPE_CHECKING:
    import xarray as xr

_SUBJECT = {"subject": ("Subject", "")}


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


@data_set(
    re_encoded(
        name="madigan1971",
        title="Serial recall forward or backward, seen or heard (Madigan 1971)",
        file="serial_recall_madigan1971.csv",
        paradigm="serial recall",
        n_subjects=16,
        n_lists=768,
        citation=(
            "Madigan, S. A. (1971). Modality and recall order interactions in short-term memory "
            "for serial order. Journal of Experimental Psychology 87, 294-296."
        ),
        sha256="336ad39b373d87d99e26c7a31e97e02ab434f50876aa77fea32e63ff14461301",
        origin=Origin(
            "BM3.1.SP.Accuracy/Madigan.1971.txt",
            "d1c76f50b259fd13a408094ec934d9a395899023f3e2a4f1b8812a67b5ba2c4f",
            "scored",
        ),
        note=(
            "Lists of 8, seen by 8 people and heard by 8 others, recalled both ways; positions are "
            "those at study, also of lists recalled backward."
        ),
    )
)
def _madigan1971(path: Path) -> xr.Dataset:
    import pandas as pd

    table = pd.read_csv(path)
    columns = {
        "subject": table["id"],
        "modality": table["modality"].map({1: "auditory", 2: "visual"}),
        "direction": table["direction"].map({1: "forward", 2: "backward"}),
    }
    table = table.assign(**columns)
    conditions = {"modality": ("Modality", ""), "direction": ("Direction of recall", "")}
    found = labelled(table, {}, {**_SUBJECT, **conditions})
    places, text = [f"c{n}" for n in range(1, 9)], ("Recalled in place", "")
    return found.assign(correct=side_by_side(table, places, "serial_position", text, bool))


@data_set(
    re_encoded(
        name="peteranderl_oberauer2017",
        title="Five colours given back in order (Peteranderl & Oberauer 2017)",
        file="serial_colour_peteranderl2017.csv.gz",
        paradigm="serial reproduction",
        n_subjects=21,
        n_lists=10080,
        citation=(
            "Peteranderl, S. & Oberauer, K. (2017). Serial recall of colors: Two models of memory "
            "for serial order applied to continuous visual stimuli. Memory & Cognition 46, 1-16."
        ),
        sha256="59473315a06887744c9c38aaa2c5cec57eb6a5792511742d9211f64ca3b67748",
        origin=Origin(
            "BM3.1.SP.Accuracy/Peteranderl.2017.long.dat",
            "3991cc4daaf2d65091dd98fb80e6722ff398059e4cbaec4da48f45475bb1a344",
            "intervals between items dropped",
        ),
        note="Angles on a wheel of colours, 1 to 360 degrees, silent or under suppression.",
    )
)
def _peteranderl_oberauer2017(path: Path) -> xr.Dataset:
    import pandas as pd

    rows = pd.read_csv(path).rename(columns={"id": "subject"})
    rows["speech"] = rows["session"].map({1: "silent", 2: "suppression"})
    keys = ["subject", "speech", "trial"]
    angles = {
        name: rows.pivot(index=keys, columns="serpos", values=f"{name}_deg")
        for name in ("target", "response")
    }
    coords = {**_SUBJECT, "speech": ("Speech", "")}
    found = labelled(angles["target"].index.to_frame(), {}, coords)
    texts = {"target": ("Colour shown", "deg"), "response": ("Colour given", "deg")}
    return found.assign(
        {
            name: side_by_side(table, range(1, 6), "serial_position", texts[name])
            for name, table in angles.items()
        }
    )


@data_set(
    re_encoded(
        name="grenfell_essam_ward2012_serial",
        title="Serial recall of lists of 1 to 15 words (Grenfell-Essam & Ward 2012)",
        file="immediate_serial_recall_grenfell2012.csv.gz",
        paradigm="serial recall",
        n_subjects=40,
        n_lists=3520,
        citation=(
            "Grenfell-Essam, R. & Ward, G. (2012). Examining the relationship between free recall "
            "and immediate serial recall: The role of list length, strategy use, and test "
            "expectancy. Journal of Memory and Language 67, 106-148. Experiment 2."
        ),
        doi="10.1016/j.jml.2012.04.004",
        sha256="1db069cbc2d56106afd8392acc3685baa5fdf118e75b0f20c359ea8c4120458a",
        origin=Origin(
            "BM1.1.SetsizeAccuracy/GEW.2012.E2.num.txt",
            "5f267ab43a3eb9735c88aafb743185547fbe74153deb3438f6123b9404641656",
            "all rows, with names of columns; -1 = not recalled",
        ),
        note=(
            "8 lists of each of 11 lengths per subject. Two groups of 20, told the length before "
            "each list or not, both numbered from 1 to 20 in the file, here 1-20 and 21-40. "
            "responses: the word written at each place of the answer sheet, 0 = none of the list; "
            "of a list of n words take the first n (36 words were written beyond the end)."
        ),
    )
)
def _grenfell_essam_ward2012_serial(path: Path) -> xr.Dataset:
    import numpy as np
    import pandas as pd

    rows = pd.read_csv(path)
    of_list = (rows["serpos"] == 1).to_numpy().cumsum() - 1
    first = rows[rows["serpos"] == 1]
    columns = {
        "subject": first["id"] + 20 * (1 - first["known"]),
        "length": first["known"].map({1: "known", 0: "unknown"}),
        "list_length": first["length"],
    }
    coords = {
        **_SUBJECT,
        "length": ("Length told before the list", ""),
        "list_length": ("Words in the list", "words"),
    }
    found = labelled(first.assign(**columns), {}, coords)
    written = (rows["written_pos"] > 0).to_numpy()
    responses = np.zeros((len(first), 15), np.int16)
    responses[of_list[written], rows["written_pos"][written] - 1] = rows["serpos"][written]
    text = ("Position of the word written at this place; 0 = none", "1")
    places = range(1, 16)
    table = pd.DataFrame(responses, columns=list(places))
    return found.assign(responses=side_by_side(table, places, "output", text, np.int16))
