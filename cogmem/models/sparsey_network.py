"""Hierarchies of macrocolumns: grids of macs with overlapping receptive fields (Rinkus 2014).

Level 1 sees pixels; every higher level sees the macs of the level below. Within a frame each level
is computed once, from the bottom up: bottom-up input is that of the same frame, lateral and
top-down input that of the frame before, so that nothing has to settle. A code stays on for as many
frames as the level's persistence says; meanwhile it goes on sending, and is neither chosen anew nor
learnt again.

Padding: a receptive field that is smaller than the largest names a source that does not exist.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from cogmem.errors import InvalidValue
from cogmem.models.binary import binary
from cogmem.models.evidence import Afferents, Levels, levels_of
from cogmem.models.receptive_fields import n_sources
from cogmem.models.sparsey import Mac, Memory, Moment
from cogmem.models.sparsey_checks import belonging, made_for
from cogmem.models.sparsey_memory import silence

__all__ = ["Activity", "Level", "Network", "perceive"]


class Level(eqx.Module):
    """One level of a network.

    Attributes:
        mac: what each of its macs is.
        below: [mac, slot] its receptive field: pixels, or macs of the level below.
        beside: [mac, slot] macs of its own level that it hears, itself first.
        above: [mac, slot] macs of the level above that it hears.
        persistence: frames that a code stays on.
    """

    mac: Mac
    below: Int[np.ndarray, "mac slot"]
    beside: Int[np.ndarray, "mac slot"]
    above: Int[np.ndarray, "mac slot"]
    persistence: int = eqx.field(static=True, default=1)

    @property
    def n_macs(self) -> int:
        """Macs of this level."""
        return len(self.below)


class Activity(NamedTuple):
    """A level at one frame.

    Attributes:
        moment: codes and familiarity [mac].
        age: [mac] frames since the code was chosen; 0 in the frame of the choice.
    """

    moment: Moment
    age: Int[Array, " mac"]


class Network(eqx.Module):
    """Levels of macs over an image.

    Attributes:
        shape: rows and columns of pixels.
        levels: from the bottom up.
        progressive: whether a mac learns only when all macs it sees have ended their own critical
            period (have frozen).
        preference: seed of the cells' standing preferences, which decide between equally supported
            ones and are the same at every frame, so that what looks the same gets the same code;
            the price is that unfamiliar inputs to a mac look alike. None: ties are broken anew at
            every frame.
    """

    shape: tuple[int, int] = eqx.field(static=True)
    levels: tuple[Level, ...]
    progressive: bool = eqx.field(static=True, default=False)
    preference: int | None = eqx.field(static=True, default=0)

    def begin(self) -> tuple[Memory, ...]:
        """Virgin memories [mac] of each level."""
        return tuple(self._virgin(number) for number in range(len(self.levels)))

    def owns(self, memories: tuple[Memory, ...]) -> bool:
        """Whether memories were made for macs with these modules, cells and weights."""
        return made_for(memories, self)

    def silence(self) -> tuple[Activity, ...]:
        """All levels before anything has happened."""
        each = []
        for level in self.levels:
            quiet = jax.tree.map(
                lambda leaf: jnp.broadcast_to(leaf, (level.n_macs, *leaf.shape)),  # noqa: B023
                silence(level.mac),
            )
            each.append(Activity(quiet, jnp.zeros(level.n_macs, jnp.int32)))
        return tuple(each)

    def _virgin(self, number: int) -> Memory:
        level = self.levels[number]
        memory = jax.vmap(lambda _: level.mac.begin())(jnp.arange(level.n_macs))
        counts = self.n_synapses(number)
        bundles = {
            kind: bundle._replace(n_synapses=jnp.asarray(counts[kind], jnp.int32))
            for kind, bundle in memory.bundles.items()
        }
        return memory._replace(bundles=bundles)

    def n_synapses(self, number: int) -> dict[str, Int[np.ndarray, " mac"]]:
        """Synapses of each kind that each mac of a level has."""
        level, mac = self.levels[number], self.levels[number].mac
        sizes = {"U": n_sources(level.below, self._n_below(number)) * _per_slot(mac, level.below)}
        if mac.n_lateral:
            sizes["H"] = n_sources(level.beside, level.n_macs) * mac.n_units - mac.n_cells
        if mac.n_above:
            upper = self.levels[number + 1]
            sizes["D"] = n_sources(level.above, upper.n_macs) * upper.mac.n_units
        return {kind: size * mac.n_units for kind, size in sizes.items()}

    def _n_below(self, number: int) -> int:
        return self.levels[number - 1].n_macs if number else self.shape[0] * self.shape[1]

    def step(
        self,
        memories: tuple[Memory, ...],
        before: tuple[Activity, ...],
        pixels: Bool[Array, " pixel"] | None,
        *,
        key: PRNGKeyArray,
        learning: bool = False,
        back_off: Levels = (),
    ) -> tuple[tuple[Memory, ...], tuple[Activity, ...]]:
        """One frame through all levels.

        Args:
            memories: what each level knows.
            before: each level at the frame before.
            pixels: which pixels are on; None in recall, when the lowest level goes by lateral and
                top-down evidence alone.
            key: draws codes, or breaks ties.
            learning: whether macs learn.
            back_off: levels of evidence, if they do not.

        Raises:
            InvalidValue: in recall, if the lowest level has neither kind of evidence.
        """
        memories_after, now = list(memories), list[Activity]()
        for number, level in enumerate(self.levels):
            frames = self._frames(number, pixels, before, now)
            if not frames:
                raise InvalidValue(
                    "without pixels the lowest level has nothing to go by: build it with "
                    "lateral_radius=0 or top_down=True, or give it pixels."
                )
            shape = (level.n_macs, level.mac.n_modules)
            uniform = jax.random.uniform(jax.random.fold_in(key, number), shape, level.mac.dtype)
            ties = uniform if self.preference is None else self._preferences(number)
            if learning:
                learns = self._may_learn(number, memories_after) & ~_stays(level, before[number])
                given = (frames, uniform, ties, learns)
                memory, chosen = jax.vmap(partial(_study, level.mac))(memories[number], *given)
                memories_after[number] = memory
            else:
                one = partial(_recognise, level.mac, back_off)
                chosen = jax.vmap(one)(memories[number], frames, ties)
            now.append(_persisting(level, before[number], chosen))
        return tuple(memories_after), tuple(now)

    def _preferences(self, number: int) -> Float[Array, "mac module cell"]:
        level, mac = self.levels[number], self.levels[number].mac
        key = jax.random.fold_in(jax.random.key(self.preference or 0), number)
        return jax.random.uniform(key, (level.n_macs, mac.n_modules, mac.n_cells), mac.dtype)

    def _may_learn(self, number: int, memories: Sequence[Memory]) -> Bool[Array, " mac"]:
        level = self.levels[number]
        if not (self.progressive and number):
            return jnp.ones(level.n_macs, bool)
        closed = jnp.append(memories[number - 1].bundles["U"].frozen, True)
        return closed[level.below].all(axis=1)

    def _frames(
        self,
        number: int,
        pixels: Bool[Array, " pixel"] | None,
        before: tuple[Activity, ...],
        now: Sequence[Activity],
    ) -> dict[str, Afferents]:
        """What arrives at each mac of a level, by kind [mac]."""
        level, mac = self.levels[number], self.levels[number].mac
        frames: dict[str, Afferents] = {}
        if number:
            lower = self.levels[number - 1].mac
            codes = _sending(lower, now[number - 1].moment)
            frames["U"] = jax.vmap(lambda s: _from_below(mac, lower, codes, s))(level.below)
        elif pixels is not None:
            padded = jnp.append(pixels, False)
            frames["U"] = jax.vmap(lambda s: mac.bottom_up(padded[s]))(level.below)
        if mac.n_lateral:
            codes = _sending(mac, before[number].moment)
            frames["H"] = jax.vmap(lambda s: _from_beside(mac, codes, s))(level.beside)
        if mac.n_above:
            upper = self.levels[number + 1].mac
            codes = _sending(upper, before[number + 1].moment)
            frames["D"] = jax.vmap(lambda s: _from(mac, upper, codes, s, mac.fewest_above))(
                level.above
            )
        return frames

    def image(
        self,
        memories: tuple[Memory, ...],
        code: Int[Array, "mac module"],
        threshold: float | Float[Array, ""] = 0.9,
    ) -> Bool[Array, " pixel"]:
        """Pixels that codes of the lowest level stand for; one mac's reading turns a pixel on.

        Args:
            memories: what each level knows.
            code: of each mac of the lowest level.
            threshold: fraction of a mac's winners that must point at a pixel.
        """
        level = self.levels[0]
        read = jax.vmap(lambda m, c: level.mac.features(m, c, threshold))
        n_pixels = self.shape[0] * self.shape[1]
        on = jnp.zeros(n_pixels + 1, bool).at[level.below].max(read(memories[0], code))
        return on[:n_pixels]


# ---- a frame, in parts ---------------------------------------------------------------------------


class _Codes(NamedTuple):
    """Codes [mac + 1, module] and how strongly each mac sends; the last stands for padding."""

    code: Int[Array, "mac module"]
    sent: Float[Array, " mac"]


def _sending(mac: Mac, moment: Moment) -> _Codes:
    quiet = jnp.full((1, mac.n_modules), -1, moment.code.dtype)
    sent = jax.vmap(mac.sent)(moment.hypotheses)
    return _Codes(jnp.concatenate([moment.code, quiet]), jnp.append(sent, jnp.zeros_like(sent[:1])))


def _from(
    mac: Mac, source: Mac, codes: _Codes, slots: Int[Array, " slot"], fewest: int | None = None
) -> Afferents:
    """The cells that are on in some macs, as afferents of one mac.

    Under "pi", `fewest` active macs count as full input, or as many as are active if they are less.
    """
    code = codes.code[slots]
    active = code[:, 0] >= 0
    cell = jnp.arange(len(slots) * source.n_modules).reshape(code.shape) * source.n_cells + code
    size = len(slots) * source.n_units
    signal = jnp.where(active, codes.sent[slots], 0).astype(mac.dtype)
    n_on = active.sum()
    least = n_on if mac.normaliser == "active" or fewest is None else jnp.minimum(fewest, n_on)
    return Afferents(
        jnp.where(active[:, None], cell, size).ravel(),
        jnp.repeat(signal, source.n_modules),
        (least * source.n_modules).astype(mac.dtype),
        n_on > 0,
    )


def _from_below(mac: Mac, lower: Mac, codes: _Codes, slots: Int[Array, " slot"]) -> Afferents:
    """As `_from`; the mac is active if the number of active macs below is within its band."""
    heard = _from(mac, lower, codes, slots, max(mac.limits[0], 1))
    return heard._replace(present=mac.eligible((codes.code[slots, 0] >= 0).sum()))


def _from_beside(mac: Mac, codes: _Codes, slots: Int[Array, " slot"]) -> Afferents:
    """As `_from`; a cell does not hear its own module, which is in slot 0."""
    heard = _from(mac, mac, codes, slots, mac.fewest_lateral)
    itself = codes.code[slots[0], 0] >= 0
    module = jnp.arange(len(slots) * mac.n_modules)
    own = jnp.where(module < mac.n_modules, module, -1)
    limit = heard.limit - itself.astype(mac.dtype)
    return heard._replace(limit=limit, present=limit > 0, module=own)


def _study(
    mac: Mac,
    memory: Memory,
    frame: dict[str, Afferents],
    uniform: Float[Array, " module"],
    ties: Float[Array, " module"] | Float[Array, "module cell"],
    learns: Bool[Array, ""],
) -> tuple[Memory, Moment]:
    """One mac chooses a code, and learns it if it may."""
    moment, support = mac.choose(memory, frame, uniform, ties)
    return mac.learn(memory, frame, jnp.where(learns, moment.code, -1), support), moment


def _recognise(
    mac: Mac,
    back_off: Levels,
    memory: Memory,
    frame: dict[str, Afferents],
    ties: Float[Array, " module"] | Float[Array, "module cell"],
) -> Moment:
    """One mac chooses the code that fits best."""
    fit = mac.fit(memory, frame, dense=True)
    return mac.recognise(memory, frame, ties, back_off=back_off, fit=fit)


def _stays(level: Level, before: Activity) -> Bool[Array, " mac"]:
    """Which codes are younger than the persistence of their level."""
    return (before.moment.code[:, 0] >= 0) & (before.age + 1 < level.persistence)


def _persisting(level: Level, before: Activity, chosen: Moment) -> Activity:
    """Codes that stay on, and the new ones of the other macs."""
    stays = _stays(level, before)

    def pick(old: Array, new: Array) -> Array:
        return jnp.where(stays.reshape(-1, *[1] * (old.ndim - 1)), old, new)

    age = jnp.where(stays, before.age + 1, 0)
    return Activity(jax.tree.map(pick, before.moment, chosen), age)


# ---- whole sequences -----------------------------------------------------------------------------


def perceive(
    network: Network,
    memories: tuple[Memory, ...],
    sequences: Any,
    *,
    key: PRNGKeyArray,
    learning: bool = False,
    back_off: Levels = (),
    at_once: int = 64,
) -> tuple[tuple[Memory, ...], tuple[Moment, ...]]:
    """Show sequences of images, one after another, and learn from them or not.

    Args:
        network: the hierarchy.
        memories: what it knows; `network.begin()` at first.
        sequences: [sequence, frame, row, column] which pixels are on; each sequence begins without
            a past.
        key: draws codes, or breaks ties.
        learning: whether each frame is learnt, in a single trial.
        back_off: levels of evidence, if nothing is learnt.
        at_once: sequences computed at once where nothing is learnt, to bound memory.

    Returns:
        The memories, and the moments [sequence, frame, mac] of each level.

    Raises:
        InvalidValue: if the images have another size or values other than 0 and 1, if the memories
            are of another network, or for levels that name no evidence or come with learning.
    """
    images = _checked(network, sequences)
    if learning and back_off:
        raise InvalidValue("back-off is for retrieval: learning uses all evidence. Leave it out.")
    if at_once < 1:
        raise InvalidValue(f"at_once is {at_once}, expected 1 or more.")
    given = (belonging(network, memories), images, key)
    model = jax.tree.map(jnp.asarray, network)
    return _perceive(model, *given, learning, levels_of(back_off), at_once)


@eqx.filter_jit
def _perceive(
    network: Network,
    memories: tuple[Memory, ...],
    images: Bool[Array, "sequence frame pixel"],
    key: PRNGKeyArray,
    learning: bool,
    back_off: Levels,
    at_once: int,
) -> tuple[tuple[Memory, ...], tuple[Moment, ...]]:
    keys = jax.random.split(key, images.shape[:2])

    def frame(carry: Any, given: Any) -> Any:
        memories, before = carry
        pixels, key = given
        how: dict[str, Any] = {"learning": learning, "back_off": back_off}
        memories, now = network.step(memories, before, pixels, key=key, **how)
        return (memories, now), tuple(activity.moment for activity in now)

    def sequence(memories: Any, given: Any) -> Any:
        (memories, _), moments = jax.lax.scan(frame, (memories, network.silence()), given)
        return memories, moments

    if learning:
        return jax.lax.scan(sequence, memories, (images, keys))
    each = min(at_once, max(len(images), 1))
    moments = jax.lax.map(
        lambda given: sequence(memories, given)[1], (images, keys), batch_size=each
    )
    return memories, moments


def _checked(network: Network, sequences: Any) -> Bool[Array, "sequence frame pixel"]:
    shape = np.shape(sequences)
    if len(shape) != 4 or shape[2:] != network.shape:
        rows, columns = network.shape
        expected = f"(sequence, frame, {rows} rows, {columns} columns)"
        raise InvalidValue(f"the images have shape {shape}, expected {expected}.")
    return jnp.asarray(binary(sequences)).reshape(*shape[:2], -1)


def _per_slot(mac: Mac, fields: np.ndarray) -> int:
    return mac.n_features // fields.shape[1]
