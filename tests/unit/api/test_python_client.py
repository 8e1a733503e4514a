"""The Python client and the app understand each other."""

from collections.abc import Awaitable, Callable

import httpx
import pytest

from api.schemas import batches, people, photos, webhooks
from api.schemas import jobs as job_schemas
from api.schemas import keys as key_schemas
from sightsong import client as ours
from sightsong.client import AsyncClient, ProblemResponse
from tests.unit.api.asking import image_bytes
from tests.unit.api.keyholders import ADMIN, JOBS, LIBRARY, give_key

Scenario = Callable[[AsyncClient], Awaitable[None]]

#: Views of the client, and what the service says that it answers.
VIEWS = [
    (ours.JobSummary, job_schemas.JobSummary),
    (ours.JobView, job_schemas.JobView),
    (ours.KeyView, key_schemas.KeyView),
    (ours.IssuedKeyView, key_schemas.MadeKeyView),
    (ours.MeView, key_schemas.MeView),
    (ours.UsageView, key_schemas.UsageView),
    (ours.UsageDayView, key_schemas.UsageDayView),
    (ours.PreferencesView, people.Preferences),
    (ours.NeverPlayView, people.NeverPlay),
    (ours.FeedbackView, people.FeedbackView),
    (ours.BatchView, batches.BatchView),
    (ours.BatchCounts, batches.CountsView),
    (ours.BatchItem, batches.BatchLine),
    (ours.PlaylistView, batches.PlaylistView),
    (ours.PlaylistTrack, batches.PlaylistTrack),
    (ours.WebhookView, webhooks.WebhookView),
    (ours.NewWebhookView, webhooks.MadeWebhookView),
    (ours.DeliveryView, webhooks.DeliveryView),
    (ours.AttemptView, webhooks.AttemptView),
]
#: What may be wished of the client, and what the service takes.
WISHES = [
    (ours.PhotoTaste, photos.PhotoParams),
    (ours.PhotoTaste, batches.BatchParams),
    (ours.JobQuery, job_schemas.JobsQuery),
    (ours.Preferences, people.Preferences),
    (ours.NeverPlay, people.NeverPlay),
    (ours.WebhookChange, webhooks.WebhookChangeRequest),
]
PAGING = {"limit", "cursor"}


@pytest.mark.parametrize(("view", "schema"), VIEWS)
def test_the_client_knows_each_field_of_an_answer(view, schema):
    assert view.__required_keys__ == set(schema.model_fields)


@pytest.mark.parametrize(("wishes", "schema"), WISHES)
def test_the_client_knows_each_wish(wishes, schema):
    assert wishes.__optional_keys__ == set(schema.model_fields) - PAGING


@pytest.fixture
def play(portal, make, stores):
    """Play a scenario with a client that has a key for everything, and asks for Alice."""

    def played(scenario: Scenario, **changed: object) -> None:
        key = give_key(stores, JOBS, LIBRARY, ADMIN)
        transport = httpx.ASGITransport(make(**changed).app)

        async def run() -> None:
            async with AsyncClient(
                "http://localhost", key=key, user="alice", transport=transport
            ) as client:
                await scenario(client)

        portal.call(run)

    return played


def test_keys(play):
    async def scenario(client: AsyncClient) -> None:
        made = await client.create_key("phone", scopes=["jobs"], tenant="acme", jobs_per_day=5)
        key = await client.key(made["id"])
        assert (key["name"], key["tenant"], key["jobs_per_day"]) == ("phone", "acme", 5)
        other = await client.rotate_key(made["id"], overlap_s=60)
        assert other["key"].startswith("ssk_")
        await client.revoke_key(made["id"])
        await client.revoke_key(made["id"])
        gone = [one["id"] for one in await client.keys() if one["revoked_at"]]
        assert gone == [made["id"]]
        me = await client.me()
        assert (me["tenant"], me["user"], me["scopes"]) == (
            "default",
            "alice",
            ["jobs", "library", "admin"],
        )
        assert (await client.usage(days=7))["today"]["photos"] == 0

    play(scenario)


