# mypy: disallow-untyped-defs=False, disallow-untyped-calls=False
"""How often values meet in the same place of two or three images, and numbering the values of one."""

from __future__ import annotations

from numba import njit


@njit(nogil=True, cache=True)
def count_pairs(first, second, table):
    """Add to ``table[a, b]`` the pixels where `first` is a and `second` is b; both flat, of small numbers."""
    for place in range(first.size):
        table[first[place], second[place]] += 1


@njit(nogil=True, cache=True)
def count_triples(first, second, third, table):
    """Add to ``table[a, b, c]`` the pixels where the three images, flat, are a, b and c."""
    for place in range(first.size):
        table[first[place], second[place], third[place]] += 1


@njit(nogil=True, cache=True)
def mark_present(values, low, present):
    """Set ``present[v - low]`` for every whole number v of a flat image."""
    for place in range(values.size):
        present[int(values[place]) - low] = True


@njit(nogil=True, cache=True)
def renumber(values, low, codes, out):
    """Write ``codes[v - low]`` for every whole number v of a flat image."""
    for place in range(values.size):
        out[place] = codes[int(values[place]) - low]
