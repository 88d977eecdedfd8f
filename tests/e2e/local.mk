# End-to-end scenarios: tests/e2e/<behaviour>/run.sh, each in namespaces of its own.
e2e_tests = \
	tests/e2e/harness/run.sh
TESTS += $(e2e_tests)

# what does not fit `make check`
long_tests =
check-long: all
	$(MAKE) $(AM_MAKEFLAGS) check TESTS='$(long_tests)'
.PHONY: check-long
EXTRA_DIST += $(e2e_tests) \
	tests/e2e/lib.sh tests/e2e/certs.sh tests/e2e/peer.py tests/e2e/wire.py \
	tests/e2e/dnstree.py tests/e2e/dnsproxy.py tests/e2e/postfix.sh
