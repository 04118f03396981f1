"""Read one YAML file into one strict model, keeping the line of every value.

Put here: how YAML text becomes a model and how a mistake becomes a sentence with a line number.
Not here: what a particular file means (see `contract`, `measure`, `plan`, `agency`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Generic, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from warehouse.model.errors import SpmError

Location = tuple[str | int, ...]
Model = TypeVar("Model", bound=BaseModel)

# The C parser reads 60 contracts and measures in 0.1 s; the Python one takes about a second.
_BaseLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# Our deepest file, a plan, has 12 levels.
_DEEPEST = 50


class StrictModel(BaseModel):
    """A declaration: unknown keys, wrong types and later changes are errors.

    Pydantic's strict mode refuses the number 6 where text is meant, so an unquoted id can never lose a zero.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


@dataclass(frozen=True)
class Located(Generic[Model]):
    """A model together with the file and lines it came from."""

    value: Model
    path: Path
    lines: Mapping[Location, int] = field(repr=False)

    def line(self, *location: str | int) -> int:
        """The line of a value, or of the nearest parent that has one."""
        return _nearest_line(self.lines, location)

    def error(self, location: Location, what: str, *, remedy: str, value: str | None = None) -> SpmError:
        """An error about one value of this file."""
        column = ".".join(str(part) for part in location) or None
        return SpmError(
            what, remedy=remedy, file=self.path, line=self.line(*location), column=column, value=value
        )


def load_model(path: Path, model: type[Model], *, empty: str | None = None) -> Located[Model]:
    """Read `path` as YAML into `model`.

    Args:
        path: The file.
        model: What it has to fit.
        empty: The line of a file that declares nothing, told to people who lack the file.

    Raises:
        SpmError: The file is absent, is not YAML, repeats a key or does not fit the model; names file,
            line, field and remedy.
    """
    document, lines = read_yaml(path, empty=empty)
    try:
        value = model.model_validate(document)
    except ValidationError as problem:
        raise _explain(path, lines, problem, model) from None
    return Located(value=value, path=path, lines=lines)


