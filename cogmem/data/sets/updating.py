"""Memory that is updated: numbers by sums, places by arrows; and two sets held at once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cogmem.data.sets.collection import data_set
from cogmem.data.sets.re_encoded import Origin, labelled, re_encoded

if TYPE_CHECKING:
    import xarray as xr

_WHO = {"subject": ("Subject", ""), "experiment": ("Experiment", "1")}


@data_set(
    re_encoded(
        name="oberauer_kliegl2006",
        title="Numbers updated by sums, 1 to 6 at once (Oberauer & Kliegl 2006)",
        file="memory_updating_oberauer_kliegl2006.csv.gz",
        paradigm="memory updating",
        n_subjects=36,
        n_lists=60697,
        citation=(
            "Oberauer, K. & Kliegl, R. (2006). A formal model of capacity limits in working "
            "memory. Journal of Memory and Language 55, 601-626. Experiments 1 and 2."
        ),
        sha256="40944e9d8189d0ae2696c828a56382e41b11993ea6c4829b3d5c54c75a94e3dc",
        origin=Origin(
            "BM1.1.SetsizeAccuracy/Oberauer.Kliegl.MU1.DAT",
            "1e14df58db04df9982315c2b10a2ef22ac7d0fd128dd770c183b3d97e20db5fd",
            "this and Oberauer.Kliegl.MU2.DAT, a row per trial, the mean over the numbers asked",
        ),
        note=(
            "presentation is the time that each updating step is shown; 6 s means as long as "
            "wanted. 18 young and 18 old people in Experiment 1 (1 to 4 numbers), 16 and 17 in 2 "
            "(4 to 6), whose numbers are all among those of 1: they may be the same people."
        ),
    )
)
def _oberauer_kliegl2006(path: Path) -> xr.Dataset:
    import pandas as pd

    table = pd.read_csv(path)
    columns = {
        "subject": table["id"],
        "experiment": table["exp"],
        "group": table["young"].map({1: "young", 0: "old"}),
        "presentation": table["present_ms"] / 1000,
        "correct": table["prop_correct"],
    }
    return labelled(
        table.assign(**columns),
        {"correct": ("Numbers asked that are right", "proportion")},
        {
            **_WHO,
            "group": ("Age group", ""),
            "set_size": ("Numbers held", "items"),
            "presentation": ("Time shown per step", "s"),
        },
    )


@data_set(
    re_encoded(
        name="hedge_leonards2013",
        title="Two places updated by arrows (Hedge & Leonards 2013)",
        file="spatial_updating_hedge_leonards2013.csv.gz",
        paradigm="spatial updating",
        n_subjects=28,
        n_lists=2016,
        citation=(
            "Hedge, C. & Leonards, U. (2013). Using eye movements to explore switch costs in "
            "working memory. Journal of Vision 13(4), 18. Experiments 1 and 2."
        ),
        doi="10.1167/13.4.18",
        sha256="c0037bdd4b7d10ae2144ad5166fe9d6687cf58775f6fdeecd8173c9dba1335b1",
        origin=Origin(
            "BM10.2.ItemSwitchEffects/Hedge&Leonardsdata.csv",
            "5994c46cc8fa09372d734b38e9e185b8b2437134d406a271bad7fd09060553fb",
            "all rows, shorter names",
        ),
        note=(
            "A row per update of one of two objects in a 3 x 3 grid; correct: both were in the "
            "right place at the end of the sequence. Block 1 is practice. sequence counts through "
            "the file: subject 205 has two blocks of the number 7, whose sequences share numbers."
        ),
    )
)
def _hedge_leonards2013(path: Path) -> xr.Dataset:
    import pandas as pd

    table = pd.read_csv(path)
    columns = {
        "subject": table["id"],
        "experiment": table["exp"],
        "sequence": (table["update"] == 1).cumsum(),
        "kind": table["type"].map({0: "first", 1: "repeat", 2: "switch"}),
        "time": table["rt_s"],
        "correct": table["correct"] == 1,
        "updates": table["seq_len"],
    }
    return labelled(
        table.assign(**columns),
        {
            "correct": ("Both final places right", ""),
            "time": ("Time of the update", "s"),
        },
        {
            **_WHO,
            "block": ("Block", "1"),
            "sequence": ("Sequence", "1"),
            "updates": ("Updates in the sequence", "updates"),
            "update": ("Update", "1"),
            "kind": ("Same object as before, or the other", ""),
        },
    )


@data_set(
    re_encoded(
        name="cowan_morey2007",
        title="Two sets held at once, of one or two domains (Cowan & Morey 2007)",
        file="dual_sets_cowan_morey2007.csv.gz",
        paradigm="two memory sets",
        n_subjects=24,
        n_lists=4224,
        citation=(
            "Cowan, N. & Morey, C. C. (2007). How can dual-task working memory retention limits be "
            "investigated? Psychological Science 18, 686-688."
        ),
        sha256="e21b49e53c5880b9a4f3aaafc0e6f698d747e80ffe802b6336ac20825c2d9023",
        origin=Origin(
            "BM5.1.MultipleMemSets/Cowan.Morey.2007.csv",
            "62cb3f9c0220a3b3f424c47fd33e43ced053d075e408c2ec07b51db3e9c9665d",
            "age, sex and dates removed",
        ),
        note=(
            "One set, or two of the same or of different domains (single, within, cross), visual "
            "or verbal; cue: which of two is to be kept, none with one set. presented, cue and the "
            "order of the probe as the file codes them."
        ),
    )
)
def _cowan_morey2007(path: Path) -> xr.Dataset:
    import pandas as pd

    table = pd.read_csv(path, keep_default_na=False).rename(columns={"id": "subject"})
    columns = {
        "correct": table["correct"] == 1,
        "time": table["rt_ms"] / 1000,
        "interval": table["isi_ms"] / 1000,
        "cue": table["cue"].replace({"": "none", "NA": "none"}),
        "probe_order": table["probe_order"].replace({"": "only", "NA": "only"}),
    }
    return labelled(
        table.assign(**columns),
        {"correct": ("Correct", ""), "time": ("Response time", "s")},
        {
            "subject": ("Subject", ""),
            "domain": ("Domains of the two sets", ""),
            "interval": ("Time between the sets", "s"),
            "list_length": ("Words in the verbal set", "items"),
            "set_size": ("Colours in the visual set", "items"),
            "presented": ("Domains in their order", ""),
            "cue": ("Sets to be kept", ""),
            "probe_domain": ("Domain of the probe", ""),
            "probe_order": ("Place of the set that is probed", ""),
        },
    )
