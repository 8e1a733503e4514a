"""The commands by name: where each lives, and what help says of it before it is imported."""

from collections.abc import Sequence
from dataclasses import dataclass

ABOUT = "Sightsong listens to a photo: it answers with the tracks of your own music that fit."

EXIT_STATUSES = """\b
First steps:
  sightsong demo                      see it at work on bundled photos and music
  sightsong up                        start the service (leave it running)
  sightsong ingest ~/Music            take in your music
  sightsong recommend beach.jpg       find tracks for a photo
  sightsong find 'calm piano'         find tracks for words

\b
Exit status: 0 done; 1 the work failed; 2 wrong usage or settings;
3 no service reachable; 4 the service refused the input;
130 or 143 ended by Ctrl-C or SIGTERM.
"""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One command."""

    name: str
    module: str
    attribute: str
    summary: str  #: The first line of the command's own help.
    examples: tuple[str, ...]

    @property
    def epilog(self) -> str:
        """The examples, below the options."""
        return _epilog(self.examples)

    def epilog_of(self, subcommand: str) -> str | None:
        """The examples of one of its subcommands; None where there is none."""
        begin = f"sightsong {self.name} {subcommand}".split()
        of_it = [line for line in self.examples if _words(line)[: len(begin)] == begin]
        return _epilog(of_it) if of_it else None


def _epilog(examples: Sequence[str]) -> str:
    return "\n".join(["\b", "Examples:", *(f"  {line}" for line in examples)])


def _words(example: str) -> list[str]:
    """The words of an example from the command on: a variable may stand before it."""
    return example[example.index("sightsong") :].rstrip(")").split()


def _entry(name: str, where: str, summary: str, *examples: str) -> Entry:
    module, _, attribute = where.partition(":")
    return Entry(
        name=name,
        module=f"sightsong.cli.commands.{module}",
        attribute=attribute,
        summary=summary,
        examples=examples,
    )


COMMANDS = (
    _entry(
        "demo",
        "demo:demo",
        "Show everything at once: start a service, take in music, find tracks for photos.",
        "sightsong demo",
        "sightsong demo beach.jpg --library ~/Music",
        "sightsong demo --once --json",
    ),
    _entry(
        "up",
        "up:up",
        "Start the service on this machine, and keep it running until Ctrl-C.",
        "sightsong up",
        "sightsong up --port 9000 --data /srv/sightsong",
        "sightsong up --profile full --device cuda:0",
    ),
    _entry(
        "recommend",
        "photos:recommend",
        "Find the tracks of your library that fit photos.",
        "sightsong recommend beach.jpg",
        "sightsong recommend *.jpg --topk 5 --json",
        "sightsong recommend 'trip/**/*.jpg' --priority 2 --id trip --no-keep",
        "sightsong recommend beach.jpg --genre jazz --genre blues --max-tempo 100 --clean",
        "sightsong recommend beach.jpg --play",
    ),
    _entry(
        "find",
        "searches:find",
        "Find the tracks of your library that fit words.",
        "sightsong find 'calm piano for a rainy evening'",
        "sightsong find 'fast guitars' --topk 10 --library Vinyl --min-duration 120",
        "sightsong find 'music for a party' --diversity 0.6 --per-artist 1 --json",
    ),
    _entry(
        "refine",
        "searches:refine",
        "Have an answer again, nudged: calmer, happier, without a mood, from other tracks.",
        "sightsong refine 4be0643f-1d98-473b-97cd-ca98a65347dd --calmer 0.3 --happier -0.2",
        "sightsong refine 4be0643f-1d98-473b-97cd-ca98a65347dd --avoid sad --genre ambient",
    ),
    _entry(
        "submit",
        "photos:submit",
        "Send a photo and print its job id, without waiting.",
        "sightsong submit beach.jpg",
        "sightsong submit beach.jpg --json",
        "sightsong submit beach.jpg --priority 0 --deadline 60 --id beach-17",
    ),
    _entry(
        "job",
        "photos:job",
        "Show a job, or wait for it.",
        "sightsong job 4be0643f-1d98-473b-97cd-ca98a65347dd",
        "sightsong job 4be0643f-1d98-473b-97cd-ca98a65347dd --wait --json",
    ),
    _entry(
        "jobs",
        "jobs:app",
        "List the jobs, show, cancel, delete or follow them.",
        "sightsong jobs list",
        "sightsong jobs list --state failed --limit 100 --json",
        "sightsong jobs list --id beach-17",
        "sightsong jobs list --user alice",
        "sightsong jobs show 4be0643f-1d98-473b-97cd-ca98a65347dd",
        "sightsong jobs follow 4be0643f-1d98-473b-97cd-ca98a65347dd",
        "sightsong jobs cancel 4be0643f-1d98-473b-97cd-ca98a65347dd",
        "sightsong jobs delete 4be0643f-1d98-473b-97cd-ca98a65347dd",
    ),
    _entry(
        "album",
        "batches:album",
        "Make one playlist out of many photos.",
        "sightsong album trip/*.jpg",
        "sightsong album ~/Pictures/2026-08 --playlist summer.m3u8 --tracks 20",
        "sightsong album trip.zip --playlist trip.jspf --order path --id trip",
    ),
    _entry(
        "batches",
        "batches:app",
        "List the batches of photos, follow them, and have their results and playlists.",
        "sightsong batches list",
        "sightsong batches show 4be0643f-1d98-473b-97cd-ca98a65347dd",
        "sightsong batches follow 4be0643f-1d98-473b-97cd-ca98a65347dd",
        "sightsong batches results 4be0643f-1d98-473b-97cd-ca98a65347dd --state failed",
        "sightsong batches playlist 4be0643f-1d98-473b-97cd-ca98a65347dd --out trip.m3u8",
        "sightsong batches cancel 4be0643f-1d98-473b-97cd-ca98a65347dd",
        "sightsong batches delete 4be0643f-1d98-473b-97cd-ca98a65347dd",
    ),
    _entry(
        "like",
        "feedback:like",
        "Say that you like a track of an answer: it and its artist come a little earlier.",
        "sightsong like 4be0643f-1d98-473b-97cd-ca98a65347dd 1",
        "sightsong like 4be0643f-1d98-473b-97cd-ca98a65347dd 1 --user alice",
    ),
    _entry(
        "skip",
        "feedback:skip",
        "Say that you skipped a track of an answer: it comes a little later, more so if at once.",
        "sightsong skip 4be0643f-1d98-473b-97cd-ca98a65347dd 2 --at 4.5",
    ),
    _entry(
        "played",
        "feedback:played",
        "Say that you heard a track of an answer: that is a faint like.",
        "sightsong played 4be0643f-1d98-473b-97cd-ca98a65347dd 3",
    ),
    _entry(
        "me",
        "me:app",
        "Show who you are to the service, and what it remembers of you; forget it.",
        "sightsong me",
        "sightsong me prefs --genre jazz --never-artist 'The Loud Ones' --alpha 0.4",
        "sightsong me prefs --no-personal --user alice",
        "sightsong me history --limit 50",
        "sightsong me feedback",
        "sightsong me withdraw 0b1f5a5e-6f0a-4d70-8a57-3a8f3b1f2c11",
        "sightsong me export --user alice > alice.ndjson",
        "sightsong me erase --user alice --yes",
    ),
    _entry(
        "ingest",
        "ingests:app",
        "Take music into the library, and see how that goes.",
        "sightsong ingest ~/Music",
        "sightsong ingest ~/Music --dry-run",
        "sightsong ingest ~/Music --watch",
        "sightsong ingest /media/records --library Vinyl",
        "sightsong ingest albums.zip playlist.csv s.flac --no-wait",
        "sightsong ingest s3://bucket/music",
        "sightsong ingest ~/Music --upload --server http://nas.local:8000",
        "sightsong ingest ./list",
        "sightsong ingest list",
        "sightsong ingest show c3a1f0de-58a5-4a19-a0cf-9a5b6f8f7b52",
        "sightsong ingest pause c3a1f0de-58a5-4a19-a0cf-9a5b6f8f7b52",
    ),
    _entry(
        "tracks",
        "tracks:app",
        "List the tracks of the library, find others like one, edit or remove them.",
        "sightsong tracks",
        "sightsong tracks --limit 20 --json",
        "sightsong tracks --genre jazz --search 'morning light'",
        "sightsong tracks --state quarantined",
        "sightsong tracks --duplicates",
        "sightsong tracks show 5a0f3b44-2a40-4be1-9d5b-1f6e4c1a7a02",
        "sightsong tracks similar 5a0f3b44-2a40-4be1-9d5b-1f6e4c1a7a02 --genre jazz",
        "sightsong tracks edit 5a0f3b44-2a40-4be1-9d5b-1f6e4c1a7a02 --title 'Morning Light'",
        "sightsong tracks edit 5a0f3b44-2a40-4be1-9d5b-1f6e4c1a7a02 --clean --library Vinyl",
        "sightsong tracks remove 5a0f3b44-2a40-4be1-9d5b-1f6e4c1a7a02",
    ),
    _entry(
        "index",
        "index:app",
        "Look at the music index, build it anew, or go back to an older one.",
        "sightsong index list",
        "sightsong index show 20261120T234207123456-1f3a9c2e",
        "sightsong index rebuild",
        "sightsong index verify 20261120T234207123456-1f3a9c2e",
        "sightsong index activate 20261120T234207123456-1f3a9c2e",
        "sightsong index prune",
    ),
    _entry(
        "keys",
        "keys:app",
        "Make and revoke the keys of a service.",
        "sightsong keys create admin --scope admin --scope jobs --scope library --local",
        "KEY=$(sightsong keys create 'photo app' --tenant app --expires 90d --per-day 5000)",
        "sightsong keys list",
        "sightsong keys show k3v9x0a7q2mz",
        "sightsong keys rotate k3v9x0a7q2mz --overlap 1h",
        "sightsong keys revoke k3v9x0a7q2mz",
    ),
    _entry(
        "webhooks",
        "webhooks:app",
        "Have the service tell an address of yours what has ended.",
        "sightsong webhooks add https://app.example/sightsong --event batch.completed",
        "sightsong webhooks list",
        "sightsong webhooks show 7c0e6f2a-3f57-4b5e-9a53-0b6f3f1f0d10",
        "sightsong webhooks test 7c0e6f2a-3f57-4b5e-9a53-0b6f3f1f0d10",
        "sightsong webhooks deliveries 7c0e6f2a-3f57-4b5e-9a53-0b6f3f1f0d10 --state failed",
        "sightsong webhooks replay 7c0e6f2a-3f57-4b5e-9a53-0b6f3f1f0d10 msg_2Lq8x",
        "sightsong webhooks edit 7c0e6f2a-3f57-4b5e-9a53-0b6f3f1f0d10 --on",
        "sightsong webhooks secret 7c0e6f2a-3f57-4b5e-9a53-0b6f3f1f0d10",
        "sightsong webhooks rotate 7c0e6f2a-3f57-4b5e-9a53-0b6f3f1f0d10 --overlap 1h",
        "sightsong webhooks remove 7c0e6f2a-3f57-4b5e-9a53-0b6f3f1f0d10",
    ),
    _entry(
        "models",
        "models:app",
        "List, fetch and check the weights of the full profile.",
        "sightsong models list",
        "sightsong models pull",
        "sightsong models pull --from /media/stick/models",
        "sightsong models verify",
    ),
    _entry(
        "train",
        "training:app",
        "Train emotion classifiers of your own, and the models of the lite profile.",
        "sightsong train example try/data",
        "sightsong train check try/data",
        "sightsong train emotion try/data --out try/run --architecture small",
        "sightsong train emotion Emotion6 --out run --backbone resnet-50 --frozen",
        "sightsong train emotion Emotion6 --out run --resume",
        "sightsong train lite-faces data --out weights",
    ),
    _entry(
        "evaluate",
        "training:evaluate",
        "Measure a model on a data set, and write a report: JSON, and a page with plots.",
        "sightsong evaluate run Emotion6",
        "sightsong evaluate run Emotion6 --part valid --out report --pictures",
        "sightsong evaluate lite-photos oasis --json",
    ),
    _entry(
        "doctor",
        "doctor:doctor",
        "Check this installation: what is set, what is there, and whether the models answer.",
        "sightsong doctor",
        "sightsong doctor --profile full --json",
    ),
    _entry(
        "backup",
        "keepsakes:backup",
        "Write all that a service knows into one file, while it runs.",
        "sightsong backup nightly.tar",
        "sightsong backup - --data /srv/sightsong | zstd > nightly.tar.zst",
    ),
    _entry(
        "restore",
        "keepsakes:restore",
        "Restore a backup into an empty service, or check it.",
        "sightsong restore nightly.tar --check",
        "sightsong restore nightly.tar --data /srv/sightsong",
        "zstd -dc nightly.tar.zst | sightsong restore -",
    ),
    _entry(
        "migrate",
        "upkeep:migrate",
        "Bring the database to the schema of this release.",
        "sightsong migrate",
        "SIGHTSONG_DATABASE_URL=postgresql://localhost/sightsong sightsong migrate",
    ),
    _entry(
        "version",
        "upkeep:version",
        "Print the version of Sightsong.",
        "sightsong version",
        "sightsong version --json",
    ),
)
