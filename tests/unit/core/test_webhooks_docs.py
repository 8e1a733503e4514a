"""What docs/webhooks.md shows a receiver to do works on what is sent."""

import os
import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from sightsong.core import webhooks
from sightsong.core.webhooks.retrying import DELAYS_S

DOCS = (Path(__file__).parents[3] / "docs" / "webhooks.md").read_text()
BODY = b'{"type":"test"}'


def block(language: str, having: str) -> str:
    found = re.findall(rf"```{language}\n(.*?)```", DOCS, flags=re.DOTALL)
    (one,) = [text for text in found if having in text]
    return one


def sent(*secrets: str, at: float | None = None) -> dict[str, str]:
    moment = int(time.time() if at is None else at)
    return webhooks.headers("msg_1", timestamp=moment, body=BODY, secrets=secrets)


@pytest.fixture
def is_from_sightsong():
    names: dict[str, object] = {}
    exec(block("python", "def is_from_sightsong"), names)  # noqa: S102 - our own documentation
    return names["is_from_sightsong"]


def test_the_python_of_the_docs_knows_what_was_sent(is_from_sightsong):
    secret, other = webhooks.new_secret(), webhooks.new_secret()
    assert is_from_sightsong(secret, sent(secret), BODY)
    assert is_from_sightsong(secret, sent(other, secret), BODY)
    assert not is_from_sightsong(secret, sent(other), BODY)
    assert not is_from_sightsong(secret, sent(secret), BODY + b" ")
    assert not is_from_sightsong(secret, sent(secret, at=time.time() - 301), BODY)


@pytest.mark.parametrize(
    "odd",
    [
        {"webhook-id": None},
        {"webhook-timestamp": None},
        {"webhook-signature": None},
        {"webhook-timestamp": "\u00b2"},
        {"webhook-timestamp": "-1"},
        {"webhook-timestamp": "9" * 5000},
        {"webhook-timestamp": ""},
        {"webhook-signature": "v1,\u00fc"},
        {"webhook-signature": "\udcff"},
        {"webhook-signature": ""},
        {"webhook-id": "\udcff"},
    ],
)
def test_the_python_of_the_docs_answers_no_to_whatever_else_is_sent(is_from_sightsong, odd):
    secret = webhooks.new_secret()
    changed = sent(secret) | odd
    headers = {name: value for name, value in changed.items() if value is not None}
    assert is_from_sightsong(secret, headers, BODY) is False


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_the_commands_of_the_docs_make_the_same_signature(tmp_path):
    secret = webhooks.new_secret()
    (tmp_path / "body.json").write_bytes(BODY)
    made = sent(secret)
    names = {"SECRET": secret, "ID": made["webhook-id"], "TIMESTAMP": made["webhook-timestamp"]}
    run = subprocess.run(
        ["sh", "-c", block("sh", "openssl")],
        cwd=tmp_path,
        env=os.environ | names,
        capture_output=True,
        text=True,
        check=True,
    )
    assert made["webhook-signature"] == f"v1,{run.stdout.strip()}"


def test_the_table_of_the_docs_has_the_times_of_all_attempts():
    units = {"s": 1, "min": 60, "h": 3600}
    (row,) = [line for line in DOCS.splitlines() if line.startswith("| after the one before")]
    waits = [cell.split() for cell in row.strip("|").split("|")[2:]]
    told = [int(number) * units[unit] for number, unit in waits]
    assert told == list(DELAYS_S[1:])
