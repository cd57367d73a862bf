"""Conduction between groups: the coarser levels, as rows of links.

Row i has the links ``starts[i]`` to ``starts[i + 1]`` (not included), each with the other end in `columns`
and the conductance in `values`. `diagonal` is the sum of a row and of the conductance to the faces, `anchor`.
"""

from __future__ import annotations

from numba import njit

from core.volume import Array

_STRONG = 0.1
_HOLDS = 0.3


@njit(nogil=True, cache=True)
def strongest(starts: Array, values: Array, out: Array) -> None:
    """Greatest conductance of each row, 0 for none."""
    for i in range(len(starts) - 1):
        out[i] = 0.0
        for k in range(starts[i], starts[i + 1]):
            out[i] = max(out[i], values[k])


@njit(nogil=True, cache=True)
def pair(
    starts: Array,
    columns: Array,
    values: Array,
    diagonal: Array,
    best: Array,
    first: int,
    last: int,
    count: int,
    group: Array,
) -> int:
    """Put the unknowns `first` to `last` together in pairs along their strongest links.

    One that finds no free mate joins a pair that holds a good part of all its links: without this, the many
    ends that hang on a large piece would never become fewer.

    Parameters
    ----------
    best : ndarray of float32
        Greatest conductance of each row.
    count : int
        Number of the first pair.
    group : ndarray of int32
        Pair of each unknown, -1 before; changed in place.

    Returns
    -------
    int
        Number of the next pair.
    """
    for i in range(first, last):
        if group[i] >= 0:
            continue
        group[i] = count
        mate, strength = -1, 0.0
        host, hold = -1, _HOLDS * diagonal[i]
        for k in range(starts[i], starts[i + 1]):
            j = columns[k]
            if group[j] < 0:
                if values[k] > strength and values[k] >= _STRONG * min(best[i], best[j]):
                    mate, strength = j, values[k]
            elif j != i and values[k] > hold:
                host, hold = j, values[k]
        if mate < 0 and host >= 0:
            group[i] = group[host]
            continue
        if mate >= 0:
            group[mate] = count
        count += 1
    return count


@njit(nogil=True, cache=True)
def members(group: Array, starts: Array, order: Array) -> None:
    """Sort the unknowns by their groups.

    Parameters
    ----------
    starts : ndarray of int64, shape (groups + 1,)
        First member of each group in `order`; zero before.
    order : ndarray of int32, shape (unknowns,)
        The members.
    """
    for i in range(len(group)):
        starts[group[i] + 1] += 1
    for k in range(1, len(starts)):
        starts[k] += starts[k - 1]
    filled = starts[:-1].copy()
    for i in range(len(group)):
        order[filled[group[i]]] = i
        filled[group[i]] += 1


@njit(nogil=True, cache=True)
def merge(
    starts: Array,
    columns: Array,
    values: Array,
    group: Array,
    firsts: Array,
    order: Array,
    first: int,
    last: int,
    place: Array,
    sizes: Array,
    new_columns: Array,
    new_values: Array,
) -> int:
    """Sum the links of the members of groups `first` to `last`.

    Parameters
    ----------
    firsts, order : ndarray
        From `members`.
    place : ndarray of int64, shape (groups,)
        Room to remember; -1 before and after.
    sizes : ndarray of int64, shape (last - first,)
        Links of each of these groups.
    new_columns, new_values : ndarray
        Room for the links.

    Returns
    -------
    int
        How many links were written.
    """
    filled = 0
    for g in range(first, last):
        begin = filled
        for m in range(firsts[g], firsts[g + 1]):
            for k in range(starts[order[m]], starts[order[m] + 1]):
                h = group[columns[k]]
                if h == g:
                    continue
                if place[h] < 0:
                    place[h] = filled
                    new_columns[filled] = h
                    new_values[filled] = 0.0
                    filled += 1
                new_values[place[h]] += values[k]
        for k in range(begin, filled):
            place[new_columns[k]] = -1
        sizes[g - first] = filled - begin
    return filled


@njit(nogil=True, cache=True)
def diagonals(starts: Array, values: Array, anchor: Array, out: Array) -> None:
    """Sum of each row and of its conductance to the faces."""
    for i in range(len(starts) - 1):
        total = float(anchor[i])
        for k in range(starts[i], starts[i + 1]):
            total += values[k]
        out[i] = total


@njit(nogil=True, cache=True)
def relax(
    starts: Array, columns: Array, values: Array, diagonal: Array, right: Array, found: Array, forward: bool
) -> None:
    """Gauss-Seidel step, in the order of the unknowns or against it; `found` is changed in place."""
    size = len(diagonal)
    for n in range(size):
        i = n if forward else size - 1 - n
        total = float(right[i])
        for k in range(starts[i], starts[i + 1]):
            total += values[k] * found[columns[k]]
        found[i] = total / diagonal[i]


@njit(nogil=True, cache=True)
def flow(starts: Array, columns: Array, values: Array, diagonal: Array, found: Array, out: Array) -> None:
    """Flow out of every unknown."""
    for i in range(len(diagonal)):
        total = float(diagonal[i]) * found[i]
        for k in range(starts[i], starts[i + 1]):
            total -= values[k] * found[columns[k]]
        out[i] = total


@njit(nogil=True, cache=True)
def restrict_left(
    starts: Array,
    columns: Array,
    values: Array,
    diagonal: Array,
    right: Array,
    found: Array,
    group: Array,
    out: Array,
) -> None:
    """Add what is left of the right-hand side to the groups; `out` is zero before."""
    for i in range(len(diagonal)):
        total = float(right[i]) - float(diagonal[i]) * found[i]
        for k in range(starts[i], starts[i + 1]):
            total += values[k] * found[columns[k]]
        out[group[i]] += total


@njit(nogil=True, cache=True)
def prolong(group: Array, coarse: Array, found: Array) -> None:
    """Add the correction of its group to every unknown."""
    for i in range(len(group)):
        found[i] += coarse[group[i]]


@njit(nogil=True, cache=True)
def product(one: Array, other: Array) -> float:
    """Scalar product, summed in double precision."""
    total = 0.0
    for i in range(len(one)):
        total += float(one[i]) * float(other[i])
    return total


@njit(nogil=True, cache=True)
def combine(first_share: float, first: Array, second_share: float, second: Array, out: Array) -> None:
    """Weighted sum of two vectors into a third, which may be one of them."""
    for i in range(len(out)):
        out[i] = first_share * first[i] + second_share * second[i]
