"""Storing while doing something else: load, and whether both are of one kind.

Method. Networks of 96 gated recurrent units are taught by symbols and a curriculum (see
`worm_course`; `paper` asks the networks of its `paper` preset, taught all fourteen identities;
`quick` teaches only what is asked here, for few steps). In complex span (CS) two
paths or two patterns are to be remembered; after each come no, one, three or five boards or
coloured squares that are judged at once. Shown is recall, one option of eight, by distractors after
an item, for all four combinations of what is stored and what is judged, and of the first and the
second item. Bases: any of eight patterns; a straight path, thrice as frequent as a diagonal one.

People: spans at three loads (Vergauwe et al., 2010: the share of time that a spatial or verbal task
takes), and letters or places kept with no, a lexical or a symmetry task in between (Chein et al.,
2011). A number of frames is no share of time, and spans are no proportions: people have panels of
their own.

Outcome (paper preset, three networks). What is judged matters most if it is of the same domain:
paths fall from .72 without distractors to .14 with five boards whose symmetry is judged (base .19),
but from .73 to .46 with five coloured squares. Patterns fall from .37 to .19 with boards (base
.13), and from .37 to .30 with squares. So boards disturb both, paths more than patterns, and
squares hardly do; in people spatial tasks disturb places more than words (spans from 2.98 to 2.12
against 5.56 to 5.17), and a symmetry task locations (3.95 to 2.99) more than letters (3.88 to
3.72). Boards are also the richer symbols, a hundred cells, so that domain and load are not apart
here. The first item is kept slightly better than the second without distractors (.60, .50), and as
well with five (.28, .27).

Run: `cogmem run worm_complex_span`.
"""

from __future__ import annotations

from collections.abc import Sequence

from cogmem.data import load_trials
from cogmem.lab import working_memory_findings as people
from cogmem.lab.worm_networks import Graduate, Networks, answers
from cogmem.lab.worm_panels import Curves, Panel, by, experiment
from cogmem.measures.working_memory import by_condition
from cogmem.tasks.worm.bases import base_rate, base_rates_by
from cogmem.tasks.worm.complex_span import VARIATIONS


def recall(networks: Sequence[Graduate], n_trials: int) -> Curves:
    """Stored, judged: by distractors after an item."""
    table = answers(networks, {"CS": None}, 2 * n_trials)
    return {
        name.replace("-", ", "): by(table, "CS", {"variation": k}, distractors="n_distractors")
        for k, name in enumerate(VARIATIONS)
    }


def items(networks: Sequence[Graduate], n_trials: int) -> Curves:
    """The first and the second item, without distractors and with five."""
    table = answers(networks, {"CS": None}, 2 * n_trials)
    return {
        f"{n} distractors": by(table, "CS", {"n_distractors": n}, serial_position="place")
        for n in (0, 5)
    }


def _base(label: str, distractors: object) -> float:
    return base_rates_by("CS", "variation")[0 if label.startswith("spatial") else 2]


def spans() -> Curves:
    """Of people, by load."""
    order = {"load": ["low", "medium", "high"]}
    return {f"people, {key}": each.sel(order) for key, each in people.spans_by_load().items()}


def domains() -> Curves:
    """Of people, by what is done in between."""
    found = by_condition(load_trials("chein2011"), "span", "memory", "processing")
    kinds = {"none": "none", "lexical decision": "words", "symmetry judgement": "symmetry"}
    named = found.sel(processing=list(kinds)).assign_coords(processing=list(kinds.values()))
    return {
        f"people, {kept}": named.sel(memory=kept, drop=True).dropna("subject", how="all")
        for kept in ("locations", "letters")
    }


PANELS = {
    "recall": Panel(
        ("CS",),
        recall,
        _base,
        "Distractors after an item",
        title="Networks: stored, judged",
    ),
    "items": Panel(
        ("CS",), items, lambda label, n: base_rate("CS"), "Item", title="Networks: first and second"
    ),
    "load": Panel(
        xlabel="Load",
        ylabel="Span (items)",
        title="People: stored, done",
        people=spans,
        top=6.5,
    ),
    "domains": Panel(
        xlabel="Done in between",
        ylabel="Score (items)",
        title="People: stored",
        people=domains,
        top=4.6,
    ),
}

EXPERIMENT = experiment(
    "worm_complex_span",
    "Load and domain of complex span: gated networks, and people",
    PANELS,
    Networks(n_steps=600, batch=64),
    people=("vergauwe2010", "chein2011"),
    sources=("Vergauwe et al. (2010)", "Chein et al. (2011)"),
    answers=(
        "People's complex spans by load and domain of the task in between (Vergauwe et al., 2010; "
        "Chein et al., 2011), beside complex span of WorM (Sikarwar & Zhang, 2023), of which no "
        "number is compared."
    ),
    agrees=(
        "What is judged matters most to paths if it is spatial: they fall from .72 to .14 with "
        "five boards, from .73 to .46 with squares; people's spatial spans fall from 2.98 to 2.12 "
        "under spatial load. Boards disturb paths more than patterns, as spatial tasks disturb "
        "people's places more than words."
    ),
    disagrees=(
        "Squares hardly disturb patterns, which are of their domain (.37 to .30): boards do more "
        "(.19). As boards are also the richer symbols, domain and load are not apart. With five "
        "boards paths are not above base. Frames are no share of time and proportions no spans: "
        "only directions compare."
    ),
)

if __name__ == "__main__":
    from cogmem.cli import script

    script(EXPERIMENT.name)
