"""Where the bytes of a track lie: on this machine, or in an object store."""

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sightsong.core import ports
from sightsong.core.tracks import is_remote


class Places:
    """Finds the files of a track, and fetches what lies elsewhere for as long as it is needed."""

    def __init__(self, objects: ports.Objects, scratch_dir: Path) -> None:
        self._objects = objects
        self._scratch_dir = scratch_dir

    @contextmanager
    def local(self, locations: Sequence[str]) -> Iterator[tuple[Path, ...]]:
        """Give the paths of files that may be there: this machine's own before fetched ones.

        Only the first address is fetched, and only where no path is there.

        Raises:
            FetchFailed: the object store does not answer; tried again.
            UrlNotAllowed: the address is not one that may be read any more; not retried.
        """
        paths = tuple(Path(one) for one in locations if not is_remote(one))
        addresses = [one for one in locations if is_remote(one)]
        if not addresses or any(path.is_file() for path in paths):
            yield paths
            return
        self._scratch_dir.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(dir=self._scratch_dir))
        try:
            target = folder / f"track{Path(addresses[0]).suffix}"
            with target.open("wb") as file:
                self._objects.fetch(addresses[0], file)
            yield (*paths, target)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
