"""Functions whose result does not vary with their argument, almost everywhere."""

import numpy as np

from ..core.declare import zero

zero(
    *(np.floor, np.ceil, np.rint, np.trunc, np.sign, np.floor_divide, np.round, np.around, np.fix, np.spacing),
    *(np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal),
    *(np.isnan, np.isinf, np.isfinite, np.isposinf, np.isneginf, np.signbit, np.isclose, np.allclose),
    *(np.array_equal, np.array_equiv, np.isin, np.iscomplex, np.isreal, np.iscomplexobj, np.isrealobj),
    *(np.logical_and, np.logical_or, np.logical_not, np.logical_xor, np.all, np.any),
    *(np.argmax, np.argmin, np.nanargmax, np.nanargmin, np.argsort, np.argpartition, np.lexsort),
    *(np.nonzero, np.flatnonzero, np.argwhere, np.count_nonzero, np.searchsorted, np.digitize),
    *(np.shape, np.ndim, np.size, np.result_type, np.common_type, np.can_cast, np.min_scalar_type),
    *(np.may_share_memory, np.shares_memory, np.einsum_path),
    *(np.diag_indices_from, np.tril_indices_from, np.triu_indices_from, np.unravel_index, np.ravel_multi_index),
    *(np.zeros_like, np.ones_like, np.empty_like),
    *(np.array_repr, np.array_str, np.array2string),
    # With like=x, where x is traced; the numbers do not come from x.
    *(np.zeros, np.ones, np.empty, np.eye, np.identity, np.tri, np.arange, np.fromfunction, np.fromiter),
    *(np.frombuffer, np.fromfile, np.fromstring, np.loadtxt, np.genfromtxt),
)
zero((np.logical_and, "reduce"), (np.logical_or, "reduce"))
