#!/bin/sh
# The scenario dns-burst with 20,000 domains.
BURST=20000
export BURST
. "${0%/*}/../dns-burst/run.sh"
