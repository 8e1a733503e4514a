"""The OpenAPI document tells a person enough: words for each operation, and examples."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.proof import stage

#: Operations whose body is the bytes of a file, which no example in a document can hold.
_BYTES_ONLY = {"POST /predict"}
_JSON = "application/json"


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("proof")
    with stage.sqlite(folder) as stores:
        made: dict[str, Any] = stage.build(stores, folder).app.openapi()
    return made


def operations(document: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def has_example(document: Mapping[str, Any], media: Mapping[str, Any]) -> bool:
    schema = media.get("schema", {})
    name = schema.get("$ref", "").rpartition("/")[2]
    whole = document["components"]["schemas"].get(name, schema)
    return any(one.get("example") or one.get("examples") for one in (media, whole))


def test_every_operation_is_described_in_words(document):
    silent = [
        name
        for name, one in operations(document)
        if not (one.get("summary") and one.get("description"))
    ]

    assert silent == []


def test_every_operation_that_takes_a_body_shows_one(document):
    missing = {
        name
        for name, one in operations(document)
        if "requestBody" in one
        and not any(
            has_example(document, media) for media in one["requestBody"]["content"].values()
        )
    }

    assert missing == _BYTES_ONLY


def test_every_answer_in_words_is_shown(document):
    missing = [
        f"{name} {status} {kind}"
        for name, one in operations(document)
        for status, answer in one["responses"].items()
        for kind, media in answer.get("content", {}).items()
        if status.startswith("2") and kind.startswith((_JSON, "text/", "application/x-ndjson"))
        if not has_example(document, media)
    ]

    assert missing == []


def test_every_operation_says_how_it_succeeds(document):
    unsaid = [
        name
        for name, one in operations(document)
        if not any(status.startswith("2") for status in one["responses"])
    ]

    assert unsaid == []


def test_every_reference_of_the_document_leads_somewhere(document):
    parts = document["components"]["schemas"]
    lost = [
        ref
        for ref in references(document)
        if ref.removeprefix("#/components/schemas/") not in parts
    ]

    assert lost == []


def references(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for one in node.values():
            yield from references(one)
    elif isinstance(node, list):
        for one in node:
            yield from references(one)
