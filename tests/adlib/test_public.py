"""The public names: documented, tried by their examples, and nothing else."""

import doctest
import importlib
import inspect
import os
import pkgutil
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

import adlib
from tools.address import settings

ROOT = Path(adlib.__file__).parents[1]
VALUES = settings(ROOT)


def test_all_is_what_can_be_seen():
    assert len(set(adlib.__all__)) == len(adlib.__all__)
    seen = {name for name, value in vars(adlib).items() if not name.startswith("_") and not inspect.ismodule(value)}
    assert seen == set(adlib.__all__)


@pytest.mark.parametrize("name", adlib.__all__)
def test_every_public_name_is_documented(name):
    public = getattr(adlib, name)
    text = inspect.getdoc(public)
    assert text and text.splitlines()[0].endswith((".", "?"))
    for line in text.splitlines():
        assert len(line) < 111


def documented(function):
    """The parameters that a docstring describes, its own or those that it refers to."""
    text = inspect.getdoc(function)
    if shared := re.search(r"Parameters and result are those of `(\w+)`", text):
        return documented(getattr(adlib, shared[1]))
    section = re.search(r"^Parameters\n-+\n(.*?)(?=\n\n\w+\n---|\Z)", text, re.S | re.M)
    heads = re.findall(r"^(\S.*?)(?: : .*)?$", section[1], re.M) if section else []
    return sorted(name.strip(" *") for head in heads for name in head.split(","))


@pytest.mark.parametrize(
    "module", [adlib, adlib.data, adlib.optimize, adlib.schedules], ids=lambda module: module.__name__
)
def test_docstrings_describe_every_parameter_and_no_other(module):
    """One section names the parameters of the signature; others are there, by their numpydoc names."""
    for name in module.__all__:
        public = getattr(module, name)
        if inspect.isfunction(public):
            assert documented(public) == sorted(inspect.signature(public).parameters), name
        sections = re.findall(r"^(\w[\w ]*)\n---+$", inspect.getdoc(public), re.M)
        assert set(sections) <= {"Parameters", "Attributes", "Returns", "Yields", "Raises", "Notes", "Examples"}, name


@pytest.mark.parametrize(
    "public",
    [value for module in (adlib, adlib.data, adlib.optimize) for value in map(vars(module).get, module.__all__)
     if not (inspect.isclass(value) and issubclass(value, Exception))],
    ids=lambda public: public.__name__,
)  # fmt: skip
def test_every_public_name_but_an_error_shows_an_example(public):
    assert "Examples\n--------\n" in inspect.getdoc(public) and ">>> " in inspect.getdoc(public)


def test_a_parameter_that_is_not_described_is_found():
    def wrong(f, forgotten=0):
        """Only one.

        Parameters
        ----------
        f : callable
            A function.

        Returns
        -------
        float
        """

    assert documented(wrong) == ["f"] != sorted(inspect.signature(wrong).parameters)


@pytest.mark.parametrize(
    "name",
    ["jvp", "vjp", "grad", "derivative", "jacfwd", "jacrev", "jacobian", "hessian", "hvp", "hvp_operator", "linearize", "make_graph", "check_grads",
     "finite_difference", "zero_order_gradient", "forward_gradient", "random_directions",
     "checkpoint", "checkpoint_chain", "memory_report"],
)  # fmt: skip
def test_every_transformation_says_its_cost(name):
    assert "Cost" in inspect.getdoc(getattr(adlib, name))


@pytest.mark.parametrize("name", ["jvp", "vjp", "grad", "derivative", "jacfwd", "jacrev", "make_graph", "check_grads", "finite_difference", "directional_difference", "difference_step", "zero_order_gradient", "forward_gradient", "random_directions", "checkpoint", "checkpoint_chain", "memory_report"])  # fmt: skip
def test_every_transformation_says_its_errors(name):
    text = inspect.getdoc(getattr(adlib, name))
    assert "Raises\n------\n" in text or "are those of" in text


def modules():
    for found in pkgutil.walk_packages(adlib.__path__, "adlib."):
        if ".viz" not in found.name:
            yield found.name


@pytest.mark.parametrize("name", [*modules()])
def test_the_examples_run(name):
    module = importlib.import_module(name)
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    assert doctest.testmod(module, optionflags=flags, extraglobs={"np": np}).failed == 0


def test_an_example_that_fails_is_found():
    def wrong():
        """
        >>> 1 + 1
        3
        """

    test = doctest.DocTestFinder().find(wrong, globs={})[0]
    assert doctest.DocTestRunner().run(test, out=lambda text: None).failed == 1


# Importing.


def python(code, *paths, **options):
    """Run code in a new interpreter that finds modules in `paths` first."""
    path = os.pathsep.join(map(str, paths))
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        **options,
    )


def distribution(folder, name, version="1.0", files=()):
    """What pip leaves of an installed distribution."""
    info = folder / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    (info / "RECORD").write_text("".join(f"{file},,\n" for file in files))


def test_importing_needs_numpy_only(tmp_path):
    code = """
        import sys
        class Refuse:
            def find_spec(self, name, path=None, target=None):
                if name.partition(".")[0] in ("matplotlib", "jax", "scipy", "IPython", "pandas"):
                    raise ImportError(name)
        sys.meta_path.insert(0, Refuse())
        import adlib
        print(adlib.grad(lambda x: x * x)(3.0))
    """
    result = python(code, ROOT, cwd=tmp_path)
    assert result.stdout == "6.0\n", result.stderr


def test_another_project_of_the_same_name_is_named(tmp_path):
    distribution(tmp_path, "adlib")
    result = python("import adlib", ROOT, tmp_path, cwd=tmp_path)
    assert result.returncode != 0
    message = result.stderr.strip().splitlines()[-1]
    assert message == (
        f"ImportError: another project, the distribution 'adlib' 1.0, is installed in {tmp_path}: both are imported as adlib. "
        "Run: pip uninstall -y adlib adlib-book, then install adlib-book again: "
        f"pip install 'git+{VALUES['address']}@{VALUES['ref']}'"
    )


@pytest.mark.parametrize("name", ["adlib-book", "adlib-extras", "libad"])
def test_other_distributions_do_not_matter(tmp_path, name):
    distribution(tmp_path, name)
    result = python("import adlib; print(adlib.__version__)", ROOT, tmp_path, cwd=tmp_path)
    assert result.stdout.strip() == adlib.__version__, result.stderr
