"""Complex span: lists of items, with something to do between them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cogmem.data.sets.collection import data_set
from cogmem.data.sets.re_encoded import (
    Origin,
    labelled,
    numbered_anew,
    re_encoded,
    side_by_side,
)

if TYPE_CHECKING:
    import xarray as xr

_SUBJECT = {"subject": ("Subject", "")}
_SPAN = {"span": ("Span", "items")}
_IN_PLACE = ("Recalled in place", "")


@data_set(
    re_encoded(
        name="lewandowsky2010",
        title="Letters with 0, 1 or 3 words between, alike or not (Lewandowsky et al. 2010)",
        file="complex_span_lewandowsky2010.csv",
        paradigm="complex span",
        n_subjects=24,
        n_lists=1440,
        citation=(
            "Lewandowsky, S., Geiger, S. M., Morrell, D. B. & Oberauer, K. (2010). Turning simple "
            "span into complex span: Time for decay or interference from distractors? Journal of "
            "Experimental Psychology: Learning, Memory, and Cognition 36, 958-978. Experiment 2."
        ),
        sha256="302b98137695e7c39172671f9c897fad25df1152c9cfc436a1c4173364e796ac",
        origin=Origin(
            "BM2.1.RetentionInterval/Lewandowsky.2010.E2.dat",
            "6231da26b974818c29edb25ddaadd62464b8736ce7016b1b581dfd3411032f60",
            "scored",
        ),
        note="60 lists of 5 letters per subject; distractors are those after each letter.",
    )
)
def _lewandowsky2010(path: Path) -> xr.Dataset:
    import pandas as pd

    table = pd.read_csv(path)
    kinds = {0: "none", 1: "1", 3: "3 identical", 13: "3 different"}
    table = table.assign(subject=table["id"], distractors=table["cond"].map(kinds))
    found = labelled(table, {}, {**_SUBJECT, "distractors": ("Distractors per letter", "")})
    columns = [f"c{n}" for n in range(1, 6)]
    return found.assign(correct=side_by_side(table, columns, "serial_position", _IN_PLACE, bool))


@data_set(
    re_encoded(
        name="jarrold2010",
        title="When the processing comes between the words (Jarrold et al. 2010)",
        file="complex_span_schedule_jarrold2010.csv.gz",
        paradigm="complex span",
        n_subjects=50,
        n_lists=3500,
        citation=(
            "Jarrold, C., Tam, H., Baddeley, A. D. & Harvey, C. E. (2010). The nature and the "
            "position of processing determines why forgetting occurs in working memory tasks. "
            "Psychonomic Bulletin & Review 17, 772-777."
        ),
        sha256="39376604f62145ed3aa8f2b072c91a42745e55c7a7671bc473ea32613459399d",
        origin=Origin(
            "BM5.2.MultipleTasks/Jarrold2010.long.txt",
            "e716325e6d54e92b00b2403f962a9964e18ce01ac8110902dccc2733cb600430",
            "scored; words dropped",
        ),
        note=(
            "10 lists of 6 words per subject and schedule. A schedule's name, e.g. TwoFour, says "
            "how many words come before and after the processing; this was inferred from the data."
        ),
    )
)
def _jarrold2010(path: Path) -> xr.Dataset:
    import pandas as pd

    rows = pd.read_csv(path).rename(columns={"id": "subject", "condition": "schedule"})
    table = rows.pivot(index=["subject", "trial", "schedule"], columns="serpos", values="correct")
    table = table.reset_index()
    found = labelled(table, {}, {**_SUBJECT, "schedule": ("Words before and after", "")})
    places = range(1, 7)
    return found.assign(correct=side_by_side(table, places, "serial_position", _IN_PLACE, bool))


@data_set(
    re_encoded(
        name="chein2011",
        title="Letters or places kept during one of two tasks (Chein et al. 2011)",
        file="complex_span_domains_chein2011.csv",
        paradigm="complex span",
        n_subjects=72,
        n_lists=0,
        citation=(
            "Chein, J. M., Moore, A. B. & Conway, A. R. A. (2011). Domain-general mechanisms of "
            "complex working memory span. NeuroImage 54, 550-559."
        ),
        sha256="52ed531b960e2f04336d5b953603e24d92ad1207f5d416fa5af5dc9257184598",
        origin=Origin(
            "BM5.2.MultipleTasks/Chein.XSPANdata.csv",
            "eeb7db2740d7d2e4e119b3dafe95016a7b40a58cdd8cfa3ff6a808da6b21a7b4",
            "all rows",
        ),
        note=(
            "12 scores in each of six cells, as stored. The file does not say who is who: every "
            "row is counted here as a person of its own."
        ),
    )
)
def _chein2011(path: Path) -> xr.Dataset:
    import pandas as pd

    table = pd.read_csv(path)
    tasks = {"LEX": "lexical decision", "SYM": "symmetry judgement"}
    columns = {
        "subject": pd.Series(range(1, len(table) + 1)),
        "span": table["items_recalled"],
        "memory": table["memory_type"].map({"LETTER": "letters", "LOCATION": "locations"}),
        "processing": table["test"].str.split(".").str[0].map(tasks).fillna("none"),
    }
    conditions = {"memory": ("Items kept", ""), "processing": ("Task in between", "")}
    return labelled(table.assign(**columns), _SPAN, {**_SUBJECT, **conditions})


@data_set(
    re_encoded(
        name="vergauwe2010",
        title="Span by load, words or places with either (Vergauwe et al. 2010)",
        file="complex_span_load_vergauwe2010.csv",
        paradigm="complex span",
        n_subjects=94,
        n_lists=0,
        citation=(
            "Vergauwe, E., Barrouillet, P. & Camos, V. (2010). Do mental processes share a "
            "domain-general resource? Psychological Science 21, 384-390."
        ),
        sha256="fb87f3b4f66688f3583b559a127b4ca0f2b63cd3e0fb65504fc3889831a39d51",
        origin=Origin(
            "BM5.2.4.CogLoad/Vergauwe et al. 2010.xlsx",
            "38b537ba734e5b605a06eb05e9719161beddbf7cc35f6fe0c17183d884d649ac",
            "the four sheets of recall in one table",
        ),
        note=(
            "Mean span of each person at three cognitive loads. The four groups number their "
            "people alike; they are counted here as different people, which the file does not say."
        ),
    )
)
def _vergauwe2010(path: Path) -> xr.Dataset:
    import pandas as pd

    wide = pd.read_csv(path)
    wide["subject"] = numbered_anew(wide["storage"], wide["processing"], wide["sub"])
    kept = ["subject", "storage", "processing"]
    table = wide.melt(kept, ["low", "medium", "high"], var_name="load", value_name="span")
    conditions = {
        "storage": ("Items kept", ""),
        "processing": ("Task in between", ""),
        "load": ("Cognitive load", ""),
    }
    return labelled(table, _SPAN, {**_SUBJECT, **conditions})


@data_set(
    re_encoded(
        name="barrouillet2007",
        title="Span by the share of time taken (Barrouillet et al. 2007)",
        file="cognitive_load_barrouillet2007.csv",
        paradigm="complex span",
        n_subjects=32,
        n_lists=0,
        citation=(
            "Barrouillet, P., Bernardin, S., Portrat, S., Vergauwe, E. & Camos, V. (2007). Time "
            "and cognitive load in working memory. Journal of Experimental Psychology: Learning, "
            "Memory, and Cognition 33, 570-585. Experiment 3."
        ),
        sha256="06f398f6d3d99a5ce066aaab2936c6a280f3ade8ae54eebcb308a8e7ef1c0ba0",
        origin=Origin(
            "BM5.2.4.CogLoad/Barrouillet.E3.xls",
            "339b2ab0ec8a1bd8a33f153abc027ebfae126c257ede538c664a484bd333ff62",
            "rows 3-18 and 33-48; processing time divided by 6900 ms",
        ),
        note=(
            "16 people judge parity between the letters, 16 locations, at three paces. Both groups "
            "are numbered from 1 in the file, here 1-16 and 17-32."
        ),
    )
)
def _barrouillet2007(path: Path) -> xr.Dataset:
    import pandas as pd

    table = pd.read_csv(path)
    groups = table["task"].map({"parity": 0, "location": 16})
    table = table.assign(subject=table["id"] + groups, time_share=table["time_on_task_fraction"])
    share = {"time_share": ("Share of the time on task", "proportion")}
    conditions = {"task": ("Judgement in between", ""), "load": ("Cognitive load", "")}
    return labelled(table, {**_SPAN, **share}, {**_SUBJECT, **conditions})
