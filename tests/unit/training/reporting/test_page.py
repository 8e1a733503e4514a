"""The report as one page."""

import re
from html.parser import HTMLParser

import pytest

from tests.unit.training.reporting import made
from training.reporting.page import page
from training.reporting.plots import classes, plane

pytest.importorskip("matplotlib", reason="matplotlib is not installed: `./run install train`")

_VOID = frozenset(("meta", "img", "br", "link"))


class Reader(HTMLParser):
    """Gathers what a browser would see."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.fetched: list[str] = []
        self.alts: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        if tag not in _VOID:
            self.open.append(tag)
        named = dict(attrs)
        self.fetched += [named[name] or "" for name in ("src", "href") if name in named]
        if tag == "img":
            self.alts.append(named.get("alt") or "")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


def read(text: str) -> Reader:
    """Parse a page; its tags must be balanced."""
    reader = Reader()
    reader.feed(text)
    reader.close()
    assert reader.open == []
    return reader


@pytest.fixture(scope="module")
def written() -> str:
    return page(made.report())


def test_it_needs_nothing_from_anywhere(written):
    seen = read(written)
    assert seen.fetched
    assert all(one.startswith("data:image/") for one in seen.fetched)
    assert "script" not in seen.tags
    assert "url(" not in written


def test_every_picture_says_what_it_shows(written):
    alts = read(written).alts
    assert len(alts) == 4
    assert all(alts)


def test_it_says_what_was_measured_on_what_and_beside_whom(written):
    words = " ".join(read(written).words)
    for part in ("mine on FER+, valid", "Made of numbers.", "mini-Xception", "the first half"):
        assert part in words


def test_names_that_look_like_markup_are_shown_and_not_obeyed():
    names = ("<script>alert(1)</script>", *(f'"{at}' for at in range(made.COUNT - 1)))
    found = made.predictions(names=names, affect=False)
    text = page(made.report(found), pictures={0: b"jpeg"})
    assert "script" not in read(text).tags


def test_pictures_are_shown_only_when_they_are_given(written):
    found = made.report()
    assert "image/jpeg" not in written
    shown = page(found, pictures={found.worst[0].at: b"jpeg"})
    assert shown.count("data:image/jpeg") == 1


def test_the_same_report_is_the_same_page(written):
    assert page(made.report()) == written


def test_a_model_without_affect_has_no_plane():
    text = page(made.report(made.predictions(affect=False)))
    assert len(read(text).alts) == 3


def test_a_plot_is_svg_that_refers_to_nothing_outside():
    found = made.report()
    drawn = classes.calibration(found.summary.shares)
    drawn += plane.scatter(
        found.summary.affect, found.predictions.told_affect, found.predictions.read_affect
    )
    assert drawn.count("<svg ") == 2
    links = set(re.findall(r'href="([^"]*)"', drawn))
    assert all(link.startswith(("#", "data:")) for link in links)
