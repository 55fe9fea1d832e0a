"""Knowledge graphs as tensors: what factorisations say of subject, predicate and object.

Every entity and every predicate has an embedding, and the score of a triple is a fixed function of
three of them, most often a sum of their products. This is what the Tensor Brain is compared with:
it decodes one concept after the other and multiplies no embeddings. Scores are logits; the
functions take the embeddings of one triple, and all else is `jax.vmap` of them.
"""

from __future__ import annotations

import abc
from typing import Any, Literal, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float, Int, PRNGKeyArray

from cogmem.errors import InvalidValue
from cogmem.models.card import Card
from cogmem.models.index_layer import normal_weights
from cogmem.models.parameters import check_choice, check_sizes

__all__ = [
    "CARD",
    "Both",
    "ComplEx",
    "DistMult",
    "Embeddings",
    "GraphModel",
    "HolE",
    "Norm",
    "Rescal",
    "TransE",
    "Tucker",
    "check_numbers",
    "complex_product",
    "distmult",
    "hole",
    "present",
    "rescal",
    "transe",
    "tucker",
]

Norm = Literal["L1", "L2"]
"""How far a translated subject is from an object: sum of differences, or their Euclidean norm."""

CARD = Card(
    name="knowledge_graph",
    title="factorisations of knowledge graphs: RESCAL, DistMult, ComplEx, HolE, TransE, Tucker, "
    "ConT",
    paper="Nickel et al. (2011); Bordes et al. (2013); Yang et al. (2015); Nickel et al. (2016); "
    "Trouillon et al. (2016); Balazevic et al. (2019); Ma et al. (2019)",
    equations="the score of a triple of each paper; episodic Tucker and ConT with a fourth, "
    "temporal mode; semantic from episodic scores by a sum over times. All are trained alike: "
    "softmax cross-entropy over all objects, reciprocal predicates, Adam",
    left_out="the papers' own losses and samplers of false triples; unit norms (TransE); batch "
    "normalisation (TuckER); training on quadruples and the temporal graphs (ICEWS, GDELT)",
    vectors="all kg_ arrays of the Tensor Brain's reference file at 1e-10 (float64)",
    reproduced=(
        "the sum over times of episodic scores is the score of the summed times: 1e-10 (float64)",
    ),
    not_reproduced=(
        "published link prediction on kinships, with other losses, sizes and searches. MRR here "
        "and there: ComplEx .87 (.81), DistMult .71 (.54), TransE .48 (.53)",
        "DE-SimplE's numbers of ConT on ICEWS14, ICEWS05-15 and GDELT: not tried",
    ),
    bibtex="""@inproceedings{nickel2011rescal,
  author = {Nickel, Maximilian and Tresp, Volker and Kriegel, Hans-Peter},
  title = {A Three-Way Model for Collective Learning on Multi-Relational Data},
  booktitle = {ICML}, year = {2011}
}
@inproceedings{bordes2013transe,
  author = {Bordes, Antoine and Usunier, Nicolas and Garcia-Duran, Alberto and Weston, Jason and
            Yakhnenko, Oksana},
  title = {Translating Embeddings for Modeling Multi-relational Data},
  booktitle = {NeurIPS}, year = {2013}
}
@inproceedings{yang2015distmult,
  author = {Yang, Bishan and Yih, Wen-tau and He, Xiaodong and Gao, Jianfeng and Deng, Li},
  title = {Embedding Entities and Relations for Learning and Inference in Knowledge Bases},
  booktitle = {ICLR}, year = {2015}
}
@inproceedings{nickel2016hole,
  author = {Nickel, Maximilian and Rosasco, Lorenzo and Poggio, Tomaso},
  title = {Holographic Embeddings of Knowledge Graphs},
  booktitle = {AAAI}, year = {2016}
}
@inproceedings{trouillon2016complex,
  author = {Trouillon, Theo and Welbl, Johannes and Riedel, Sebastian and Gaussier, Eric and
            Bouchard, Guillaume},
  title = {Complex Embeddings for Simple Link Prediction},
  booktitle = {ICML}, year = {2016}
}
@inproceedings{balazevic2019tucker,
  author = {Balazevic, Ivana and Allen, Carl and Hospedales, Timothy M.},
  title = {{TuckER}: Tensor Factorization for Knowledge Graph Completion},
  booktitle = {EMNLP}, year = {2019}
}
@article{ma2019embedding,
  author = {Ma, Yunpu and Tresp, Volker and Daxberger, Erik A.},
  title = {Embedding Models for Episodic Knowledge Graphs},
  journal = {Journal of Web Semantics}, volume = {59}, year = {2019}
}""",
)

