"""What nbval compares of a notebook's outputs, the text, and how long it waits for it. A plugin of pytest.

nbval compares every MIME type that it is not told to skip, and the committed form keeps only the text (tools.normalise).
The reader's pass takes this file along into an environment without the clone, so it imports nothing.
"""

KEPT_MIME = "text/plain"


class AllButText(tuple):
    """Names of what is not compared; every other MIME type is among them."""

    def __contains__(self, key):
        return tuple.__contains__(self, key) or ("/" in key and key != KEPT_MIME)


def pytest_collectstart(collector):
    if type(collector).__name__ == "IPyNbFile":
        collector.skip_compare = AllButText(collector.skip_compare)


def pytest_runtest_setup(item):
    item.output_timeout = 120  # seconds between the end of a cell and its last output: long only on a busy machine
