"""What is wrong with a part of a request, in our own words: the framework's tell of its insides."""

import re
from collections.abc import Mapping
from typing import Any

from api import ids

_NUMBER = "must be a number"
_WHOLE = "must be a whole number"
_TRUTH = "must be true or false"
_OBJECT = "must be an object"
#: By the type of pydantic's error; what stands in braces is of the error's own figures.
_WORDS: Mapping[str, str] = {
    "missing": "must be given",
    "extra_forbidden": "is not known here; see /docs for what is",
    "string_type": "must be a text",
    "string_too_short": "must have at least {min_length} characters",
    "string_too_long": "must have at most {max_length:,} characters",
    "string_pattern_mismatch": "is not of the form that it must have; see /docs",
    "string_unicode": "must be of valid Unicode",
    "int_type": _WHOLE,
    "int_parsing": _WHOLE,
    "int_parsing_size": _WHOLE,
    "int_from_float": _WHOLE,
    "float_type": _NUMBER,
    "float_parsing": _NUMBER,
    "finite_number": "must be a finite number",
    "bool_type": _TRUTH,
    "bool_parsing": _TRUTH,
    "greater_than": "must be more than {gt:g}",
    "greater_than_equal": "must be at least {ge:g}",
    "less_than": "must be less than {lt:g}",
    "less_than_equal": "must be at most {le:,.15g}",
    "too_short": "must have at least {min_length} entries",
    "too_long": "must have at most {max_length:,} entries",
    "list_type": "must be a list",
    "dict_type": _OBJECT,
    "model_type": _OBJECT,
    "model_attributes_type": _OBJECT,
    "literal_error": "must be one of {expected}",
    "enum": "must be one of {expected}",
    "json_type": "must be JSON",
}
_PLACE = re.compile(r"line (\d+) column (\d+)")


def said(error: Mapping[str, Any]) -> str:
    """Say what is wrong, as one of the errors that pydantic lists tells it."""
    kind, figures = str(error.get("type")), error.get("ctx") or {}
    if kind == "json_invalid":
        return _of_json(str(figures.get("error", "")))
    if kind in {"string_too_short", "too_short"} and figures.get("min_length") == 1:
        return "must not be empty; leave it out if you do not mean it"
    words = ids.WORDS.get(str(figures.get("pattern"))) or _WORDS.get(kind)
    return str(error["msg"]) if words is None else words.format_map(figures)


def _of_json(reason: str) -> str:
    place = _PLACE.search(reason)
    near = f" (near line {place[1]}, column {place[2]})" if place else ""
    return f"must be a JSON object; this cannot be read as JSON{near}"
