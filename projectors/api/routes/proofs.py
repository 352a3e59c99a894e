"""Proofs of events, for who may see the bytes that they need."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path
from starlette.responses import Response

from projectors.api.access import AnyCaller
from projectors.api.asking import ERRORS, ServedViews, WhenAsked, asked_log, reply
from projectors.api.faults import ApiFault, not_found
from projectors.api.models.chain import EventProof
from projectors.api.resources import events, proofs
from projectors.api.tokens import Scope

router = APIRouter(prefix="/v1", tags=["ledger"], responses=ERRORS)

_SEQ_MAX = 10**18 - 1


@router.get("/events/{seq}/proof", response_model=EventProof)
def get_event_proof(
    served: ServedViews,
    caller: AnyCaller,
    when: WhenAsked,
    seq: Annotated[int, Path(ge=1, le=_SEQ_MAX, description="Seq of an event.")],
) -> Response:
    """The bytes of a block that have an event, and the seal that has their digest.

    Control events are proved to everybody. The others lie among those of other accounts, so that their proof
    is for operators. `chain/proof` goes on from the seal to a block that is trusted.
    """
    with asked_log(served, when) as (log, question, at):
        covered = proofs.find(log, seq) if seq <= question.as_of.seq else None
        if covered is None:
            raise not_found(f"there is no event {seq} at that moment")
        if covered.partition != proofs.CONTROL and caller.scope is not Scope.OPERATOR:
            raise ApiFault(
                HTTPStatus.FORBIDDEN,
                "FORBIDDEN",
                "the proof of this event shows events of other accounts, so operators make it",
            )
        chain = events.known_chain(log, question.known_at)
        void = not chain.is_on_chain(covered.seal.height)
        return reply(proofs.proof(covered, log.ledger_id, at, void=void))
