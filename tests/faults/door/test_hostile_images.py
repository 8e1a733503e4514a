"""Row 17: images that are broken, lying or absurd come to a documented end, and cost nobody else.

All of the corpus, through the real door to the end of its jobs; and some that are made here.
"""

import csv
import io
import re
import time
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image, PngImagePlugin

from tests.e2e.service import DEMO_PHOTOS, ROOT, Service
from tests.faults import checker, processes
from tests.faults.crowd import Crowd
from tests.faults.estate import Estate
from tests.faults.figures import Figures

pytestmark = [pytest.mark.processes, pytest.mark.faults, pytest.mark.row(17)]

CORPUS = ROOT.parent / "shared" / "data" / "hostile" / "images"
#: Of a request and of the job that comes of it: nobody waits longer for a refusal.
LONGEST_S = 5.0
#: What may stay: the allocator keeps some pages of the largest pictures that it has seen.
KEPT_MIB = 48.0


def test_every_image_of_the_corpus_comes_to_a_documented_end(embedded: Estate, figures: Figures):
    images = [path.read_bytes() for path in corpus()]
    service = embedded.service
    service.up()
    crowd = Crowd(str(service.client.base_url), seed=17)
    ends: Counter[str] = Counter()
    failed: set[str] = set()
    slowest_s = 0.0
    base = at_rest(service, crowd)
    for image in images:
        began = time.monotonic()
        end, job_id = handed_in(service, crowd, image)
        slowest_s = max(slowest_s, time.monotonic() - began)
        ends[end] += 1
        failed |= {job_id} if job_id and end != "succeeded" else set()
    kept = at_rest(service, crowd) - base
    crowd.close()
    assert set(ends) <= documented() | {"succeeded"}
    assert not [answer for answer in crowd.ledger.answers() if answer.startswith(("5", "no"))]
    assert checker.violations(service, crowd.ledger, may_fail=failed) == []
    figures.measured("images", sum(ends.values()), at_least=500)
    figures.measured("answered", ends["succeeded"], at_least=100)
    figures.measured("slowest end", slowest_s, "s", at_most=LONGEST_S)
    figures.measured("kept by the worker", kept / processes.MIB, "MiB", at_most=KEPT_MIB)


def corpus() -> list[Path]:
    """All images of the corpus; without it the test is skipped."""
    if not CORPUS.is_dir():
        pytest.skip("the corpus of hostile images is not here")
    with (CORPUS / "manifest.csv").open(newline="") as file:
        return [CORPUS / row["file"] for row in csv.DictReader(file)]


def documented() -> set[str]:
    """The codes of what a sender may have done wrong, as the document has them."""
    rows = re.findall(
        r"^\| `(\w+)` \| 4\d\d \|", (ROOT / "docs/errors.md").read_text("utf-8"), re.MULTILINE
    )
    return set(rows)


def handed_in(service: Service, crowd: Crowd, image: bytes) -> tuple[str, str]:
    """Hand an image in and follow it: `succeeded` or the code of its end, and the id of its job."""
    sent = crowd.try_once(f"k{len(crowd.ledger.all_sent)}", image)
    if not sent.job_id:
        return sent.code, ""
    state = crowd.follow(sent.job_id, within_s=30)
    if state == "succeeded":
        return state, sent.job_id
    return str(service.job(sent.job_id)["error"]["code"]), sent.job_id


def at_rest(service: Service, crowd: Crowd) -> int:
    """What the worker and its children weigh after some usual photos."""
    for photo in 3 * sorted(DEMO_PHOTOS.glob("*.jpg")):
        end, _ = handed_in(service, crowd, photo.read_bytes())
        assert end == "succeeded"
    return processes.weight_of(service.process_of("workers").pid)


