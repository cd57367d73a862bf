"""Shortest ways through a phase from voxel to voxel, by Dijkstra's method with buckets.

Buckets are a little narrower than the shortest step, so that what leaves a bucket never falls into the same
one: whatever is in the bucket that is emptied is final, and no heap is needed.

References
----------
Dial R.B., Commun. ACM 12 (1969) 632, doi:10.1145/363269.363610 (buckets).
"""

from __future__ import annotations

import numpy as np
from numba import njit

from core.volume import Array

BUCKET, FREE, LEFT = 0, 1, 2


@njit(nogil=True, cache=True)
def spread(
    length: Array,
    offsets: Array,
    steps: Array,
    width: float,
    heads: Array,
    following: Array,
    voxels: Array,
    state: Array,
    budget: int,
) -> bool:
    """Empty buckets until all is reached, the budget is spent or the store of entries is full.

    Parameters
    ----------
    length : ndarray of float64, flat, of a volume with a border of one voxel
        Shortest way so far; inf where not reached yet, negative where there is no phase. Changed in place.
    offsets, steps : ndarray of int64, ndarray of float64
        Neighbours as distances in the flat volume, and how long the step to each is.
    width : float
        Of a bucket, less than the shortest step.
    heads : ndarray of int64, shape (buckets,)
        First entry of each bucket, -1 for none; used in turn.
    following, voxels : ndarray of int64, shape (entries,)
        For each entry of the store: the one after it, and its voxel.
    state : ndarray of int64, shape (3,)
        Number of the bucket that is emptied, first free entry, entries in buckets; changed in place.
    budget : int
        Entries to look at in this call.

    Returns
    -------
    bool
        Whether all is done; otherwise call again (with a larger store if less than one entry per neighbour
        is free).
    """
    buckets = len(heads)
    room = len(following) - len(offsets)
    while state[LEFT] > 0:
        place = state[BUCKET] % buckets
        entry = heads[place]
        if entry < 0:
            state[BUCKET] += 1
            continue
        if budget <= 0 or state[LEFT] > room:
            return False
        budget -= 1
        voxel = voxels[entry]
        heads[place] = following[entry]
        following[entry] = state[FREE]
        state[FREE] = entry
        state[LEFT] -= 1
        here = length[voxel]
        if int(here / width) != state[BUCKET]:
            continue  # a shorter way was found since, and the voxel left from an earlier bucket
        for k in range(len(offsets)):
            other = voxel + offsets[k]
            new, old = here + steps[k], length[other]
            if new < old:
                length[other] = new
                bucket = int(new / width)
                if old == np.inf or int(old / width) != bucket:
                    entry = state[FREE]
                    state[FREE] = following[entry]
                    voxels[entry] = other
                    following[entry] = heads[bucket % buckets]
                    heads[bucket % buckets] = entry
                    state[LEFT] += 1
    return True
