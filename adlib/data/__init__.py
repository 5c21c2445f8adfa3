"""Small tables that the chapters use, shipped with the package.

`cities` reads ``cities.csv``: coordinates from GeoNames (https://www.geonames.org, licence CC BY 4.0), rounded to a
hundredth of a degree. `coastline` reads ``coastline.csv``: made from Natural Earth, land at 1:110 million
(https://www.naturalearthdata.com, public domain), simplified and rounded to a tenth of a degree. The module `geography`
beside them makes both files. `digits` reads ``digits.npz``: handwritten digits from the UCI Machine Learning Repository
(https://doi.org/10.24432/C50P49, licence CC BY 4.0), as scikit-learn ships them; the module `handwriting` makes the file. `gpt2_memory` reads ``gpt2_memory.json``, which the
module `benchmarks.gpt2_memory` of the book's repository makes.

>>> from adlib import data
>>> names, coordinates = data.cities(6)
>>> names
['Lisbon', 'London', 'Rome', 'Stockholm', 'Istanbul', 'Moscow']
"""

import csv
import json
from importlib import resources

import numpy as np

from ..core.settings import whole_number

__all__ = ["cities", "coastline", "digits", "gpt2_memory"]

_CITIES = 34


def cities(count=_CITIES):
    """Return names and coordinates of the first cities of Europe in the list.

    Parameters
    ----------
    count : int
        How many, from 1 to 34.  The first six and the first fifteen are spread
        over the map.

    Returns
    -------
    names : list of str
        In English.
    coordinates : numpy.ndarray
        Shape (count, 2), float64: latitude and longitude in degrees, north and
        east positive, rounded to 0.01.

    Raises
    ------
    ArgumentError
        When count is not an integer from 1 to 34.

    Notes
    -----
    Source: GeoNames, https://www.geonames.org, licence CC BY 4.0.

    Examples
    --------
    >>> from adlib import data
    >>> names, coordinates = data.cities(2)
    >>> print(names[1], coordinates[1])
    London [51.51 -0.13]
    """
    count = whole_number(count, "count", "cities", high=_CITIES)
    rows = _rows("cities.csv")[:count]
    return [name for name, _, _ in rows], np.array([[float(lat), float(lon)] for _, lat, lon in rows])


def coastline():
    """Return the coast of Europe and its neighbours as a few hundred points.

    Returns
    -------
    list of numpy.ndarray
        Lines to be drawn, each of shape (points, 2), float64: latitude and
        longitude in degrees.  They end at the edge of a window from 14 degrees
        west to 50 degrees east and from 32 to 68 degrees north.

    Notes
    -----
    Source: Natural Earth, land at 1:110 million, public domain,
    https://www.naturalearthdata.com.  Coarse: good for recognising a map, not
    for measuring it.

    Examples
    --------
    >>> from adlib import data
    >>> all(line.shape[1] == 2 for line in data.coastline())
    True
    """
    rows = np.array(_rows("coastline.csv"), dtype=float)
    starts = np.flatnonzero(np.diff(rows[:, 0])) + 1
    return np.split(rows[:, 1:], starts)


def digits():
    """Return 1797 handwritten digits, as pictures and as numbers.

    Returns
    -------
    images : numpy.ndarray
        Shape (1797, 64), float64: pictures of 8 by 8 pixels, row by row, each
        pixel a whole number from 0, white, to 16, black.
    labels : numpy.ndarray
        Shape (1797,), int64: what each picture shows, 0 to 9.

    Notes
    -----
    Source: E. Alpaydin and C. Kaynak, "Optical Recognition of Handwritten
    Digits", UCI Machine Learning Repository 1998,
    https://doi.org/10.24432/C50P49, licence CC BY 4.0; its test set in its order,
    as scikit-learn ships it.  Thirteen people wrote them, it seems one after the
    other: a part kept for testing is best taken from the end, where other
    writers wrote.

    Examples
    --------
    >>> from adlib import data
    >>> images, labels = data.digits()
    >>> images.shape, images.max(), labels[:10]
    ((1797, 64), np.float64(16.0), array([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]))
    """
    with resources.files(__name__).joinpath("digits.npz").open("rb") as file, np.load(file) as stored:
        images, labels = stored["images"], stored["labels"]
    return images.reshape(len(images), -1).astype(float), labels.astype(np.int64)


def gpt2_memory():
    """Return what the activations of GPT-2 take, by formula, by a compiler's plan, and on a GPU where one was at hand.

    Returns
    -------
    dict
        ``"provenance"``: command, date, versions.  ``"model"``: sizes and dtype.
        ``"formula"``: bytes by two published estimates, with checkpoints under
        ``"segments"`` (their number as text).  ``"kept"``: the arrays that
        reverse mode keeps of one layer, and their bytes, with and without
        attention, in two dtypes.  ``"compiled"``: a row for each way of
        computing the gradient, with the bytes that XLA for CPUs plans as
        ``"temporary"``; weights and gradients stand beside it as ``"arguments"``
        and ``"outputs"``.  ``"device"``: steps run for real, or None.

    Notes
    -----
    Source: ``python -m benchmarks.gpt2_memory --write`` in the book's repository.
    The compiler for CPUs computes bfloat16 in float32: its plan is larger than
    that for a GPU would be.

    Examples
    --------
    >>> from adlib import data
    >>> memory = data.gpt2_memory()
    >>> memory["model"]["layers"], round(memory["formula"]["store all"] / 1e9, 1)
    (48, 60.4)
    >>> [row["segments"] for row in memory["compiled"]][:3]
    [0, 4, 6]
    """
    return json.loads(_text("gpt2_memory.json"))


def _rows(file):
    """The lines of a table without its head."""
    return list(csv.reader(_text(file).splitlines()))[1:]


def _text(file):
    return resources.files(__name__).joinpath(file).read_text(encoding="utf-8")
