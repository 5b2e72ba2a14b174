#!/usr/bin/env bash
# The whole recipe of the shipped wake words, in order. It takes about three hours on two cores and is resumable: what lies in
# models/wake/.work is not made again. SOTTO_DATA: the folder of recordings of people (default: ../shared/data beside the checkout).
set -eu
cd "$(dirname "$0")"
python=${PYTHON:-python3}
minutes=${MINUTES:-30}
export OMP_WAIT_POLICY=passive

"$python" split.py                                            # which recordings only test
"$python" generate.py                                         # synthetic speech
# A first network, good enough to find where the words end.
"$python" train.py render --seed 1 --shards 56
"$python" train.py fit --minutes 12 --name first
"$python" train.py align --name first
# Once more, now with the recordings in which a command follows the word at once.
"$python" train.py render --seed 2 --shards 60
"$python" train.py fit --minutes "$minutes" --start first --rate 1.5e-3 --name network
"$python" evaluate.py --name network --export sotto.sottowake # figures, thresholds, weights, test fixture
