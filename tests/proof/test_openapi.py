"""The service does what its OpenAPI document says, whatever it is asked; the same each run.

`python -m tests.proof --examples 300` asks hundreds of times of each operation.
"""

from collections.abc import Iterator

import pytest

from tests.proof import openapi, stage
from tests.proof.openapi import Report

#: Whether there is one left that can still be stopped when one of these is asked for is chance;
#: what they answer then is shown elsewhere.
_BY_CHANCE = ("/cancel", "/pause", "/resume", "/replay")


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Report]:
    folder = tmp_path_factory.mktemp("proof")
    with stage.sqlite(folder) as stores, stage.quiet():
        yield openapi.run(stage.serve(stores, folder), cases=2)


def test_no_case_that_schemathesis_makes_of_the_document_finds_anything(report):
    assert [finding.told() for finding in report.distinct()] == []


def test_the_document_can_be_read_in_every_part(report):
    assert report.troubles == []


def test_every_operation_was_answered_with_success(report):
    succeeded = {
        name for name, counts in report.statuses.items() if any(200 <= one < 300 for one in counts)
    }

    missed = set(report.cases) - succeeded

    assert {name for name in missed if not name.endswith(_BY_CHANCE)} == set()


def test_no_case_finds_anything_where_every_request_needs_a_key_and_has_one(tmp_path):
    with stage.sqlite(tmp_path) as stores, stage.quiet():
        made = stage.serve(stores, tmp_path, needs_key=True, key_requests_per_min=10**9)
        key = stage.make_key(stores)
        found = openapi.run(made, cases=2, key=key, phases=("examples", "fuzzing"))

    assert [finding.told() for finding in found.distinct()] == []
    assert found.troubles == []
    assert not [name for name, one in found.statuses.items() if set(one) <= {401, 403, 429}]


def test_every_operation_of_the_document_was_asked(report, tmp_path):
    with stage.sqlite(tmp_path) as stores:
        document = stage.build(stores, tmp_path).app.openapi()
    named = {
        f"{method.upper()} {path}"
        for path, methods in document["paths"].items()
        for method in methods
    }

    assert named == set(report.cases)
