"""Distils the static text table from all-MiniLM-L6-v2.

Owns the teacher's forward pass and the fitting of the table. Each vocabulary entry goes through the teacher, PCA keeps
256 directions, and the log of the entry's rank weighs it (Zipf stands in for inverse frequency, as in Model2Vec). Then
the rows are fitted so that the mean over a sentence's tokens meets the teacher's embedding of that sentence (projected
by the same PCA), on captions people wrote for sounds, and so that what people call a sound in other words finds that
sound's name. Rows whose token never occurs there stay as they were.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

FloatArray = npt.NDArray[np.float32]


class Teacher:
    """all-MiniLM-L6-v2 from its folder: mean-pooled, unit-length sentence embeddings, float32 of shape (n, 384)."""

    def __init__(self, folder: Path) -> None:
        from tokenizers import Tokenizer
        from transformers import BertModel

        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(64)
        self.model = BertModel.from_pretrained(str(folder), local_files_only=True).eval()

    def embed_ids(self, ids: list[list[int]], batch: int = 256) -> FloatArray:
        """Embeddings of token id lists (special tokens included), in their order."""
        order = sorted(range(len(ids)), key=lambda i: len(ids[i]))
        out = np.zeros((len(ids), 384), np.float32)
        with torch.inference_mode():
            for start in range(0, len(order), batch):
                rows = order[start : start + batch]
                width = max(len(ids[i]) for i in rows)
                tokens = torch.zeros(len(rows), width, dtype=torch.long)
                mask = torch.zeros(len(rows), width)
                for row, i in enumerate(rows):
                    tokens[row, : len(ids[i])] = torch.tensor(ids[i])
                    mask[row, : len(ids[i])] = 1.0
                hidden = self.model(input_ids=tokens, attention_mask=mask).last_hidden_state
                pooled = (hidden * mask[:, :, None]).sum(1) / mask.sum(1, keepdim=True)
                out[rows] = torch.nn.functional.normalize(pooled, dim=1).numpy()
        return out

    def embed(self, texts: list[str]) -> FloatArray:
        """Embeddings of whole texts."""
        return self.embed_ids([encoding.ids for encoding in self.tokenizer.encode_batch(texts)])


@dataclass(frozen=True, slots=True)
class TextTable:
    """Row vectors (n_tokens, 256); a text is the mean of its tokens' rows, scaled to length one."""

    rows: FloatArray
    mean: FloatArray
    projection: FloatArray


def initial_table(teacher: Teacher, dim: int = 256) -> TextTable:
    """Every vocabulary entry through the teacher, PCA to `dim`, weighted by log(1 + rank)."""
    n_tokens = teacher.tokenizer.get_vocab_size()
    cls, sep = (int(teacher.tokenizer.token_to_id(token) or 0) for token in ("[CLS]", "[SEP]"))
    vectors = teacher.embed_ids([[cls, token, sep] for token in range(n_tokens)], batch=2048)
    mean = vectors.mean(axis=0)
    _, _, directions = np.linalg.svd(vectors - mean, full_matrices=False)
    projection = directions[:dim].T.astype(np.float32)
    rank = np.arange(n_tokens, dtype=np.float32)
    rows = (vectors - mean) @ projection * np.log1p(rank)[:, None] / np.log1p(n_tokens)
    return TextTable(rows.astype(np.float32), mean.astype(np.float32), projection)


@dataclass(frozen=True, slots=True)
class TableSettings:
    """How long the table learns, and what weighs how much beside the teacher's captions."""

    epochs: int = 6
    batch: int = 512
    learning_rate: float = 2e-3
    anchor: float = 0.05
    concept_weight: float = 0.5
    concept_temperature: float = 0.07
    token_dropout: float = 0.3
    seed: int = 0


