"""Run by the Python that has cymr, not by cogmem's: times cymr and prints one JSON line.

cymr's list likelihood on its own Morton2013_mixed data (870 lists of 24), at the parameters of
reference set A, in one process. `prepared` has the data frames already split into lists, `frames`
is the call that a user of cymr makes. The context has a unit for each of the 768 words of the pool,
as in cymr's own examples, or only the 24 that the equations need.
"""

import json
import sys
import time
from importlib.metadata import version
from statistics import median

import numpy as np
from cymr import cmr, fit

PARAMETERS = {
    "Lfc": 0.8,
    "Lcf": 0.8,
    "P1": 1.0,
    "P2": 1.0,
    "B_enc": 0.5,
    "B_start": 0.0,
    "B_rec": 0.8,
    "T": 10.0,
    "X1": 0.05,
    "X2": 0.2,
    "Afc": 0.0,
    "Acf": 0.0,
    "Aff": 0.0,
    "Dff": 0.0,
    "Dfc": 0.2,  # 1 - Lfc
    "Dcf": 0.2,  # 1 - Lcf
}


def timed(call, repeats):
    """Median seconds of a call, after one to warm up, and what it returned."""
    result, seconds = call(), []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
    return median(seconds), result


def positions_as_items(data):
    """The same data with each word numbered by its place in its list, from 0."""
    keys = ["subject", "list", "item"]
    studied = data.loc[data["trial_type"] == "study", [*keys, "position"]]
    places = studied.assign(item_index=studied["position"] - 1).drop(columns="position")
    return data.drop(columns="item_index").merge(places, on=keys, how="left")


def measured(data, n_units, repeats):
    definition, patterns = cmr.config_loc_cmr(n_units)
    model, keys = cmr.CMR(), ["item_index"]
    n_lists = len(data.groupby(["subject", "list"]))
    prepared = [
        model.prepare_subject(who, data, PARAMETERS, None, definition, keys, keys)
        for who in data["subject"].unique()
    ]

    def lists_only():
        subjects = (model.likelihood_subject(*each, definition, patterns) for each in prepared)
        return np.sum([log_likelihood for log_likelihood, _ in subjects])

    def with_frames():
        return model.likelihood(data, PARAMETERS, None, definition, patterns, keys, keys)

    seconds, total = timed(lists_only, repeats)
    seconds_frames, _ = timed(with_frames, 1)
    return {
        "lists_per_second": {"prepared": n_lists / seconds, "frames": n_lists / seconds_frames},
        "log_likelihood": float(total),
        "n_lists": n_lists,
    }


def main(repeats):
    data = fit.sample_data("Morton2013_mixed")
    sets = {768: data, 24: positions_as_items(data)}
    results = {f"units_{n}": measured(sets[n], n, repeats) for n in sets}
    print(json.dumps({"cymr": version("cymr"), **results}))


if __name__ == "__main__":
    main(int(sys.argv[1]))
