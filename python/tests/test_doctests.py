"""The examples in docstrings run, and give what they show."""

import doctest
import importlib
import inspect
import pkgutil

import pytest

import tome


def modules():
    """The package and its modules, and why some are not there: (modules, reasons).

    Not the extension, whose objects are the package's.
    """
    found, missing = [tome], []
    for module in pkgutil.iter_modules(tome.__path__, "tome."):
        if module.name != "tome._tome":
            try:
                found.append(importlib.import_module(module.name))
            except ImportError as error:
                missing.append(f"{module.name}: {error}")
    return found, missing


def methods(kind):
    """The public attributes of a type, those it has from others of ours too: (name, docstring)."""
    for base in reversed(kind.__mro__):
        for name, value in vars(base).items() if base.__module__.startswith("tome") else ():
            if not name.startswith("_") and inspect.getdoc(value):
                yield f"{kind.__name__}.{name}", inspect.getdoc(value)


def documented():
    """Everything with a docstring: {name: docstring}."""
    found = {}
    for module in MODULES:
        found[module.__name__] = inspect.getdoc(module) or ""
        for name, value in vars(module).items():
            if name.startswith("_") or not getattr(value, "__module__", "").startswith("tome"):
                continue
            found[name] = inspect.getdoc(value) or ""
            if inspect.isclass(value):
                found.update(methods(value))
    return found


MODULES, MISSING = modules()
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


def test_every_module_of_the_package_was_looked_at():
    if MISSING:
        pytest.skip("; ".join(MISSING))
    names = {module.__name__ for module in MODULES}
    assert names >= {"tome", "tome.aio", "tome.array", "tome.file"}


def test_everything_public_has_a_docstring():
    assert not [name for name, text in DOCUMENTED.items() if not text]


def test_methods_in_c_have_signatures():
    kinds = (tome.mmap, tome.File, tome.Lines, tome.View, tome.Match)
    methods_in_c = [
        getattr(kind, name)
        for kind in kinds
        for name, value in inspect.getmembers(kind, inspect.ismethoddescriptor)
        if not name.startswith("_")
    ]
    assert len(methods_in_c) > 50
    for method in methods_in_c:
        assert inspect.signature(method), method
