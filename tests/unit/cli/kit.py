"""Running a verb as a person would, in a directory of its own, and the files it is given."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

from click.testing import CliRunner, Result

from openline.cli.main import cli
from openline.keys.entropy import SeededEntropy
from openline.keys.keyfile import Cost, seal_key_file
from openline.wire import accord as accords
from tests.table import table

WORDS = "correct horse"
CHEAP = Cost(8, 1, 1)  # a key file that opens at once


class Kit(NamedTuple):
    """A directory with a passphrase in a file, an accord, and the key files of its principals."""

    at: Path

    def run(self, *words: str, given: bytes | str | None = None) -> Result:
        """`openline` with these words; `{}` in one stands for the directory."""
        return CliRunner().invoke(cli, [word.replace("{}", str(self.at)) for word in words], input=given)

    def facts(self, *words: str, given: bytes | str | None = None) -> dict[str, Any]:
        """What a verb that succeeds prints with --json."""
        result = self.run(*words, "--json", given=given)
        assert result.exit_code == 0, result.output
        found: dict[str, Any] = json.loads(result.stdout)
        return found

    def put(self, name: str, data: bytes) -> None:
        (self.at / name).write_bytes(data)


def kit(at: Path) -> Kit:
    made = Kit(at)
    made.put("words", WORDS.encode() + b"\nsecond line, no part of it\n")
    made.put("accord", accords.encode_signed(table().signed))
    made.put("document", table().signed.document)
    for side, name in ((0, "chairman"), (1, "president")):
        secret = table().keys[side].principals[name].to_bytes()
        made.put(f"{name}.key", seal_key_file(secret, "principal", WORDS, SeededEntropy(b"kit"), cost=CHEAP))
    return made
