"""What a trace shows: text, HTML that is well formed, legible in both modes, and offline."""

import re
from html.parser import HTMLParser

import numpy as np
import pytest

import warptrace
from warptrace import cuda, footprints, palette

VOID = {"rect", "line", "meta", "br"}


def kernel(a, out):
    tile = cuda.shared.array((32, 32), np.float32)
    x = cuda.threadIdx.x
    tile[x, 0] = a[x * 8]
    if x < 16 and a[0] >= 0:
        out[x] = tile[x + 1, 0]


@pytest.fixture(scope="module")
def traced():
    a = np.arange(256, dtype=np.float32)
    return warptrace.trace(kernel, 1, 32, a, np.zeros(32, np.float32))


class Outline(HTMLParser):
    """Checks that tags nest, and keeps what a reader of the page would need."""

    def __init__(self, text):
        super().__init__()
        self.open, self.images, self.words = [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        if tag == "svg":
            self.images.append(dict(attrs))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


def test_html_is_well_formed_and_every_picture_has_words(traced):
    outline = Outline(traced.show()._repr_html_())
    assert len(outline.images) == len(traced.samples) == 6
    assert all(image["role"] == "img" and image["aria-label"] for image in outline.images)


def test_the_source_stands_there_escaped_with_its_counters(traced):
    text = "".join(Outline(traced.show()._repr_html_()).words)
    assert "if x < 16 and a[0] >= 0:" in text
    assert "<script" not in traced.show()._repr_html_()
    line = kernel.__code__.co_firstlineno + 3
    row = re.search(rf"<tr><td class=\"muted\">{line}</td>.*?</tr>", traced.show()._repr_html_())
    assert "tile[x, 0] = a[x * 8]" in row[0]
    assert ">32</td>" in row[0]  # sectors per load, and wavefronts per store


def test_colours_follow_the_page(traced):
    text = traced.show()._repr_html_()
    body = text.split("</style>")[1]
    used = set(re.findall(r"var\(--gpu-(\w+),(#\w+)\)", text))
    assert used
    assert all(palette.PALETTE["light"][role] == colour for role, colour in used)
    assert not re.search(r"#[0-9a-f]{6}", re.sub(r"var\([^)]*\)", "", body))
    assert "data-theme=dark" in text


def test_nothing_is_fetched(traced):
    text = traced.show()._repr_html_()
    addresses = set(re.findall(r"https?://[^\"'<\s]+", text))
    assert addresses == {"http://www.w3.org/2000/svg"}  # a name, not a request
    assert not re.search(r"<(?:script|link|img|iframe)|@import|url\(", text)


def test_the_table_says_the_same_in_text(traced):
    table = traced.table()
    assert "kernel: 1 block of 32 threads, 1 fault" in table
    assert "read-after-write tile[" in table
    assert repr(traced.show()) == repr(traced) == table
    for name, number in traced.counters.items():
        assert (re.search(rf"(?m)^{name} ", table) is not None) == bool(number)
    assert "l1tex__t_sectors_pipe_lsu_mem_global_op_ld.sum" in table


def test_maps_say_in_words_what_they_draw(traced):
    texts = [footprints.describe(sample) for sample in traced.samples]
    assert any("32 active lanes touch 32 sectors of 32 bytes within 996 bytes" in s for s in texts)
    assert any("use 1 of 32 banks, 32 different words in the fullest" in s for s in texts)
    assert any("16 active lanes touch 2 sectors" in s for s in texts)
    assert any("of 32 active lanes in warp 0, 16 go one way and 16 the other" in s for s in texts)


def test_words_by_bank_of_wide_elements():
    sample = footprints.Sample("a", "shared", 8, "load", 1, 0, (0, 128, *[-1] * 30))
    banks = footprints.words_by_bank(sample)
    assert banks[0] == {0, 32}
    assert banks[1] == {1, 33}
    assert sum(map(len, banks)) == 4
