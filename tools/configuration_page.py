"""Write ``docs/configuration.md`` from the registry of options. A test checks that the page is up to date."""

from __future__ import annotations

from pathlib import Path

from levada.common.options import FREE_PREFIXES, WITHOUT_EFFECT, all_options

PAGE = Path(__file__).resolve().parent.parent / "docs" / "configuration.md"

HEAD = """\
# Configuration

<!-- Written by tools/configuration_page.py from src/levada/common/options.py. -->

A value is looked for in this order; the first place that has one decides:

1. the command line: `levada run job.py --set parallelism.default=4` (`--parallelism`, `--from` are short for two keys),
2. the program: `Configuration().set_string("parallelism.default", "4")`, or a method such as `env.set_parallelism(4)`,
3. the environment: `LEVADA_PARALLELISM__DEFAULT=4`; after `LEVADA_`, two underscores stand for a dot, one for a
   dash, so `LEVADA_PIPELINE__MAX_PARALLELISM` is `pipeline.max-parallelism`,
4. the file `levada.toml` in the working directory, or the one that `LEVADA_CONFIG_FILE` names; tables and dotted keys
   mean the same:

   ```toml
   parallelism.default = 4

   [execution.checkpointing]
   interval = "10 s"
   dir = "${env:HOME}/checkpoints"
   ```

5. the default.

`levada config` shows each value and where it came from. An unknown key is an error, wherever it stands.

**Durations** are `10 s`, `5 min`, `200 ms`, ISO 8601 (`PT10S`), or a bare number of milliseconds. **Memory sizes** are
`64 kb`, `4 mb` (powers of 1024), or a bare number of bytes. `${env:NAME}` stands for an environment variable and
`${file:/path}` for the content of a file, anywhere in a value.

**Secrets**: where a word of the key is password, secret, token or key, the value shows as `***` in all output, and
it is taken out of log messages and errors that repeat it (if it has six characters or more).
"""


def page() -> str:
    """The whole page."""
    lines = [HEAD, "## Options\n", "| key | type | default | meaning |", "|---|---|---|---|"]
    for option in all_options():
        default = "" if option.default is None else f"`{option.type.format(option.default)}`"
        lines.append(f"| `{option.key}` | {option.type.name} | {default.replace('``', '')} | {option.description} |")
    lines += ["", "## Keys of your own\n"]
    lines.append(
        f"Keys that begin with {' or '.join(f'`{each}`' for each in FREE_PREFIXES)} are free: any name, any text."
    )
    lines += ["", "## Flink's options without effect\n", "They are accepted, with a warning that says why:\n"]
    lines += [
        f"- `{prefix}{'*' if prefix.endswith('.') else ''}`: {reason}" for prefix, reason in WITHOUT_EFFECT.items()
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")
