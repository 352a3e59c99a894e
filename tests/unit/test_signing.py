import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.core.messages import ListAsset
from ledger.errors import SettingsFault
from ledger.log.codec import encode_command
from ledger.signing import holds, new_private_key, public_key, signature_of, signed_command, signing_bytes

COMMAND = ListAsset("operator", 1, 7, "USDC", 6, 1)
CONTENT = encode_command(COMMAND)
# The first test vector of RFC 8032, section 7.1.
PRIVATE = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"
PUBLIC = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"


def test_the_public_key_is_the_one_of_the_published_vector() -> None:
    assert public_key(PRIVATE) == PUBLIC


def test_a_signature_holds_for_its_command_and_ledger_alone() -> None:
    signature = signature_of(PRIVATE, "main", CONTENT)
    assert holds(PUBLIC, signature, "main", CONTENT)
    assert not holds(PUBLIC, signature, "other", CONTENT)
    assert not holds(PUBLIC, signature, "main", CONTENT + b"\0")
    assert not holds(public_key(new_private_key()), signature, "main", CONTENT)


@given(st.text(max_size=140), st.text(max_size=70))
def test_any_texts_may_be_asked_about(signature: str, key: str) -> None:
    assert not holds(key, signature, "main", CONTENT)
    assert not holds(PUBLIC, signature, "main", CONTENT)


@given(st.text(max_size=9), st.binary(max_size=9), st.text(max_size=9), st.binary(max_size=9))
def test_no_two_commands_have_the_same_signing_bytes(a: str, x: bytes, b: str, y: bytes) -> None:
    assert (signing_bytes(a, x) == signing_bytes(b, y)) == ((a, x) == (b, y))


def test_a_signed_command_has_one_or_two_signatures() -> None:
    one = signed_command(COMMAND, "main", ("ops-1", PRIVATE))
    assert (one.content, one.key_1, one.key_2, one.signature_2) == (CONTENT.hex(), "ops-1", "", "")
    two = signed_command(COMMAND, "main", ("ops-1", PRIVATE), ("ops-2", new_private_key()))
    assert (two.signature_1, two.key_2, len(two.signature_2)) == (one.signature_1, "ops-2", 128)


@pytest.mark.parametrize("key", ["", "ab", "xy" * 32, PRIVATE + "00"])
def test_what_is_no_private_key_is_a_fault_of_the_settings(key: str) -> None:
    with pytest.raises(SettingsFault, match="64 hexadecimal digits"):
        signature_of(key, "main", CONTENT)
