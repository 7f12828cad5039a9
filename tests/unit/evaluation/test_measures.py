"""The three measurements on galleries whose answers are known."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from tests.unit.evaluation.labelled import NAMES, NameEmbedder, make_gallery

from sonotheque.errors import BadInputError
from sonotheque.evaluation.calibration import measure_calibration
from sonotheque.evaluation.document import json_form
from sonotheque.evaluation.manifest import Wording
from sonotheque.evaluation.retrieval import compare_models, measure_retrieval
from sonotheque.evaluation.tagging import compare_tagging, measure_tagging

WORDINGS = (Wording("dog", "en", "a big dog"), Wording("rain", "en", "drizzle"), Wording("dog", "de", "ein dog"))


def test_a_clean_gallery_has_all_figures_at_1(rng: np.random.Generator) -> None:
    result = measure_retrieval("m", NameEmbedder(), make_gallery(NAMES * 4, rng), "label")
    assert [section.title for section in result.sections] == [
        "text to audio, labels", "audio to text, labels", "audio to audio, clips",
    ]  # fmt: skip
    for section in result.sections[:2]:
        assert section.figures["mAP"].value == pytest.approx(1.0)
        assert section.figures["nDCG@10"].low == pytest.approx(1.0)
    assert {name: result.sections[0].figures[name].value for name in ("precision", "recall", "F1")} == {
        "precision": 1.0, "recall": 1.0, "F1": 1.0,
    }  # fmt: skip
    assert result.confusion is not None
    np.testing.assert_array_equal(result.confusion, 4 * np.eye(len(NAMES)))
    assert {row.mistaken_for for row in result.classes} == {""}


def test_wrong_labels_cost_what_they_should(rng: np.random.Generator) -> None:
    """Four clips sound like dogs, and one of them is called a cat."""
    gallery = make_gallery(["dog", "dog", "dog", "dog", "cat", "rain"], rng, noise=0.001)
    clips = list(gallery.clips)
    clips[3] = type(clips[3])(clips[3].path, ("cat",), clips[3].line)
    mixed = type(gallery)(tuple(clips), gallery.contents, gallery.windows, gallery.firsts)
    result = measure_retrieval("m", NameEmbedder(), mixed, "label")
    row = next(row for row in result.classes if row.name == "cat")
    assert (row.n_clips, row.nearest_right, row.mistaken_for) == (2, 0.5, "dog")
    assert (row.precision, row.recall) == (1.0, 0.5)
    tagged = measure_tagging("m", NameEmbedder(), mixed, "label")
    assert tagged.figures["accuracy"].value == pytest.approx(5 / 6)
    assert tagged.figures["accuracy"].n == 6


def test_copies_and_the_clip_itself_do_not_answer_an_example(rng: np.random.Generator) -> None:
    gallery = make_gallery(["dog", "dog", "rain", "dog"], rng)
    copied = type(gallery)(gallery.clips, np.array([7, 7, 8, 9]), gallery.windows, gallery.firsts)
    section = measure_retrieval("m", NameEmbedder(), copied, "label").sections[-1]
    assert section.figures["mAP"].n == 3  # rain has no other
    assert math.isnan(section.per_query["R@1"][2])
    alone = type(gallery)(gallery.clips, np.array([7, 7, 8, 7]), gallery.windows, gallery.firsts)
    empty = measure_retrieval("m", NameEmbedder(), alone, "label").sections[-1]
    assert empty.figures["mAP"].n == 0
    assert math.isnan(empty.figures["mAP"].value)


def test_wordings_are_sections_of_their_own_and_unknown_ones_count_0(rng: np.random.Generator) -> None:
    result = measure_retrieval("m", NameEmbedder(), make_gallery(NAMES * 4, rng), "label", WORDINGS)
    sections = {section.kind: section for section in result.sections if section.direction == "text to audio"}
    assert list(sections) == ["labels", "wordings en", "wordings de"]
    assert sections["wordings en"].n_unread == 1
    assert sections["wordings en"].figures["mAP"].value == pytest.approx(0.5)
    assert sections["wordings de"].figures["mAP"].value == pytest.approx(1.0)


def test_clips_of_several_names_have_no_confusion_and_cannot_be_tagged(rng: np.random.Generator) -> None:
    gallery = make_gallery([("dog", "rain"), "dog", "rain", "bell"], rng, noise=0.001)
    result = measure_retrieval("m", NameEmbedder(), gallery, "label")
    assert result.confusion is None
    assert result.sections[0].figures["R@10"].value == pytest.approx(1.0)
    with pytest.raises(BadInputError, match="has 2 labels: dog, rain"):
        measure_tagging("m", NameEmbedder(), gallery, "label")


def test_a_worse_model_is_told_with_its_difference(rng: np.random.Generator) -> None:
    clean, noisy = make_gallery(NAMES * 8, rng), make_gallery(NAMES * 8, rng, noise=1.5)
    embedder = NameEmbedder()
    found = compare_models([measure_retrieval(name, embedder, gallery, "label")
                            for name, gallery in (("good", clean), ("bad", noisy))])  # fmt: skip
    mean = next(item for item in found if item.section == "audio to text, labels" and item.metric == "mAP")
    assert (mean.model, mean.against) == ("bad", "good")
    assert mean.difference.high < 0
    assert mean.difference.p <= mean.p_holm < 0.05
    tagging = compare_tagging([measure_tagging("m", embedder, gallery, "label") for gallery in (clean, noisy)])
    assert tagging[0].difference.mean < 0


def test_weak_or_not_by_the_rule_of_the_search(rng: np.random.Generator) -> None:
    """Each clip's chance for its own name is near 1 and for others near 0, but cats sound like dogs."""
    gallery = make_gallery(NAMES * 3, rng, noise=0.01)
    windows = gallery.windows.copy()
    cats = [2 * at for at, clip in enumerate(gallery.clips) if clip.names == ("cat",)]
    windows[cats, NAMES.index("dog")] = windows[cats, NAMES.index("cat")] = np.sqrt(0.5)
    alike = type(gallery)(gallery.clips, gallery.contents, windows, gallery.firsts)
    section = measure_calibration("m", NameEmbedder(), alike, "label", WORDINGS).sections[0]
    assert section.weak.present.value == 1.0
    assert section.weak.wrong_absent == ("dog",)
    assert section.weak.absent.value == pytest.approx(5 / 6)
    english = measure_calibration("m", NameEmbedder(), alike, "label", WORDINGS).sections[1]
    assert english.weak.wrong_present == ("drizzle",)
    assert english.n_unread == 1