def read_yaml(path: Path, *, empty: str | None = None) -> tuple[Any, dict[Location, int]]:
    """Read YAML into plain values and the line number of each of them.

    Raises:
        SpmError: The file is absent, unreadable, not YAML, or has a key twice.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        remedy = "Create it, or correct the path" if empty is None else f'Create it with the line "{empty}"'
        raise SpmError("File not found", file=path, remedy=remedy) from None
    except UnicodeDecodeError as problem:
        raise SpmError(
            f"Not UTF-8 text (byte {problem.start})", file=path, remedy="Save the file as UTF-8"
        ) from None
    loader = _BaseLoader(text)
    lines: dict[Location, int] = {}
    try:
        node = loader.get_single_node()
        if node is None:
            return None, lines
        return _build(loader, node, (), lines, path), lines
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        raise SpmError(
            f"Not valid YAML: {getattr(problem, 'problem', problem)}",
            file=path,
            line=mark.line + 1 if mark else None,
            remedy="Correct the indentation or quoting at this line",
        ) from None
    finally:
        loader.dispose()


def _build(loader: Any, node: Any, at: Location, lines: dict[Location, int], path: Path) -> Any:
    lines[at] = node.start_mark.line + 1
    if len(at) > _DEEPEST:
        raise SpmError(
            "Values stand in one another without end",
            file=path,
            line=lines[at],
            remedy="Remove the alias that points at what contains it",
        )
    if isinstance(node, yaml.MappingNode):
        return _build_mapping(loader, node, at, lines, path)
    if isinstance(node, yaml.SequenceNode):
        # Sequences become tuples, so that a loaded model is frozen all the way down.
        return tuple(
            _build(loader, child, (*at, index), lines, path) for index, child in enumerate(node.value)
        )
    try:
        return loader.construct_object(node)
    except ValueError as problem:  # a day such as 2025-02-30: YAML takes it for a date, the calendar does not
        raise SpmError(
            f"Not a value: {problem}", file=path, line=lines[at], value=node.value, remedy="Correct the value"
        ) from None


def _build_mapping(
    loader: Any, node: Any, at: Location, lines: dict[Location, int], path: Path
) -> dict[Any, Any]:
    built: dict[Any, Any] = {}
    for key_node, value_node in node.value:
        if not isinstance(key_node, yaml.ScalarNode):
            raise SpmError(
                "A key is not one word",
                file=path,
                line=key_node.start_mark.line + 1,
                remedy="Write the key as a plain word, or put text with braces in quotes",
            )
        key = loader.construct_object(key_node)
        if key in built:
            raise SpmError(
                f"Key {key!r} stands twice in one mapping",
                file=path,
                line=key_node.start_mark.line + 1,
                remedy="Keep one of the two; YAML would silently take the last",
            )
        built[key] = _build(loader, value_node, (*at, key), lines, path)
        lines[(*at, key)] = key_node.start_mark.line + 1
    return built


def _nearest_line(lines: Mapping[Location, int], location: Location) -> int:
    for length in range(len(location), -1, -1):
        found = lines.get(tuple(location[:length]))
        if found is not None:
            return found
    return 1


def _explain(
    path: Path, lines: Mapping[Location, int], problem: ValidationError, model: type[BaseModel]
) -> SpmError:
    """Turn Pydantic's first complaint into one sentence; the others follow once it is mended.

    Keys missing beside the first are named with it: they are mended in one go. A misspelt key goes before the
    key that is missing because of it.
    """
    details = problem.errors(include_url=False)
    first = next((d for d in details if _is_misspelt(d, details)), details[0])
    location: Location = tuple(first["loc"])
    if isinstance((first.get("ctx") or {}).get("error"), SpmError):
        raised: SpmError = first["ctx"]["error"]
        return SpmError(
            raised.what,
            remedy=raised.remedy,
            file=path,
            line=_nearest_line(lines, location),
            column=raised.column or _dotted(location),
            value=raised.value,
        )
    missing = [d["loc"][-1] for d in details if d["type"] == "missing" and d["loc"][:-1] == location[:-1]]
    told = max(1, len(missing)) if first["type"] == "missing" else 1
    more = f" ({len(details) - told} more after it)" if len(details) > told else ""
    return SpmError(
        f"{_sentence(first, missing)}{more}",
        file=path,
        line=_nearest_line(lines, location),
        column=_dotted(location),
        value=None if first["type"] in {"missing", "extra_forbidden"} else repr(first.get("input"))[:80],
        remedy=_remedy(first, missing, model),
    )


def _is_misspelt(detail: Any, details: list[Any]) -> bool:
    """Whether an unknown key looks like one that is missing at the same place."""
    if detail["type"] != "extra_forbidden":
        return False
    missing = [
        str(d["loc"][-1]) for d in details if d["type"] == "missing" and d["loc"][:-1] == detail["loc"][:-1]
    ]
    return bool(get_close_matches(str(detail["loc"][-1]), missing, n=1))


def _dotted(location: Location) -> str | None:
    return ".".join(str(part) for part in location) or None


def _sentence(detail: Any, missing: list[Any]) -> str:
    name = detail["loc"][-1] if detail["loc"] else "the file"
    if detail["type"] == "missing":
        names = ", ".join(map(repr, missing))
        return (
            f"Required keys {names} are missing" if len(missing) > 1 else f"Required key {names} is missing"
        )
    if detail["type"] == "extra_forbidden":
        return f"Unknown key {name!r}"
    if detail["type"] == "string_type":
        return f"{name!r} must be text in quotes"
    return f"{name!r}: {detail['msg']}"


def _remedy(detail: Any, missing: list[Any], model: type[BaseModel]) -> str:
    if detail["type"] == "extra_forbidden":
        name = str(detail["loc"][-1])
        near = get_close_matches(name, _all_field_names(model), n=1)
        return f"Did you mean {near[0]!r}? Otherwise remove it" if near else "Remove it or correct it"
    if detail["type"] == "missing":
        return f"Add {', '.join(map(repr, missing))}"
    if detail["type"] == "string_type":
        return "Put the value in quotes, so that an id keeps its leading zeros"
    return "Correct the value"


def _all_field_names(model: type[BaseModel], seen: set[type] | None = None) -> list[str]:
    seen = seen or set()
    if model in seen:
        return []
    seen.add(model)
    names = list(model.model_fields)
    for info in model.model_fields.values():
        for inner in _models_in(info.annotation):
            names += _all_field_names(inner, seen)
    return names


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [found for part in getattr(annotation, "__args__", ()) for found in _models_in(part)]
