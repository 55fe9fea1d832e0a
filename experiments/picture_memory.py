"""Does the familiarity of sparse codes last as people's memory of pictures does? Sets, age, damage.

Method. The strength of a recognition decision is the familiarity G of a macrocolumn of Sparsey
(mac: 400 features, 20 of them on in an item, 50 modules of 20 cells) plus Gaussian noise of
standard deviation .05, as in `picture_recognition`. Pictures are random, and so are the new ones
they are paired with. The proportion correct in choices between two follows from the strengths of
all pairs by a closed formula.

Sets of pictures: the mac as it is; one with as many features as are needed to choose right in .97
after Shepard's 612 pictures; 32 macs of 10 modules that each see 400 of 3,200 features (160 on)
and answer with the mean G of those active; and the same with a band that lets each take the fifth
of the pictures that have most features in its field. The people shown, by open marks, are numbers
as they are quoted: none was read at its source. Age: twenty items, then steps in which nothing is
learnt, with the table of decay of SparseyCore. A step is no unit of people's time, and none is
given. Occlusion: of 25 items, each with 12 of 144 features on, all but some features are hidden
from a mac (24 modules of 16 cells) that relates its fit to the features on ("active"), or to a
fixed denominator of 12 (the normaliser pi). As this is also the lower end of the band, the mac
would be silent to occluded probes: the band is waived at test.

Outcome (5 macs; in brackets the specification's numbers). A mac of 789 features is right in .95 of
choices after 612 pictures (.97 in the search for its size), in .51 after 1,000, and guesses after
2,560 and 10,000, where people are quoted at .85-.95 and .83. Averaging over fields moves nothing;
taking every fifth picture moves the cliff to 1,000-1,600 and leaves it as steep. Forgetting is a
step function of age: G is 1, .90, .18 and .01 from 0, 2,000, 3,000 and 4,000 steps; choices stay
above .99 to the last step (a residue, .53, is of synapses that two items of the list share, which
are stiffer). Occluded items that keep 12/9/6/3 of 12 features: G 1/1/1/1 with the normaliser
"active", and 1/.562/.250/.062 with a fixed one (the same), codes 1/1/.999/.959 in both
(1/1/.997/.940).

Run: `cogmem run picture_memory`, or `cogmem run picture_memory --preset paper`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import xarray as xr
from jaxtyping import Array, Bool, Float, Int

from cogmem.data.publications import published
from cogmem.lab.artefacts import panel_numbers
from cogmem.lab.experiment import Experiment, Session
from cogmem.lab.parts import in_turn, keys_of_part
from cogmem.lab.settings import setting
from cogmem.measures.replicates import mean_and_sd
from cogmem.measures.strengths import choice
from cogmem.models.permanence import Permanence, Stepwise
from cogmem.models.sparsey import Mac, Memory
from cogmem.models.sparsey_growth import evenly, grown, shown
from cogmem.models.sparsey_memory import overlap, recognise, store
from cogmem.plots.picture_memory import picture_memory
from cogmem.tasks.sparse_items import keeping, random_items

N_FEATURES, N_ACTIVE, N_MODULES, N_CELLS = 400, 20, 50, 20

SHEPARD, CRITERION = 612, 0.97
"""Pictures, and the proportion correct in choices between two, that set the size of a mac."""
SIZES = (600, 1000)
"""Fewest and most features that such a macrocolumn may have."""
SET_SIZES = (50, 100, 200, 300, 400, 500, SHEPARD, 750, 1000, 1600, 2560, 10_000)

N_FIELDS, FIELD, WHOLE, N_ON = 32, 400, 3200, 160
"""Macrocolumns with a receptive field each, its features, those of a picture, and those on."""
FIELD_MODULES, FIELDS_AT_ONCE = 10, 32
BANDS = {
    "32 macs, partial fields": ((1, 40), SET_SIZES[:9]),
    "32 macs, each takes 1 picture in 5": ((24, 40), SET_SIZES[:11]),
}
"""Fewest and most features at which each is active; sizes, up to one at which it is at chance."""

AGES = np.arange(0, 4501, 50)
SHORT = 20

SMALL = {"n_features": 144, "n_modules": 24, "n_cells": 16}
SMALL_ACTIVE, SMALL_STORED, KEPT = 12, 25, (12, 9, 6, 3)


@dataclass(frozen=True)
class Config:
    """How many macrocolumns, how noisy their decisions, and how much is tested."""

    noise: float = setting(0.05, (1e-6, 10), meaning="standard deviation of decisions, units of G")
    n_macs: int = setting(5, (2, 1000), meaning="macrocolumns, each with items of its own")
    n_stores: int = setting(2, (2, 1000), meaning="memories filled with thousands of pictures")
    n_tested: int = setting(100, (10, 1000), meaning="old items, and new ones of a kind, tested")
    seed: int = setting(1967, (0, 2**32 - 1), meaning="of everything random")


def run(config: Config, session: Session) -> xr.DataTree:
    """Every panel: see the nodes.

    Returns:
        Nodes `sets` (memory, pictures), `people_sets` (row), `age` (age) and `occlusion`
        (normaliser, kept). What is measured has a mean and, `..._sd`, its spread over
        macrocolumns or memories.
    """
    parts = {
        "sets": lambda: {"sets": sets(config)},
        "people_sets": lambda: {"people_sets": quoted()},
        "age": lambda: {"age": ageing(config)},
        "occlusion": lambda: {"occlusion": occlusion(config)},
    }
    return in_turn(parts, session)


# ---- many pictures -------------------------------------------------------------------------------


def pictures(
    n: int, n_features: int | Int[Array, ""], n_on: int, n_most: int, *, key: Array
) -> Bool[Array, "picture feature"]:
    """Random pictures that use the first `n_features` of `n_most` features."""
    used = jnp.arange(n_most) < n_features
    pick = partial(keeping, used, n_on, replaced=False)
    return jax.vmap(lambda k: pick(key=k))(jax.random.split(key, n))


def watched(
    mac: Mac,
    fields: Int[Array, "field feature"],
    old: Bool[Array, "picture feature"],
    new: Bool[Array, "test feature"],
    ends: Int[Array, " size"],
    *,
    key: Array,
) -> tuple[Float[Array, "size test"], Float[Array, "size test"]]:
    """Familiarity of old and of new pictures as more and more are stored.

    Every picture is shown to all macrocolumns; the familiarity is the mean over those that become
    active (NaN if none does).

    Args:
        mac: one macrocolumn; all are alike.
        fields: which features of the picture each of them sees.
        old: pictures in the order in which they are stored.
        new: others.
        ends: numbers of pictures after which familiarity is read.
        key: of codes and ties.
    """

    def one(given: tuple[Array, Array]) -> Float[Array, "size probe"]:
        field, key = given
        of_codes, of_ties = jax.random.split(key)
        mine, others = old[:, field], new[:, field]

        def look(memory: Memory, n_stored: Array) -> Array:
            probes = jnp.concatenate([mine[evenly(n_stored, len(others))], others])
            return recognise(mac, memory, probes, key=of_ties).familiarity

        return grown(mac, mine, ends, look, key=of_codes)

    given = (fields, jax.random.split(key, len(fields)))
    at_once = min(FIELDS_AT_ONCE, len(fields))
    mean = jnp.nanmean(jax.lax.map(one, given, batch_size=at_once), axis=0)
    return mean[:, : len(new)], mean[:, len(new) :]


@partial(jax.jit, static_argnums=(0, 1))
def one_mac(
    set_sizes: tuple[int, ...], n_tested: int, n_features: Int[Array, ""], keys: Array
) -> tuple[Array, Array]:
    """Familiarity [mac, size, test] by one macrocolumn; the features that it lacks are never on."""
    mac = Mac(SIZES[1], N_MODULES, N_CELLS, band=(1, N_ACTIVE))

    def one(key: Array) -> tuple[Array, Array]:
        of_old, of_new, of_codes = jax.random.split(key, 3)
        old = pictures(set_sizes[-1], n_features, N_ACTIVE, SIZES[1], key=of_old)
        new = pictures(n_tested, n_features, N_ACTIVE, SIZES[1], key=of_new)
        all_features = jnp.arange(SIZES[1])[None]
        return watched(mac, all_features, old, new, jnp.asarray(set_sizes), key=of_codes)

    return jax.lax.map(one, keys)


@partial(jax.jit, static_argnums=(0, 1, 2))
def many_macs(
    set_sizes: tuple[int, ...], n_tested: int, band: tuple[int, int], keys: Array
) -> tuple[Array, Array]:
    """Familiarity [store, size, test] by macrocolumns that see a part of each picture."""
    mac = Mac(FIELD, FIELD_MODULES, N_CELLS, band=band)

    def one(key: Array) -> tuple[Array, Array]:
        of_old, of_new, of_fields, of_codes = jax.random.split(key, 4)
        old = random_items(set_sizes[-1], WHOLE, N_ON, key=of_old)
        new = random_items(n_tested, WHOLE, N_ON, key=of_new)
        draw = partial(jax.random.choice, a=WHOLE, shape=(FIELD,), replace=False)
        fields = jax.vmap(lambda k: draw(k))(jax.random.split(of_fields, N_FIELDS))
        return watched(mac, fields, old, new, jnp.asarray(set_sizes), key=of_codes)

    return jax.lax.map(one, keys)


def size_for(config: Config) -> int:
    """Fewest features of a macrocolumn that chooses right as often as people, of 612 pictures."""
    low, high = SIZES
    keys = keys_of_part(config.seed, SHEPARD, config.n_macs)
    while low < high:
        middle = (low + high) // 2
        found = one_mac((SHEPARD,), config.n_tested, jnp.asarray(middle), keys)
        enough = choice(*map(np.asarray, found), config.noise).mean() >= CRITERION
        low, high = (low, middle) if enough else (middle + 1, high)
    return low


def sets(config: Config) -> xr.Dataset:
    """Choices between an old and a new picture, by the number studied."""
    n_features, keys = size_for(config), keys_of_part(config.seed, 1973, config.n_stores)
    found = {}
    for n, text in ((N_FEATURES, "One mac"), (n_features, f"One mac, fitted at {SHEPARD}")):
        name = f"{text}: {n} features"
        found[name] = one_mac(SET_SIZES, config.n_tested, jnp.asarray(n), keys)
    for name, (band, set_sizes) in BANDS.items():
        found[name] = many_macs(set_sizes, config.n_tested, band, keys)
    correct = np.full((config.n_stores, len(found), len(SET_SIZES)), np.nan)
    for row, (old, new) in enumerate(found.values()):
        correct[:, row, : old.shape[1]] = choice(np.asarray(old), np.asarray(new), config.noise)
    coords = {"memory": list(found), "pictures": list(SET_SIZES)}
    result = mean_and_sd({"choice": correct}, "memory", "pictures", **coords)
    return result.assign(n_features=n_features)


def quoted() -> xr.Dataset:
    """Proportions correct by number of pictures; none was read at its source, as is shown."""
    one = published("shepard1967", verified=False).query("material == 'pictures'")
    one = one.assign(pictures=SHEPARD, bound=one["statistic"])
    table = pd.concat([one, published("standing", verified=False)], ignore_index=True)
    table = table.assign(value=table["value"] / 100)
    columns = ["pictures", "bound", "value", "verification", "source"]
    return xr.Dataset.from_dataframe(table[columns].rename_axis("row"))


# ---- age -----------------------------------------------------------------------------------------


@partial(jax.jit, static_argnums=(0, 1))
def aged(permanence: Permanence, n_tested: int, keys: Array) -> tuple[Array, Array]:
    """Familiarity [mac, age, test] of old and of new items while nothing else is learnt."""
    mac = Mac(N_FEATURES, N_MODULES, N_CELLS, band=(1, N_ACTIVE), permanence=permanence)

    def one(key: Array) -> tuple[Array, Array]:
        of_items, of_new, of_codes, of_ties = jax.random.split(key, 4)
        items = random_items(SHORT, N_FEATURES, N_ACTIVE, key=of_items)
        new = random_items(n_tested, N_FEATURES, N_ACTIVE, key=of_new)
        memory, _ = store(mac, items, key=of_codes)

        def after(age: Array) -> Array:
            then = memory._replace(step=memory.step + age)
            return recognise(mac, then, jnp.concatenate([items, new]), key=of_ties).familiarity

        found = jax.lax.map(after, jnp.asarray(AGES))
        return found[:, :SHORT], found[:, SHORT:]

    return jax.lax.map(one, keys)


def ageing(config: Config) -> xr.Dataset:
    """Familiarity and choices by the steps that have passed since a short list."""
    keys = keys_of_part(config.seed, 2000, config.n_macs)
    old, new = map(np.asarray, aged(Stepwise(), config.n_tested, keys))
    values = {
        "old": old.mean(axis=-1),
        "new": new.mean(axis=-1),
        "choice": choice(old, new, config.noise),
    }
    return mean_and_sd(values, "age", age=AGES)


# ---- occlusion -----------------------------------------------------------------------------------


@partial(jax.jit, static_argnums=0)
def occluded(mac: Mac, keys: Array) -> tuple[Array, Array]:
    """Familiarity and share of the code recovered [mac, kept, item] of partly hidden old items."""
    kept = jnp.asarray(KEPT)

    def one(key: Array) -> tuple[Array, Array]:
        of_items, of_codes, of_probes, of_ties = jax.random.split(key, 4)
        items = random_items(SMALL_STORED, mac.n_features, SMALL_ACTIVE, key=of_items)
        memory, stored = store(mac, items, key=of_codes)
        hide = partial(keeping, replaced=False)

        def probed(n: Array, key: Array) -> tuple[Array, Array]:
            of_each = jax.random.split(key, SMALL_STORED)
            probes = jax.vmap(lambda x, k: hide(x, n, key=k))(items, of_each)
            found = shown(mac, memory, probes, key=of_ties)
            return found.familiarity, jax.vmap(overlap)(found.code, stored.code)

        return jax.vmap(probed)(kept, jax.random.split(of_probes, len(kept)))

    return jax.lax.map(one, keys)


NORMALISERS = {"active": (1, SMALL_ACTIVE), "pi": (SMALL_ACTIVE, SMALL_ACTIVE)}


def occlusion(config: Config) -> xr.Dataset:
    """Familiarity and recovered code by features kept, under both normalisers."""
    familiar: list[np.ndarray] = []
    recovered: list[np.ndarray] = []
    for name, band in NORMALISERS.items():
        mac = Mac(**SMALL, normaliser=name, band=band)
        each = occluded(mac, keys_of_part(config.seed, SMALL_STORED, config.n_macs))
        for found, into in zip(each, (familiar, recovered), strict=True):
            into.append(np.asarray(found).mean(axis=-1))
    values = {"familiarity": np.stack(familiar, axis=1), "code": np.stack(recovered, axis=1)}
    return mean_and_sd(values, "normaliser", "kept", normaliser=list(NORMALISERS), kept=list(KEPT))


# ---- results -------------------------------------------------------------------------------------


EXPERIMENT = Experiment(
    name="picture_memory",
    title="Thousands of pictures, age and occlusion: what familiarity of sparse codes withstands",
    presets={"quick": Config(), "paper": Config(n_macs=20, n_stores=10, n_tested=200)},
    run=run,
    plot=picture_memory,
    numbers=panel_numbers,
    models=("sparsey",),
    people=("shepard1967", "standing"),
    sources=(
        "Rinkus (2014)",
        "Shepard (1967)",
        "Standing, Conezio & Haber (1970)",
        "Standing (1973)",
    ),
    answers=(
        "People's memory of thousands of pictures, as quoted in secondary texts or from memory, so "
        "unverified (Shepard, 1967; Standing, Conezio & Haber, 1970; Standing, 1973); and the "
        "specification's numbers for codes of occluded items after Rinkus (2014)."
    ),
    agrees=(
        "Quick preset: a macrocolumn of 789 features, a size that was searched for .97 right after "
        "Shepard's 612 pictures, is right in .95 of choices. Codes of occluded items come back "
        "with 12, 9, 6 and 3 of 12 features: 1, 1, .999 and .959 of them (specified: 1, 1, .997, "
        ".940)."
    ),
    disagrees=(
        "It guesses where people are quoted at .85-.95 (2,560 pictures) and .83 (10,000), and at "
        "1,000 already (.51). Averaging over 32 fields moves nothing; taking every fifth picture "
        "moves the cliff to 1,000-1,600. Familiarity falls with age in steps (1, .90, .18, .01) "
        "that are no unit of people's time."
    ),
    cost={"quick": "a minute on 2 cores", "paper": "a quarter of an hour, estimated"},
    tolerance=0.05,
)

if __name__ == "__main__":
    from cogmem.cli import script

    script(EXPERIMENT.name)
