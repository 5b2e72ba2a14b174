"""Reads cases as JSON lines, answers each with what hassil recognizes, as a JSON line.

A case is {"sentences": …, "texts": […], "context": {…}, "best": bool}; the answer is a list for each
text: [[intent, {slot: value}], …], and "micros": how long hassil took for all of the case's texts.
"""

import json
import sys
import time

from hassil.intents import Intents
from hassil.recognize import recognize_all, recognize_best

for line in sys.stdin:
    case = json.loads(line)
    began = time.perf_counter()
    intents = Intents.from_dict(case["sentences"])
    compiled = time.perf_counter()
    answers = []
    for text in case["texts"]:
        if case.get("best"):
            best = recognize_best(text, intents, intent_context=case["context"], best_slot_name="name")
            results = [best] if best is not None else []
        else:
            results = recognize_all(text, intents, intent_context=case["context"])
        answers.append([[r.intent.name, {e.name: e.value for e in r.entities.values()}] for r in results])
    done = time.perf_counter()
    print(json.dumps({"answers": answers, "compile": (compiled - began) * 1e6, "micros": (done - compiled) * 1e6}))
    sys.stdout.flush()
