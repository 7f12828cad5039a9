"""Learning on: from a run, from a finished model, and on a folder with bad files in it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="training needs the extra `train`")
pytest.importorskip("onnx", reason="training needs the extra `train`")

import soundfile
import torch

from sonotheque.audio.synthesis.catalogue import render_kind
from sonotheque.errors import BadInputError
from sonotheque.models.registry import load_embedder
from sonotheque.models.sound_stream import MEL
from sonotheque.models.sounds import MODEL_ID, WEIGHTS, Sounds
from sonotheque.training.features import load_features
from sonotheque.training.fit import SoundModel
from sonotheque.training.manifests import load_clips
from sonotheque.training.refit import RefitSettings
from sonotheque.training.sounds import Recipe, train_sounds
from sonotheque.training.start import ModelStart, RunStart, find_start
from sonotheque.values.waveform import Waveform

KINDS = {"zorp": "rising sweep", "fleem": "geiger counter"}
"""Words that no one knows for two sounds that are not alike."""
QUICK = RefitSettings(canvases=256, steps=120, batch=32, learning_rate=1e-3)


def sound(name: str, seed: int) -> Waveform:
    return render_kind(KINDS[name], seed, 2.0, MEL.rate_hz)


@pytest.fixture(scope="module")
def labelled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder per label, six clips each, and a file that is no sound."""
    folder = tmp_path_factory.mktemp("labelled")
    for name in KINDS:
        (folder / name).mkdir()
        for seed in range(6):
            made = sound(name, seed)
            soundfile.write(folder / name / f"take {seed}.wav", made.samples, made.rate_hz)
    (folder / "zorp" / "broken.wav").write_bytes(b"RIFF\x00\x00\x00\x00WAVE")
    return folder


def test_a_bad_file_is_left_out_and_named(labelled: Path, tmp_path: Path) -> None:
    said: list[str] = []
    clips = load_clips(labelled)
    for _ in range(2):  # the second time from the cache
        kept, features = load_features(clips, tmp_path / "features.npz", said.append)
        assert len(kept) == len(features) == 12
        assert all(clip.path.name != "broken.wav" for clip in kept)
    assert len(said) == 1
    assert "broken.wav" in said[0]


def test_features_are_computed_anew_when_a_file_changes(labelled: Path, tmp_path: Path) -> None:
    clips = [clip for clip in load_clips(labelled) if clip.label == "fleem"]
    first = load_features(clips, tmp_path / "features.npz")[1]
    made = sound("zorp", 3)
    other = tmp_path / "take 0.wav"
    soundfile.write(other, np.concatenate([made.samples, made.samples]), made.rate_hz)
    again = load_features([replace(clips[0], path=other), *clips[1:]], tmp_path / "features.npz")[1]
    assert len(again[0]) > len(first[0])
    assert np.array_equal(again[1], first[1])


def test_clips_without_folds_are_dealt_out(labelled: Path) -> None:
    clips = load_clips(labelled)
    held = [clip for clip in clips if clip.fold == "5"]
    assert sorted(clip.label for clip in held) == ["fleem", "zorp"]


def test_the_built_in_model_learns_new_names_and_keeps_the_old(labelled: Path, tmp_path: Path) -> None:
    recipe = Recipe(hold_out=None, n_synthetic=0).starting_from(find_start(MODEL_ID))
    recipe = replace(recipe, refit=replace(QUICK, keep_weight=1.0, trains_text=False))
    folder = train_sounds(labelled, tmp_path, recipe, say=lambda _: None)
    assert (folder / "trunk.onnx").read_bytes() == (WEIGHTS / "trunk.onnx").read_bytes()
    before, after = Sounds(), load_embedder(f"file:{tmp_path}")
    assert set(after.labels) == set(before.labels) | set(KINDS)
    assert after.card.space_name != before.card.space_name
    for text in ("dog barking", "rain on a roof"):
        assert np.allclose(after.embed_text(text).vector, before.embed_text(text).vector, atol=0.02)
    texts = {name: after.embed_text(name).vector for name in KINDS}
    for name in KINDS:
        for seed in (20, 21):
            audio = after.embed_audio(sound(name, seed)).vector
            assert max(texts, key=lambda other: float(texts[other] @ audio)) == name
    facts = json.loads((folder / "card.json").read_text())
    assert facts["calibration"] == json.loads((WEIGHTS / "card.json").read_text())["calibration"]


def test_a_run_goes_on_with_labels_it_did_not_know(tmp_path: Path) -> None:
    torch.manual_seed(0)
    learned = SoundModel(2)
    (tmp_path / "tower").mkdir()
    torch.save({"model": learned.state_dict(), "labels": ["cat", "dog"]}, tmp_path / "tower" / "model.pt")
    start = find_start(str(tmp_path))
    assert isinstance(start, RunStart)
    model = SoundModel(3)
    fresh = model.classify.weight.detach().clone()
    start.fill(model, ["bird", "cat", "dog"])
    assert torch.equal(model.tower.head.outer.weight, learned.tower.head.outer.weight)
    assert torch.equal(model.classify.weight[1:], learned.classify.weight)
    assert torch.equal(model.classify.weight[0], fresh[0])


def test_starts_are_told_apart(tmp_path: Path) -> None:
    found = find_start(MODEL_ID)
    assert isinstance(found, ModelStart)
    assert found.folder == WEIGHTS
    for wrong in ("builtin:nothing", f"file:{tmp_path}"):
        with pytest.raises(BadInputError):
            find_start(wrong)


def test_without_a_fold_or_a_card_there_is_nothing_to_calibrate_on(labelled: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="nothing to calibrate on"):
        train_sounds(labelled, tmp_path, Recipe(hold_out=None), say=lambda _: None)
    with pytest.raises(BadInputError, match="No clip of fold 9"):
        train_sounds(labelled, tmp_path, Recipe(hold_out="9", n_synthetic=0), say=lambda _: None)
