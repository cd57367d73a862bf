"""Conduction between neighbouring voxels: the finest level, straight from the voxels.

Every conducting voxel is one unknown. ``number`` holds its number in the order of the voxels (-1: none) in a
volume with a border of one voxel, so that no loop has to look where the volume ends. Flow is along the first
axis. ``sigma`` holds the conductivity of each unknown, or a single value where all are alike; ``couplings``
the conductance between neighbours of conductivity 1 along the three axes. Ranges of planes can be worked on
by several threads: no result depends on how they are dealt out.
"""

from __future__ import annotations

from numba import njit

from core.volume import Array

APPLY, RELAX, RESTRICT = 0, 1, 2


@njit(nogil=True, cache=True)
def flood(marks: Array, front: Array, count: int, strides: Array, found: int, new: int, out: Array) -> int:
    """Turn the marked neighbours of a front of voxels from `found` to `new`; they are the next front.

    Parameters
    ----------
    marks : ndarray of uint8, flat, with a border
        Changed in place.
    front, count : ndarray of int64, int
        Places in the flat volume, and how many there are.
    strides : ndarray of int64, shape (3,)
        Distance of neighbours.
    out : ndarray of int64
        Room for six times as many places.

    Returns
    -------
    int
        Length of the next front.
    """
    size = 0
    for k in range(count):
        for axis in range(3):
            for sign in (-1, 1):
                place = front[k] + sign * strides[axis]
                if marks[place] == found:
                    marks[place] = new
                    out[size] = place
                    size += 1
    return size


@njit(nogil=True, cache=True)
def count_plane(marks: Array, kept: int, start: int, number: Array) -> int:
    """Number the kept voxels of one plane from `start` on; returns the next number."""
    for y in range(marks.shape[0]):
        for x in range(marks.shape[1]):
            if marks[y, x] == kept:
                number[y, x] = start
                start += 1
            else:
                number[y, x] = -1
    return start


@njit(inline="always")
def _between(sigma: Array, many: bool, a: int, b: int) -> float:
    """Harmonic mean of two conductivities: half of each voxel lies on the way."""
    if not many:
        return 1.0
    one, other = sigma[a], sigma[b]
    return float(2.0 * one * other / (one + other))


@njit(nogil=True, cache=True)
def sweep(
    number: Array,
    sigma: Array,
    couplings: Array,
    first: int,
    last: int,
    task: int,
    colour: int,
    values: Array,
    flows: Array,
    group: Array,
    coarse: Array,
) -> float:
    """Do a task with each voxel of planes `first` to `last` (not included) and its neighbours.

    One loop for all tasks, as handing rows of numbers to a function for every voxel takes twice as long.

    Parameters
    ----------
    task : int
        `APPLY`: flow out of each voxel were both faces at potential 0, into `flows`. `RELAX`: Gauss-Seidel
        step for the right-hand side `flows`, in `values`. `RESTRICT`: add what is left over after `RELAX` of
        `colour` from zero and then of the other one, to the groups; the other colour has nothing left over,
        and the first was relaxed while its neighbours were zero, so that just their flow is missing.
    colour : int
        0 or 1: every second voxel, as on a chess board; `APPLY` is for all.
    values : ndarray of float32 or float64, shape (unknowns,)
    flows : ndarray of float64, shape (unknowns,)
    group : ndarray of int32, shape (unknowns,)
    coarse : ndarray of float32, shape (groups,)

    Returns
    -------
    float
        `APPLY`: the scalar product of values and flows of these planes.
    """
    many = len(sigma) > 1
    across, along_y, along_x = couplings[0], couplings[1], couplings[2]
    step = 1 if task == APPLY else 2
    product = 0.0
    for z in range(first + 1, last + 1):
        # The faces are half a voxel away from the middle of the voxels at them.
        to_faces = 2.0 * across * ((1 if z == 1 else 0) + (1 if z == number.shape[0] - 2 else 0))
        for y in range(1, number.shape[1] - 1):
            row, before, behind = number[z, y], number[z - 1, y], number[z + 1, y]
            above, below = number[z, y - 1], number[z, y + 1]
            for x in range(1 + (z + y + colour) % 2 * (step - 1), len(row) - 1, step):
                a = row[x]
                if a < 0:
                    continue
                flow = 0.0
                total = to_faces * (sigma[a] if many else 1.0)
                b = before[x]
                if b >= 0:
                    g = across * _between(sigma, many, a, b)
                    flow += g * values[b]
                    total += g
                b = behind[x]
                if b >= 0:
                    g = across * _between(sigma, many, a, b)
                    flow += g * values[b]
                    total += g
                b = above[x]
                if b >= 0:
                    g = along_y * _between(sigma, many, a, b)
                    flow += g * values[b]
                    total += g
                b = below[x]
                if b >= 0:
                    g = along_y * _between(sigma, many, a, b)
                    flow += g * values[b]
                    total += g
                b = row[x - 1]
                if b >= 0:
                    g = along_x * _between(sigma, many, a, b)
                    flow += g * values[b]
                    total += g
                b = row[x + 1]
                if b >= 0:
                    g = along_x * _between(sigma, many, a, b)
                    flow += g * values[b]
                    total += g
                if task == APPLY:
                    flows[a] = total * values[a] - flow
                    product += values[a] * flows[a]
                elif task == RELAX:
                    values[a] = (flows[a] + flow) / total
                else:
                    coarse[group[a]] += flow
    return product


@njit(nogil=True, cache=True)
def prolong(start: int, stop: int, group: Array, coarse: Array, values: Array) -> None:
    """Add the correction of its group to every unknown."""
    for a in range(start, stop):
        values[a] += coarse[group[a]]


@njit(nogil=True, cache=True)
def direction(start: int, stop: int, share: float, new: Array, values: Array) -> None:
    """Next direction of the conjugate gradients: ``new - share * values``, into `values`."""
    for a in range(start, stop):
        values[a] = new[a] - share * values[a]


@njit(nogil=True, cache=True)
def advance(start: int, stop: int, step: float, along: Array, flow: Array, found: Array, left: Array) -> None:
    """Go a step along a direction: `found` and what is `left` over, in place."""
    for a in range(start, stop):
        found[a] += step * along[a]
        left[a] -= step * flow[a]


@njit(nogil=True, cache=True)
def products(start: int, stop: int, one: Array, first: Array, second: Array) -> tuple[float, float]:
    """Scalar products of `one` with two others."""
    with_first = 0.0
    with_second = 0.0
    for a in range(start, stop):
        with_first += one[a] * first[a]
        with_second += one[a] * second[a]
    return with_first, with_second
