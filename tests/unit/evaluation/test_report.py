"""Pages: complete in themselves, safe whatever clips are called, and drawn to scale."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import numpy as np

from sonotheque.evaluation.bootstrap import Estimate
from sonotheque.evaluation.calibration_metrics import Bin
from sonotheque.evaluation.document import Document, Picture, Table
from sonotheque.evaluation.html_page import render_html
from sonotheque.evaluation.plots import choose_confused, draw_confusion, draw_intervals, draw_reliability

EVIL = '<script>alert("1")</script> & \u202egnp\x07'
SVG = "{http://www.w3.org/2000/svg}"


def test_what_clips_are_called_is_text_and_nothing_else() -> None:
    svg = draw_confusion([EVIL, "b"], np.array([[1.0, 1.0], [0.0, 2.0]]))
    parts = (Table(EVIL, (EVIL, "n"), ((EVIL, "1"),), frozenset({1}), EVIL), Picture(EVIL, svg, EVIL))
    page = render_html(Document(EVIL, ((EVIL, EVIL),), parts))
    assert "<script" not in page
    assert "\u202e" not in page
    assert "\x07" not in page
    assert page.count("&lt;script&gt;") >= 9


def test_a_page_loads_nothing() -> None:
    page = render_html(Document("Report", (), (Picture("p", draw_reliability([]), ""),)))
    assert re.findall(r"(?:src|href)=|url\(|@import|<script|<link", page) == []
    assert "default-src 'none'" in page
    assert "prefers-color-scheme: dark" in page


def test_a_confusion_is_drawn_cell_by_cell() -> None:
    svg = ET.fromstring(draw_confusion(["a", "b", "c"], np.array([[3.0, 1, 0], [0, 4, 0], [0, 2, 2]])))
    told = {str(cell.findtext(f"{SVG}title")): cell for cell in svg.iter(f"{SVG}rect") if len(cell)}
    assert set(told) == {
        "a taken for a: 3 of 4", "a taken for b: 1 of 4", "b taken for b: 4 of 4", "c taken for b: 2 of 4",
        "c taken for c: 2 of 4",
    }  # fmt: skip
    assert told["b taken for b: 4 of 4"].get("fill-opacity") == "1.00"
    assert told["a taken for b: 1 of 4"].get("class") == "wrong"
    assert float(told["a taken for b: 1 of 4"].get("x", 0)) > float(told["a taken for a: 3 of 4"].get("x", 0))


def test_of_many_classes_the_most_confused_are_drawn() -> None:
    confusion = np.eye(100)
    confusion[7, 90] = confusion[40, 3] = 5.0
    assert choose_confused(confusion, 4) == [3, 7, 40, 90]
    assert len(choose_confused(np.eye(5), 60)) == 5


def test_dots_lie_where_the_figures_are() -> None:
    bins = [Bin(0.0, 0.2, 10, 0.1, 0.0), Bin(0.8, 1.0, 40, 0.9, 1.0)]
    dots = [dot.attrib for dot in ET.fromstring(draw_reliability(bins)).iter(f"{SVG}circle")]
    assert float(dots[1]["cx"]) - float(dots[0]["cx"]) == 300 * 0.8
    assert float(dots[0]["cy"]) - float(dots[1]["cy"]) == 300
    assert float(dots[1]["r"]) > float(dots[0]["r"])


def test_intervals_are_drawn_where_there_are_any() -> None:
    nothing = Estimate(float("nan"), float("nan"), float("nan"), 0)
    svg = draw_intervals(["x", "y"], ["m", "n"], [[Estimate(0.5, 0.25, 0.75, 9), None], [nothing, None]])
    bars = [bar.attrib for bar in ET.fromstring(svg).iter(f"{SVG}line") if "stroke-width" in bar.attrib]
    assert len(bars) == 1
    assert float(bars[0]["x2"]) - float(bars[0]["x1"]) == 240
