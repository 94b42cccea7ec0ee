"""The few questions every check asks of a JSON value. All raise GraphError in Meta's words."""

from __future__ import annotations

from typing import Any

from local.simulator import errors, limits


def an_object(value: Any, path: str) -> None:
    if not isinstance(value, dict):
        raise errors.GraphError(100, message=f"(#100) Param {path} must be a JSON object.")


def a_list(value: Any, path: str, at_least: int, at_most: int) -> list[Any]:
    if not isinstance(value, list):
        raise errors.GraphError(100, message=f"(#100) Param {path} must be an array.")
    if not at_least <= len(value) <= at_most:
        raise errors.invalid(f"{path}: count must be between {at_least} and {at_most}, got {len(value)}")
    return value


def known(value: dict[str, Any], allowed: frozenset[str], path: str) -> None:
    """Refuses keys the API does not know."""
    for key in value:
        if key not in allowed:
            raise errors.unexpected(key, path)


def a_string(value: dict[str, Any], key: str, path: str, limit: int | None, *, needed: bool = True) -> None:
    """`value[key]` is a string of 1 to `limit` UTF-16 units; blank counts as missing, as the real service has it."""
    found = value.get(key)
    if found is None:
        if needed:
            raise errors.missing(f"{path}['{key}']")
        return
    if not isinstance(found, str):
        raise errors.GraphError(100, message=f"(#100) Param {path}['{key}'] must be a string.")
    if needed and (not found or found.isspace()):
        raise errors.missing(f"{path}['{key}']")
    # A string of limit // 2 code points cannot exceed the limit in UTF-16 units: no need to count.
    if limit is not None and len(found) * 2 > limit and limits.units(found) > limit:
        raise errors.too_long(f"{path}['{key}']", limit)
