"""A secret is shown nowhere: not in reprs, plans, errors, logs, nor by ``levada config``."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from levada.common import logs, redaction
from levada.common.config_options import ConfigOptions
from levada.common.configuration import Configuration
from levada.common.errors import ConfigError

CANARY = "canary-7f3a91"


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    yield
    redaction._remembered.clear()


@pytest.mark.parametrize(
    "key",
    [
        "user.password",
        "user.db-password",
        "user.db.password.primary",
        "user.apiKey",
        "user.APIKey",
        "user.api_key",
        "user.AUTH_TOKEN",
        "user.client-secret",
        "user.tokens",
        "s3.secret-access-key",
    ],
)
def test_secret_keys(key: str) -> None:
    assert redaction.is_secret_key(key)


@pytest.mark.parametrize("key", ["user.keyed-by", "user.tokenizer", "pipeline.name", "user.secretary", "user.passwd"])
def test_other_keys(key: str) -> None:
    assert not redaction.is_secret_key(key)


def test_a_configuration_does_not_show_it() -> None:
    config = Configuration().set_string("user.db-password", CANARY)
    assert CANARY not in repr(config) + str(config) + str(list(config.settings()))
    assert "user.db-password=***" in repr(config)
    assert config.get_string("user.db-password", None) == CANARY


def test_an_error_does_not_show_it() -> None:
    option = ConfigOptions.key("user.token").int_type().no_default_value()
    with pytest.raises(ConfigError) as caught:
        Configuration().set(option, CANARY)
    assert str(caught.value) == "user.token = '***' (from code): expected an integer"
    with pytest.raises(ConfigError) as caught:
        Configuration().set_string("user.token", CANARY).get_integer("user.token", 0)
    assert CANARY not in str(caught.value)


def test_a_secret_from_a_file_or_a_variable_does_not_show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "secret").write_text(CANARY + "-file\n")
    monkeypatch.setenv("CANARY", CANARY + "-env")
    config = Configuration()
    config.set_string("user.file-token", f"${{file:{tmp_path}/secret}}").set_string("user.env-key", "${env:CANARY}")
    assert config.get_string("user.file-token", None) == CANARY + "-file"
    assert CANARY not in repr(config) + str(list(config.settings()))


@pytest.mark.parametrize("style", ["text", "json"])
def test_logs_do_not_show_it(style: str) -> None:
    Configuration().set_string("user.db-password", CANARY)
    logs.repeat_limit.reset()
    output = io.StringIO()
    handler = logs.configure("debug", style, output)
    logger = logs.get_logger("levada.test.secrets")
    try:
        with logs.task_context(job=f"job {CANARY}", operator=f"operator {CANARY}"):
            logger.info("connecting with %s", CANARY)
        logger.warning("to postgres://me:hunter2@db/x")
        logger.error("failed", exc_info=RuntimeError(f"refused {CANARY}"))
        logging.getLogger("levada.test.plain").info("plain %s", CANARY)
    finally:
        logging.getLogger("levada").removeHandler(handler)
    assert "connecting with ***" in output.getvalue()
    assert "postgres://me:***@db/x" in output.getvalue()
    assert "refused ***" in output.getvalue()
    assert "plain ***" in output.getvalue()
    assert CANARY not in output.getvalue()
    assert "hunter2" not in output.getvalue()


def test_short_values_stay_readable() -> None:
    Configuration().set_string("user.key-format", "json")
    assert redaction.scrub("reads json") == "reads json"
