"""Jacobians, whole: one column a sweep of forward mode, or one row a sweep of reverse mode."""

import numpy as np

from ..core.arguments import basis, check_function, enter, float_dtype, like_result, tangent_for
from ..core.trace import plain_value
from ..core.tree import flatten, unflatten
from .forward import push
from .reverse import ReverseRun


def jacfwd(f, argnums=0):
    """The Jacobian of `f`, one column a sweep, by forward mode.

    Parameters
    ----------
    f : callable
        From arrays to an array (or a tree of arrays), in plain NumPy.
    argnums : int or tuple of int
        The argument or arguments to differentiate.

    Returns
    -------
    callable
        Takes the arguments of `f`; those given by keyword are constants.  For an
        argument of shape S and a result of shape R its value has shape
        ``R + S``; with a tuple of argnums, a tuple.

    Raises
    ------
    ArgumentError
        When an argument is not a float or float array, or is not there.
    TracedValueError
        When `f` does what has no derivative, with what to write instead.

    Notes
    -----
    Cost: n runs of `f` with tangents, each as in `jvp`, where n is the number of
    entries of the arguments.  Cheaper than `jacrev` when there are fewer inputs than outputs.

    Examples
    --------
    >>> import numpy as np, adlib
    >>> adlib.jacfwd(lambda x: x**2)(np.array([1.0, 2.0]))
    array([[2., 0.],
           [0., 4.]])
    """
    check_function(f, "jacfwd")
    return columns_of(f, argnums, "jacfwd")


def columns_of(f, argnums, name):
    """`jacfwd`, for messages under the name of the function that was called."""

    def jacobian(*args, **kwargs):
        function, inputs, structure = enter(f, args, kwargs, argnums, name)
        zeros = [tangent_for(x, np.zeros(np.shape(x))) for x in inputs]
        columns = []
        for k, x in enumerate(inputs):
            for e in basis(x):
                values, tangents, outer = push(function, inputs, [*zeros[:k], e, *zeros[k + 1 :]])
                columns.append([like_result(y, t) for y, t in zip(values, tangents)])
        if not columns:
            values, _, outer = push(function, inputs, zeros)
        # columns[i][r] is the derivative of output leaf r along input entry i.
        results = []
        for r, y in enumerate(values):
            start, blocks = 0, []
            for x in inputs:
                shape = np.shape(x)
                count = int(np.prod(shape))
                block = [columns[i][r] for i in range(start, start + count)]
                start += count
                stacked = np.stack(block, -1) if block else np.zeros((*np.shape(y), 0), float_dtype(y))
                blocks.append(np.reshape(stacked, np.shape(y) + shape)[()])
            results.append(unflatten(structure, blocks))
        return unflatten(outer, results)

    return jacobian


def jacrev(f, argnums=0):
    """The Jacobian of `f`, one row a sweep, by reverse mode with one tape.

    Parameters and result are those of `jacfwd`.

    Notes
    -----
    Cost: `f` once, then one backward sweep for each entry of the result, as in `vjp`.
    Cheaper than `jacfwd` when there are fewer outputs than inputs.

    Examples
    --------
    >>> import numpy as np, adlib
    >>> adlib.jacrev(lambda x: np.stack([x[0] * x[1], x[1]]))(np.array([2.0, 3.0]))
    array([[3., 2.],
           [0., 1.]])
    """
    check_function(f, "jacrev")

    def jacobian(*args, **kwargs):
        function, inputs, structure = enter(f, args, kwargs, argnums, "jacrev")
        run = ReverseRun(function, inputs, keep=True)
        results = []
        for r, y in enumerate(run.values):
            rows = [run.adjoints([(r, e)]) for e in basis(y)]
            blocks = []
            for k, x in enumerate(inputs):
                shape = np.shape(y) + np.shape(x)
                stacked = np.stack([row[k] for row in rows]) if rows else np.zeros(shape, float_dtype(x))
                blocks.append(np.reshape(stacked, shape)[()])
            results.append(unflatten(structure, blocks))
        return unflatten(run.structure, results)

    return jacobian


def jacobian(f, argnums=0):
    """The Jacobian of `f`, by the mode that needs fewer sweeps.

    Parameters and result are those of `jacfwd` and `jacrev`.

    Notes
    -----
    Cost: one evaluation of `f` to count its outputs m; then n sweeps of forward
    mode if the arguments have n < m entries, else m sweeps of reverse mode with
    one tape.

    Examples
    --------
    >>> import numpy as np, adlib
    >>> adlib.jacobian(lambda x: x**2)(np.array([1.0, 2.0]))
    array([[2., 0.],
           [0., 4.]])
    """
    check_function(f, "jacobian")

    def jacobian_at(*args, **kwargs):
        _, leaves, _ = enter(f, args, kwargs, argnums, "jacobian")
        inputs = sum(np.size(x) for x in leaves)
        outputs = sum(np.size(plain_value(y)) for y in flatten(f(*args, **kwargs))[0])
        by_mode = jacfwd if inputs < outputs else jacrev
        return by_mode(f, argnums)(*args, **kwargs)

    return jacobian_at