def bombs() -> Iterator[tuple[str, bytes, str]]:
    """Images that are small as files: name, bytes, and the end that each comes to."""
    yield "a PNG that says it has 60,000 x 60,000 pixels", resized(60_000), "too_many_pixels"
    yield "a PNG of 36 megapixels of nothing", blank("PNG", 6000), "succeeded"
    yield "a PNG of 49 megapixels of nothing", blank("PNG", 7000), "too_many_pixels"
    yield "a JPEG of 36 megapixels of nothing", blank("JPEG", 6000), "succeeded"
    yield "a WebP of 500 frames", animated(500), "succeeded"
    yield "a PNG with 64 MiB of packed text", stuffed(64 * processes.MIB), "image_broken"
    yield "a PNG with a packed profile of 64 MiB", profiled(64 * processes.MIB), "image_broken"
    yield "half a JPEG", jpeg()[: len(jpeg()) // 2], "image_broken"
    yield "a JPEG with a ZIP behind it", jpeg() + b"PK\x03\x04" + b"z" * 5000, "succeeded"
    yield "a JPEG with a page in its comment", jpeg(comment=b"<script>x</script>"), "succeeded"
    yield "a PDF that says it is a JPEG", b"%PDF-1.7\n" + jpeg(), "unsupported_image"
    yield "PostScript", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "unsupported_image"
    yield "an SVG", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "unsupported_image"
    yield "a GIF", drawn("GIF"), "unsupported_image"
    yield "a TIFF", drawn("TIFF"), "unsupported_image"


def test_bombs_and_polyglots_come_to_the_end_that_each_should(embedded: Estate, figures: Figures):
    service = embedded.service
    service.up()
    crowd = Crowd(str(service.client.base_url), seed=17)
    base = at_rest(service, crowd)
    slowest_s, failed, wrong = 0.0, set(), {}
    for name, image, expected in bombs():
        began = time.monotonic()
        end, job_id = handed_in(service, crowd, image)
        slowest_s = max(slowest_s, time.monotonic() - began)
        failed |= {job_id} if job_id and end != "succeeded" else set()
        wrong |= {name: end} if end != expected else {}
    kept = at_rest(service, crowd) - base
    crowd.close()
    assert wrong == {}
    assert checker.violations(service, crowd.ledger, may_fail=failed) == []
    figures.measured("slowest bomb", slowest_s, "s", at_most=LONGEST_S)
    figures.measured("kept of bombs", kept / processes.MIB, "MiB", at_most=KEPT_MIB)


def drawn(kind: str, side: int = 64, **options: object) -> bytes:
    """A picture of one colour."""
    file = io.BytesIO()
    Image.new("RGB", (side, side), (200, 120, 40)).save(file, kind, **options)  # type: ignore[arg-type]
    return file.getvalue()


def jpeg(comment: bytes = b"") -> bytes:
    """A photo, as far as a decoder cares."""
    file = io.BytesIO()
    noise = Image.effect_noise((400, 300), 60).convert("RGB")
    noise.save(file, "JPEG", comment=comment or None)
    return file.getvalue()


def blank(kind: str, side: int) -> bytes:
    """A square of one colour: large to decode, small to send."""
    return drawn(kind, side)


def resized(side: int) -> bytes:
    """A PNG whose header lies about its size."""
    png = bytearray(drawn("PNG"))
    png[16:24] = side.to_bytes(4, "big") * 2
    png[29:33] = zlib.crc32(png[12:29]).to_bytes(4, "big")
    return bytes(png)


def animated(frames: int) -> bytes:
    """A WebP with many frames, of which the first is the picture."""
    file = io.BytesIO()
    pictures = [Image.new("RGB", (64, 64), (n % 256, 80, 120)) for n in range(frames)]
    pictures[0].save(file, "WEBP", save_all=True, append_images=pictures[1:])
    return file.getvalue()


def stuffed(size: int) -> bytes:
    """A PNG with a text that is packed a thousand times smaller."""
    said = PngImagePlugin.PngInfo()
    said.add_text("Comment", " " * size, zip=True)
    return drawn("PNG", pnginfo=said)


def profiled(size: int) -> bytes:
    """A PNG with a colour profile that is packed a thousand times smaller."""
    return drawn("PNG", icc_profile=bytes(size))
