"""Fitting participants to people, and scoring them on lists they were not fitted to."""

from cogmem.fit.criteria import criteria, likelihood_ratio
from cogmem.fit.cross_validation import (
    by_condition,
    cross_validate,
    cross_validate_people,
    gain_over,
    held_out,
)
from cogmem.fit.evolution import Evolved, evolve
from cogmem.fit.holdout import bits_per_response, simulate
from cogmem.fit.multistart import Fit, Search, draw_starts, fit
from cogmem.fit.objective import list_log_likelihoods, objective
from cogmem.fit.people import People, folds, split_lists
from cogmem.fit.predictive import predictive_check
from cogmem.fit.recovery import model_recovery, parameter_recovery, simulated_sets

__all__ = [
    "Evolved",
    "Fit",
    "People",
    "Search",
    "bits_per_response",
    "by_condition",
    "criteria",
    "cross_validate",
    "cross_validate_people",
    "draw_starts",
    "evolve",
    "fit",
    "folds",
    "gain_over",
    "held_out",
    "likelihood_ratio",
    "list_log_likelihoods",
    "model_recovery",
    "objective",
    "parameter_recovery",
    "predictive_check",
    "simulate",
    "simulated_sets",
    "split_lists",
]
