"""`/v1/jobs/{id}/refine`: turn an answer a little, without asking the models again."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from api import access, schemas, views
from api.access import Caller, TheCaller
from api.dependencies import Door, TheDoor
from api.replies import Reply
from api.routes import bodies
from api.routes import jobs as job_routes
from sightsong.core import choosing, moods, refining
from sightsong.core.choosing import Taste
from sightsong.core.errors import NotRefinable
from sightsong.core.jobs import Job, JobKind, JobState, KeepQuery
from sightsong.core.reasons import Asked
from sightsong.core.refining import Nudge
from sightsong.core.tenancy import Scope

router = APIRouter(
    prefix="/v1/jobs",
    tags=["jobs"],
    dependencies=access.guarded(Scope.JOBS, Scope.LIBRARY),
)

#: Kinds of jobs that have matches, and what their reasons speak of.
_ASKED = {JobKind.PHOTO: Asked.PHOTO, JobKind.TEXT: Asked.WORDS}


async def refine_body(request: Request, door: TheDoor) -> schemas.RefineRequest:
    """Read how the answer is to be turned."""
    return await bodies.read_json(request, door, schemas.RefineRequest)


@router.post(
    "/{job_id}/refine",
    response_model=schemas.RefinedView,
    openapi_extra=bodies.described(schemas.RefineRequest),
)
def refine_job(
    door: TheDoor,
    who: TheCaller,
    job_id: str,
    asked: Annotated[schemas.RefineRequest, Depends(refine_body)],
) -> Response:
    """Turn the answer to a photo or to words: calmer, happier, away from a mood, other tracks.

    Answers at once, and changes nothing: the job keeps its own matches. What is left out stays as
    the job had it.
    """
    job = job_routes.find(door, who, job_id)
    result, kept = _answered(job), _kept(door, who, job)
    nudge = Nudge(calmer=asked.calmer, happier=asked.happier, avoid=tuple(asked.avoid))
    query, affect = refining.nudged(kept.vector, kept.affect, nudge, phrases=door.phrases.read())
    door.library.catch_up()
    view = door.library.view()
    [leaning] = choosing.leanings(door.stores.people, [job])
    taste = replace(Taste.of({**job.params, **asked.choice()}), avoid=nudge.avoided)
    matches = choosing.choose(
        view,
        door.stores.tracks,
        query,
        affect=affect,
        taste=choosing.remembering(taste, leaning),
        asked=_ASKED[job.kind] if nudge == Nudge() else Asked.WISH,
    )
    return Reply(
        {
            "job_id": job.id,
            "query": result["query"],
            **views.affect_view(affect),
            "matches": [views.match_view(match) for match in matches],
            "personal": not leaning.is_empty,
            "receipt": views.index_receipt(view) | {"prompts_sha256": moods.prompts_sha256()},
        }
    )


def _answered(job: Job) -> Mapping[str, Any]:
    """Read the answer of a job.

    Raises:
        NotRefinable: there is none, or it has no matches.
    """
    if job.kind not in _ASKED:
        raise NotRefinable("Only the answers to photos and words can be refined.")
    if not job.state.is_final:
        raise NotRefinable("This job has not ended yet; wait for its answer.")
    if job.state is not JobState.SUCCEEDED or job.result is None:
        raise NotRefinable("This job has no answer: it failed or was canceled.")
    return job.result


def _kept(door: Door, who: Caller, job: Job) -> KeepQuery:
    """Read what a job searched for.

    Raises:
        NotRefinable: it is not known, or not to be compared with this library.
        JobErased: it is gone, with its job.
    """
    kept = door.stores.jobs.query(job.id)
    if kept is None:
        job_routes.find(door, who, job.id)  # it may have been erased meanwhile
        raise NotRefinable("What this job searched for was not kept; hand it in again.")
    if kept.space != door.settings.space:
        raise NotRefinable(
            f"This job searched the space {kept.space}; this service searches "
            f"{door.settings.space}. Hand it in again."
        )
    return kept
