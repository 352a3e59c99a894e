"""Signatures of a command in the log, checked with the keys that the state has at its place.

The answer is a fact for the rules (``ledger.core.proof``); they never see a signature that does not
hold. An operator key signs by its id; a key that is not registered signs as the signer of
accounts, by its public key.
"""

from ledger.core.messages import SignedCommand
from ledger.core.proof import Proof
from ledger.core.rules.operators import is_public_key
from ledger.core.state import State
from ledger.signing import holds


def verified(state: State, signed: SignedCommand) -> Proof | None:
    """Who signed, or ``None`` when a signature does not hold, its key is unknown, or one signed twice."""
    if signed.key_1 == signed.key_2:
        return None
    content = bytes.fromhex(signed.content)
    if not _holds(state, signed.key_1, signed.signature_1, content):
        return None
    if signed.key_2 and not _holds(state, signed.key_2, signed.signature_2, content):
        return None
    return Proof(signed.key_1, signed.signature_1, signed.key_2, signed.signature_2 if signed.key_2 else "")


def _holds(state: State, key_id: str, signature: str, content: bytes) -> bool:
    key = state.control.keys.get(key_id)
    if key is not None:
        return not key.revoked and holds(key.public_key, signature, state.ledger_id, content)
    return is_public_key(key_id) and holds(key_id, signature, state.ledger_id, content)
