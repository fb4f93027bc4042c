"""The package as a whole: help that teaches, stubs that are true, notebooks that run."""
import ast
import glob
import inspect
import os
import pydoc
import sys

import pytest

import delever
from delever import _core

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
sys.path.insert(0, os.path.join(ROOT, "tools"))


def stub():
    with open(os.path.join(os.path.dirname(delever.__file__), "_core.pyi")) as file:
        return ast.parse(file.read())


def test_stubs_name_what_is_there():
    functions = {node.name for node in stub().body if isinstance(node, ast.FunctionDef)}
    classes = {node.name: {f.name for f in node.body if isinstance(f, ast.FunctionDef)} for node in stub().body
               if isinstance(node, ast.ClassDef)}
    there = {name for name in dir(_core) if not name.startswith("_")}
    assert functions | set(classes) == there
    for name, members in classes.items():
        public = {member for member in vars(getattr(_core, name)) if not member.startswith("_") or member == "__init__"}
        assert members | {"__init__"} == public | {"__init__"}, name


def test_stubs_name_the_arguments():
    for node in stub().body:
        if not isinstance(node, ast.FunctionDef) or not node.args.args:
            continue
        signature = getattr(_core, node.name).__doc__.splitlines()[0]
        for argument in node.args.args:
            assert f"{argument.arg}: " in signature, (node.name, argument.arg, signature)


def test_everything_public_is_explained():
    for name in delever.__all__:
        thing = getattr(delever, name)
        if not (inspect.isclass(thing) or inspect.isfunction(thing)):
            continue
        assert inspect.getdoc(thing), name
        if inspect.isclass(thing) and not issubclass(thing, Exception):
            for member, value in vars(thing).items():
                if not member.startswith("_") and inspect.isfunction(value) and member not in ("keys", "events"):
                    assert value.__doc__, f"{name}.{member}"


def test_help_teaches():
    text = pydoc.render_doc(delever)
    for words in ("From nothing to a chart", "Rules that hold everywhere", "NaN or None", "delever.Margin(venue, sym)"):
        assert words in text
    assert os.path.exists(os.path.join(os.path.dirname(delever.__file__), "py.typed"))


@pytest.mark.parametrize("path", sorted(glob.glob(os.path.join(ROOT, "docs/notebooks/*.ipynb"))))
def test_notebooks_run_and_print_what_they_show(path):
    import notebook
    assert notebook.run(path) == []


def test_both_notebooks_are_there():
    assert len(glob.glob(os.path.join(ROOT, "docs/notebooks/*.ipynb"))) == 2
