#!/usr/bin/env bash
# Trains builtin:sounds: distil the text table, fit the tower, refit its head, calibrate, write.
# Fold 5 of every set is held out. HOLD_OUT=none START=RUN then learns on with all of it and keeps that run's calibration.
# About 75 minutes on two idle cores, 20 for learning on; a run that was cut off goes on where it was.
#   training/sounds.sh DATA OUT
set -euo pipefail
data=${1:?folder of sets, each with a manifest.csv}
out=${2:?folder for the run}

# glibc gives large blocks back to the system at once; training asks for them again every step.
export MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=17179869184 MALLOC_TOP_PAD_=268435456
# One thread a core, and each stays on its own.
export OMP_PROC_BIND=true OMP_PLACES=threads

sonotheque train sounds --data "$data" --out "$out" --hold-out "${HOLD_OUT:-5}" ${START:+--start "$START"}
python -m sonotheque.training.credits --data "$data" --out "$out/sounds/CREDITS.md"
echo "To ship it: cp $out/sounds/* src/sonotheque/models/weights/sounds/"