# ---- one triple ----------------------------------------------------------------------------------


def rescal(
    subject: Float[Array, " rank"], predicate: Float[Array, "rank rank"], object: Float[Array, r]
) -> Float[Array, ""]:
    """a_s' R_p a_o (Nickel et al., 2011)."""
    return subject @ predicate @ object


def distmult(
    subject: Float[Array, " rank"], predicate: Float[Array, " rank"], object: Float[Array, " rank"]
) -> Float[Array, ""]:
    """sum_i a_si r_pi a_oi (Yang et al., 2015); symmetric in subject and object."""
    return (subject * predicate) @ object


def complex_product(
    subject: Complex[Array, " rank"],
    predicate: Complex[Array, " rank"],
    object: Complex[Array, " rank"],
) -> Float[Array, ""]:
    """ComplEx: Re sum_i a_si r_pi conj(a_oi) (Trouillon et al., 2016)."""
    return jnp.real((subject * predicate) @ jnp.conj(object))


def hole(
    subject: Float[Array, " rank"], predicate: Float[Array, " rank"], object: Float[Array, " rank"]
) -> Float[Array, ""]:
    """HolE: r_p . (a_s star a_o), star being circular correlation (Nickel et al., 2016).

    Computed as the product of the object with the circular convolution of the other two.
    """
    product = jnp.fft.rfft(subject) * jnp.fft.rfft(predicate)
    return jnp.fft.irfft(product, n=len(subject)) @ object


def transe(
    subject: Float[Array, " rank"],
    predicate: Float[Array, " rank"],
    object: Float[Array, " rank"],
    norm: Norm = "L2",
) -> Float[Array, ""]:
    """-|a_s + r_p - a_o| (Bordes et al., 2013); at no distance its gradient is 0."""
    apart = subject + predicate - object
    if norm == "L1":
        return -jnp.abs(apart).sum()
    squared = (apart**2).sum()
    return -jnp.where(squared > 0, jnp.sqrt(jnp.where(squared > 0, squared, 1)), 0)


def tucker(
    subject: Float[Array, " rank"],
    predicate: Float[Array, " prank"],
    object: Float[Array, " rank"],
    core: Float[Array, "rank prank rank"],
) -> Float[Array, ""]:
    """sum_ijk a_si r_pj a_ok G_ijk (Balazevic et al., 2019)."""
    return jnp.einsum("i,j,ijk->k", subject, predicate, core) @ object


# ---- models --------------------------------------------------------------------------------------


class Embeddings(NamedTuple):
    """What a model of a graph learns.

    Attributes:
        entities: [entity, *] of each entity, as subject and as object.
        predicates: [predicate, *] of each predicate, then, if they are reciprocal, of its inverse.
        core: of Tucker models; else None.
        times: [time, *] of episodic models; else None.
    """

    entities: Float[Array, "entity ..."]
    predicates: Float[Array, "predicate ..."]
    core: Float[Array, "rank prank rank *trank"] | None = None
    times: Float[Array, "time ..."] | None = None


class Both(NamedTuple):
    """Scores of all triples, when objects are asked for and when subjects are.

    They are the same unless predicates are reciprocal: then (?, p, o) is asked as (o, inverse of
    p, ?), and only scores of one question are comparable.

    Attributes:
        objects: [subject, predicate, object] of (s, p, ?).
        subjects: [subject, predicate, object] of (?, p, o).
    """

    objects: Float[Array, "entity predicate entity"]
    subjects: Float[Array, "entity predicate entity"]


