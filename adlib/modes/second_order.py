"""What the two modes give together: a function's linear map at a point, and second derivatives.

Nothing here differentiates by itself.  Each function composes `jvp`, `vjp`,
`grad` and `jacfwd`, under a name for messages.
"""

import numpy as np

from ..core.arguments import check_function, float_dtype
from ..core.errors import ArgumentError
from ..core.trace import plain_value
from ..core.tree import flatten, unflatten
from .forward import check_tuple, pushed
from .jacobians import columns_of
from .reverse import gradient_of, vjp


def linearize(f, *primals):
    """Value of `f` and its Jacobian as a function, for many directions at one point.

    Parameters
    ----------
    f : callable
        A function of arrays, written in plain NumPy.
    *primals
        Its arguments: floats, float arrays, or trees of them.

    Returns
    -------
    value
        ``f(*primals)``.
    pushforward : callable
        ``pushforward(*tangents)`` returns the Jacobian times the tangents, in
        the shape of the value.  It does not run `f` again.

    Raises
    ------
    ArgumentError
        When a primal is an integer or a tangent has another shape.

    Notes
    -----
    The pullback is linear in its cotangent, and its transpose is the Jacobian:
    reverse mode applied to reverse mode gives forward mode.  So the tape of the
    pullback is kept, and each call walks it once.  Cost: two to four times the
    operations of `f` at first, then one to three times for each direction.  Memory: twice that of
    `vjp`.  The same name as ``jax.linearize``.

    Examples
    --------
    >>> import numpy as np, adlib
    >>> value, pushforward = adlib.linearize(np.sin, 0.0)
    >>> float(pushforward(2.0))
    2.0
    """
    check_function(f, "linearize")
    value, pullback = vjp(f, *primals)
    leaves, structure = flatten(value)
    zeros = unflatten(structure, [np.zeros(np.shape(y), float_dtype(plain_value(y)))[()] for y in leaves])
    _, transposed = vjp(pullback, zeros)

    def pushforward(*tangents):
        return transposed(tangents)[0]

    return value, pushforward


def hessian(f, argnums=0):
    """The matrix of second derivatives of a scalar function: forward over reverse.

    Parameters
    ----------
    f : callable
        A function with one number as its result.
    argnums : int or tuple of int
        The argument or arguments to differentiate.

    Returns
    -------
    callable
        Takes the arguments of `f`.  For an argument of shape S its value has
        shape ``S + S``; with a tuple of argnums, a tuple of tuples of blocks.

    Notes
    -----
    Cost: n gradients with tangents, for n entries, each as in `hvp`.  Use `hvp` where products
    with the Hessian are enough.

    Examples
    --------
    >>> import numpy as np, adlib
    >>> adlib.hessian(lambda x: x[0] ** 2 * x[1])(np.array([1.0, 2.0]))
    array([[4., 2.],
           [2., 0.]])
    """
    check_function(f, "hessian")
    return columns_of(gradient_of(f, argnums, False, "hessian"), argnums, "hessian")


def hvp(f, primals, tangents):
    """Gradient of a scalar function and its Hessian times a direction.

    Parameters
    ----------
    f : callable
        A function with one number as its result.
    primals : tuple
        The arguments of `f`.
    tangents : tuple
        One direction for each argument, of its shape.

    Returns
    -------
    gradient, product
        Each as `grad` gives it: in the shape of the argument for one primal, a
        tuple for several.

    Raises
    ------
    ArgumentError
        As `jvp` and `grad` do.

    Notes
    -----
    Forward over reverse: the directional derivative of the gradient (Pearlmutter,
    Neural Computation 6(1), 1994).  Cost: two to four times the
    gradient's, whatever the number of entries; no matrix is formed.

    Examples
    --------
    >>> import numpy as np, adlib
    >>> A = np.array([[2.0, 1.0], [1.0, 3.0]])
    >>> gradient, product = adlib.hvp(lambda x: x @ A @ x / 2, (np.ones(2),), (np.array([1.0, 0.0]),))
    >>> product
    array([2., 1.])
    """
    check_function(f, "hvp")
    check_tuple(primals, "primals", "hvp")
    return pushed(gradient_of(f, _all_arguments(primals), False, "hvp"), primals, tangents, "hvp")


