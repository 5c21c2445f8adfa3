"""Where `digits.npz` of `adlib.data` comes from, and how it can be made again.

    pip download --no-deps scikit-learn==1.9.1
    python -m adlib.data.handwriting scikit_learn-1.9.1-*.whl

The wheel ships a copy of the test set of "Optical Recognition of Handwritten Digits" of the UCI Machine Learning Repository
(E. Alpaydin and C. Kaynak 1998, https://doi.org/10.24432/C50P49, licence CC BY 4.0). Nothing else in the package imports
this module.
"""

from __future__ import annotations

import argparse
import gzip
import zipfile
from pathlib import Path

import numpy as np

DATA = Path(__file__).parent
SIDE = 8  # pixels
TABLE = "sklearn/datasets/data/digits.csv.gz"


def digits(wheel: Path) -> tuple[np.ndarray, np.ndarray]:
    """The pictures, (count, 8, 8), and what they show, (count,), both as bytes."""
    with zipfile.ZipFile(wheel) as archive:
        lines = gzip.decompress(archive.read(TABLE)).decode("ascii").splitlines()
    table = np.array([line.split(",") for line in lines], dtype=np.uint8)
    return table[:, :-1].reshape(-1, SIDE, SIDE), table[:, -1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("scikit_learn", type=Path, help="the wheel, as pip downloads it")
    images, labels = digits(parser.parse_args().scikit_learn)
    np.savez_compressed(DATA / "digits.npz", images=images, labels=labels)


if __name__ == "__main__":
    main()