class GraphModel(eqx.Module):
    """A scorer of triples; its numbers are chosen, and what it learns is in `Embeddings`.

    Attributes:
        n_entities, n_predicates: of the graph.
        rank: numbers of an embedding; of ComplEx, complex ones.
        reciprocal: whether each predicate has an inverse with an embedding of its own.
    """

    n_entities: int = eqx.field(static=True)
    n_predicates: int = eqx.field(static=True)
    rank: int = eqx.field(static=True, default=64)
    reciprocal: bool = eqx.field(static=True, default=True, kw_only=True)

    def __check_init__(self) -> None:
        check_sizes(self, "n_entities", "n_predicates", "rank")

    @abc.abstractmethod
    def interaction(
        self, weights: Embeddings, subject: Array, predicate: Array, object: Array
    ) -> Float[Array, ""]:
        """The score of three embeddings; `weights` for a core that all triples share."""

    @property
    def shapes(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Of the embedding of an entity, and of a predicate."""
        return (self.rank,), (self.rank,)

    def begin(self, *, key: PRNGKeyArray) -> Embeddings:
        """Normal embeddings of variance 1 / rank."""
        entity, predicate = self.shapes
        first, second = jax.random.split(key)
        rows = self.n_predicates * (1 + self.reciprocal)
        return Embeddings(
            normal_weights(first, self.n_entities, *entity),
            normal_weights(second, rows, *predicate),
        )

    def score(self, weights: Embeddings, s: Any, p: Any, o: Any) -> Float[Array, ""]:
        """Of one triple.

        Args:
            weights: what is known.
            s, p, o: numbers of subject, predicate and object, from 0; of many triples, `jax.vmap`.

        Raises:
            InvalidValue: if one is no whole number, such as an array of several, or out of range;
                the values of traced numbers are not looked at.
        """
        check_numbers(self, entities=(s, o), predicates=(p,))
        entities = weights.entities
        return self.interaction(weights, entities[s], weights.predicates[p], entities[o])

    def objects(self, weights: Embeddings, s: Any, p: Any) -> Float[Array, " entity"]:
        """Scores of (s, p, ?), of all entities.

        Raises:
            InvalidValue: as `score`.
        """
        check_numbers(self, entities=(s,), predicates=(p,))
        return self.continuations(weights, weights.entities[s], p)

    def subjects(self, weights: Embeddings, p: Any, o: Any) -> Float[Array, " entity"]:
        """Scores of (?, p, o), of all entities; see `Both`.

        Raises:
            InvalidValue: as `score`.
        """
        check_numbers(self, entities=(o,), predicates=(p,))
        return self.antecedents(weights, p, weights.entities[o])

    def continuations(self, weights: Embeddings, subject: Array, p: Any) -> Float[Array, " entity"]:
        """Scores of all objects after an embedding as subject; p may be that of an inverse."""
        each = jax.vmap(self.interaction, (None, None, None, 0))
        return each(weights, subject, weights.predicates[p], weights.entities)

    def antecedents(self, weights: Embeddings, p: Any, object: Array) -> Float[Array, " entity"]:
        """Scores of all subjects before an embedding as object."""
        if self.reciprocal:
            return self.continuations(weights, object, p + self.n_predicates)
        each = jax.vmap(self.interaction, (None, 0, None, None))
        return each(weights, weights.entities, weights.predicates[p], object)

    def squares(self, embedding: Array) -> Float[Array, "*shape"]:
        """Squared sizes of the numbers of an embedding, which penalties count."""
        return embedding**2

    def every(self, weights: Embeddings) -> Both:
        """Of all triples, when either end is asked for."""

        def ends(p: Int[Array, ""]) -> Float[Array, "entity entity"]:
            return jax.vmap(self.continuations, (None, 0, None))(weights, weights.entities, p)

        # One predicate after the other, as distances would take rank times as much memory.
        found = jax.lax.map(ends, jnp.arange(len(weights.predicates)))
        direct = jnp.moveaxis(found[: self.n_predicates], 0, 1)
        inverse = jnp.transpose(found[self.n_predicates :], (2, 0, 1))
        return Both(direct, inverse if self.reciprocal else direct)


class Rescal(GraphModel):
    """RESCAL: a matrix for each predicate; see `rescal`."""

    @property
    def shapes(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """A vector and a matrix."""
        return (self.rank,), (self.rank, self.rank)

    def interaction(
        self, weights: Embeddings, subject: Array, predicate: Array, object: Array
    ) -> Float[Array, ""]:
        """See `rescal`."""
        return rescal(subject, predicate, object)


class DistMult(GraphModel):
    """DistMult: RESCAL with diagonal matrices; see `distmult`."""

    def interaction(
        self, weights: Embeddings, subject: Array, predicate: Array, object: Array
    ) -> Float[Array, ""]:
        """See `distmult`."""
        return distmult(subject, predicate, object)


class ComplEx(GraphModel):
    """ComplEx: DistMult with complex numbers; see `complex_product`.

    Embeddings are kept as real and imaginary parts, so that any optimiser can learn them.
    """

    @property
    def shapes(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Real parts, imaginary parts."""
        return (2, self.rank), (2, self.rank)

    def squares(self, embedding: Array) -> Float[Array, "*shape"]:
        """Squared moduli."""
        return (embedding**2).sum(axis=0)

    def interaction(
        self, weights: Embeddings, subject: Array, predicate: Array, object: Array
    ) -> Float[Array, ""]:
        """See `complex_product`."""
        s, p, o = (jax.lax.complex(each[0], each[1]) for each in (subject, predicate, object))
        return complex_product(s, p, o)


class HolE(GraphModel):
    """HolE: circular correlation of subject and object; see `hole`."""

    def interaction(
        self, weights: Embeddings, subject: Array, predicate: Array, object: Array
    ) -> Float[Array, ""]:
        """See `hole`."""
        return hole(subject, predicate, object)


class TransE(GraphModel):
    """TransE: a predicate moves the subject towards the object; see `transe`.

    Attributes:
        norm: of the distance.
    """

    norm: Norm = eqx.field(static=True, default="L2", kw_only=True)

    def __check_init__(self) -> None:
        check_choice("norm", self.norm, Norm)

    def interaction(
        self, weights: Embeddings, subject: Array, predicate: Array, object: Array
    ) -> Float[Array, ""]:
        """See `transe`."""
        return transe(subject, predicate, object, self.norm)


class Tucker(GraphModel):
    """Tucker: one core for all predicates; see `tucker`.

    Attributes:
        predicate_rank: numbers of the embedding of a predicate.
    """

    predicate_rank: int = eqx.field(static=True, default=16, kw_only=True)

    def __check_init__(self) -> None:
        check_sizes(self, "predicate_rank")

    @property
    def shapes(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Two vectors."""
        return (self.rank,), (self.predicate_rank,)

    def begin(self, *, key: PRNGKeyArray) -> Embeddings:
        """Normal embeddings of variance 1 / their length; the core likewise."""
        first, second = jax.random.split(key)
        core = normal_weights(second, self.rank, self.predicate_rank, self.rank)
        return super().begin(key=first)._replace(core=core)

    def interaction(
        self, weights: Embeddings, subject: Array, predicate: Array, object: Array
    ) -> Float[Array, ""]:
        """See `tucker`."""
        return tucker(subject, predicate, object, present(weights.core, "core"))


# ---- what models of graphs share -----------------------------------------------------------------


def present(part: Array | None, name: str) -> Array:
    """A part of embeddings that not all models have.

    Raises:
        InvalidValue: if it is not there.
    """
    if part is None:
        raise InvalidValue(f"these embeddings have no {name}; give those of this model's `begin`.")
    return part


def check_numbers(model: Any, **numbers: tuple[Any, ...]) -> None:
    """Refuse numbers of entities, predicates or times that are out of range, or not one number.

    Of traced ones the range is not looked at.

    Raises:
        InvalidValue: naming the first.
    """
    for name, given in numbers.items():
        most = getattr(model, f"n_{name}")
        for number in given:
            _check_whole(name, number)
            if isinstance(number, jax.core.Tracer) or 0 <= np.asarray(number) < most:
                continue
            raise InvalidValue(
                f"there are {most} {name}, numbered 0 to {most - 1}, and none is {number}."
            )


def _check_whole(name: str, number: Any) -> None:
    value = number if isinstance(number, jax.core.Tracer) else np.asarray(number)
    if value.ndim or value.dtype.kind not in "iu":
        raise InvalidValue(
            f"{name} are asked for by one whole number, not by {value.dtype} of shape "
            f"{value.shape}; for several triples use `jax.vmap`."
        )
