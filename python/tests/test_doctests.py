"""The examples in docstrings run, and give what they show."""

import doctest
import inspect
import pkgutil

import pytest

import tome


def modules():
    """The package and its modules, but for the extension, whose objects are the package's."""
    found = [tome]
    for module in pkgutil.iter_modules(tome.__path__, "tome."):
        if module.name != "tome._tome":
            found.append(__import__(module.name, fromlist=["_"]))
    return found


def methods(kind):
    """The public attributes of a type, those it has from others of ours too: (name, docstring)."""
    for base in reversed(kind.__mro__):
        for name, value in vars(base).items() if base.__module__.startswith("tome") else ():
            if not name.startswith("_") and inspect.getdoc(value):
                yield f"{kind.__name__}.{name}", inspect.getdoc(value)


def documented():
    """Everything with a docstring: {name: docstring}."""
    found = {}
    for module in modules():
        found[module.__name__] = inspect.getdoc(module) or ""
        for name, value in vars(module).items():
            if name.startswith("_") or not getattr(value, "__module__", "").startswith("tome"):
                continue
            found[name] = inspect.getdoc(value) or ""
            if inspect.isclass(value):
                found.update(methods(value))
    return found


DOCUMENTED = documented()
WITH_EXAMPLES = sorted(name for name, text in DOCUMENTED.items() if ">>>" in text)


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_examples_give_what_they_show(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    example = doctest.DocTestParser().get_doctest(
        DOCUMENTED[name], {"tome": tome}, name, None, None
    )
    told = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    runner.run(example, out=told.append)
    assert runner.failures == 0, "".join(told)


def test_the_package_has_a_docstring():
    assert inspect.getdoc(tome)
