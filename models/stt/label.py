"""Writes down what the people order: the recordings of coffee orders have slots, but no text.

Stock Whisper base hears each on its whole window (CTranslate2, int8, beam of five, a prompt of such words); a text is kept
where it holds every word of the slots. Writes `.work/orders.tsv`; two seconds of one core a recording.
"""

import json
import re

import ctranslate2
import numpy as np

from data import DATA, WORK, Tokens, read, sentence
from model import BEFORE, ENGLISH, NO_TIMES, START, TRANSCRIBE, spectrogram

PROMPT = ("Can I get a small dark roast americano with a lot of cream and brown sugar? I want a twelve ounce triple shot latte with some "
          "almond milk. Make me an iced mocha. Get me a sixteen ounce cappuccino, single shot, with lots of sweetener.")
SAME = {"8": "eight", "12": "twelve", "16": "sixteen", "20": "twenty", "ounces": "ounce", "shots": "shot", "whipped": "whip"}


def words(text):
    return [SAME.get(w, w) for w in re.findall(r"[a-z]+|\d+", text.lower().replace("-", " "))]


def main():
    tokens = Tokens()
    model = ctranslate2.models.Whisper(str(WORK / "base"), device="cpu", compute_type="int8", intra_threads=1)
    labels = json.loads((DATA / "orders/labels.json").read_text())
    kept = 0
    with (WORK / "orders.tsv").open("w", encoding="utf-8") as out:
        for name in sorted(labels):
            mel = spectrogram(read(DATA / "orders" / name), 3000)[None].numpy()
            found = model.generate(ctranslate2.StorageView.from_array(np.ascontiguousarray(mel)),
                                   [[BEFORE, *tokens.prompt(PROMPT), START, ENGLISH, TRANSCRIBE, NO_TIMES]], beam_size=5, max_length=150)
            text = tokens.bpe.decode(found[0].sequences_ids[0]).strip()
            heard = words(text)
            missed = [w for value in labels[name]["slots"].values() for w in words(value) if w not in heard]
            print(name, text, missed or "", flush=True)
            if text and not missed:
                kept += 1
                out.write(f"{name}\t{sentence(text)}\n")
                out.flush()
    print(f"kept {kept} of {len(labels)}")


if __name__ == "__main__":
    main()
