"""What the core of a network that watches frames puts out, and what is lost without some of it.

seen = activity(course, weights)
outputs = {name: each.outputs for name, each in seen.items()}
lengths = {name: each.length for name, each in seen.items()}
shown = clusters(normalised(task_variance(outputs, lengths)))
lost = lesions(course, weights, {0: shown["unit"].values[shown["cluster"].values == 0]})
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array, Bool, Float, Int, Shaped
from numpy.typing import ArrayLike

from cogmem.errors import InvalidValue
from cogmem.measures.task_variance import family
from cogmem.models.frame_network import FrameNetwork, NetworkWeights
from cogmem.models.memory_cores import lesioned
from cogmem.participants.frame_course import Course, examined
from cogmem.tasks.worm import Split, make_batch

__all__ = ["Activity", "activity", "lesions", "without"]


class Activity(NamedTuple):
    """Trials of a task, and what the core put out.

    Attributes:
        outputs: at every frame, those after the end of a trial included.
        length: frames before the end.
        labels: right answers.
        scored: where answers count.
        about: what else is known of frames, by name, e.g. the rule of the moment.
    """

    outputs: Float[np.ndarray, "trial frame unit"]
    length: Int[np.ndarray, " trial"]
    labels: Int[np.ndarray, "trial frame"]
    scored: Bool[np.ndarray, "trial frame"]
    about: Mapping[str, Int[np.ndarray, "trial frame"]]


def activity(
    course: Course,
    weights: NetworkWeights,
    n_trials: int = 512,
    split: Split = "test",
    *,
    names: Sequence[str] | None = None,
) -> dict[str, Activity]:
    """What the core puts out in trials of all levels, by task; of all tasks if none is named."""
    found = {}
    for name in names or course.names:
        batch = make_batch(name, n_trials, seed=course.seed, split=split, look=course.look)
        outputs = np.asarray(_outputs(course.network, weights, name, jnp.asarray(batch.frames)))
        found[name] = Activity(outputs, batch.length, batch.labels, batch.scored, batch.about)
    return found


@eqx.filter_jit
def _outputs(
    network: FrameNetwork,
    weights: NetworkWeights,
    name: str,
    frames: Shaped[Array, "trial frame *picture"],
) -> Float[Array, "trial frame unit"]:
    return jax.vmap(lambda each: network.watch(weights, name, each)[1])(frames)


def without(course: Course, units: ArrayLike) -> Course:
    """The same course, some units of whose network are silent at every frame.

    Raises:
        InvalidValue: for units that there are not.
    """
    silent = lesioned(course.network.core, jnp.asarray(np.asarray(units, int)))
    return eqx.tree_at(lambda each: each.network.core, course, silent)


def lesions(
    course: Course,
    weights: NetworkWeights,
    clusters: Mapping[Any, ArrayLike],
    n_trials: int = 512,
    split: Split = "test",
    *,
    pool: Callable[[str], str] = family,
) -> xr.Dataset:
    """What is lost in each task if the units of one cluster are silent, with nothing learnt anew.

    All are asked the same trials.

    Args:
        course: whose network it is.
        weights: what the network has learnt.
        clusters: units by name of the cluster.
        n_trials: of each task.
        split: of trials.
        pool: under which name the answers to a task are taken together with others.

    Returns:
        Dataset: `value` (cluster, task), the share of right answers after the lesion less that of
        the whole network; `right` (cluster, task) and `intact` (task), the shares; `size`
        (cluster), units that are silent.

    Raises:
        InvalidValue: for no cluster, or units that there are not.
    """
    if not clusters:
        raise InvalidValue("there is no cluster, expected units of one or more.")

    def shares(whole_or_not: Course) -> xr.DataArray:
        table = examined(whole_or_not, weights, n_trials, split)
        right = table["right"].groupby(table["task"].map(pool), sort=False).mean()
        return right.rename_axis("task").to_xarray().astype(float)

    intact = shares(without(course, []))  # as a lesion of nothing, so that one program runs both
    names = list(clusters)
    each = xr.concat([shares(without(course, units)) for units in clusters.values()], "cluster")
    each = each.assign_coords(cluster=names)
    sizes = [len(np.unique(np.asarray(units))) for units in clusters.values()]
    about = {"long_name": "Change of accuracy", "units": "proportion"}
    return xr.Dataset(
        {
            "value": (each - intact).assign_attrs(about),
            "right": each,
            "intact": intact,
            "size": ("cluster", sizes),
        }
    )
