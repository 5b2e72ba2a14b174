#!/usr/bin/env python3
"""Word error rate and time of `sotto transcribe` on recordings with transcripts.

    models/stt/measure.py                                    # the default model, every set, 400 files of each at most
    models/stt/measure.py --models whisper-tiny.en,whisper-base-q8_0 --windows 10000,30000 --sets libri_a

Sets are folders of ../shared/data: human/NAME with transcripts.tsv, commands/NAME whose file names are the texts; of the
sets that the tuning learned from, only the speakers that it did not hear (../wake/split.json). `orders`: the recordings after
the eightieth; an order is right where every word of its slots was heard, and its WER is over those words.
Ogg Opus is turned into WAV once, by opusdec, ffmpeg or the Python module soundfile, whichever is there.

Texts are compared without case and punctuation, numbers in words (a row of digits also digit by digit, whichever
fits better), British spellings as American ones. The exit code is 1 where --most WER is exceeded.
"""

import argparse, csv, json, os, random, re, shutil, statistics, subprocess, sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SPLIT = ROOT / "models/wake/split.json"
ORDERS_TRAINED = 80
ONES = ("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
        "seventeen eighteen nineteen").split()
TENS = "_ _ twenty thirty forty fifty sixty seventy eighty ninety".split()
SPOKEN = {"mr": "mister", "mrs": "missus", "dr": "doctor", "st": "saint",
          "ok": "okay", "nevermind": "never mind", "television": "tv", "grey": "gray", "temp": "temperature"}


