"""Dividing an amount of cents so that nothing is lost.

Put here: the one way an amount is divided.
Not here: what the weights are.
"""

from __future__ import annotations

import numpy as np

from simulator.organizations import Floats, Ints


def apportion(total: int, weights: Ints | Floats) -> Ints:
    """Divide by weight; cents that are left go to the largest remainders, the first of equals first."""
    parts = np.asarray(weights, dtype=np.float64)
    if not len(parts):
        raise ValueError("nobody to divide among")
    quota = parts * (total / parts.sum())
    whole = np.floor(quota).astype(np.int64)
    left = total - int(whole.sum())
    if left < 0:  # a quota one rounding above the integer it is
        whole[int(np.argmax(whole))] += left
    elif left:
        order = np.argsort(-(quota - whole), kind="stable")
        whole += np.bincount(order[np.arange(left) % len(parts)], minlength=len(parts))
    return np.asarray(whole, dtype=np.int64)
