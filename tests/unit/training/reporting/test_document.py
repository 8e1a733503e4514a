"""The report as JSON."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np

from tests.unit.training.reporting import made
from training.reporting.document import SCHEMA, document, headline

PAGE = Path(__file__).parents[4] / "docs" / "evaluation.md"


def names_in(value: object) -> set[str]:
    """Gather the names of all fields, but for those that the data name themselves."""
    if isinstance(value, list):
        return set().union(*(names_in(one) for one in value)) if value else set()
    if not isinstance(value, dict):
        return set()
    inner = set().union(*(names_in(one) for one in value.values())) if value else set()
    return {*value, *inner}


def test_a_report_is_json_and_names_its_schema():
    told = json.loads(json.dumps(document(made.report()), allow_nan=False))
    assert told["schema"] == SCHEMA
    assert told["data"] == {"name": "FER+", "part": "valid"}
    assert told["shares"]["top_1"]["low"] <= told["shares"]["top_1"]["value"]
    assert [len(row) for row in told["shares"]["confusion"]["counts"]] == [3, 3, 3]
    assert told["slices"]["the first half"]["count"] == 20
    assert len(told["worst"]) == 3


def test_what_cannot_be_measured_is_null():
    found = made.predictions()
    flat = replace(found, read=np.full_like(found.told, 1 / 3))
    told = document(made.report(flat))
    assert told["shares"]["pearson"] == {"value": None, "low": None, "high": None}


def test_a_model_without_affect_tells_none():
    told = document(made.report(made.predictions(affect=False)))
    assert told["affect"] == {}


def test_a_figure_of_others_is_comparable_on_the_same_part_only():
    on_valid = document(made.report(part="valid"))["beside"]
    on_test = document(made.report(part="test"))["beside"]
    assert [one["is_comparable"] for one in on_valid] == [True, False]
    assert not any(one["is_comparable"] for one in on_test)


def test_the_headline_holds_plain_figures():
    figures = headline(made.report().summary)
    assert figures["count"] == made.COUNT
    assert 0 < figures["top_1"] <= 1
    assert {"kl", "ece", "valence_pearson", "arousal_concordance"} <= figures.keys()


def test_every_field_is_described_in_the_docs():
    page = PAGE.read_text("utf-8")
    of_data = {*made.CLASSES, "the first half", "architecture"}
    missing = {name for name in names_in(document(made.report())) if f"`{name}`" not in page}
    assert missing - of_data == set()
    assert SCHEMA in page
