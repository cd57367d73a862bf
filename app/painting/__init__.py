"""Painting labels on slices: what is painted, taken back and kept; no widgets."""
