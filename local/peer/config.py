"""Settings of a stand-in: given at the start, changed while it runs, checked by the type of their default."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, ClassVar, Self


@dataclass(frozen=True, slots=True)
class PeerConfig:
    """A frozen dataclass of one stand-in's settings derives from it. Numbers are zero or more and at most MOST."""

    CHOICES: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    SECRETS: ClassVar[frozenset[str]] = frozenset()
    ENVIRONMENT: ClassVar[Mapping[str, str]] = {}  # variable -> setting
    LEAST_WHOLE: ClassVar[int] = 0  # smaller whole numbers become this
    MOST: ClassVar[float] = 1e9

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> Self:
        """The defaults with what the environment says; empty variables count as not set."""
        environ = os.environ if environ is None else environ
        return cls().changed(
            {name: environ[key].strip() for key, name in cls.ENVIRONMENT.items() if environ.get(key, "").strip()}
        )

    def changed(self, values: Mapping[str, Any]) -> Self:
        """A new one; raises ValueError naming the key and what is allowed."""
        known = {f.name for f in fields(self)}
        clean: dict[str, Any] = {}
        for name, value in values.items():
            if name not in known:
                raise ValueError(f"{name} is not a setting; known: {', '.join(sorted(known))}")
            clean[name] = self._typed(name, value, getattr(self, name))
        return replace(self, **clean)

    def shown(self) -> dict[str, Any]:
        """All settings, secrets hidden."""
        return {k: ("set" if v else "not set") if k in self.SECRETS else v for k, v in asdict(self).items()}

    def _typed(self, name: str, value: Any, default: Any) -> Any:
        if name in self.CHOICES:
            if value not in self.CHOICES[name]:
                raise ValueError(f"{name} must be one of {', '.join(self.CHOICES[name])}, not {value!r}")
            return value
        if isinstance(default, bool):
            if isinstance(value, bool):
                return value
            raise ValueError(f"{name} must be true or false, not {value!r}")
        if isinstance(default, (int, float)):
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= self.MOST:
                raise ValueError(f"{name} must be a number of 0 or more, not {value!r}")
            return max(self.LEAST_WHOLE, int(value)) if isinstance(default, int) else float(value)
        if not isinstance(value, str):
            raise ValueError(f"{name} must be a string, not {value!r}")
        return value
