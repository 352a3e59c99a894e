"""How the security settings of a cluster are read, and that no text shows a secret."""

import logging
import traceback
from collections.abc import Mapping
from pathlib import Path

import pytest

from ledger.errors import SettingsFault
from ledger.log.kafka.config import Connection
from ledger.log.kafka.security import Security, security_of
from ledger.log.opening import connection_of
from ledger.settings import load_settings

SECRET = "correct horse battery staple"  # noqa: S105  the secret that no text may show
USER = {
    "LEDGER_SECURITY_PROTOCOL": "SASL_SSL",
    "LEDGER_SASL_USERNAME": "writer",
    "LEDGER_SASL_PASSWORD": SECRET,
}


@pytest.fixture
def pem(tmp_path: Path) -> str:
    """A file that exists."""
    path = tmp_path / "a.pem"
    path.write_text("-----BEGIN CERTIFICATE-----\n")
    return str(path)


def test_nothing_in_the_environment_means_a_plain_connection() -> None:
    assert dict(security_of({"PATH": "/bin"})) == {"security.protocol": "PLAINTEXT"}


def test_a_user_over_tls_becomes_settings_of_the_client_library(pem: str) -> None:
    settings = security_of({**USER, "LEDGER_SSL_CA_LOCATION": pem})
    assert dict(settings) == {
        "security.protocol": "SASL_SSL",
        "ssl.endpoint.identification.algorithm": "https",
        "ssl.ca.location": pem,
        "sasl.mechanism": "SCRAM-SHA-512",
        "sasl.username": "writer",
        "sasl.password": SECRET,
    }


def test_a_certificate_of_our_own_comes_with_its_key(pem: str) -> None:
    environment = {"LEDGER_SECURITY_PROTOCOL": "SSL", "LEDGER_SSL_CERTIFICATE_LOCATION": pem}
    settings = security_of({**environment, "LEDGER_SSL_KEY_LOCATION": pem})
    assert (settings["ssl.certificate.location"], settings["ssl.key.location"]) == (pem, pem)
    with pytest.raises(SettingsFault, match="come together"):
        security_of(environment)


def test_the_password_is_the_first_line_of_its_file(tmp_path: Path) -> None:
    path = tmp_path / "password"
    path.write_text(f"{SECRET}\n")
    environment = {name: value for name, value in USER.items() if name != "LEDGER_SASL_PASSWORD"}
    settings = security_of({**environment, "LEDGER_SASL_PASSWORD_FILE": str(path)})
    assert settings["sasl.password"] == SECRET


def without_password(**more: str) -> dict[str, str]:
    return {**{name: value for name, value in USER.items() if "PASSWORD" not in name}, **more}


MISTAKES: Mapping[str, tuple[dict[str, str], str]] = {
    "protocol unknown": ({"LEDGER_SECURITY_PROTOCOL": SECRET}, "LEDGER_SECURITY_PROTOCOL: it must be one of"),
    "mechanism unknown": ({**USER, "LEDGER_SASL_MECHANISM": SECRET}, "LEDGER_SASL_MECHANISM: it must be one"),
    "password without a use": ({"LEDGER_SASL_PASSWORD": SECRET}, "makes no use of LEDGER_SASL_PASSWORD"),
    "password over TLS without SASL": (
        {**USER, "LEDGER_SECURITY_PROTOCOL": "SSL"},
        "SSL makes no use of LEDGER_SASL_USERNAME, LEDGER_SASL_PASSWORD",
    ),
    "authority without TLS": (
        {**USER, "LEDGER_SECURITY_PROTOCOL": "SASL_PLAINTEXT", "LEDGER_SSL_CA_LOCATION": "/ca.pem"},
        "SASL_PLAINTEXT makes no use of LEDGER_SSL_CA_LOCATION",
    ),
    "PLAIN in the clear": (
        {**USER, "LEDGER_SECURITY_PROTOCOL": "SASL_PLAINTEXT", "LEDGER_SASL_MECHANISM": "PLAIN"},
        "would show the password to the network",
    ),
    "no user": ({**USER, "LEDGER_SASL_USERNAME": ""}, "name of the user is missing"),
    "no password": (without_password(), "LEDGER_SASL_PASSWORD_FILE: the password of the user is missing"),
    "two passwords": ({**USER, "LEDGER_SASL_PASSWORD_FILE": "/secret"}, "not both"),
    "no such password file": (
        without_password(LEDGER_SASL_PASSWORD_FILE="/nowhere/secret"),  # noqa: S106  a path
        "LEDGER_SASL_PASSWORD_FILE: the file cannot be read (No such file or directory)",
    ),
    "no such authority": (
        {**USER, "LEDGER_SSL_CA_LOCATION": "/nowhere/ca.pem"},
        "LEDGER_SSL_CA_LOCATION: the file cannot be read",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_names_its_setting_and_never_shows_what_was_given(name: str) -> None:
    environment, expected = MISTAKES[name]
    with pytest.raises(SettingsFault) as caught:
        security_of(environment)
    told = "".join(traceback.format_exception(caught.value))
    assert expected in told
    assert SECRET not in told


def test_a_password_file_that_is_empty_or_no_text_is_refused_without_its_content(tmp_path: Path) -> None:
    path = tmp_path / "password"
    environment = without_password(LEDGER_SASL_PASSWORD_FILE=str(path))
    for content in (b"", b"\nsecond line", b"\xff" + SECRET.encode()):
        path.write_bytes(content)
        with pytest.raises(SettingsFault, match="LEDGER_SASL_PASSWORD_FILE") as caught:
            security_of(environment)
        assert SECRET not in "".join(traceback.format_exception(caught.value))


def test_no_text_of_a_connection_shows_a_secret(caplog: pytest.LogCaptureFixture) -> None:
    security = security_of(USER)
    connection = Connection("127.0.0.1:9092", security=security)
    plain = Connection("127.0.0.1:9092", security=dict(security))
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("test").info("%s %r", connection, security, extra={"security": security})
    texts = [f"{thing} {thing!r}" for thing in (security, connection, plain, plain.security, {"s": security})]
    assert not [text for text in (*texts, caplog.text) if SECRET in text]
    assert "'sasl.password': '***'" in repr(security)
    assert "'sasl.username': 'writer'" in repr(security)


def test_a_setting_nobody_thought_of_is_hidden_as_well() -> None:
    assert SECRET not in repr(Security({"ssl.key.password": SECRET}))


def test_the_programs_read_the_security_settings_from_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in USER.items():
        monkeypatch.setenv(name, value)
    connection = connection_of(load_settings(brokers="127.0.0.1:9092"))
    assert connection.security["sasl.password"] == SECRET
