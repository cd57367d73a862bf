"""How sure a network is."""

from __future__ import annotations

import numpy as np

from core.volume import Array


def entropy_bits(probability: Array) -> Array:
    """Entropy of the two phases.

    Parameters
    ----------
    probability : ndarray of float
        Of solid, 0-1.

    Returns
    -------
    ndarray of float, same shape
        0 where the network is certain, 1 bit where solid and pore are as likely.
    """
    pore = 1 - probability
    with np.errstate(divide="ignore", invalid="ignore"):
        found = probability * np.log2(probability) + pore * np.log2(pore)
    # 0 log 0 is 0
    return np.asarray(-np.nan_to_num(found, nan=0.0) + 0.0)