def test_chances_that_are_too_high_have_an_error(rng: np.random.Generator) -> None:
    class Boaster(NameEmbedder):
        def probability(self, *args: object) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
            return np.full(len(args[2]), 0.9, np.float32)  # type: ignore[arg-type]

    section = measure_calibration("m", Boaster(), make_gallery(NAMES * 5, rng), "label").sections[0]
    # Five of the ten shown are right, and all are shown as 0.9.
    assert section.figures["ECE, equal mass"].value == pytest.approx(0.4, abs=1e-6)
    assert section.figures["ECE, equal width"].value == pytest.approx(0.4, abs=1e-6)
    # Without the class ten more are shown, none of them right.
    assert section.figures["ECE, and without the class"].value == pytest.approx(0.65, abs=1e-6)
    assert section.figures["Brier"].value == pytest.approx(0.5 * 0.01 + 0.5 * 0.81, abs=1e-6)
    assert section.weak.absent.value == 0.0
    assert [one.n for one in section.bins] == [60]


def test_results_become_strict_json_without_their_arrays(rng: np.random.Generator) -> None:
    result = measure_retrieval("m", NameEmbedder(), make_gallery(["dog", "rain"], rng), "label")
    form = json_form(result)
    json.dumps(form, allow_nan=False)
    assert "per_query" not in form["sections"][0]
    assert form["sections"][2]["figures"]["mAP"] == {"value": None, "low": None, "high": None, "n": 0}
