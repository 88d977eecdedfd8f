# End-to-end scenarios: tests/e2e/<behaviour>/run.sh, each in namespaces of its own.
e2e_tests = \
	tests/e2e/harness/run.sh \
	tests/e2e/administration/run.sh \
	tests/e2e/bad-certificates/run.sh \
	tests/e2e/bad-databases/run.sh \
	tests/e2e/bad-files/run.sh \
	tests/e2e/big-message/run.sh \
	tests/e2e/content/run.sh \
	tests/e2e/clock-jump/run.sh \
	tests/e2e/crash/run.sh \
	tests/e2e/damaged-content/run.sh \
	tests/e2e/dane/run.sh \
	tests/e2e/daemon/run.sh \
	tests/e2e/delivers/run.sh \
	tests/e2e/disk-filled/run.sh \
	tests/e2e/dns-burst/run.sh \
	tests/e2e/dns-errors/run.sh \
	tests/e2e/dns-silent/run.sh \
	tests/e2e/explain/run.sh \
	tests/e2e/dsn-crash/run.sh \
	tests/e2e/dsn-delay/run.sh \
	tests/e2e/dsn-failure/run.sh \
	tests/e2e/dsn-policy/run.sh \
	tests/e2e/dsn-postfix/run.sh \
	tests/e2e/dsn-returned/run.sh \
	tests/e2e/dsn-success/run.sh \
	tests/e2e/dsn-wait/run.sh \
	tests/e2e/extensions/run.sh \
	tests/e2e/addresses/run.sh \
	tests/e2e/floods/run.sh \
	tests/e2e/forged-log/run.sh \
	tests/e2e/full-disk/run.sh \
	tests/e2e/hostile-replies/run.sh \
	tests/e2e/http/run.sh \
	tests/e2e/ipv6/run.sh \
	tests/e2e/last-resort/run.sh \
	tests/e2e/leases/run.sh \
	tests/e2e/limits/run.sh \
	tests/e2e/lost-connection/run.sh \
	tests/e2e/mail-loop/run.sh \
	tests/e2e/milter-service/run.sh \
	tests/e2e/mta-sts/run.sh \
	tests/e2e/mta-sts-lookup/run.sh \
	tests/e2e/mta-sts-slots/run.sh \
	tests/e2e/rules/run.sh \
	tests/e2e/tls-report/run.sh \
	tests/e2e/whatif/run.sh \
	tests/e2e/sendmail-tls-report/run.sh \
	tests/e2e/mx-lookup/run.sh \
	tests/e2e/next-host/run.sh \
	tests/e2e/not-offered/run.sh \
	tests/e2e/partial-recipients/run.sh \
	tests/e2e/pipelining/run.sh \
	tests/e2e/poison/run.sh \
	tests/e2e/postfix-agrees/run.sh \
	tests/e2e/real-mta/run.sh \
	tests/e2e/relay/run.sh \
	tests/e2e/replies/run.sh \
	tests/e2e/require-tls/run.sh \
	tests/e2e/response-injection/run.sh \
	tests/e2e/runner-command/run.sh \
	tests/e2e/retention/run.sh \
	tests/e2e/schedule/run.sh \
	tests/e2e/sendmail-accounts/run.sh \
	tests/e2e/sendmail-check/run.sh \
	tests/e2e/sendmail-compat/run.sh \
	tests/e2e/sendmail-content/run.sh \
	tests/e2e/sendmail-crash/run.sh \
	tests/e2e/sendmail-dkim/run.sh \
	tests/e2e/sendmail-dsn/run.sh \
	tests/e2e/sendmail-failing-domains/run.sh \
	tests/e2e/sendmail-filters/run.sh \
	tests/e2e/sendmail-mailer/run.sh \
	tests/e2e/sendmail-names/run.sh \
	tests/e2e/sendmail-strategies/run.sh \
	tests/e2e/sendmail-takes-over/run.sh \
	tests/e2e/sendmail-tempfails/run.sh \
	tests/e2e/sendmail-wait/run.sh \
	tests/e2e/sessions/run.sh \
	tests/e2e/shutdown/run.sh \
	tests/e2e/spool-locked/run.sh \
	tests/e2e/sql-submission/run.sh \
	tests/e2e/starttls-optional/run.sh \
	tests/e2e/starttls-required/run.sh \
	tests/e2e/strategies/run.sh \
	tests/e2e/submit/run.sh \
	tests/e2e/timeouts/run.sh \
	tests/e2e/tlsq-command/run.sh \
	tests/e2e/two-runners/run.sh \
	tests/e2e/unreachable/run.sh
TESTS += $(e2e_tests)
AM_TESTS_ENVIRONMENT += E2E_SANITIZED='$(SANITIZERS)'; export E2E_SANITIZED; \
	E2E_FAILPOINTS='$(FAILPOINTS)'; export E2E_FAILPOINTS;
EXTRA_DIST += $(e2e_tests) \
	tests/demo/run.sh tests/tls12.py tests/tls13.py \
	tests/e2e/lib.sh tests/e2e/tsan.supp tests/e2e/certs.sh tests/e2e/peer.py tests/e2e/wire.py \
	tests/e2e/http/spool.sql tests/e2e/http/queries.py \
	tests/e2e/tlsq-command/manual.py tests/e2e/limits/certs.py \
	tests/e2e/policyhost.py \
	tests/e2e/dsn.py \
	tests/e2e/policyhost.py tests/e2e/reporthost.py tests/e2e/tlsrpt.py \
	tests/e2e/crash/points.py \
	tests/e2e/dnsroot.sh tests/e2e/dnstree.py tests/e2e/dnsproxy.py tests/e2e/postfix.sh \
	tests/e2e/validating-resolver.sh tests/e2e/dane/zones.sh \
	tests/e2e/sendmail.sh tests/e2e/smtp.py tests/e2e/dkim.py tests/e2e/filter.py \
	tests/e2e/flood.py tests/e2e/floods/server.py tests/e2e/nameserver.py \
	tests/e2e/addresses/doors.py tests/e2e/addresses/table.txt

# what does not fit `make check`
# 500 sessions at once want a machine that is not busy otherwise.
long_tests = tests/e2e/slow-servers/run.sh tests/e2e/leases-long/run.sh \
	tests/e2e/dns-burst-long/run.sh \
	tests/e2e/dns-silent-long/run.sh \
	tests/e2e/sendmail-load/run.sh
EXTRA_DIST += $(long_tests)
check-long: all
	$(MAKE) $(AM_MAKEFLAGS) check TESTS='$(long_tests)'
.PHONY: check-long
