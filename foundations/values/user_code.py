"""What the code of a user is: fingerprints of functions, classes, instances.

Results are of one code: once it is edited they are results of another.
"""

import copyreg
import dis
import enum
import functools
import logging
import numbers
import os
import sys
import sysconfig
import types

import numpy as np

from lottery_ticket.foundations.values import source_code

_PACKAGE = __name__.partition(".")[0]
_INSTALLED = {
    os.path.realpath(path)
    for path in map(
        sysconfig.get_path, ("stdlib", "platstdlib", "purelib", "platlib")
    )
    if path
}
# Attributes of wrappers: those of tf.function, property and functools.
_HOLD_FUNCTIONS = ("python_function", "fget", "__wrapped__")
# Modules whose values change as they are used.
_CHANGE = ("random", "itertools", "threading", "logging", "io", "_io")
_log = logging.getLogger(__name__)


def is_installed(path: str) -> bool:
    """Whether a file belongs to Python or to a package that is installed."""
    path = os.path.realpath(path)
    parts = path.split(os.sep)
    return (
        "site-packages" in parts
        or "dist-packages" in parts
        or any(path.startswith(folder + os.sep) for folder in _INSTALLED)
    )


def is_users(module: str | None) -> bool:
    """Whether a module is a user's: neither ours nor installed."""
    module = module or ""
    root = module.partition(".")[0]
    if root == "__main__":
        return True
    if root == _PACKAGE:
        return module.startswith(f"{_PACKAGE}.tests.")
    if root in sys.stdlib_module_names:
        return False
    path = getattr(sys.modules.get(module), "__file__", None)
    return path is None or not is_installed(path)


def identity(*objects: object, with_weights: bool = False) -> str | None:
    """Returns a SHA-256 of the users' code in objects; None if there is none.

    Objects are functions, classes, instances of classes and whatever holds
    them. Of a function of a user's count its code, defaults, what its closure
    holds, and the globals of users that it names, theirs included; of a class
    its members and bases; of an instance its class and attributes.

    Code that cannot be had, of a console for instance, is named in a warning.

    Args:
        with_weights: Whether Keras layers that are met count as users' code,
            with their settings and weights: those that prepare examples.
    """
    reader = _Reader(with_weights)
    texts = [reader.users(each) for each in objects]
    return source_code.sha(repr(texts)) if any(texts) else None