def hvp_operator(f, *primals):
    """Gradient of a scalar function and its Hessian as a function, for many products.

    Parameters
    ----------
    f : callable
        A function with one number as its result.
    *primals
        Its arguments.

    Returns
    -------
    gradient
        As `grad` gives it.
    product : callable
        ``product(*tangents)`` is the Hessian times the tangents; the gradient is
        not computed again.

    Notes
    -----
    The Hessian is symmetric, so the pullback of the gradient is the product:
    reverse over reverse, with one tape kept.  Cost of a product: one to
    three gradients.

    Examples
    --------
    >>> import numpy as np, adlib
    >>> gradient, product = adlib.hvp_operator(lambda x: np.sum(x**3), np.array([1.0, 2.0]))
    >>> product(np.array([1.0, 1.0]))
    array([ 6., 12.])
    """
    check_function(f, "hvp_operator")
    gradient, pullback = vjp(gradient_of(f, _all_arguments(primals), False, "hvp_operator"), *primals)

    def product(*tangents):
        if len(tangents) != len(primals):
            raise ArgumentError(
                f"the product takes one tangent for each of the {len(primals)} primals, but got {len(tangents)}"
            )
        products = pullback(tangents[0] if len(primals) == 1 else tangents)
        return products[0] if len(primals) == 1 else products

    return gradient, product


def gauss_newton_product(loss, model, primals, tangents):
    """Gradient of a loss of a model and its Gauss-Newton matrix times a direction.

    Parameters
    ----------
    loss : callable
        From the model's result to one number.
    model : callable
        A function of arrays, or of trees of them.
    primals : tuple
        The arguments of the model.
    tangents : tuple
        One direction for each argument, of its shape.

    Returns
    -------
    gradient, product
        Of ``loss(model(*primals))``, each as `grad` gives it: in the shape of the
        argument for one primal, a tuple for several.

    Raises
    ------
    ArgumentError
        As `jvp` and `grad` do.

    Notes
    -----
    With J the Jacobian of the model and H the Hessian of the loss at the model's
    result, the Gauss-Newton matrix is ``J^T H J``.  It is what the Hessian of
    the whole leaves when the second derivatives of the model are left out: the
    difference is ``sum_i (∂loss/∂y_i) ∇²model_i``, and is 0 for a linear model or
    residuals that vanish.  For a convex loss it has no negative eigenvalue.
    Where the loss is a sum of squares halved, it is ``J^T J``.

    Cost: one run of the model in forward and one in reverse mode, two walks back,
    and an `hvp` of the loss; no matrix is formed.  The two functions stand in the
    order in which their composition is written, loss of model.

    Source: Schraudolph, "Fast curvature matrix-vector products for second-order
    gradient descent", Neural Computation 14(7), 2002.

    Examples
    --------
    >>> import numpy as np, adlib
    >>> A = np.array([[1.0, 2.0], [0.0, 1.0], [1.0, 0.0]])
    >>> squares = lambda r: np.sum(r**2) / 2
    >>> w, v = np.array([1.0, 1.0]), np.array([1.0, 0.0])
    >>> gradient, product = adlib.gauss_newton_product(squares, lambda w: A @ w, (w,), (v,))
    >>> product, A.T @ A @ v
    (array([2., 2.]), array([2., 2.]))
    """
    check_function(loss, "gauss_newton_product", "loss")
    check_function(model, "gauss_newton_product", "model")
    check_tuple(primals, "primals", "gauss_newton_product")
    result, moved = pushed(model, primals, tangents, "gauss_newton_product")
    slopes, bent = pushed(
        gradient_of(loss, 0, False, "gauss_newton_product"), (result,), (moved,), "gauss_newton_product"
    )
    _, pullback = vjp(model, *primals)
    gradient, product = pullback(slopes), pullback(bent)
    return (gradient[0], product[0]) if len(primals) == 1 else (gradient, product)


def _all_arguments(primals):
    return 0 if len(primals) == 1 else tuple(range(len(primals)))
