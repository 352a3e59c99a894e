"""The page that operators watch."""

from typing import Final

from fastapi import APIRouter
from starlette.responses import Response

from projectors.api.access import OperatorCaller
from projectors.api.asking import ERRORS, ServedViews, WhenAsked, at_of, reply
from projectors.api.faults import ApiFault
from projectors.api.models import operations as shapes
from projectors.api.resources import gates
from projectors.api.resources import operations as resource
from projectors.api.served import Asked, Served
from projectors.bootstrap import views_dir

router = APIRouter(prefix="/v1", tags=["ledger"], responses=ERRORS)

_UNKNOWN: Final[gates.Since] = {}


@router.get("/operations", response_model=shapes.Operations)
def get_operations(served: ServedViews, _caller: OperatorCaller, when: WhenAsked) -> Response:
    """Views, modes with their gates, guards and checkpoints: what is in force, and what would open."""
    with served.asked(when, resource.NEEDS) as asked:
        found = resource.operations(
            asked, at_of(asked), views_dir(served.settings.data), served.ledger_id, _since(served, asked)
        )
        return reply(found)


def _since(served: Served, asked: Asked) -> gates.Since:
    """When books began to be fair, where that matters; while others read the log it is not known."""
    if gates.next_status(gates.status_of(asked)) != gates.STATUSES[-1]:
        return _UNKNOWN
    try:
        with served.log() as log:
            return gates.fair_since(log, asked)
    except ApiFault:
        return dict.fromkeys(str(row["market"]) for row in asked.rows("exchange", "markets"))
