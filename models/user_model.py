"""Networks of the user's own: a function in a file that builds a Keras model.

`--model=path/to/file.py:build` means the function `build` of that file.
"""

import ast
import hashlib
import importlib.util
import inspect
import os

from lottery_ticket.foundations.machine import lazy

with lazy.imports():
    import keras

    from lottery_ticket.foundations import keras_model


def is_own(name: str | None) -> bool:
    """Whether a model's name is one of a function in a file."""
    name = name or ""
    return ":" in name or name.endswith(".py")


def check(name: str) -> None:
    """Raises unless a name is path/to/file.py:function of a file there is.

    Raises:
        ValueError: If it has another form.
        FileNotFoundError: If there is no such file.
    """
    path, _, function = name.rpartition(":")
    if not path.endswith(".py") or not function.isidentifier():
        raise ValueError(
            "A model of your own must be given as path/to/file.py:function. "
            f"Received: {name}"
        )
    if not os.path.isfile(os.path.expanduser(path)):
        raise FileNotFoundError(f"No such file: {path}")


def fingerprint(name: str) -> str:
    """Returns a SHA-256 of the file's code, less comments and layout.

    Raises ValueError if the file is no Python.
    """
    path = os.path.expanduser(name.rpartition(":")[0])
    with open(path, encoding="utf-8", errors="replace") as file:
        text = file.read()
    try:
        code = ast.unparse(ast.parse(text))
    except (SyntaxError, ValueError) as error:
        raise ValueError(f"{path} cannot be run: {error!r}") from error
    return hashlib.sha256(code.encode()).hexdigest()


def create(name: str, examples, num_classes: int):
    """Returns a keras_model.KerasModel of what the function builds.

    The function is called without arguments, or with those of `input_shape`
    (of one example) and `num_classes` that it has; for each draw of fresh
    weights it is called anew, after `keras.utils.set_random_seed`. Constants
    that it draws are no weights: they are the same for all seeds. Examples are
    a batch of prepared ones; see KerasModel.

    Raises:
        ValueError: If the file cannot be run, has no such function, or the
            function returns no Keras model, or one that does not fit.
        FileNotFoundError: If there is no such file.
    """
    check(name)
    function = _function(name)
    known = {
        "input_shape": tuple(examples.shape[1:]),
        "num_classes": num_classes,
    }
    parameters = inspect.signature(function).parameters
    arguments = {key: known[key] for key in known if key in parameters}

    def build():
        try:
            network = function(**arguments)
        except Exception as error:  # A stranger's code can raise anything.
            raise ValueError(f"{name} failed: {error!r}") from error
        if not isinstance(network, keras.Model):
            raise ValueError(
                f"{name} must return a keras.Model. Received: "
                f"{type(network).__name__}"
            )
        if not network.built:
            network(examples)
        return network

    # Constants that the function draws are the same in every process.
    with keras_model.seeded(0):
        network = build()
    return keras_model.KerasModel(network, examples, build)


def _function(name):
    path, _, function = name.rpartition(":")
    path = os.path.expanduser(path)
    stem = os.path.splitext(os.path.basename(path))[0]
    spec = importlib.util.spec_from_file_location(f"own_{stem}", path)
    if spec is None or spec.loader is None:
        raise ValueError(f"{path} cannot be run: Python cannot load it")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # A stranger's code can raise anything.
        raise ValueError(f"{path} cannot be run: {error!r}") from error
    found = getattr(module, function, None)
    if not callable(found):
        raise ValueError(f"{path} has no function {function!r}")
    return found
