# Manual pages and guides.
EXTRA_DIST += CONTRIBUTING.md SECURITY.md doc/STYLE.md doc/design.md
dist_doc_DATA = doc/sendmail.md doc/policy.md doc/spool.md doc/spool-states.md doc/limits.md doc/security.md \
	doc/reports.md doc/performance.md doc/performance.svg
dist_man_MANS += doc/tlsq.8 doc/tlsq-milter.8 doc/tlsq-runner.8 doc/tlsq.toml.5 \
	doc/tlsq-expressions.7 doc/tlsq-http.7
