"""Signatures as the rules see them: a fact that was verified outside.

A signature is checked with the key that the state has at that moment (``ledger.writer.signatures``);
the rules are told which keys signed, and never see a library of cryptography.
"""

from typing import Final, final


@final
class Proof:
    """Who signed a command, every signature found to hold; empty texts where nobody did.

    ``key_1`` and ``key_2`` are ids of operator keys that are not revoked, or public keys of
    account signers. They differ.
    """

    __slots__ = ("key_1", "key_2", "signature_1", "signature_2")

    def __init__(self, key_1: str, signature_1: str, key_2: str, signature_2: str) -> None:
        self.key_1 = key_1
        self.signature_1 = signature_1
        self.key_2 = key_2
        self.signature_2 = signature_2


UNSIGNED: Final = Proof("", "", "", "")
