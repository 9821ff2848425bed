"""Solve many increasing equations at once."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def increasing_root(
    function: Callable[[Array, NDArray[np.intp]], Array], size: int, low: ArrayLike, high: ArrayLike
) -> Array:
    """Where each of `size` increasing functions crosses zero.

    Parameters
    ----------
    function : callable
        function(x, index) -> values, all of shape (n,): the function number index[i] at x[i].
    size : int
        How many functions there are.
    low, high : array_like, shape (size,) or scalar
        Bracket; a narrow one takes fewer steps. A function that does not change sign in it takes the nearer end.

    Returns
    -------
    ndarray, shape (size,)
        The roots, to the last bits.

    Raises
    ------
    ArithmeticError
        If a function is not finite.

    Notes
    -----
    Chandrupatla's method as kept in SciPy (`scipy.optimize.elementwise.find_root`).

    Examples
    --------
    >>> increasing_root(lambda x, i: x**3 - np.array([8.0, 27.0])[i], 2, 0, 10)
    array([2., 3.])
    """
    from scipy.optimize import elementwise

    index = np.arange(size)
    low, high = (np.array(np.broadcast_to(np.asarray(end, float), size)) for end in (low, high))
    at_low, at_high = function(low, index), function(high, index)
    if not (np.isfinite(at_low).all() and np.isfinite(at_high).all()):
        raise ArithmeticError("a function to be solved is not finite at the ends of its bracket")
    root = np.where(at_low >= 0, low, high)
    inside = index[(at_low < 0) & (at_high > 0)]
    if inside.size:
        root[inside] = elementwise.find_root(function, (low[inside], high[inside]), args=(inside,)).x
    return root
