#!/bin/sh
# The scenario dns-silent with 4,000 domains, the most that the runner handles at a time.
SILENT=4000
export SILENT
. "${0%/*}/../dns-silent/run.sh"
