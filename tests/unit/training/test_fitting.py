"""The trainer: canvases, augmentation, steps that can be repeated and taken up again, the head refitted."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

pytest.importorskip("torch", reason="training needs the extra `train`")

import torch

from sonotheque.training.augmentation import (
    DB,
    LOG_FLOOR,
    Augmentation,
    AugmentationSettings,
    add_powers,
    level_db,
)
from sonotheque.training.batches import CANVAS_FRAMES, CanvasMaker
from sonotheque.training.calibrate import fit_calibration
from sonotheque.training.fit import FitSettings, Fitter, SoundModel, hidden_vectors
from sonotheque.training.manifests import LabelledClip
from sonotheque.training.network import Trunk
from sonotheque.training.refit import RefitSettings, pool_canvases, refit_head

FloatArray = npt.NDArray[np.float32]
N_CLIPS = 12
TINY = FitSettings(epochs=2, steps=2, batch=6, validate_every=1, everyday_share=0.5, synthetic_share=0.2)
SETS = ("esc50", "berklee", "speakers", "kinds")


def feature(kind: int, n_frames: int) -> npt.NDArray[np.float16]:
    """A band of power whose height tells the kind."""
    out = np.full((n_frames, 64), LOG_FLOOR, np.float16)
    out[:, 4 + 12 * kind : 10 + 12 * kind] = -2.0
    return out


@pytest.fixture(scope="module")
def clips() -> list[LabelledClip]:
    return [
        LabelledClip(Path(f"{i}.wav"), SETS[i % 4], (f"sound {i % 4}", "some sound"), f"sound {i % 4}", "1", 5.0)
        for i in range(N_CLIPS)
    ]


@pytest.fixture(scope="module")
def features() -> list[npt.NDArray[np.float16]]:
    return [feature(i % 4, (80, 320, 500)[i % 3]) for i in range(N_CLIPS)]


def encode(texts: list[str]) -> FloatArray:
    rows = np.stack([np.random.default_rng(sum(text.encode())).normal(size=256) for text in texts])
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def fitter(clips: list[LabelledClip], features: list[npt.NDArray[np.float16]], settings: FitSettings = TINY) -> Fitter:
    return Fitter(clips, features, encode, settings, torch.device("cpu"))


def weights(path: Path) -> dict[str, torch.Tensor]:
    kept: dict[str, torch.Tensor] = torch.load(path)["model"]
    return kept


def test_powers_add() -> None:
    a, b = (np.log(np.array([[power]], np.float32)) for power in (2.0, 3.0))
    assert add_powers(a, b)[0, 0] == pytest.approx(np.log(5.0))


@pytest.mark.parametrize("seed", range(8))
def test_an_augmented_window_stays_a_window(seed: int) -> None:
    rng = np.random.default_rng(seed)
    always = AugmentationSettings(1.0, 1.0, 1.0, 0.5, 0.5, 0.5, 0.5, 1.0)
    augment = Augmentation(always, [feature(1, 400)])
    out = augment(feature(0, CANVAS_FRAMES).astype(np.float32), rng)
    assert out.shape == (CANVAS_FRAMES, 64)
    assert out.dtype == np.float32
    assert np.isfinite(out).all()
    warped = augment.warp(feature(0, 100).astype(np.float32), rng)
    assert 80 <= len(warped) <= 125


def test_without_strength_only_the_gain_and_the_masks_are_left() -> None:
    augment = Augmentation(AugmentationSettings(strength=0.0))
    x = np.random.default_rng(0).normal(-3.0, 1.0, (CANVAS_FRAMES, 64)).astype(np.float32)
    gains = []
    for seed in range(6):
        moved = np.median(augment(x, np.random.default_rng(seed)) - x) / DB
        gains.append(float(moved))
    assert min(gains) >= -24.0
    assert max(gains) <= 8.0
    assert np.ptp(gains) > 3.0


def test_a_canvas_knows_what_is_heard_in_its_stretch(features: list[npt.NDArray[np.float16]]) -> None:
    maker = CanvasMaker(features, Augmentation(AugmentationSettings(strength=0.0)), whole_probability=0.5)
    rng = np.random.default_rng(1)
    for clip in range(N_CLIPS):
        alone = maker.draw(clip, None, rng)
        assert alone.shares == ((clip, 1.0),)
        assert 1 <= alone.mask.sum() <= 20
        mixed = maker.draw(clip, (clip + 1) % N_CLIPS, rng)
        assert sum(share for _, share in mixed.shares) == pytest.approx(1.0)
        assert [heard for heard, _ in mixed.shares] == [clip, (clip + 1) % N_CLIPS]


def test_a_quiet_layer_has_a_small_share_or_none() -> None:
    loud, quiet = feature(0, 320), feature(1, 320)
    quiet[quiet > LOG_FLOOR] -= 4.0
    maker = CanvasMaker([loud, quiet], Augmentation(AugmentationSettings(strength=0.0)), whole_probability=1.0)
    shares = dict(maker.draw(0, 1, np.random.default_rng(0)).shares)
    assert shares[0] > 0.7
    assert shares[1] < 0.3
    assert level_db(loud.astype(np.float32)) > level_db(quiet.astype(np.float32)) + 15.0


def test_a_stream_of_the_trunk_equals_its_pieces() -> None:
    trunk = Trunk().eval()
    x = torch.randn(1, 16 * 60, 64)
    with torch.inference_mode():
        whole = trunk(x)
        piece = trunk(x[:, 16 * 10 : 16 * 50])
    assert torch.allclose(whole[:, 20:40], piece[:, 10:30], atol=1e-4)


def test_a_run_repeats_and_goes_on_where_it_was_cut(
    clips: list[LabelledClip], features: list[npt.NDArray[np.float16]], tmp_path: Path
) -> None:
    def validate(_: SoundModel) -> dict[str, float]:
        return {"score": 0.0}

    fitter(clips, features).fit(tmp_path / "whole", validate)
    cut = fitter(clips, features)
    run_epoch = cut._run_epoch

    def stop_in_the_second(epoch: int) -> dict[str, float]:
        if epoch == 1:
            raise KeyboardInterrupt
        return run_epoch(epoch)

    cut._run_epoch = stop_in_the_second  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        cut.fit(tmp_path / "cut", validate)
    assert (tmp_path / "cut" / "checkpoint.pt").is_file()
    fitter(clips, features).fit(tmp_path / "cut", validate)
    assert not (tmp_path / "cut" / "checkpoint.pt").exists()
    whole, taken_up = weights(tmp_path / "whole" / "model.pt"), weights(tmp_path / "cut" / "model.pt")
    assert all(torch.allclose(whole[name], taken_up[name], atol=1e-5) for name in whole)
    lines = [json.loads(line) for line in (tmp_path / "cut" / "log.jsonl").read_text().splitlines()]
    assert [line["epoch"] for line in lines] == [0, 1]


def test_patience_ends_a_run_and_keeps_the_best(
    clips: list[LabelledClip], features: list[npt.NDArray[np.float16]], tmp_path: Path
) -> None:
    scores = iter([0.5, 0.4, 0.3, 0.9])
    settings = replace(TINY, epochs=4, steps=1, patience=2)
    seen: list[dict[str, torch.Tensor]] = []

    def validate(model: SoundModel) -> dict[str, float]:
        seen.append({name: value.clone() for name, value in model.state_dict().items()})
        return {"score": next(scores)}

    fitter(clips, features, settings).fit(tmp_path, validate)
    assert len(seen) == 3
    kept = weights(tmp_path / "model.pt")
    assert all(torch.equal(kept[name], seen[0][name]) for name in kept)


def test_kinds_are_drawn_by_their_shares(clips: list[LabelledClip], features: list[npt.NDArray[np.float16]]) -> None:
    chances = fitter(clips, features).texts.chances
    by_set = {name: sum(c for c, clip in zip(chances, clips, strict=True) if clip.set_name == name) for name in SETS}
    assert by_set["esc50"] == pytest.approx(0.5)
    assert by_set["kinds"] == pytest.approx(0.2)
    assert by_set["berklee"] + by_set["speakers"] == pytest.approx(0.3)


def test_a_refitted_head_tells_kinds_apart(
    clips: list[LabelledClip], features: list[npt.NDArray[np.float16]], tmp_path: Path
) -> None:
    run = fitter(clips, features)
    settings = RefitSettings(
        canvases=64, mix_probability=0.0, steps=150, batch=16, learning_rate=3e-3, dropout=0.1, mixup_probability=0.0,
        blur=0.05,
    )  # fmt: skip
    model = run.model
    pooled = pool_canvases(model, run.maker, run.texts, settings)
    assert pooled.x.shape == (64, 1024)
    assert np.allclose(pooled.shares.sum(axis=1), 1.0)
    trunk_before = [p.clone() for p in model.tower.trunk.parameters()]
    refit_head(model, pooled, run.texts, settings, tmp_path)
    assert all(torch.equal(a, b) for a, b in zip(trunk_before, model.tower.trunk.parameters(), strict=True))
    with torch.inference_mode():
        text = model.embed_text(torch.from_numpy(encode([f"sound {kind}" for kind in range(4)])))
        found = []
        for kind in range(4):
            hidden = hidden_vectors(model.tower, torch.from_numpy(feature(kind, 320).astype(np.float32))[None])
            audio = model.tower.head(hidden, torch.ones(1, hidden.shape[1]))
            found.append(int((audio @ text.T).argmax()))
    assert found == [0, 1, 2, 3]


def test_chances_come_true_where_half_the_questions_have_no_answer() -> None:
    rng = np.random.default_rng(0)
    kinds = rng.normal(size=(20, 32))
    kinds /= np.linalg.norm(kinds, axis=1, keepdims=True)
    owner = np.repeat(np.arange(20), 8)
    vectors = kinds[owner] + rng.normal(0.0, 0.25, (160, 32))
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    queries = kinds.astype(np.float32)
    background = vectors[rng.permutation(160)[:100]]
    found = fit_calibration(queries, vectors, owner[None, :] == np.arange(20)[:, None], background)
    ordinary = queries @ background.T
    right, wrong = [], []
    for row in range(20):
        chances = found.probability(vectors @ queries[row], ordinary[row])
        right.append(float(chances[owner == row].mean()))
        wrong.append(float(np.sort(chances[owner != row])[-10:].mean()))
    assert np.mean(right) > 0.8
    assert np.mean(wrong) < 0.3