def in_words(n):
    if n < 20:
        return [ONES[n]]
    if n < 100:
        return [TENS[n // 10]] + ([ONES[n % 10]] if n % 10 else [])
    for size, name in ((10**9, "billion"), (10**6, "million"), (1000, "thousand"), (100, "hundred")):
        if n >= size:
            return in_words(n // size) + [name] + (in_words(n % size) if n % size else [])
    return []


def year(n):
    """1865 as people read it; None where they do not."""
    if 1100 <= n < 2000 and n % 100 >= 10:
        return in_words(n // 100) + in_words(n % 100)
    return None


def american(word):
    word = re.sub(r"our(s|ed|ing|ite|able|er|ers|ly)?$", r"or\1", word) if len(word) > 4 else word
    word = re.sub(r"is(e|ed|es|ing|ation)$", r"iz\1", word) if len(word) > 5 else word
    return re.sub(r"ll(ed|ing|er|ers|or|ors)$", r"l\1", word)


def normal(text, digits):
    """Words of a text. `digits`: how digits are read, "number", "year" or "digit"."""
    text = text.lower().replace("’", "'")
    text = re.sub(r"\[[^]]*]|\([^)]*\)", " ", text)
    text = re.sub(r"(\d),(\d{3})\b", r"\1\2", text).replace("%", " percent ").replace("&", " and ")
    text = re.sub(r"(\d+)(st|nd|rd|th)\b", r"\1 th", text).replace("'", "")
    words = []
    for word in re.findall(r"[a-z]+|\d+", text):
        if word.isdigit():
            n = int(word)
            if digits == "digit" or len(word) > 12:
                words += [ONES[int(d)] for d in word]
            else:
                words += (year(n) if digits == "year" else None) or in_words(n)
        else:
            words += american(SPOKEN.get(word, word)).split()
    return words


def errors(reference, heard):
    """Least number of words put in, left out or changed."""
    row = list(range(len(heard) + 1))
    for i, r in enumerate(reference, 1):
        diagonal, row[0] = row[0], i
        for j, h in enumerate(heard, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (r != h))
    return row[-1]


def compare(reference, heard):
    """(errors, words of the reference), the reading of digits that fits best."""
    tries = []
    for way in ("number", "year", "digit"):
        words = normal(reference, way)
        tries.append((errors(words, normal(heard, way)), len(words)))
    return min(tries)


def order(slots, heard):
    """(words of the slots that were not heard, words of the slots)."""
    said = normal(heard.replace("-", " "), "number") + normal(heard, "digit")
    said += [w.removesuffix("s") for w in said]
    words = [w for value in slots.values() for w in normal(value, "number")]
    return sum(w not in said for w in words), len(words)


def to_wav(source, target):
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_suffix(".part.wav")
    if shutil.which("opusdec"):
        subprocess.run(["opusdec", "--quiet", "--rate", "16000", source, part], check=True)
    elif shutil.which("ffmpeg"):
        subprocess.run(["ffmpeg", "-loglevel", "error", "-y", "-i", source, "-ar", "16000", "-ac", "1", part], check=True)
    else:
        try:
            import soundfile
        except ImportError:
            sys.exit("Ogg Opus needs opusdec (apt install opus-tools), ffmpeg, or pip install soundfile")
        samples, rate = soundfile.read(source)
        soundfile.write(part, samples, rate, subtype="PCM_16")
    part.rename(target)


def recordings(data, name, limit, seed, wavs):
    """[(file, text)] of a set, a fixed random choice of at most `limit`."""
    folder = data / "human" / name
    if name == "orders":
        labels = json.loads((data / "orders/labels.json").read_text())
        rows = [(data / "orders" / f, labels[f]["slots"]) for f in sorted(labels) if int(f[:3]) >= ORDERS_TRAINED]
    elif folder.is_dir():
        unheard = set(json.loads(SPLIT.read_text())["human_test_speakers"])
        with open(folder / "transcripts.tsv", encoding="utf-8", newline="") as f:
            rows = [(folder / r["file"], r["text"]) for r in csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE)
                    if name not in ("learners", "digits") or r["speaker"] in unheard]
    else:
        folder = data / "commands" / name
        rows = [(p, p.stem) for p in sorted(folder.glob("*.flac"))]
    if not rows:
        sys.exit(f"{folder}: no recordings")
    if limit and len(rows) > limit:
        rows = sorted(random.Random(seed).sample(rows, limit))
    out = []
    for path, text in rows:
        if path.suffix == ".ogg":
            wav = wavs / name / (path.stem + ".wav")
            if not wav.exists():
                to_wav(path, wav)
            path = wav
        out.append((path, text))
    return out


def measure(sotto, rows, model, window, extra):
    command = [sotto, "transcribe", "--json"] + extra
    command += ["--open"] if "--home" not in extra else []
    command += ["--model", model] if model else []
    command += ["--window", str(window)] if window else []
    heard = {}
    for at in range(0, len(rows), 500):
        files = [str(path) for path, _ in rows[at:at + 500]]
        run = subprocess.run(command + files, stdout=subprocess.PIPE, text=True)
        if run.returncode not in (0, 3):
            sys.exit(f"sotto transcribe ended with {run.returncode}")
        for line in run.stdout.splitlines():
            answer = json.loads(line)
            heard[answer["file"]] = answer
    wrong = words = right = empty = 0
    lines = []
    for path, text in rows:
        answer = heard[str(path)]
        e, n = compare(text, answer["text"]) if isinstance(text, str) else order(text, answer["text"])
        wrong, words, right = wrong + e, words + n, right + (e == 0)
        empty += not answer["text"]
        lines.append({"said": text, "errors": e, **answer})
    times = sorted(a["compute_ms"] for a in heard.values())
    sound = sum(a["audio_ms"] for a in heard.values())
    return {
        "files": len(rows), "wer": wrong / words, "right": right / len(rows), "empty": empty,
        "median_ms": statistics.median(times), "p95_ms": times[int(len(times) * 0.95)],
        "real_time": sum(times) / sound, "lines": lines,
    }


def main():
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--data", type=Path, default=Path(os.environ.get("SOTTO_DATA", ROOT.parent / "shared/data")))
    ask.add_argument("--sotto", default=str(ROOT / "target/release/sotto"))
    ask.add_argument("--wavs", type=Path, default=ROOT / "models/stt/.work")
    ask.add_argument("--sets", default="libri_a,learners,orders,digits,spoken,generated")
    ask.add_argument("--models", default="", help="names, or nothing for the default")
    ask.add_argument("--windows", default="", help="least sound in ms, or nothing for the default")
    ask.add_argument("--limit", type=int, default=400, help="files of a set at most; 0: all")
    ask.add_argument("--seed", type=int, default=9)
    ask.add_argument("--extra", default="", help="more arguments for sotto transcribe")
    ask.add_argument("--lines", action="store_true", help="print what was heard wrong")
    ask.add_argument("--json", action="store_true")
    ask.add_argument("--most", type=float, help="exit 1 where a word error rate is above this")
    args = ask.parse_args()
    if not args.data.is_dir():
        print(f"skipped: {args.data} is not there")
        return 0
    bad = False
    if not args.json:
        print("| set | model | window | files | WER | all words right | no text | median ms | p95 ms | × real time |")
        print("|---|---|---|---|---|---|---|---|---|---|")
    for name in args.sets.split(","):
        rows = recordings(args.data, name, args.limit, args.seed, args.wavs)
        for model in args.models.split(","):
            for window in args.windows.split(","):
                got = measure(args.sotto, rows, model, window, args.extra.split())
                lines = got.pop("lines")
                bad |= args.most is not None and got["wer"] > args.most
                if args.json:
                    print(json.dumps({"set": name, "model": model, "window": window, **got}), flush=True)
                else:
                    print(f"| {name} | {model or 'default'} | {window or 'default'} | {got['files']} | {got['wer']:.1%} "
                          f"| {got['right']:.1%} | {got['empty']} | {got['median_ms']:.0f} | {got['p95_ms']:.0f} "
                          f"| {got['real_time']:.3f} |", flush=True)
                for line in lines if args.lines else []:
                    if line["errors"]:
                        print(f"    {line['said']} -> {line['text']} ({line['errors']}, {line['confidence']})")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