class _Reader:
    """Turns objects into text, each of them once."""

    def __init__(self, with_weights, seen=(), opens_sets=True):
        self.has_users_code = False
        self._with_weights, self._opens_sets = with_weights, opens_sets
        self._seen = dict(seen)  # Objects by id, which are kept alive.

    def users(self, value):
        """The text of what holds users' code; "" of anything else."""
        before, self.has_users_code = self.has_users_code, False
        text = self.text(value)
        found, self.has_users_code = self.has_users_code, before
        self.has_users_code |= found
        return text if found else ""

    def text(self, value):
        """What tells a value apart, the same in every process."""
        if value is None or isinstance(
            value, bool | int | float | complex | str | bytes
        ):
            return repr(value)
        if isinstance(value, tuple):  # Python may share equal ones.
            return f"tuple {self._inside(value)}"
        if id(value) in self._seen:
            return "seen"
        self._seen[id(value)] = value
        return f"{_kind(value)} {self._inside(value)}"

    def _inside(self, value):
        if isinstance(value, dict | types.MappingProxyType):
            return [(self.text(k), self.text(v)) for k, v in value.items()]
        if isinstance(value, list | tuple):
            return [self.text(each) for each in value]
        if isinstance(value, set | frozenset):
            return self._set(value)
        if isinstance(value, functools.partial):
            return self._inside([value.func, value.args, value.keywords])
        if isinstance(value, types.MethodType):
            return self._inside([value.__func__, value.__self__])
        if isinstance(value, types.FunctionType):
            return self._function(value)
        if isinstance(value, type):
            return self._class(value)
        if hasattr(type(value), "__array__") and not _is_of_keras(type(value)):
            return self._array(np.asarray(value))
        return self._instance(value)

    def _set(self, elements):
        """Texts in the order of what elements are: a set's own is chance.

        It counts, as what elements share is in the text of the first alone.
        """
        if not self._opens_sets:
            return len(elements)
        if not _is_plain(list(elements)):
            elements = sorted(elements, key=self._alone)
        return sorted(self.text(each) for each in elements)

    def _alone(self, element):
        """Its text, but for what is in sets, which may lead anywhere."""
        reader = _Reader(self._with_weights, self._seen, opens_sets=False)
        return reader.text(element)

    def _array(self, array):
        if array.dtype.hasobject:
            return array.shape, self.text(array.tolist())
        return array.dtype, array.shape, source_code.sha(array.tobytes())

    def _function(self, function):
        is_own = is_users(function.__module__)
        if not is_own or is_installed(function.__code__.co_filename):
            held = {n: self.users(v) for n, v in vars(function).items()}
            return _public_name(function), [p for p in held.items() if p[1]]
        self.has_users_code = True
        closed = [_held(cell) for cell in function.__closure__ or ()]
        return (
            _source(function),
            self.text(function.__defaults__),
            self.text(function.__kwdefaults__),
            [self.text(each) for each in closed],
            self._globals(function),
            self._inside(vars(function)),
            source_code.imported_by(function, _is_others),
        )

    def _globals(self, function):
        """What a function names of its module, and of users' modules there."""
        names = _names(function.__code__)
        held = function.__globals__
        found = {
            name: held[name]
            for name in _global_names(function.__code__)
            if name in held
        }
        for name, value in list(found.items()):
            if isinstance(value, types.ModuleType):
                del found[name]
                if is_users(value.__name__):
                    inside = vars(value)
                    found |= {
                        f"{name}.{n}": inside[n] for n in names if n in inside
                    }
        return {name: self.text(found[name]) for name in sorted(found)}

    def _class(self, kind):
        if not is_users(kind.__module__):
            return _public_name(kind)
        self.has_users_code = True
        members = {}
        for name, member in vars(kind).items():
            function = _function_of(member)
            if isinstance(kind, enum.EnumMeta) and _is_kept_by_enum(name):
                continue
            if isinstance(member, property):
                halves = member.fget, member.fset, member.fdel
                members[name] = self._inside(list(halves))
            elif function is not None and not _is_generated(kind, function):
                members[name] = self.text(function)
            elif name == "__dataclass_fields__":
                made = [each.default_factory for each in member.values()]
                members[name] = self._inside(made)
            elif function is None and not name.startswith("__"):
                members[name] = self.text(member)
        made_by = [x for x in (type(kind),) if is_users(x.__module__)]
        bases = [self.text(base) for base in (*kind.__bases__, *made_by)]
        return bases, sorted(members.items())

    def _instance(self, value):
        kind = type(value)
        if isinstance(value, enum.Enum):
            return self.text(kind), value.name, self.text(value.value)
        inner = [getattr(value, name, None) for name in _HOLD_FUNCTIONS]
        if any(each is not None for each in inner):
            return self._inside(inner)
        named = _attributes(value)
        if self._with_weights and hasattr(value, "get_weights"):
            return self._with_its_weights(value)
        if _is_of_keras(kind):
            named = self._of_keras(kind, named)
        elif not is_users(kind.__module__):
            held = {n: self.users(v) for n, v in named.items() if _may_hold(v)}
            found = sorted(p for p in held.items() if p[1])
            return self.text(kind), found, self._inside(_parts(value))
        return self.text(kind), [
            (name, self.text(named[name])) for name in sorted(named)
        ]

    def _with_its_weights(self, layer):
        """A layer that is no part of the network, but part of what is done."""
        self.has_users_code = True
        config = {
            name: each
            for name, each in layer.get_config().items()
            if name not in ("name", "seed") and _is_plain(each)
            if not isinstance(each, dict | list)  # Names of layers in them.
        }
        inside = self._inside(list(getattr(layer, "layers", ())))
        arrays = self._inside(list(layer.get_weights()))
        return self.text(type(layer)), sorted(config.items()), inside, arrays

    def _of_keras(self, kind, named):
        """Attributes that Keras does not record: what users hand over or set.

        Layers inside are objects of their own, and variables are no code.
        """
        used = set()
        for base in kind.__mro__:
            if is_users(base.__module__):
                for member in map(_function_of, vars(base).values()):
                    used |= _names(member.__code__) if member else set()
        used -= {"name", "built"}
        return {
            name: each
            for name, each in named.items()
            if (name in used and _is_plain(each))
            or (_is_handed_over(name) and self._has_code(each))
        }

    def _has_code(self, value):
        """Whether users' code is in what may be code."""
        if not _may_be_code(value):
            return False
        reader = _Reader(self._with_weights, self._seen)
        return bool(reader.users(value))


