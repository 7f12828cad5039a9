"""A CLAP checkpoint of a few thousand random weights, written as the real ones are.

Owns the smallest configuration that goes through every part of the model, and its tokeniser. Knows nothing of sound.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

WINDOW_S = 1
RATE_HZ = 48_000
DIM = 16
MAX_TOKENS = 12


def write_checkpoint(folder: Path, *, seed: int = 0, fusing: bool = False, pickled: bool = False) -> Path:
    """Model, tokeniser and feature extractor in `folder`; needs torch, transformers and tokenizers."""
    import torch
    from transformers import ClapConfig, ClapFeatureExtractor, ClapModel

    torch.manual_seed(seed)
    audio: dict[str, Any] = {
        "window_size": 4, "num_mel_bins": 16, "spec_size": 64, "patch_size": 4, "patch_stride": [4, 4],
        "patch_embeds_hidden_size": 8, "hidden_size": 16, "depths": [1, 1], "num_attention_heads": [2, 2],
        "num_hidden_layers": 2, "enable_fusion": fusing, "projection_dim": DIM,
    }  # fmt: skip
    if fusing:
        audio["fusion_type"] = "aff_2d"
    text = {
        "vocab_size": 300, "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2,
        "intermediate_size": 32, "max_position_embeddings": MAX_TOKENS + 2, "projection_dim": DIM,
    }  # fmt: skip
    model = ClapModel(ClapConfig(audio_config=audio, text_config=text, projection_dim=DIM))
    with torch.no_grad():
        for weights in model.parameters():  # the initial values are so small that every sound would be alike
            if weights.dim() > 1:
                weights.mul_(10.0)
    model.save_pretrained(folder)
    if pickled:
        (folder / "model.safetensors").unlink()
        torch.save(model.state_dict(), folder / "pytorch_model.bin")
    extractor = ClapFeatureExtractor(
        feature_size=16, sampling_rate=RATE_HZ, max_length_s=WINDOW_S,
        truncation="fusion" if fusing else "rand_trunc",
    )  # fmt: skip
    extractor.save_pretrained(folder)
    _write_tokenizer(folder)
    return folder


def _write_tokenizer(folder: Path) -> None:
    """Bytes as tokens, framed as RoBERTa frames them."""
    import transformers
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors

    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    names = [*special, *sorted(pre_tokenizers.ByteLevel.alphabet())]
    tokenizer = Tokenizer(models.BPE(vocab={name: at for at, name in enumerate(names)}, merges=[], unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0))
    kit: Any = transformers
    wrapped = kit.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>", pad_token="<pad>", unk_token="<unk>",
        mask_token="<mask>", model_max_length=512,
    )  # fmt: skip
    wrapped.save_pretrained(folder)
