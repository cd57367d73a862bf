# mypy: ignore-errors
# Machine words and intrinsics have no types that mypy knows.
"""Connected components from runs along x, plane after plane, in one table of parents."""

from __future__ import annotations

import numpy as np
from numba import njit

from core.measure.kernels.words import lowest

_ONE, _ZERO, _LAST = np.uint64(1), np.uint64(0), np.uint64(63)


@njit(nogil=True, cache=True, inline="always")
def root_of(parent, place):
    """Root of a component; ways are halved on the way."""
    while parent[place] != place:
        parent[place] = parent[parent[place]]
        place = parent[place]
    return place


@njit(nogil=True, cache=True)
def row_runs(words, width, starts, ends, at):
    """Write the runs of one row behind `at`; return where the next goes."""
    carry = _ZERO
    for i in range(words.size):
        word = words[i]
        edges = word ^ ((word << _ONE) | carry)
        carry = word >> _LAST
        while edges != _ZERO:
            bit = lowest(edges)
            if (word >> np.uint64(bit)) & _ONE:
                starts[at] = i * 64 + bit
            else:
                ends[at] = i * 64 + bit
                at += 1
            edges &= edges - _ONE
    if carry != _ZERO:
        ends[at] = width
        at += 1
    return at


@njit(nogil=True, cache=True)
def joined(parent, size, touched, one, other):
    """Make one component of two; return its root."""
    one, other = root_of(parent, one), root_of(parent, other)
    if one == other:
        return one
    if other < one:
        one, other = other, one
    parent[other] = one
    size[one] += size[other]
    touched[one] |= touched[other]
    return one


@njit(nogil=True, cache=True)
def link_plane(
    words, width, reach, edges,
    before_rows, before_starts, before_ends, before_ids,
    rows, starts, ends, ids, parent, size, touched, count,
):  # fmt: skip
    """Link the runs of a plane with those of the plane before it.

    `rows` says where the runs of each row begin (one entry more than rows). `reach` is 1 where voxels that
    share an edge or corner are neighbours, else 0. `edges` are the marks of the plane itself (16 first, 32
    last). Returns how many places of the table are taken.
    """
    height = words.shape[0]
    at = 0
    for y in range(height):
        rows[y] = at
        at = row_runs(words[y], width, starts, ends, at)
        marks = edges | (4 if y == 0 else 0) | (8 if y == height - 1 else 0)
        for run in range(rows[y], at):
            ids[run] = -1
        # Neighbouring rows: the one above in this plane, and one or three of the plane before.
        for way in range(2 if reach == 0 else 4):
            if way == 0:
                if y == 0:
                    continue
                begin, stop = rows[y - 1], rows[y]
                their_starts, their_ends, their_ids = starts, ends, ids
            else:
                other = y if way == 1 else (y - 1 if way == 2 else y + 1)
                if other < 0 or other >= height:
                    continue
                begin, stop = before_rows[other], before_rows[other + 1]
                their_starts, their_ends, their_ids = before_starts, before_ends, before_ids
            lead = begin
            for run in range(rows[y], at):
                while lead < stop and their_ends[lead] + reach <= starts[run]:
                    lead += 1
                there = lead
                while there < stop and their_starts[there] < ends[run] + reach:
                    if ids[run] < 0:
                        ids[run] = root_of(parent, their_ids[there])
                    else:
                        ids[run] = joined(parent, size, touched, ids[run], their_ids[there])
                    there += 1
        for run in range(rows[y], at):
            if ids[run] < 0:
                ids[run] = count
                parent[count] = count
                size[count] = 0
                touched[count] = 0
                count += 1
            root = root_of(parent, ids[run])
            ids[run] = root
            size[root] += ends[run] - starts[run]
            touched[root] |= marks | (1 if starts[run] == 0 else 0) | (2 if ends[run] == width else 0)
    rows[height] = at
    return count


@njit(nogil=True, cache=True)
def compact(ids, runs, parent, size, touched, count, fresh):
    """Keep only components that the last plane holds, renumbered from 0.

    `fresh` (int32, as long as the table) is working space. The others are moved, as sizes and marks, to the
    places behind those that are kept. Returns how many are kept and how many are finished.
    """
    for place in range(count):
        fresh[place] = -1
    kept = 0
    for run in range(runs):
        root = root_of(parent, ids[run])
        if fresh[root] < 0:
            fresh[root] = kept
            kept += 1
        ids[run] = fresh[root]
    done_size = np.empty(count, np.int64)
    done_touched = np.empty(count, np.uint8)
    done = 0
    kept_size = np.empty(kept, np.int64)
    kept_touched = np.empty(kept, np.uint8)
    for place in range(count):
        if parent[place] != place:
            continue
        if fresh[place] >= 0:
            kept_size[fresh[place]] = size[place]
            kept_touched[fresh[place]] = touched[place]
        else:
            done_size[done] = size[place]
            done_touched[done] = touched[place]
            done += 1
    for place in range(kept):
        parent[place] = place
        size[place] = kept_size[place]
        touched[place] = kept_touched[place]
    for place in range(done):
        size[kept + place] = done_size[place]
        touched[kept + place] = done_touched[place]
    return kept, done
