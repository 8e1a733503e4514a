"""The OpenAPI document tells a person enough: words for each operation, and examples."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from api.schemas import JsonRequest, PhotoParams
from tests.proof import stage

#: Operations whose body is the bytes of a file, which no example in a document can hold.
_BYTES_ONLY = {"POST /predict"}
_JSON = "application/json"
_LINES = "application/x-ndjson"
_SHOWN = (_JSON, _LINES, "text/", "audio/x-mpegurl", "application/jspf+json")


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


def test_no_two_operations_are_called_the_same_and_none_is_one_word_of_ours(document):
    names = [one["summary"] for _, one in operations(document)]

    assert len(set(names)) == len(names)
    assert not {"Submit", "Export", "Read Me", "Erase Me"} & set(names)


def test_lines_of_a_batch_are_shown_as_they_are_sent(document):
    body = document["paths"]["/v1/batches"]["post"]["requestBody"]["content"][_LINES]

    for line in body["example"].splitlines():
        JsonRequest.model_validate_json(line)


@pytest.mark.parametrize("path", ["/v1/jobs", "/v1/batches", "/v1/ingests"])
def test_a_form_has_no_field_that_the_document_does_not_name(document, path):
    form = document["paths"][path]["post"]["requestBody"]["content"]["multipart/form-data"]
    wishes = set() if path == "/v1/ingests" else set(PhotoParams.model_fields)

    assert form["schema"]["additionalProperties"] is False
    assert wishes <= set(form["schema"]["properties"])


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
        if status.startswith("2") and kind.startswith(_SHOWN)
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
