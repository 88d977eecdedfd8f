#!/bin/sh
# The style that a program can check, one test for each check.
# clang-tidy takes minutes and is left to `make lint`.
exec "${top_srcdir:-.}/tools/lint" --tap layers circles citations headers sizes banned shells sql marks \
	kills shell python mandoc cppcheck
