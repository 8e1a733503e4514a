"""`/docs`: the API as one page without a script, and the last touches to `/openapi.json`.

FastAPI's own page loads its scripts from a CDN; nothing here needs the network.
"""

import functools
import json
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from typing import Any

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from api import access, errors, examples, ids, schemas
from sightsong.core.tenancy import Scope

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 54rem; margin: 2rem auto; padding: 0 1rem }
section { border-top: 1px solid #8884; margin-top: 1.5rem }
code, pre { font-family: ui-monospace, monospace; font-size: .9em }
pre { background: #8881; padding: .8rem; overflow: auto }
table { border-collapse: collapse } td { padding: .15rem 1rem .15rem 0; vertical-align: top }
:root { color-scheme: light dark }
"""
#: Where references lead: within a model's own schema, and within the document.
_OWN_PARTS = "#/$defs/"
_PARTS = "#/components/schemas/"
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


_SCHEME = "key"
_KEY = {
    "type": "http",
    "scheme": "bearer",
    "bearerFormat": "ssk_<id>_<secret>",
    "description": "A key of this service; an operation takes one that has a scope it names. A "
    "service on loopback asks for none unless it is told to.",
}
USER_PARAMETER = {
    "name": access.USER_HEADER,
    "in": "header",
    "required": False,
    "schema": {
        "type": "string",
        "minLength": 1,
        "maxLength": ids.LONGEST_USER,
        "pattern": ids.USER,
    },
    "description": "For which of your users this is asked, as you call them.",
    "example": "alice",
}


class DescribedApp(FastAPI):
    """FastAPI whose schema tells the truth about refusals. The schema is made when first read."""

    def __init__(self, **how: Any) -> None:  # noqa: ANN401 - as FastAPI says
        super().__init__(**how)
        self._scopes: dict[tuple[str, str], Sequence[Scope]] = {}
        self._making = threading.Lock()
        self._described: dict[str, Any] | None = None

    def note_scopes(self, needed: Iterable[tuple[str, str, Sequence[Scope]]]) -> None:
        """Note operations that need a scope: method, path, and which of them opens it."""
        self._scopes |= {(method, path): scopes for method, path, scopes in needed}

    def openapi(self) -> dict[str, Any]:
        """Make the schema, or return the one that was made."""
        with self._making:
            if self._described is None:
                self._described = _completed(super().openapi(), self._scopes)
            return self._described


def install(app: FastAPI) -> None:
    """Serve the page and the document; anybody may ask for them, so each is written once."""

    @functools.cache
    def page() -> bytes:
        return _page(app.openapi()).encode()

    @functools.cache
    def document() -> bytes:
        return json.dumps(app.openapi(), ensure_ascii=False, separators=(",", ":")).encode()

    def reference(_request: Request) -> Response:
        return HTMLResponse(page(), headers={"Content-Security-Policy": _POLICY})

    def schema(_request: Request) -> Response:
        return Response(document(), media_type="application/json")

    app.add_route("/docs", reference, include_in_schema=False)
    app.add_route("/openapi.json", schema, include_in_schema=False)


def _completed(
    schema: dict[str, Any], scopes: Mapping[tuple[str, str], Sequence[Scope]]
) -> dict[str, Any]:
    """Say of every operation how it refuses, and whom."""
    problem = {"schema": {"$ref": "#/components/schemas/Problem"}}
    refusal = {"description": "Refused; see `code`", "content": {errors.MEDIA_TYPE: problem}}
    for method, path, operation in _operations(schema):
        _secure(operation, scopes.get((method, path)))
        answers = operation["responses"]
        answers.pop("422", None)  # FastAPI's own shape, which nobody ever gets
        answers["default"] = refusal
    parts = schema.setdefault("components", {}).setdefault("schemas", {})
    _share_parts(schema["paths"], parts)
    parts["Problem"] = schemas.ProblemView.model_json_schema()
    for unused in ("HTTPValidationError", "ValidationError"):
        parts.pop(unused, None)
    schema["components"]["securitySchemes"] = {_SCHEME: _KEY}
    return schema


def _secure(operation: dict[str, Any], scopes: Sequence[Scope] | None) -> None:
    """Say which key an operation needs, and that it may be asked for one of a tenant's users."""
    if scopes is None:
        operation["security"] = []
        return
    # Without a key as well: on loopback none is needed unless the service was told otherwise.
    operation["security"] = [*({_SCHEME: [scope.value]} for scope in scopes), {}]
    params = operation.setdefault("parameters", [])
    if USER_PARAMETER not in params:
        params.append(USER_PARAMETER)


def _share_parts(node: Any, parts: dict[str, Any]) -> None:  # noqa: ANN401 - any part of JSON
    """Move what the bodies that we describe ourselves are made of to where references find it."""
    if isinstance(node, list):
        for one in node:
            _share_parts(one, parts)
    elif isinstance(node, dict):
        own = node.pop("$defs", {})
        _share_parts(list(own.values()), parts)
        parts |= own
        if str(node.get("$ref", "")).startswith(_OWN_PARTS):
            node["$ref"] = _PARTS + node["$ref"].removeprefix(_OWN_PARTS)
        _share_parts(list(node.values()), parts)


def _operations(schema: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def _page(schema: Mapping[str, Any]) -> str:
    sections = "".join(_section(schema, *one) for one in _operations(schema))
    info = schema["info"]
    refused = _example("Every refusal", examples.PROBLEM)
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(info["title"])}'
        f'</title><meta name="viewport" content="width=device-width"><style>{_STYLE}</style>'
        f"<h1>{escape(info['title'])} {escape(info['version'])}</h1>"
        f"<p>{escape(info.get('description', ''))}</p>"
        f'<p>For machines: <a href="/openapi.json">openapi.json</a></p>{sections}'
        f"<section><h2>Errors</h2>{refused}</section></html>"
    )


def _section(
    schema: Mapping[str, Any], method: str, path: str, operation: Mapping[str, Any]
) -> str:
    words = "".join(
        f"<p>{escape(part)}</p>" for part in operation.get("description", "").split("\n\n")
    )
    bodies = operation.get("requestBody", {}).get("content", {})
    body = f"<p>Body: <code>{escape(', '.join(bodies))}</code></p>" if bodies else ""
    params = "".join(_param(one) for one in operation.get("parameters", ()))
    return (
        f"<section><h2><code>{method} {escape(path)}</code></h2>{words}{body}"
        f"<table>{params}</table>{_answer(schema, operation)}</section>"
    )


def _param(one: Mapping[str, Any]) -> str:
    about = one.get("description") or one.get("schema", {}).get("description", "")
    return (
        f"<tr><td><code>{escape(one['name'])}</code><td>{escape(one['in'])}<td>{escape(about)}</tr>"
    )


def _answer(schema: Mapping[str, Any], operation: Mapping[str, Any]) -> str:
    """Show the example of the first answer that has one."""
    for status, answer in operation["responses"].items():
        ref = answer.get("content", {}).get("application/json", {}).get("schema", {}).get("$ref")
        part = schema["components"]["schemas"].get((ref or "").rpartition("/")[2], {})
        if "examples" in part:
            return _example(f"Answer {status}", part["examples"][0])
    return ""


def _example(title: str, value: object) -> str:
    shown = escape(json.dumps(value, indent=2, ensure_ascii=False))
    return f"<details><summary>{escape(title)}</summary><pre>{shown}</pre></details>"
