"""One door under the fuzzer: `python -m tests.fuzz.one NAME [LIBFUZZER'S OPTIONS]`."""

import logging
import sys

import atheris
import structlog

from tests.fuzz.door import door

#: Whose branches guide the fuzzer: our own readers, and the libraries in Python under them.
_WATCHED = (
    *("api", "indexer", "sightsong.core", "sightsong.adapters", "workers.media"),
    *("tests.fuzz.doors", "tests.fuzz.archives"),
    *("PIL", "mutagen", "zipfile", "tarfile", "csv", "python_multipart"),
)


def main() -> None:
    """Knock until the options say that it is enough; ends the process."""
    name, *options = sys.argv[1:]
    with atheris.instrument_imports(include=list(_WATCHED)):
        chosen = door(name)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    logging.disable(logging.CRITICAL)

    def knock(content: bytes) -> None:
        chosen.knock(content)

    atheris.Setup([sys.argv[0], *options], knock)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
