# mypy: disallow-untyped-defs=False, disallow-untyped-calls=False
"""Averages over shells of displacements."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(nogil=True, cache=True)
def shell_sums(hits, sides, squared, total, count):
    """Add the share of pairs of each displacement to its shell.

    `hits` are pairs per displacement, negative ones from the end as a Fourier transform leaves them; `sides`
    is the shape of the volume; `squared` are the squared borders of the shells.
    """
    shells = total.size
    far = np.int64(np.ceil(np.sqrt(squared[shells])))
    shell_of = np.full(np.int64(np.ceil(squared[shells])) + 1, -1, np.int64)
    for distance in range(shell_of.size):
        for shell in range(shells):
            if squared[shell] <= distance < squared[shell + 1]:
                shell_of[distance] = shell
    # A displacement and its opposite are the same pairs: dz >= 0 is half of them, weighed twice.
    for dz in range(min(far, sides[0] - 1) + 1):
        weight = 1 if dz == 0 else 2
        for dy in range(-min(far, sides[1] - 1), min(far, sides[1] - 1) + 1):
            flat = dz * dz + dy * dy
            if flat >= squared[shells]:
                continue
            most = min(far, sides[2] - 1)
            pairs = np.float64((sides[0] - dz) * (sides[1] - abs(dy)))
            for dx in range(-most, most + 1):
                distance = flat + dx * dx
                if distance < shell_of.size and shell_of[distance] >= 0:
                    share = hits[dz, dy, dx] / (pairs * (sides[2] - abs(dx)))
                    total[shell_of[distance]] += weight * share
                    count[shell_of[distance]] += weight