def test_people(play):
    async def scenario(client: AsyncClient) -> None:
        kept = await client.set_preferences(
            favourite_genres=["jazz"], never_play={"artists": ["X"]}, alpha=0.25
        )
        assert kept == await client.preferences()
        assert kept["never_play"]["artists"] == ["X"]
        job = await client.submit_photo(image_bytes(), personal=False, cache=False)
        assert job["user"] == "alice"
        assert [one["id"] async for one in client.history()] == [job["id"]]
        assert [one["id"] async for one in client.jobs(user="alice")] == [job["id"]]
        rows = [row["type"] async for row in client.export()]
        assert (rows[0], rows[-1]) == ("preferences", "end")
        with pytest.raises(ProblemResponse) as refused:
            await client.give_feedback(job["id"], "t-1", "like", position_s=3)
        assert refused.value.code == "conflict"
        assert [one async for one in client.feedback(limit=3)] == []
        with pytest.raises(ProblemResponse, match="no feedback"):
            await client.withdraw_feedback("f-1")
        with pytest.raises(ProblemResponse):
            await client.erase_user(everything=True)
        await client.erase_user()
        assert [one async for one in client.history()] == []

    play(scenario)


def test_batches(play):
    async def scenario(client: AsyncClient) -> None:
        photos = [("a.jpg", image_bytes()), ("b.jpg", b"broken"), ("c.png", image_bytes("PNG"))]
        batch = await client.submit_batch(photos, idempotency_key="trip", custom_id="trip", top_k=3)
        again = await client.submit_batch(photos, idempotency_key="trip", custom_id="trip", top_k=3)
        assert (batch["id"], batch["custom_id"], batch["total"]) == (again["id"], "trip", 3)
        assert (batch["counts"]["queued"], batch["counts"]["refused"]) == (2, 1)
        rows = [row async for row in client.batch_results(batch["id"])]
        assert [row["custom_id"] for row in rows] == ["a.jpg", "b.jpg", "c.png"]
        refused = [row async for row in client.batch_results(batch["id"], state="refused")]
        assert refused == rows[1:2]
        assert [one["id"] async for one in client.batches()] == [batch["id"]]
        assert len([one async for one in client.jobs(batch=batch["id"])]) == 2
        with pytest.raises(ProblemResponse) as early:
            await client.playlist(batch["id"], tracks=2, order="path")
        assert early.value.code == "conflict"
        with pytest.raises(ProblemResponse):
            await client.playlist_file(batch["id"], "m3u8")
        await client.cancel_batch(batch["id"])
        done = await client.wait_batch(batch["id"], timeout_s=10)
        assert done["state"] == "canceled"
        await client.erase_batch(batch["id"])
        with pytest.raises(ProblemResponse) as gone:
            await client.batch(batch["id"])
        assert gone.value.code == "batch_erased"

    play(scenario)


def test_webhooks(play):
    async def scenario(client: AsyncClient) -> None:
        made = await client.add_webhook("https://app.example/told", description="ours")
        hook = made["id"]
        assert await client.webhook_secret(hook) == made["secret"]
        assert await client.rotate_webhook(hook, overlap_s=60) != made["secret"]
        changed = await client.change_webhook(hook, events=["job.failed"], description="")
        assert (changed["events"], changed["description"]) == (["job.failed"], None)
        assert [one["id"] for one in await client.webhooks()] == [hook]
        sent = await client.test_webhook(hook)
        told = [one async for one in client.deliveries(hook, state="pending")]
        assert [one["id"] for one in told] == [sent["id"]]
        assert (await client.replay_delivery(hook, sent["id"]))["event"] == "test"
        await client.remove_webhook(hook)
        with pytest.raises(ProblemResponse) as gone:
            await client.webhook(hook)
        assert gone.value.code == "webhook_not_found"

    play(scenario)
