"""A TOML file of settings, whole, or what is wrong with it and where."""

import tomllib
from pathlib import Path
from typing import Any

from llmlab.errors import MisuseError, reason
from llmlab.language import later, retold, tr

TOML = (  # what tomllib says
    later("Invalid value (at line {line}, column {column})"),
    later("Invalid statement (at line {line}, column {column})"),
    later("Expected '=' after a key in a key/value pair (at line {line}, column {column})"),
    later("Expected newline or end of document after a statement (at line {line}, column {column})"),
    later("Cannot overwrite a value (at line {line}, column {column})"),
    later("Cannot declare {key} twice (at line {line}, column {column})"),
    later("Unclosed array (at line {line}, column {column})"),
    later("Illegal character {character} (at line {line}, column {column})"),
    later("Unterminated string (at end of document)"),
    later("Invalid value (at end of document)"),
)


def read(path: Path) -> dict[str, Any]:
    """Raises MisuseError naming the line."""
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8-sig"))  # editors of Windows begin it with a mark
    except OSError as error:
        raise MisuseError(
            tr("cannot read {path}: {reason}", path=path, reason=reason(error)), tr("check --config")
        ) from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        message = tr("{path} is not valid TOML: line {line:,} is not UTF-8", path=path, line=line)
        raise MisuseError(message, tr("save it as UTF-8")) from None
    except RecursionError:
        raise MisuseError(tr("{path} is not valid TOML: it is nested too deeply", path=path)) from None
    except tomllib.TOMLDecodeError as error:
        raise MisuseError(
            tr("{path} is not valid TOML: {error}", path=path, error=retold(str(error), *TOML)),
            tr("mend the line it names"),
        ) from None
