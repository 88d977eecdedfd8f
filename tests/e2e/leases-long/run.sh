#!/bin/sh
# The scenario leases with 10,000 messages.
LEASES_MESSAGES=${LEASES_MESSAGES:-10000}
export LEASES_MESSAGES
exec sh "${0%/*}/../leases/run.sh" "$@"
