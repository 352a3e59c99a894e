"""``projectors serve`` and ``projectors tokens`` from the command line."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ledger.errors import SettingsFault
from projectors.api.tokens import Tokens
from projectors.cli.app import app
from projectors.cli.serve import tokens_path


def run(data: Path, *arguments: str) -> tuple[int, str]:
    """Exit code, and what is printed on stdout."""
    done = CliRunner().invoke(app, [*arguments, "--data", str(data)], catch_exceptions=False)
    return done.exit_code, done.stdout


def test_a_token_is_printed_once_and_can_be_revoked(tmp_path: Path) -> None:
    code, printed = run(tmp_path, "tokens", "issue", "bot", "--account", "alice")
    assert code == 0
    found = Tokens(tokens_path(tmp_path)).find(printed.strip())
    assert found is not None
    assert (found.name, found.account) == ("bot", "alice")
    code, listed = run(tmp_path, "tokens", "list")
    assert printed.strip() not in listed
    assert [(one["name"], one["scope"], one["account"]) for one in json.loads(listed)] == [
        ("bot", "account", "alice")
    ]
    assert run(tmp_path, "tokens", "revoke", "bot")[0] == 0
    assert run(tmp_path, "tokens", "revoke", "bot")[0] == 1


@pytest.mark.parametrize(
    "listen", ["0.0.0.0:8080", "[::]:80", "example.org:80", "127.0.0.1", "127.0.0.1:x", ":1"]
)
def test_other_machines_are_let_in_only_when_that_is_said(tmp_path: Path, listen: str) -> None:
    with pytest.raises(SettingsFault) as refused:
        run(tmp_path, "serve", "--listen", listen)
    assert refused.value.where == "--listen"


def test_a_file_of_tokens_that_is_none_is_said(tmp_path: Path) -> None:
    path = tokens_path(tmp_path)
    path.parent.mkdir(parents=True)
    path.write_text('[{"name": "x"}]')
    with pytest.raises(SettingsFault) as refused:
        run(tmp_path, "tokens", "list")
    assert str(path) in refused.value.where