def fit_table(
    table: TextTable,
    teacher: Teacher,
    sentences: Sequence[str],
    concepts: Mapping[str, Sequence[str]],
    settings: TableSettings,
) -> TextTable:
    """`table` with rows fitted to two things at once.

    The teacher's embeddings of `sentences`, by cosine; and the phrases of each concept, which must find their concept
    among all others (cross-entropy against one learned prototype each, the name's mean row at the start). Tokens are
    dropped at random, so that every word of a phrase learns to point at its concept by itself. `anchor` pulls rows to
    where they started, so that words that never occur stay comparable.
    """
    torch.manual_seed(settings.seed)
    random_numbers = random.Random(settings.seed)
    projected = (teacher.embed(list(sentences)) - table.mean) @ table.projection
    targets = torch.from_numpy(projected / np.linalg.norm(projected, axis=1, keepdims=True))
    tokens = [encoding.ids for encoding in teacher.tokenizer.encode_batch(list(sentences), add_special_tokens=False)]
    names = list(concepts)
    pairs = [(phrase, row) for row, name in enumerate(names) for phrase in _with_name_often(name, concepts[name])]
    phrase_tokens = [
        encoding.ids
        for encoding in teacher.tokenizer.encode_batch([phrase for phrase, _ in pairs], add_special_tokens=False)
    ]
    learner = _TableLearner(table, teacher, names, settings)
    steps = len(tokens) // settings.batch
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        learner.optimiser, settings.learning_rate, total_steps=settings.epochs * max(1, steps) + 1, pct_start=0.1
    )
    order = list(range(len(tokens)))
    for _ in range(settings.epochs):
        random_numbers.shuffle(order)
        for step in range(max(1, steps)):
            rows = [i for i in order[step * settings.batch : (step + 1) * settings.batch] if tokens[i]]
            drawn = [random_numbers.randrange(len(pairs)) for _ in range(settings.batch)]
            dropped = [_drop(phrase_tokens[i], settings.token_dropout, random_numbers) for i in drawn]
            learner.step([tokens[i] for i in rows], targets[rows], dropped, torch.tensor([pairs[i][1] for i in drawn]))
            schedule.step()
    return TextTable(learner.bag.weight.detach().numpy(), table.mean, table.projection)


class _TableLearner:
    """Rows and prototypes with their optimiser."""

    def __init__(self, table: TextTable, teacher: Teacher, names: Sequence[str], settings: TableSettings) -> None:
        self.settings = settings
        self.start = torch.from_numpy(table.rows)
        self.scale = float(self.start.norm(dim=1).mean())
        self.bag = torch.nn.EmbeddingBag.from_pretrained(self.start.clone(), freeze=False, mode="mean", sparse=False)
        named = [encoding.ids for encoding in teacher.tokenizer.encode_batch(list(names), add_special_tokens=False)]
        self.prototypes = torch.nn.Parameter(self.embed(named)[0].detach().clone())
        self.optimiser = torch.optim.Adam([self.bag.weight, self.prototypes], lr=settings.learning_rate)

    def embed(self, tokens: list[list[int]]) -> tuple[torch.Tensor, torch.Tensor]:
        """Unit vectors of token lists, and all their tokens in one row."""
        flat = torch.tensor([token for ids in tokens for token in ids], dtype=torch.long)
        starts = torch.tensor([0] + [len(ids) for ids in tokens[:-1]]).cumsum(0)
        return torch.nn.functional.normalize(self.bag(flat, starts), dim=1), flat

    def step(
        self, sentences: list[list[int]], targets: torch.Tensor, phrases: list[list[int]], concept: torch.Tensor
    ) -> None:
        s = self.settings
        said, said_tokens = self.embed(sentences)
        meant, meant_tokens = self.embed(phrases)
        distance = (1 - (said * targets).sum(1)).mean()
        logits = meant @ torch.nn.functional.normalize(self.prototypes, dim=1).T / s.concept_temperature
        confusion = torch.nn.functional.cross_entropy(logits, concept, label_smoothing=0.05)
        used = torch.cat([said_tokens, meant_tokens])
        drift = (self.bag.weight[used] - self.start[used]).square().sum(1).mean() / self.scale**2
        self.optimiser.zero_grad()
        (distance + s.concept_weight * confusion + s.anchor * drift).backward()  # type: ignore[no-untyped-call]
        self.optimiser.step()


def _with_name_often(name: str, phrases: Sequence[str]) -> list[str]:
    """The phrases, and the name as often as a fifteenth of them: what is asked for most should be understood best."""
    return [*phrases, *[name] * (2 + len(phrases) // 15)]


def _drop(tokens: list[int], share: float, random_numbers: random.Random) -> list[int]:
    kept = [token for token in tokens if random_numbers.random() >= share]
    return kept or tokens or [0]
