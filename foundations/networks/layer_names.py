"""Which layers users mean: by the names that they see, or by those on disk."""

import fnmatch
import logging
import re
from collections.abc import Iterable, Mapping

from lottery_ticket.foundations.values import names

LONGEST = 200  # Files' names may have 255, endings included.
_log = logging.getLogger(__name__)


class LayerNames:
    """Layers, or variables, under two names.

    A key is what one is saved as: automatic names count from 0 within the
    network there. Users see Keras's own, which count all layers of a process,
    and whose numbers may be of their making. What they write is matched against
    what they see first, then against keys; if these are different layers, it is
    an error.
    """

    def __init__(self, seen: Mapping[str, str]):
        """Takes dict, key -> names from the outside in, joined by '.'."""
        self._seen = dict(seen)

    def key(self, kind: str, written: str) -> str:
        """Returns the key of what a user wrote.

        Args:
            kind: What it is a name of, for errors, such as "layer in masks".

        Raises:
            ValueError: If it names nothing, or several layers.
        """
        found = self._by_name(written)
        if written in self._seen and written not in found:
            found = [*found, written]
        if not found:
            self._raise_unknown(kind, written)
        if len(found) > 1:
            raise ValueError(
                f"{written!r} names {len(found)} layers: "
                f"{self._listed(found)}. Give your layers other names, such as "
                "'hidden'"
            )
        return found[0]

    def shares(
        self, kind: str, shares: Mapping[str, float]
    ) -> dict[str, float]:
        """Returns fractions or densities of layers by key.

        Patterns stay as they are where they match the same keys; else the
        layers whose names they match are named instead.

        Args:
            kind: As for `key`.
            shares: Dict, name of a layer or pattern -> share.

        Raises:
            ValueError: If a name or pattern matches nothing, or one layer by
                its name and another by its key, or two of them name one layer.
        """
        exact, patterns = {}, {}
        for written, share in shares.items():
            is_pattern = re.search(r"[*?[]", written) and not (
                self._by_name(written) or written in self._seen
            )
            (patterns if is_pattern else exact)[written] = share
        named, matched = self.values(kind, exact), {}
        for pattern, share in patterns.items():
            for key in self._keys(kind, pattern):
                if key in matched:
                    raise ValueError(
                        f"Several patterns match {self._listed([key])}: name "
                        "the layer itself"
                    )
                matched[key] = share
        return {**matched, **named}

    def values(self, kind: str, given: Mapping) -> dict:
        """Returns what is given by name, such as masks, by key.

        Where all keys are given and they are not the names, too, they are
        keys, as of a network that was saved; where all names are, names.

        Args:
            kind: As for `key`.

        Raises:
            ValueError: As for `key`, or if two names are of one layer.
        """
        keys = {path: key for key, path in self._seen.items()}
        if set(given) == set(self._seen) != set(keys):
            return dict(given)
        is_of_names = set(given) == set(keys) != set(self._seen)
        if not is_of_names or len(keys) < len(self._seen):
            keys = {written: self.key(kind, written) for written in given}
        for key in keys.values():
            same = [written for written in keys if keys[written] == key]
            if len(same) > 1:
                raise ValueError(
                    f"{' and '.join(map(repr, same))} are one {kind}: "
                    f"{self._listed([key])}"
                )
        return {keys[written]: value for written, value in given.items()}

    def saved(self, kind: str, given: Mapping) -> dict:
        """Returns what is given by key, by key, as `values` what is not.

        A name that is seen, and no key, shows that a user wrote them. Else all
        are keys, as of what was saved; those that are the names of other
        layers, too, are warned of. Unknown ones stay as they are.

        Args:
            kind: As for `key`.

        Raises:
            ValueError: As for `values`.
        """
        if any(n not in self._seen and self._by_name(n) for n in given):
            return self.values(kind, given)
        others = {
            written: found
            for written in given
            if (found := [k for k in self._by_name(written) if k != written])
        }
        for written, found in others.items():
            _log.warning(
                "The %s %r is of %s, and not of %s: names are taken as saved",
                kind,
                written,
                self._listed([written]),
                self._listed(found),
            )
        return dict(given)

    def _by_name(self, written):
        """Keys of layers of this name; of inner ones if no path is."""
        paths = [key for key, path in self._seen.items() if path == written]
        return paths or [
            key
            for key, path in self._seen.items()
            if path.rpartition(".")[2] == written
        ]

    def _keys(self, kind, pattern):
        """The pattern itself, or keys instead of it."""
        by_key = [k for k in self._seen if fnmatch.fnmatchcase(k, pattern)]
        by_name = [
            key
            for key, path in self._seen.items()
            if fnmatch.fnmatchcase(path, pattern)
        ]
        if not (by_key or by_name):
            self._raise_unknown(kind, pattern)
        if set(by_key) == set(by_name) or not by_name:
            return [pattern]
        if by_key:
            raise ValueError(
                f"{pattern!r} matches the names of {self._listed(by_name)}, "
                f"but it is {self._listed(by_key)} that are saved under names "
                "like it. Give your layers other names, such as 'hidden'"
            )
        return by_name

    def _raise_unknown(self, kind, written):
        if all(key == path for key, path in self._seen.items()):
            names.check(kind, written, self._seen)
        raise ValueError(
            f"Unknown {kind} {written!r}. Known: {self._listed(self._seen)}"
        )

    def _listed(self, keys):
        return ", ".join(
            f"{self._seen[key]!r} (saved as {key!r})"
            if self._seen[key] != key
            else repr(key)
            for key in keys
        )


def check_case(keys: Iterable[str]) -> None:
    """Raises ValueError if names of files differ in case only, or are long."""
    found: dict[str, str] = {}
    for key in keys:
        if len(key.encode()) > LONGEST:
            raise ValueError(
                f"{key[:40]!r}... must have up to {LONGEST} bytes, as it is to "
                f"name a file. Received: {len(key.encode())}. Rename a layer"
            )
        other = found.setdefault(key.casefold(), key)
        if other != key:
            raise ValueError(
                f"{other!r} and {key!r} differ in case only: where file names "
                "have no case, one would overwrite the other. Rename a layer"
            )
