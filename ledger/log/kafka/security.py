"""How a client of a cluster is let in: TLS, and a user with a password (SASL).

Everything comes from the environment, never from the command line, where every user of the
machine could read it:

``LEDGER_SECURITY_PROTOCOL``         PLAINTEXT (default), SSL, SASL_PLAINTEXT or SASL_SSL
``LEDGER_SASL_MECHANISM``            SCRAM-SHA-512 (default), SCRAM-SHA-256, or PLAIN with TLS
``LEDGER_SASL_USERNAME``             name of the user
``LEDGER_SASL_PASSWORD``             its password, or
``LEDGER_SASL_PASSWORD_FILE``        a file whose first line is the password
``LEDGER_SSL_CA_LOCATION``           PEM file of the authority that signed the brokers' certificates
``LEDGER_SSL_CERTIFICATE_LOCATION``  PEM file of our own certificate, where brokers ask for one
``LEDGER_SSL_KEY_LOCATION``          PEM file of its key

These do not pass through ``ledger.settings``: a fault of validation prints what was given. Faults
raised here name the setting and never its value.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, final

from ledger.errors import SettingsFault

PREFIX: Final = "LEDGER_"
PROTOCOLS: Final = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")
MECHANISMS: Final = ("SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN")
_SASL: Final = ("SASL_MECHANISM", "SASL_USERNAME", "SASL_PASSWORD", "SASL_PASSWORD_FILE")
_FILES: Final = {
    "SSL_CA_LOCATION": "ssl.ca.location",
    "SSL_CERTIFICATE_LOCATION": "ssl.certificate.location",
    "SSL_KEY_LOCATION": "ssl.key.location",
}
_SHOWN: Final = frozenset({"security.protocol", "sasl.mechanism", "sasl.username", *_FILES.values()})


@final
class Security(Mapping[str, str]):
    """Settings of the client library that let it in. Its text shows no value that could be a secret."""

    __slots__ = ("_settings",)

    def __init__(self, settings: Mapping[str, str] | None = None) -> None:
        self._settings = dict(settings or {})

    def __getitem__(self, name: str) -> str:
        return self._settings[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._settings)

    def __len__(self) -> int:
        return len(self._settings)

    def __repr__(self) -> str:
        shown = {name: value if name in _SHOWN else "***" for name, value in self._settings.items()}
        return f"Security({shown})"


def security_of(environment: Mapping[str, str]) -> Security:
    """The settings that the ``LEDGER_*`` variables of ``environment`` ask for.

    Raises ``SettingsFault`` for one that is missing, unknown, unreadable, or of no use with the
    protocol: a password that was given and is not used is a mistake that must not go unseen.
    """
    given = {
        name: environment[PREFIX + name]
        for name in ("SECURITY_PROTOCOL", *_SASL, *_FILES)
        if environment.get(PREFIX + name)
    }
    protocol = given.get("SECURITY_PROTOCOL", "PLAINTEXT")
    if protocol not in PROTOCOLS:
        raise _fault("SECURITY_PROTOCOL", f"it must be one of {', '.join(PROTOCOLS)}")
    settings = {"security.protocol": protocol}
    with_tls, with_user = protocol.endswith("SSL"), protocol.startswith("SASL")
    for names, used in ((_SASL, with_user), (tuple(_FILES), with_tls)):
        unused = [PREFIX + name for name in names if name in given and not used]
        if unused:
            raise _fault("SECURITY_PROTOCOL", f"{protocol} makes no use of {', '.join(unused)}")
    if with_tls:
        settings |= _tls(given)
    if with_user:
        settings |= _user(given, with_tls=with_tls)
    return Security(settings)


def _tls(given: Mapping[str, str]) -> dict[str, str]:
    """A broker's certificate must be signed by the authority and name the host that was asked for."""
    if ("SSL_CERTIFICATE_LOCATION" in given) != ("SSL_KEY_LOCATION" in given):
        raise _fault("SSL_CERTIFICATE_LOCATION", "a certificate and its key come together")
    settings = {"ssl.endpoint.identification.algorithm": "https"}
    for name, setting in _FILES.items():
        if name in given:
            _read(name, given[name])
            settings[setting] = given[name]
    return settings


def _user(given: Mapping[str, str], *, with_tls: bool) -> dict[str, str]:
    mechanism = given.get("SASL_MECHANISM", MECHANISMS[0])
    if mechanism not in MECHANISMS:
        raise _fault("SASL_MECHANISM", f"it must be one of {', '.join(MECHANISMS)}")
    if mechanism == "PLAIN" and not with_tls:
        raise _fault("SASL_MECHANISM", "PLAIN without TLS would show the password to the network")
    if "SASL_USERNAME" not in given:
        raise _fault("SASL_USERNAME", "the name of the user is missing")
    return {
        "sasl.mechanism": mechanism,
        "sasl.username": given["SASL_USERNAME"],
        "sasl.password": _password(given),
    }


def _password(given: Mapping[str, str]) -> str:
    if "SASL_PASSWORD" in given and "SASL_PASSWORD_FILE" in given:
        raise _fault("SASL_PASSWORD", "give the password or its file, not both")
    if "SASL_PASSWORD" in given:
        return given["SASL_PASSWORD"]
    if "SASL_PASSWORD_FILE" not in given:
        raise _fault("SASL_PASSWORD_FILE", "the password of the user is missing")
    lines = _read("SASL_PASSWORD_FILE", given["SASL_PASSWORD_FILE"]).splitlines()
    if not lines or not lines[0]:
        raise _fault("SASL_PASSWORD_FILE", "its first line, the password, is empty")
    return lines[0]


def _read(name: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except OSError as failure:
        raise _fault(name, f"the file cannot be read ({failure.strerror})") from None
    except UnicodeDecodeError:
        raise _fault(name, "the file is not text") from None


def _fault(name: str, what: str) -> SettingsFault:
    return SettingsFault(what, where=PREFIX + name)
