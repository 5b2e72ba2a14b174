"""Front end and network of the wake word, and the file that the Rust side reads.

Whatever is changed here has its twin in `src/wake/{frontend,network,weights}.rs`; `tests/` compares them frame by frame.

Front end: 16 kHz mono in −1..1; one frame every 160 samples over the last 400 (zeros before the start); periodic Hann window;
FFT of 512; power; 40 triangles on the HTK mel scale from 60 to 7,600 Hz; PCEN (Wang et al., 2017, arXiv:1607.05666):
    M += s (E − M), beginning with the first frame's E;   y = (E / (ε + M)^α + δ)^r − δ^r
Network: a causal convolution over 5 frames, then residual blocks of dilated causal convolutions, then one logit a word
every second frame. No state but the last inputs of each convolution: what was heard longer ago than the
receptive field cannot matter.
"""

import json
import os
import struct
import zlib
from pathlib import Path

import numpy as np
import torch
from scipy.signal import lfilter
from torch import nn

DATA = Path(os.environ.get("SOTTO_DATA", Path(__file__).resolve().parents[2].parent / "shared/data"))

RATE, HOP, WINDOW, FFT, BANDS = 16_000, 160, 400, 512, 40
LOW_HZ, HIGH_HZ = 60.0, 7_600.0
SMOOTH, ALPHA, DELTA, ROOT, EPSILON = 0.025, 0.98, 2.0, 0.5, 1e-6
STRIDE = 2
STEP_SAMPLES = HOP * STRIDE


def mel_filters() -> np.ndarray:
    """[257, 40] triangles, peak 1, on the HTK mel scale."""
    mel = lambda hz: 2595.0 * np.log10(1.0 + hz / 700.0)
    edges = 700.0 * (10.0 ** (np.linspace(mel(LOW_HZ), mel(HIGH_HZ), BANDS + 2) / 2595.0) - 1.0)
    bins = np.arange(FFT // 2 + 1) * RATE / FFT
    rise = (bins[:, None] - edges[None, :-2]) / (edges[1:-1] - edges[:-2])
    fall = (edges[None, 2:] - bins[:, None]) / (edges[2:] - edges[1:-1])
    return np.maximum(0.0, np.minimum(rise, fall)).astype(np.float32)


_FILTERS = torch.from_numpy(mel_filters())
_HANN = torch.hann_window(WINDOW, periodic=True)


@torch.no_grad()
def energies(wave: torch.Tensor) -> torch.Tensor:
    """[batch, samples] -> [batch, samples // 160, 40] energies of the mel bands."""
    frames = nn.functional.pad(wave, (WINDOW - HOP, 0)).unfold(-1, WINDOW, HOP) * _HANN
    return torch.fft.rfft(frames.float(), FFT).abs().square() @ _FILTERS


def pcen(energy: np.ndarray) -> np.ndarray:
    """[batch, frames, 40] energies -> levelled bands."""
    smooth, _ = lfilter([SMOOTH], [1.0, SMOOTH - 1.0], energy, axis=1, zi=(1.0 - SMOOTH) * energy[:, :1])
    return (energy * np.exp(-ALPHA * np.log(EPSILON + smooth)) + DELTA) ** ROOT - DELTA**ROOT


@torch.no_grad()
def features(wave: torch.Tensor) -> torch.Tensor:
    """[batch, samples] -> [batch, samples // 160, 40]."""
    return torch.from_numpy(pcen(energies(wave).numpy()).astype(np.float32))


class Block(nn.Module):
    """Causal dilated convolution, normalised, added to the input."""

    def __init__(self, channels: int, kernel: int, dilation: int):
        super().__init__()
        self.past = (kernel - 1) * dilation
        self.mix = nn.Conv1d(channels, channels, kernel, dilation=dilation, bias=False)
        self.norm = nn.BatchNorm1d(channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(x + self.norm(self.mix(nn.functional.pad(x, (self.past, 0)))))


class Network(nn.Module):
    """[batch, frames, 40] -> [batch, frames // 2, words] logits; step i has heard frames 0..=2i+1."""

    def __init__(self, words: list[str], channels: int = 64, first: int = 5, kernel: int = 3, dilations=(1, 2, 4, 8, 1, 2, 4, 8)):
        super().__init__()
        self.words, self.first, self.kernel, self.dilations, self.channels = list(words), first, kernel, tuple(dilations), channels
        self.enter = nn.Conv1d(BANDS, channels, first, stride=STRIDE, bias=False)
        self.norm = nn.BatchNorm1d(channels)
        self.blocks = nn.Sequential(*(Block(channels, kernel, dilation) for dilation in dilations))
        self.leave = nn.Conv1d(channels, len(words), 1)
        nn.init.constant_(self.leave.bias, -3.0)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = nn.functional.pad(x.transpose(1, 2), (self.first - STRIDE, 0))
        x = torch.relu(self.norm(self.enter(x)))
        return self.leave(self.blocks(x)).transpose(1, 2)

    def receptive_field(self) -> int:
        """In 10 ms frames."""
        return self.first + STRIDE * (self.kernel - 1) * sum(self.dilations)


def export(network: Network, path: Path, thresholds: dict[str, list[float]]) -> None:
    """Writes what `src/wake/weights.rs` reads: b"SOTTOWAK", u32 version, u32 length of the JSON header, the header, then
    little-endian f32: the entering convolution [first, 40, channels], its bias, for each block [kernel, channels,
    channels] (tap, input, output; the oldest tap first) and bias, at last [channels, words] and bias; and the CRC-32 of
    everything before it. The normalisation that follows a convolution is folded into it."""
    network = network.eval()
    header = {
        "words": [{"word": word, "thresholds": thresholds[word]} for word in network.words],
        "channels": network.channels, "first": network.first, "kernel": network.kernel, "dilations": list(network.dilations),
    }
    parts = []

    def add(values: torch.Tensor) -> None:
        parts.append(values.detach().float().contiguous().numpy().astype("<f4").tobytes())

    for mix, layer in [(network.enter, network.norm), *((block.mix, block.norm) for block in network.blocks)]:
        scale = layer.weight / torch.sqrt(layer.running_var + layer.eps)
        add((mix.weight * scale[:, None, None]).permute(2, 1, 0))
        add(layer.bias - layer.running_mean * scale)
    add(network.leave.weight[:, :, 0].T)
    add(network.leave.bias)
    text = json.dumps(header).encode()
    data = b"SOTTOWAK" + struct.pack("<II", 1, len(text)) + text + b"".join(parts)
    path.write_bytes(data + struct.pack("<I", zlib.crc32(data)))
