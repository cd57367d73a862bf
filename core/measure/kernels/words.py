# mypy: ignore-errors
# Machine words and intrinsics have no types that mypy knows.
"""Loops over voxels packed to 64-bit words, 64 along x in each: pairs at a lag, and runs of set bits.

Everything costs words and changes, not voxels. Bits beyond the width are 0.
"""

from __future__ import annotations

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

_ONE, _SIX, _LAST = np.uint64(1), np.uint64(6), np.uint64(63)
_ZERO, _BITS = np.uint64(0), np.uint64(64)


@intrinsic
def ones(_context, _word):
    """How many bits of a word are set; loops over it become vector instructions."""

    def made(_context, builder, _signature, arguments):
        return builder.ctpop(arguments[0])

    return types.int64(types.uint64), made


@intrinsic
def lowest(_context, _word):
    """Place of the lowest set bit; 64 if there is none."""

    def made(_context, builder, _signature, arguments):
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 0))

    return types.int64(types.uint64), made


@njit(nogil=True, cache=True)
def pairs_x(words, beyond, first, last, hits):
    """Add the pairs of set bits at lag 0, 1, ... along x in rows first..last of every plane to `hits`.

    `beyond` holds the same rows, continued by what lies behind their end: zeros, or the row once more where
    it repeats itself; at least one word longer than the greatest lag reaches.
    """
    planes, _, count = words.shape
    for z in range(planes):
        for y in range(first, last):
            for lag in range(hits.size):
                skip, shift = lag >> 6, np.uint64(lag & 63)
                total = 0
                if shift == _ZERO:
                    for i in range(count):
                        total += ones(words[z, y, i] & beyond[z, y, i + skip])
                else:
                    back = _BITS - shift
                    for i in range(count):
                        other = (beyond[z, y, i + skip] >> shift) | (beyond[z, y, i + skip + 1] << back)
                        total += ones(words[z, y, i] & other)
                hits[lag] += total


@njit(nogil=True, cache=True)
def pairs_y(words, first, last, wrap, hits):
    """Add the pairs along y whose upper row lies in first..last; `wrap` where row 0 follows the last."""
    planes, rows, count = words.shape
    for z in range(planes):
        for y in range(first, last):
            for lag in range(hits.size):
                other = y + lag
                if other >= rows:
                    if not wrap:
                        break
                    other -= rows
                total = 0
                for i in range(count):
                    total += ones(words[z, y, i] & words[z, other, i])
                hits[lag] += total


@njit(nogil=True, cache=True)
def pairs_z(words, begin, crossing, first, last, hits):
    """Add the pairs along z whose deeper plane is `begin` or later, in rows first..last.

    `crossing`: only those whose other plane lies before `begin`.
    """
    planes, _, count = words.shape
    for y in range(first, last):
        for z in range(begin, planes):
            for lag in range(z - begin + 1 if crossing else 0, min(hits.size, z + 1)):
                total = 0
                for i in range(count):
                    total += ones(words[z, y, i] & words[z - lag, y, i])
                hits[lag] += total


@njit(nogil=True, cache=True)
def runs_x(words, width, first, last, every, inner):
    """Count runs along x by length, in rows first..last of every plane; `inner` those that touch no
    border.
    """
    planes, _, count = words.shape
    for z in range(planes):
        for y in range(first, last):
            start, carry = 0, _ZERO
            for i in range(count):
                word = words[z, y, i]
                edges = word ^ ((word << _ONE) | carry)
                carry = word >> _LAST
                while edges != _ZERO:
                    bit = lowest(edges)
                    place = i * 64 + bit
                    if (word >> np.uint64(bit)) & _ONE:
                        start = place
                    else:
                        every[place - start] += 1
                        if start > 0 and place < width:
                            inner[place - start] += 1
                    edges &= edges - _ONE
            if carry != _ZERO:
                every[width - start] += 1


@njit(nogil=True, cache=True)
def runs_y(words, first, last, every, inner):
    """Count runs along y by length, in the words first..last of every row."""
    planes, rows, _ = words.shape
    start = np.zeros((last - first) * 64, np.int32)
    for z in range(planes):
        for y in range(rows + 1):
            for i in range(first, last):
                word = words[z, y, i] if y < rows else _ZERO
                before = words[z, y - 1, i] if y > 0 else _ZERO
                edges = word ^ before
                while edges != _ZERO:
                    bit = lowest(edges)
                    column = (i - first) * 64 + bit
                    if (word >> np.uint64(bit)) & _ONE:
                        start[column] = y
                    else:
                        length = y - start[column]
                        every[length] += 1
                        if start[column] > 0 and y < rows:
                            inner[length] += 1
                    edges &= edges - _ONE


@njit(nogil=True, cache=True)
def runs_z(words, begin, deepest, used, start, first, last, every, inner):
    """Count runs along z that end before one of the planes begin.. of `words`, in rows first..last.

    Plane ``begin`` is slice `deepest` of the stack, and ``begin - 1`` the one before it. `used` has one entry
    more at both ends: a run is inner where the slices before and behind it are used. `start` (y, x) keeps
    where runs began.
    """
    planes, _, count = words.shape
    for z in range(begin, planes):
        slice_number = deepest + z - begin
        for y in range(first, last):
            for i in range(count):
                word, before = words[z, y, i], words[z - 1, y, i]
                edges = word ^ before
                while edges != _ZERO:
                    bit = lowest(edges)
                    column = i * 64 + bit
                    if (word >> np.uint64(bit)) & _ONE:
                        start[y, column] = slice_number
                    else:
                        length = slice_number - start[y, column]
                        every[length] += 1
                        if used[start[y, column]] and used[slice_number + 1]:
                            inner[length] += 1
                    edges &= edges - _ONE
