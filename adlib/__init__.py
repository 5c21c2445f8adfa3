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

To read the package: `core/trace` says how NumPy hands us its operations,
`core/declare` how a derivative is declared and `core/families` what is done with
it, `rules` holds the declarations, `modes/forward` and `modes/reverse` are the
two modes.
"""

from .core import installed

installed.refuse_namesake()

from . import data, optimize, rules, schedules  # noqa: F401  (rules fills the table; the others are public)
from .core.declare import bilinear, composite, elementwise, linear, primitive, refuse, rule, stop_gradient, zero
from .core.errors import (
    AdlibError,
    ArgumentError,
    EscapedTracerError,
    GradientCheckError,
    ProgramError,
    TracedAttributeError,
    TracedValueError,
)
from .examination.examine import examine
from .graph.graph import Graph
from .graph.record import make_graph
from .memory.checkpoint import checkpoint, checkpoint_chain
from .memory.report import MemoryReport, memory_report
from .modes.check import check_grads
from .modes.forward import derivative, jvp
from .modes.jacobians import jacfwd, jacobian, jacrev
from .modes.reverse import grad, value_and_grad, vjp
from .modes.second_order import gauss_newton_product, hessian, hvp, hvp_operator, linearize
from .programs.program import Program, program
from .randomised.directions import random_directions
from .randomised.estimate import Estimate
from .randomised.hutchinson import hutchinson, hutchinson_diagonal, hutchpp
from .randomised.lanczos import lanczos
from .randomised.spectral_density import spectral_density
from .structure.chain import chain_order
from .structure.elimination import eliminate
from .structure.sparse import sparse_jacobian
from .zero_order.counted import counted
from .zero_order.differences import difference_step, directional_difference, finite_difference
from .zero_order.estimators import forward_gradient, zero_order_gradient

__version__ = "0.1.0"

__all__ = [
    "AdlibError",
    "ArgumentError",
    "EscapedTracerError",
    "Estimate",
    "Graph",
    "GradientCheckError",
    "MemoryReport",
    "Program",
    "ProgramError",
    "TracedAttributeError",
    "TracedValueError",
    "bilinear",
    "chain_order",
    "check_grads",
    "checkpoint",
    "checkpoint_chain",
    "composite",
    "counted",
    "derivative",
    "difference_step",
    "directional_difference",
    "elementwise",
    "eliminate",
    "examine",
    "finite_difference",
    "forward_gradient",
    "gauss_newton_product",
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
    "program",
    "random_directions",
    "refuse",
    "rule",
    "sparse_jacobian",
    "spectral_density",
    "stop_gradient",
    "value_and_grad",
    "vjp",
    "zero",
    "zero_order_gradient",
]
