"""A plugin of pytest: which test runs which line, and a run of some tests in an order: ``-p tools.mutation.selection``.

With ``--mutation-map`` each test is a context of the coverage measurement, and how long it takes is written to a file. With
``--mutation-run`` the tests that a file lists run in its order, and all of them together may use the processor for so long.
"""

import json
from pathlib import Path

import pytest

SECONDS = pytest.StashKey[dict]()


def pytest_addoption(parser):
    group = parser.getgroup("mutation")
    group.addoption("--mutation-map", type=Path, metavar="FILE", help="write the seconds of each test here")
    group.addoption("--mutation-run", type=Path, metavar="FILE", help="the tests to run, and the seconds they may use")


def pytest_configure(config):
    config.stash[SECONDS] = {}
    if chosen := config.option.mutation_run:
        import resource  # not on Windows

        _, hard = resource.getrlimit(resource.RLIMIT_CPU)
        resource.setrlimit(resource.RLIMIT_CPU, (json.loads(chosen.read_text("utf-8"))["seconds"], hard))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    if chosen := config.option.mutation_run:
        order = {test: k for k, test in enumerate(json.loads(chosen.read_text("utf-8"))["tests"])}
        items[:] = sorted((item for item in items if item.nodeid in order), key=lambda item: order[item.nodeid])


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item):
    if not item.config.option.mutation_map:
        return (yield)
    from coverage import Coverage  # nobody else needs it

    Coverage.current().switch_context(item.nodeid)
    result = yield
    Coverage.current().switch_context("")
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    report = yield
    item.config.stash[SECONDS][item.nodeid] = item.config.stash[SECONDS].get(item.nodeid, 0.0) + report.duration
    return report


def pytest_sessionfinish(session):
    if file := session.config.option.mutation_map:
        file.write_text(json.dumps(session.config.stash[SECONDS]), encoding="utf-8")
