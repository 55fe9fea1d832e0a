"""Experiments that can be repeated: presets, stores that survive, figures with provenance."""
