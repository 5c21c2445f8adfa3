"""Another project is called adlib on the Python Package Index, and has the same import name."""

import os
import sys


def refuse_namesake():
    """Raise where the distribution named adlib is installed: which of the two is imported would be chance.

    A look at the folder names on the path; `importlib.metadata` would cost more than half of the import.
    """
    for folder in sys.path:
        folder = folder or os.getcwd()
        try:
            names = os.listdir(folder)
        except OSError:
            continue
        for name in names:
            if name.startswith("adlib-") and name.endswith((".dist-info", ".egg-info")):
                version = name[len("adlib-") :].rpartition(".")[0]
                raise ImportError(
                    f"another project, the distribution 'adlib' {version}, is installed in {folder}: "
                    "both are imported as adlib. Run: pip uninstall -y adlib adlib-book, then install adlib-book again: "
                    "pip install 'git+https://github.com/owner_not_set/adlib-book@v0.1.0'"
                )
