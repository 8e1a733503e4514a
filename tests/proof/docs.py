"""The commands with curl that the documents show, and how to run them."""

import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
_FENCE = re.compile(r"^```(?P<kind>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_STATUS = re.compile(r"\b[2-5]\d\d\b")
_ANSWERED = re.compile(r"^answered (\d+)$", re.MULTILINE)
#: In front of the real one: tells what was answered, and never waits for long.
_WRAPPER = """#!/bin/sh
exec "{curl}" -sS --max-time 40 --write-out '%{{stderr}}\\nanswered %{{http_code}}\\n' "$@"
"""


@dataclass(frozen=True, kw_only=True)
class Block:
    """A block of commands of a document."""

    file: str
    number: int  #: Among the blocks with curl of its document.
    text: str

    @property
    def name(self) -> str:
        """What a person finds it by."""
        return f"{self.file} {self.number}"

    def expected(self) -> list[frozenset[int]]:
        """The statuses that its comments name, for each curl in it; of the others, any success."""
        found: list[frozenset[int]] = []
        for line in self.text.splitlines():
            command, _, comment = line.partition("#")
            if re.search(r"(^|[\s|])curl\s", command):
                found.append(frozenset())
            if found and not found[-1]:
                found[-1] = frozenset(int(one) for one in _STATUS.findall(comment))
        return [one or frozenset(range(200, 300)) for one in found]


@dataclass(frozen=True, kw_only=True)
class Ran:
    """What came of the commands of a block."""

    statuses: list[int]
    exit_status: int
    said: str


def blocks() -> Iterator[Block]:
    """Find the blocks in which curl is called, in the README and in `docs`."""
    for path in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        texts = [
            found["text"]
            for found in _FENCE.finditer(path.read_text())
            if found["kind"] in {"", "sh"} and re.search(r"^\s*curl\s", found["text"], re.MULTILINE)
        ]
        name = path.relative_to(ROOT).as_posix()
        yield from (Block(file=name, number=n, text=text) for n, text in enumerate(texts, start=1))


def run(text: str, folder: Path, *, curl: str, env: Mapping[str, str]) -> Ran:
    """Run commands in a folder, as somebody would who copies them into a shell."""
    wrapper = folder / "bin" / "curl"
    wrapper.parent.mkdir(exist_ok=True)
    wrapper.write_text(_WRAPPER.format(curl=curl))
    wrapper.chmod(0o755)
    ended = subprocess.run(
        ["bash", "-c", text],
        cwd=folder,
        env={**env, "PATH": f"{wrapper.parent}:{env['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )
    statuses = [int(one) for one in _ANSWERED.findall(ended.stderr)]
    said = f"{text}\n{ended.stdout[-3000:]}\n{ended.stderr[-1000:]}"
    return Ran(statuses=statuses, exit_status=ended.returncode, said=said)
