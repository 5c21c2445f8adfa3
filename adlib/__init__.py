"""adlib: automatic differentiation of plain NumPy code, made to be read.

Forward mode, reverse mode and the computational graph of an ordinary NumPy
function, from one table of derivative rules:

>>> import numpy as np
>>> import adlib
>>> def L(w1, w2):
...     v2 = w2 * np.log(w1)
...     return v2 + np.sqrt(v2)
>>> value, tangent = adlib.jvp(L, (2.0, 3.0), (1.0, 0.0))
>>> print(f"{tangent:.6f}")
2.020101

To read the package: `_trace` says how NumPy hands us its operations, `_rules`
how a derivative is declared, `rules/` holds the declarations, `_forward` and
`_reverse` are the two modes.
"""

from . import _installed

_installed.refuse_namesake()

from . import (  # noqa: F401  (rules fills the table; the others are public)
    data,
    optimize,
    rules,
    schedules,
)
from ._check import check_grads
from ._checkpoint import checkpoint, checkpoint_chain
from ._compositions import hessian, hvp, hvp_operator, jacobian, linearize
from ._counted import counted
from ._differences import difference_step, directional_difference, finite_difference
from ._directions import random_directions
from ._errors import (
    AdlibError,
    ArgumentError,
    EscapedTracerError,
    GradientCheckError,
    TracedAttributeError,
    TracedValueError,
)
from ._estimate import Estimate
from ._forward import derivative, jacfwd, jvp
from ._graph import Graph, make_graph
from ._hutchinson import hutchinson, hutchinson_diagonal, hutchpp
from ._lanczos import lanczos
from ._memory import MemoryReport, memory_report
from ._reverse import grad, jacrev, value_and_grad, vjp
from ._rules import bilinear, composite, elementwise, linear, primitive, refuse, rule, stop_gradient, zero
from ._spectral_density import spectral_density
from ._zero_order import forward_gradient, zero_order_gradient

__version__ = "0.1.0"

__all__ = [
    "AdlibError",
    "ArgumentError",
    "EscapedTracerError",
    "Estimate",
    "Graph",
    "GradientCheckError",
    "MemoryReport",
    "TracedAttributeError",
    "TracedValueError",
    "bilinear",
    "check_grads",
    "checkpoint",
    "checkpoint_chain",
    "composite",
    "counted",
    "derivative",
    "difference_step",
    "directional_difference",
    "elementwise",
    "finite_difference",
    "forward_gradient",
    "grad",
    "hessian",
    "hutchinson",
    "hutchinson_diagonal",
    "hutchpp",
    "hvp",
    "hvp_operator",
    "jacfwd",
    "jacobian",
    "jacrev",
    "jvp",
    "lanczos",
    "linear",
    "linearize",
    "make_graph",
    "memory_report",
    "primitive",
    "random_directions",
    "refuse",
    "rule",
    "spectral_density",
    "stop_gradient",
    "value_and_grad",
    "vjp",
    "zero",
    "zero_order_gradient",
]
