"""Experiments that can be repeated: presets, seeds, stores that survive, figures with provenance."""
