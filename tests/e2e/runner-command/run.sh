#!/bin/sh
# The command line of tlsq-runner: help, version, what it refuses, exit codes.
. "${0%/*}/../lib.sh"

exits "help" 0 tlsq-runner --help
like "it says how it is called" "$(cat "$T/out")" '^usage: tlsq-runner '
exits "the version" 0 tlsq-runner --version
like "is one line" "$(cat "$T/out")" '^tlsq-runner [0-9.]+$'
exits "help that cannot be printed" 74 sh -c 'tlsq-runner --help >/dev/full'
like "is said" "$(cat "$T/err")" '^tlsq-runner: standard output: '
finish
