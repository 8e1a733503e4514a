"""How often a key may come, and what its answers say of that."""

import pytest

from api import rates
from api.dependencies import Surroundings
from sightsong.adapters.rates import Bucket, Draw, LocalRates
from tests.clocks import Clock
from tests.unit.api.keyholders import JOBS, LIBRARY, bearing, give_key


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def limited(make, clock):
    return make(around=Surroundings(rates=LocalRates(clock=clock)), queue_limit=100)


def spend(caller, text: str, times: int, path: str = "/v1/me"):
    for _ in range(times):
        answer = caller.get(path, headers=bearing(text))
    return answer


def test_a_key_may_come_as_often_at_once_as_in_ten_seconds(limited, stores):
    text = give_key(stores, requests_per_min=72)

    assert spend(limited, text, 12).status_code == 200
    assert spend(limited, text, 1).status_code == 429


def test_even_a_slow_key_may_come_ten_times_at_once(limited, stores):
    text = give_key(stores, requests_per_min=1)

    assert spend(limited, text, 10).status_code == 200
    assert spend(limited, text, 1).status_code == 429


def test_who_comes_too_often_is_told_when_to_come_again(limited, stores, clock):
    text = give_key(stores, requests_per_min=6)
    answer = spend(limited, text, 11)

    assert answer.json()["code"] == "rate_limited"
    assert answer.headers["retry-after"] == "10"
    clock.now += 10
    assert spend(limited, text, 1).status_code == 200


def test_every_answer_to_a_key_tells_the_limit_and_what_is_left(limited, stores):
    text = give_key(stores, requests_per_min=60)
    first, second = spend(limited, text, 1), spend(limited, text, 1)

    assert first.headers["ratelimit-policy"] == '"key";q=10;w=10'
    assert first.headers["ratelimit"] == '"key";r=9;t=1'
    assert second.headers["ratelimit"] == '"key";r=8;t=2'


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/jobs/none"),  # refused by a route
        ("GET", "/v1/jobs?limit=0"),  # by the framework
        ("POST", "/v1/indexes"),  # for want of a scope
        ("GET", "/v1/tracks"),
    ],
)
def test_refusals_count_and_tell_as_well(limited, stores, method, path):
    text = give_key(stores, JOBS, requests_per_min=60)
    answer = limited.ask(method, path, headers=bearing(text))

    assert answer.headers["ratelimit"] == '"key";r=9;t=1'


def test_without_a_key_nothing_is_counted_or_told(limited):
    answers = [limited.get("/v1/me") for _ in range(30)]

    assert {answer.status_code for answer in answers} == {200}
    assert "ratelimit" not in answers[-1].headers


def test_each_key_has_a_limit_of_its_own(limited, stores):
    one, other = (give_key(stores, LIBRARY, requests_per_min=1) for _ in range(2))
    spend(limited, one, 11)

    assert spend(limited, other, 1).status_code == 200


def test_a_key_without_a_limit_has_that_of_the_service(make, stores):
    caller = make(key_requests_per_min=30)

    assert '"key";q=10;w=20' in spend(caller, give_key(stores), 1).headers["ratelimit-policy"]


def test_the_headers_round_so_that_nobody_comes_too_soon():
    bucket = Bucket(capacity=1000, per_s=100.0)
    told = rates.headers(bucket, Draw(is_taken=True, left=998.6))

    assert told == {"RateLimit-Policy": '"key";q=1000;w=10', "RateLimit": '"key";r=998;t=1'}
