"""Distils the static text table from all-MiniLM-L6-v2.

Owns the teacher's forward pass and the fitting of the table. Each vocabulary entry goes through the teacher, PCA keeps
256 directions, and the log of the entry's rank weighs it (Zipf stands in for inverse frequency, as in Model2Vec). Then
the rows are fitted so that the mean over a sentence's tokens meets the teacher's embedding of that sentence (projected
by the same PCA), on captions people wrote for sounds. Rows whose token never occurs there stay as they were.
"""

from __future__ import annotations

import random
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


def fit_table(
    table: TextTable, teacher: Teacher, sentences: list[str], *, epochs: int = 6, seed: int = 0, anchor: float = 0.05
) -> TextTable:
    """`table` with rows fitted to the teacher's sentence embeddings; `anchor` pulls rows to where they started."""
    torch.manual_seed(seed)
    random.seed(seed)
    targets = (teacher.embed(sentences) - table.mean) @ table.projection
    targets /= np.linalg.norm(targets, axis=1, keepdims=True)
    ids = [encoding.ids for encoding in teacher.tokenizer.encode_batch(sentences, add_special_tokens=False)]
    start = torch.from_numpy(table.rows)
    bag = torch.nn.EmbeddingBag.from_pretrained(start.clone(), freeze=False, mode="mean", sparse=False)
    optimiser = torch.optim.Adam(bag.parameters(), lr=2e-3)
    scale = float(start.norm(dim=1).mean())
    order = list(range(len(ids)))
    for _ in range(epochs):
        random.shuffle(order)
        for at in range(0, len(order), 512):
            rows = [i for i in order[at : at + 512] if ids[i]]
            flat = torch.tensor([token for i in rows for token in ids[i]])
            lengths = torch.tensor([0] + [len(ids[i]) for i in rows[:-1]]).cumsum(0)
            mean = bag(flat, lengths)
            cosine = torch.nn.functional.cosine_similarity(mean, torch.from_numpy(targets[rows]))
            drift = (bag.weight[flat] - start[flat]).square().sum(1).mean() / scale**2
            loss = (1 - cosine).mean() + anchor * drift
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    return TextTable(bag.weight.detach().numpy(), table.mean, table.projection)
