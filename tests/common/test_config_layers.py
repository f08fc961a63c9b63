"""Which layer decides, what is refused, and where a value is said to come from."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from levada.common.config_options import ConfigOptions
from levada.common.config_sources import clear_overrides, environment_layer, file_layer, set_overrides
from levada.common.configuration import Configuration
from levada.common.errors import ConfigError
from levada.common.options import (
    CHECKPOINT_INTERVAL,
    GLOBAL_JOB_PARAMETERS,
    PARALLELISM,
    RESTART_STRATEGY,
    all_options,
)


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    for name in ("LEVADA_PARALLELISM__DEFAULT", "LEVADA_CONFIG_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    yield
    clear_overrides()


def test_each_layer_gives_way_to_the_one_above(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(code: Configuration | None = None) -> tuple[int, str]:
        config = Configuration.layered(code)
        return config.get(PARALLELISM), config.source_of(PARALLELISM)

    assert read() == (1, "default")
    Path("levada.toml").write_text("parallelism.default = 2\n")
    assert read() == (2, "levada.toml")
    monkeypatch.setenv("LEVADA_PARALLELISM__DEFAULT", "3")
    assert read() == (3, "LEVADA_PARALLELISM__DEFAULT")
    code = Configuration().set(PARALLELISM, 4)
    assert read(code) == (4, "code")
    set_overrides({"parallelism.default": "5"})
    assert read(code) == (5, "--set")


def test_code_set_later_still_gives_way_to_the_command_line() -> None:
    config = Configuration.layered()
    set_overrides({"parallelism.default": "5"}, "--parallelism")
    config.set_integer("parallelism.default", 9)
    assert config.get(PARALLELISM) == 5
    assert config.source_of(PARALLELISM) == "--parallelism"


def test_a_plain_configuration_sees_only_what_it_was_given() -> None:
    set_overrides({"parallelism.default": "5"})
    assert Configuration().get(PARALLELISM) == 1
    assert Configuration().to_dict() == {}


def test_names_of_variables() -> None:
    layer = environment_layer({"LEVADA_PIPELINE__MAX_PARALLELISM": "64", "LEVADA_USER__MY_NAME": "x", "HOME": "/"})
    assert {key: found.text for key, found in layer.items()} == {"pipeline.max-parallelism": "64", "user.my-name": "x"}


def test_tables_of_the_file_and_dotted_keys_mean_the_same(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text(
        '[execution.checkpointing]\ninterval = "10 s"\nnum-retained = 5\n'
        "[pipeline]\noperator-chaining.enabled = false\nglobal-job-parameters = { a = 1, b = 'two' }\n"
    )
    assert {key: found.expanded for key, found in file_layer(file).items()} == {
        "execution.checkpointing.interval": "10 s",
        "execution.checkpointing.num-retained": "5",
        "pipeline.operator-chaining.enabled": "false",
        "pipeline.global-job-parameters": "a:1,b:two",
    }


@pytest.mark.parametrize("content", ["parallelism = ", "parallelism.default = 1\nparallelism.default = 2"])
def test_a_broken_file_is_named(content: str) -> None:
    Path("levada.toml").write_text(content)
    with pytest.raises(ConfigError, match=r"levada\.toml: not valid TOML"):
        Configuration.layered()


def test_a_missing_file_that_was_named_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEVADA_CONFIG_FILE", "nowhere.toml")
    with pytest.raises(ConfigError, match=r"'nowhere\.toml' \(from LEVADA_CONFIG_FILE\) does not exist"):
        Configuration.layered()


class TestRefusals:
    """An unknown key, or a value that does not fit, is refused wherever it stands; the message names the place."""

    def test_code(self) -> None:
        with pytest.raises(ConfigError, match=r"'paralelism.default' \(from code\): did you mean 'parallelism"):
            Configuration().set_string("paralelism.default", "2")

    def test_command_line(self) -> None:
        with pytest.raises(ConfigError, match=r"\(from --set\): did you mean 'execution.checkpointing.interval'\?"):
            set_overrides({"execution.checkpoint.interval": "2 s"})

    def test_environment(self) -> None:
        with pytest.raises(ConfigError, match=r"\(from LEVADA_PARALLELISM\): did you mean 'parallelism.default'\?"):
            environment_layer({"LEVADA_PARALLELISM": "4"})

    def test_file(self) -> None:
        Path("levada.toml").write_text("[pipeline]\nmax-paralelism = 4\n")
        with pytest.raises(ConfigError, match=r"\(from levada.toml\): did you mean 'pipeline.max-parallelism'\?"):
            Configuration.layered()

    def test_nothing_similar(self) -> None:
        with pytest.raises(ConfigError, match="keys of your own begin with"):
            Configuration().set_string("xyz", "1")

    @pytest.mark.parametrize(
        ("key", "value", "expected"),
        [
            ("parallelism.default", "many", "parallelism.default = 'many' (from code): expected an integer"),
            ("parallelism.default", "0", "parallelism.default = '0' (from code): expected integer of at least 1"),
            ("execution.checkpointing.interval", "soon", "(from code): expected a duration such as '10 s'"),
            ("levada.channel.bytes", "much", "(from code): expected a memory size such as '4 mb'"),
            ("restart-strategy.type", "hope", "(from code): expected one of 'none', 'fixed-delay'"),
        ],
    )
    def test_values(self, key: str, value: str, expected: str) -> None:
        with pytest.raises(ConfigError) as caught:
            Configuration().set_string(key, value)
        assert expected in str(caught.value)

    def test_values_of_the_wrong_type(self) -> None:
        with pytest.raises(ConfigError, match="expected a timedelta, a Duration"):
            Configuration().set(CHECKPOINT_INTERVAL, object())  # type: ignore[arg-type]


def test_flinks_options_without_effect_are_accepted_with_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    config = Configuration().set_string("python.fn-execution.bundle.size", "1000")
    assert config.get_integer("python.fn-execution.bundle.size", 0) == 1000
    assert "python.fn-execution.bundle.size (from code) has no effect" in caplog.text


def test_own_keys_are_free() -> None:
    config = Configuration().set_string("user.anything-at_all", "x")
    assert config.get_string("user.anything-at_all", None) == "x"


def test_own_options_are_typed() -> None:
    limit = ConfigOptions.key("user.limit").int_type().default_value(7)
    wait = ConfigOptions.key("user.wait").duration_type().no_default_value()
    config = Configuration()
    assert (config.get(limit), config.get(wait)) == (7, None)
    config.set(limit, 8).set(wait, "3 s")
    assert (config.get(limit), config.get(wait)) == (8, timedelta(seconds=3))
    with pytest.raises(ConfigError, match=r"user\.limit = 'x' \(from code\): expected an integer"):
        config.set(limit, "x")
    with pytest.raises(ConfigError, match="keys of your own begin with"):
        config.set(ConfigOptions.key("limit").int_type().default_value(7), 8)


def test_typed_reading_by_key() -> None:
    config = Configuration()
    config.set_integer("user.i", 5).set_boolean("user.b", True).set_float("user.f", 0.5)
    config.set_bytearray("user.bytes", bytearray(b"\x00\xff"))
    assert config.get_integer("user.i", 0) == 5
    assert config.get_boolean("user.b", False) is True
    assert config.get_float("user.f", 0.0) == 0.5
    assert config.get_bytearray("user.bytes", None) == bytearray(b"\x00\xff")
    assert config.get_integer("user.none", 3) == 3
    with pytest.raises(ConfigError, match=r"user\.f = '0\.5' \(from code\): expected an integer"):
        config.get_integer("user.f", 0)


def test_the_whole_of_a_configuration() -> None:
    config = Configuration.from_dict({"parallelism.default": "2", "user.a": "1"})
    assert config.key_set() == {"parallelism.default", "user.a"}
    assert config.contains_key("user.a")
    assert config.remove_config("user.a")
    assert not config.remove_config("user.a")
    assert config.to_dict() == {"parallelism.default": "2"}
    other = Configuration()
    other.add_all(Configuration.from_dict({"user.x": "1"}), "user.deep.")
    assert other.to_dict() == {"user.deep.user.x": "1"}
    target = {"kept": "yes"}
    config.add_all_to_dict(target)
    assert target == {"kept": "yes", "parallelism.default": "2"}
    assert Configuration(config) == config
    assert config != other


@pytest.mark.parametrize(
    ("text", "items"), [(None, []), ("", []), ("a;b ;c", ["a", "b", "c"]), ("[a, 'b c']", ["a", "b c"])]
)
def test_lists(text: str | None, items: list[str]) -> None:
    assert Configuration.parse_list_value(text) == items


def test_copies_are_independent_and_survive_a_pickle() -> None:
    set_overrides({"parallelism.default": "5"})
    config = Configuration.layered(Configuration.from_dict({"user.a": "1"}))
    copied = copy.deepcopy(config)
    copied.set_string("user.a", "2")
    assert config.get_string("user.a", None) == "1"
    moved = pickle.loads(pickle.dumps(config))
    clear_overrides()
    assert moved.get(PARALLELISM) == 5


def test_references_are_expanded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("WHERE", "/data")
    (tmp_path / "name").write_text("jobs\n")
    config = Configuration().set_string("execution.checkpointing.dir", f"${{env:WHERE}}/${{file:{tmp_path}/name}}")
    assert config.get_string("execution.checkpointing.dir", None) == "/data/jobs"
    assert "${env:WHERE}" in repr(config)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("${env:NOT_THERE_AT_ALL}", r"user\.a \(from code\): the environment variable 'NOT_THERE_AT_ALL' is not set"),
        ("${file:/not/there}", r"user\.a \(from code\): cannot read '/not/there'"),
    ],
)
def test_references_to_nothing_are_refused(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Configuration().set_string("user.a", text)


def test_every_default_fits_its_own_type() -> None:
    for option in all_options():
        if option.default is not None:
            assert option.type.parse(option.type.format(option.default)) == option.default, option


def test_settings_list_everything_once() -> None:
    config = Configuration.from_dict({"user.z": "1", "restart-strategy.type": "off"})
    settings = {each.key: each for each in config.settings()}
    assert len(settings) == len(list(all_options())) + 1
    assert settings["user.z"].source == "code"
    assert settings["parallelism.default"].source == "default"
    assert config.get(RESTART_STRATEGY) == "none"
    assert config.get(GLOBAL_JOB_PARAMETERS) == {}
