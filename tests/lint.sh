#!/bin/sh
# The style that a program can check holds, check by check.
exec "${top_srcdir:-.}/tools/lint" --tap
