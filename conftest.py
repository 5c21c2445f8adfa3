"""What the ordinary `pytest --nbval chapters` needs to find the committed outputs again.

The kernel is the one of the Python that runs pytest, whatever other kernels there are, and adlib is this clone's. What is
written to stderr is not compared: it is the machine's, that a font cache is being built or that a card is not used. The
build of the book is strict about it.
"""

import os
import tempfile

import pytest

pytest_plugins = ["tools.compared"]
NBVALS_TIMEOUT = 2000  # its default, where nobody has asked for another one


def pytest_configure(config):
    options = config.option
    if not (getattr(options, "nbval", False) or getattr(options, "nbval_lax", False)):
        return
    from tools import ROOT
    from tools.normalise import CELL_TIMEOUT

    options.nbval_current_env = not options.nbval_kernel_name
    options.nbval_kernel_startup_timeout = max(options.nbval_kernel_startup_timeout, CELL_TIMEOUT)
    if options.nbval_cell_timeout == NBVALS_TIMEOUT:
        options.nbval_cell_timeout = CELL_TIMEOUT
    if getattr(options, "dist", "no") != "no":
        options.dist = "loadfile"  # the cells of a notebook need one kernel, so one process
    own = tempfile.TemporaryDirectory(prefix="adbook-ipython-")
    config.add_cleanup(own.cleanup)
    os.environ["IPYTHONDIR"] = own.name  # an IPython of one's own may print more, and a backend no figures
    os.environ.pop("MPLBACKEND", None)
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))


@pytest.hookimpl(tryfirst=True)  # before tools.compared
def pytest_collectstart(collector):
    if type(collector).__name__ == "IPyNbFile":
        collector.skip_compare += ("stderr",)


def pytest_itemcollected(item):
    if type(item).__name__ == "IPyNbCell":  # what Jupyter warns about is not the book's
        item.add_marker(pytest.mark.filterwarnings("default"))
