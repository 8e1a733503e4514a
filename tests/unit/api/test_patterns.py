"""What is wrong with an id or a name is said by what each must be."""

import pytest

from api import ids
from api.schemas import wording


def refusal(answer) -> str:
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    return answer.json()["errors"][0]["detail"]


@pytest.mark.parametrize("name", ["Frames", "-frames", "fra mes", "frames\n"])
def test_a_tenants_name(caller, name):
    said = refusal(caller.post("/v1/keys", json={"name": "k", "scopes": ["jobs"], "tenant": name}))

    assert said.startswith("must be small letters, digits, dots, hyphens and underscores")


def test_what_a_key_is_called(caller):
    said = refusal(caller.post("/v1/keys", json={"name": "a\u0000b", "scopes": ["jobs"]}))

    assert said == "must not hold control characters"


@pytest.mark.parametrize(
    ("query", "said"),
    [("batch=a_b", "must be an id"), ("user=%C3%A9", "must be printable ASCII characters")],
)
def test_what_to_list(caller, query, said):
    assert refusal(caller.get(f"/v1/jobs?{query}")).startswith(said)


def test_the_id_of_a_webhook(caller):
    said = refusal(caller.post("/v1/jobs", json={"text": "calm", "webhook": "a/b"}))

    assert said.startswith("must be an id")


def test_a_pattern_without_words_of_its_own_is_not_told_to_hold_control_characters():
    error = {"type": "string_pattern_mismatch", "ctx": {"pattern": "^x$"}, "msg": "no"}

    assert "control" not in wording.said(error)


@pytest.mark.parametrize("text", ["", "a\n", "a b", "é", "a" * 65])
def test_what_can_be_no_id(text):
    assert not ids.can_be(text)
