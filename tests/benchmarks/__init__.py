"""Speeds as ratios to other packages: `make bench`, or `python -m tests.benchmarks [module ...]`.

Every module `bench_*.py` here is found by itself. It has a function `rows()` that yields `Row`s, or
raises `Unavailable` with the reason when the other package cannot be had.
"""