def _is_others(path):
    """Whether a file is no user's: installed, or a part of this package."""
    package = os.path.dirname(os.path.dirname(os.path.dirname(__file__)))
    return is_installed(path) or os.path.realpath(path).startswith(
        os.path.realpath(package) + os.sep
    )


def _is_handed_over(name):
    """Whether it is no attribute that Keras keeps, such as a wrapped build."""
    return not name.startswith("_") and name != "build"


def _public_name(value):
    """A name that stays when a package, or Python, moves its modules about."""
    package = (value.__module__ or "").partition(".")[0].lstrip("_")
    return f"{package}.{value.__qualname__}"


def _kind(value):
    return "function" if callable(value) else type(value).__name__


def _attributes(value):
    named = dict(getattr(value, "__dict__", {}))
    for base in type(value).__mro__:
        for name in getattr(base, "__slots__", ()):
            if hasattr(value, name):
                named[name] = getattr(value, name)
    return named


def _parts(value):
    """What a value of Python's own is made of, such as a pattern or a path.

    Nothing of what is more than a value, such as a lock, or changes as it is
    used, such as a generator of random numbers.
    """
    root = type(value).__module__.partition(".")[0]
    if isinstance(value, os.PathLike):
        return [os.fspath(value)]
    if isinstance(value, numbers.Rational):
        return [value.numerator, value.denominator]
    is_ours = root in sys.stdlib_module_names or isinstance(value, np.ufunc)
    if not is_ours or root in _CHANGE:
        return []
    try:
        known = copyreg.dispatch_table.get(type(value))
        reduced = known(value) if known else value.__reduce_ex__(2)
    except Exception:  # Locks, files and the like.
        return []
    if isinstance(reduced, str):
        return [reduced]
    arguments, state, items, pairs = (*reduced[1:5], None, None, None)[:4]
    # The class is told by itself; iterators are read.
    return [arguments, state, list(items or ()), list(pairs or ())]


def _is_of_keras(kind):
    return any(b.__module__.startswith("keras.") for b in kind.__mro__)


def _may_be_code(value):
    if isinstance(value, types.FunctionType | functools.partial | type):
        return True
    kind = type(value)
    if hasattr(value, "weights") or hasattr(value, "_layers"):
        return False  # A layer.
    return is_users(kind.__module__) or hasattr(value, "python_function")


def _may_hold(value):
    """Whether an attribute of a package's object may have code of users."""
    return isinstance(value, list | tuple | dict) or _may_be_code(value)


def _is_plain(value):
    if isinstance(value, list | tuple | set):
        return all(_is_plain(each) for each in value)
    if isinstance(value, dict):
        return all(_is_plain(each) for each in value.values())
    return value is None or isinstance(
        value, bool | int | float | complex | str | bytes | np.ndarray
    )


def _function_of(member):
    """The function of a class's member, or None."""
    if isinstance(member, property):
        member = member.fget
    member = getattr(member, "__func__", getattr(member, "func", member))
    return member if isinstance(member, types.FunctionType) else None


def _is_kept_by_enum(name):
    """Whether it is what Python keeps in an Enum, which its versions change."""
    return name.startswith("_") and name.endswith("_")


def _is_generated(kind, function):
    """Whether a class's decorator wrote a function, of its fields."""
    has_fields = ("__dataclass_fields__", "__attrs_attrs__", "_field_defaults")
    path = function.__code__.co_filename
    is_of_no_file = path.startswith("<") or is_installed(path)
    return is_of_no_file and any(hasattr(kind, name) for name in has_fields)


def _held(cell):
    try:
        return cell.cell_contents
    except ValueError:
        return None  # Not assigned yet.


def _global_names(code):
    """Names of globals in a function and those inside it."""
    names = {
        each.argval
        for each in dis.get_instructions(code)
        if each.opname in ("LOAD_GLOBAL", "LOAD_NAME")
    }
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            names |= _global_names(constant)
    return names


def _names(code):
    """Names of globals and attributes in a function and those inside it."""
    names = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            names |= _names(constant)
    return names


def _source(function):
    found = source_code.of_function(function)
    if not found:
        _say_unknown(f"{function.__module__}.{function.__qualname__}")
    return found


@functools.cache
def _say_unknown(name):
    _log.warning(
        "The code of %s cannot be had (was it defined in a console?): results "
        "are not told apart by it",
        name,
    )
