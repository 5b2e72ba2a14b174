"""Whisper in PyTorch, read from and written to CTranslate2's model.bin, which `sotto models import` turns into ggml.

Variables keep CTranslate2's names, so that writing is reading backwards: an untouched model is written byte for byte as it
was read. The encoder takes a cut spectrogram and uses as many positions as that has, as whisper.cpp does with `audio_ctx`.
"""

import struct
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

RATE, HOP, FFT, MELS = 16_000, 160, 400, 80
START, END, TRANSCRIBE, BEFORE, NO_SPEECH, NO_TIMES = 50258, 50257, 50359, 50361, 50362, 50363
ENGLISH, CHINESE = 50259, 50260
TYPES = {0: np.float32, 1: np.int8, 2: np.int16, 3: np.int32, 4: np.float16}


def filters() -> np.ndarray:
    """Slaney's mel filters, f32 [80, 201]."""

    def hertz(mel):
        return np.where(mel < 15, mel * 200 / 3, 1000 * np.exp((mel - 15) * np.log(6.4) / 27))

    top = 15 + 27 * np.log(RATE / 2 / 1000) / np.log(6.4)
    edges = hertz(np.linspace(0, top, MELS + 2))
    bins = np.linspace(0, RATE / 2, FFT // 2 + 1)
    up = (bins[None] - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    down = (edges[2:, None] - bins[None]) / (edges[2:] - edges[1:-1])[:, None]
    return (np.maximum(0, np.minimum(up, down)) * (2 / (edges[2:] - edges[:-2]))[:, None]).astype(np.float32)


FILTERS = torch.from_numpy(filters())
WINDOW = torch.hann_window(FFT)


def spectrogram(samples: np.ndarray, frames: int) -> torch.Tensor:
    """log mel f32 [80, frames] as whisper.cpp computes it, of the samples and silence behind them."""
    sound = torch.zeros(frames * HOP + FFT)
    part = samples[: frames * HOP + FFT // 2]
    sound[FFT // 2 : FFT // 2 + len(part)] = torch.from_numpy(np.ascontiguousarray(part, np.float32))
    if len(part) > FFT // 2:
        sound[: FFT // 2] = sound[FFT // 2 + 1 : FFT + 1].flip(0)
    power = torch.fft.rfft(sound.unfold(0, FFT, HOP)[:frames] * WINDOW).abs().square()
    mel = (FILTERS @ power.T).clamp_min(1e-10).log10()
    return (torch.maximum(mel, mel.max() - 8) + 4) / 4


class Ct2:
    """The variables of a model.bin, in order."""

    def __init__(self, path: Path):
        self.data = Path(path).read_bytes()
        self.at = 0
        self.version, self.spec, self.revision = self.number("I"), self.string(), self.number("I")
        self.variables = {}
        for _ in range(self.number("I")):
            name = self.string()
            dims = [self.number("I") for _ in range(self.number("B"))]
            kind, size = self.number("B"), self.number("I")
            self.variables[name] = (dims, kind, self.data[self.at : self.at + size])
            self.at += size
        self.tail = self.data[self.at :]
        del self.data

    def number(self, form):
        value = struct.unpack_from("<" + form, self.data, self.at)[0]
        self.at += struct.calcsize(form)
        return value

    def string(self):
        size = self.number("H")
        self.at += size
        return self.data[self.at - size : self.at - 1].decode()

    def tensor(self, name):
        dims, kind, raw = self.variables[name]
        return torch.from_numpy(np.frombuffer(raw, TYPES[kind]).astype(np.float32).reshape(dims))

    def write(self, path: Path, tensors: dict) -> None:
        """Writes the file with `tensors` (name -> f32) in the place of those it had."""
        out = [struct.pack("<I", self.version), self._spell(self.spec), struct.pack("<II", self.revision, len(self.variables))]
        for name, (dims, kind, raw) in self.variables.items():
            if name in tensors:
                raw = tensors[name].detach().float().numpy().astype(TYPES[kind]).tobytes()
            out += [self._spell(name), struct.pack(f"<B{len(dims)}I", len(dims), *dims), struct.pack("<BI", kind, len(raw)), raw]
        part = Path(f"{path}.part")
        part.write_bytes(b"".join(out) + self.tail)
        part.rename(path)

    @staticmethod
    def _spell(text):
        return struct.pack("<H", len(text) + 1) + text.encode() + b"\0"


def attend(query, key, value, heads, mask=None):
    """Attention written out: bf16 products and a softmax are quicker on a CPU than the fused call with a mask."""
    batch, length, width = query.shape

    def split(x):
        return x.view(batch, -1, heads, width // heads).transpose(1, 2)

    scores = split(query) * (width // heads) ** -0.5 @ split(key).transpose(-1, -2)
    if mask is not None:
        scores = scores + mask
    return (scores.softmax(-1) @ split(value)).transpose(1, 2).reshape(batch, length, width)


class Whisper(nn.Module):
    """Spectrograms f32 [batch, 80, 2 n] and tokens i64 [batch, m] in; the decoder's states [batch, m, width] out."""

    def __init__(self, source: Ct2):
        super().__init__()
        names = [n for n, (dims, kind, _) in source.variables.items() if kind in (0, 4) and dims]
        self.names = {n.replace("/", "."): n for n in names}
        self.weights = nn.ParameterDict({k.replace(".", "_"): nn.Parameter(source.tensor(n)) for k, n in self.names.items()})
        self.heads = int(np.frombuffer(source.variables["encoder/num_heads"][2], TYPES[source.variables["encoder/num_heads"][1]])[0])
        count = lambda side: sum(n.startswith(f"{side}/layer_") and n.endswith("/ffn/linear_0/weight") for n in names)  # noqa: E731
        self.layers = {side: count(side) for side in ("encoder", "decoder")}

    def w(self, name):
        return self.weights[name.replace("/", "_")]

    def linear(self, x, name):
        return F.linear(x, self.w(f"{name}/weight"), self.w(f"{name}/bias"))

    def norm(self, x, name):
        return F.layer_norm(x, x.shape[-1:], self.w(f"{name}/gamma"), self.w(f"{name}/beta"))

    def mlp(self, x, layer):
        inner = self.linear(self.norm(x, f"{layer}/ffn/layer_norm"), f"{layer}/ffn/linear_0")
        return x + self.linear(F.gelu(inner, approximate="tanh"), f"{layer}/ffn/linear_1")

    def own(self, x, layer, mask=None):
        joined = self.linear(self.norm(x, f"{layer}/self_attention/layer_norm"), f"{layer}/self_attention/linear_0")
        return x + self.linear(attend(*joined.chunk(3, -1), self.heads, mask), f"{layer}/self_attention/linear_1")

    def encode(self, mel):
        for conv, stride in (("conv1", 1), ("conv2", 2)):
            mel = F.gelu(F.conv1d(mel, self.w(f"encoder/{conv}/weight"), self.w(f"encoder/{conv}/bias"), stride, 1), approximate="tanh")
        x = mel.transpose(1, 2)
        x = x + self.w("encoder/position_encodings/encodings")[: x.shape[1]]
        for number in range(self.layers["encoder"]):
            x = self.mlp(self.own(x, f"encoder/layer_{number}"), f"encoder/layer_{number}")
        return self.norm(x, "encoder/layer_norm")

    def decode(self, tokens, sound):
        x = F.embedding(tokens, self.w("decoder/embeddings/weight")) + self.w("decoder/position_encodings/encodings")[: tokens.shape[1]]
        mask = torch.full((tokens.shape[1], tokens.shape[1]), float("-inf"), dtype=torch.bfloat16).triu(1)
        for number in range(self.layers["decoder"]):
            layer = f"decoder/layer_{number}"
            x = self.own(x, layer, mask)
            query = self.linear(self.norm(x, f"{layer}/attention/layer_norm"), f"{layer}/attention/linear_0")
            key, value = self.linear(sound, f"{layer}/attention/linear_1").chunk(2, -1)
            x = x + self.linear(attend(query, key, value, self.heads), f"{layer}/attention/linear_2")
            x = self.mlp(x, layer)
        return self.norm(x, "decoder/layer_norm")

    def logits(self, states):
        return F.linear(states, self.w("decoder/embeddings/weight"))

    def tensors(self) -> dict:
        """CTranslate2's name -> weights."""
        return {n: self.weights[k.replace(".", "_")] for k, n in self.names.items()}
