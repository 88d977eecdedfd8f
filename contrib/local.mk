# What an administrator installs beside the programs.
sysusersdir = $(prefix)/lib/sysusers.d
tmpfilesdir = $(prefix)/lib/tmpfiles.d
nodist_sysusers_DATA = contrib/sysusers.d/tlsq.conf
nodist_tmpfiles_DATA = contrib/tmpfiles.d/tlsq.conf
systemddir = $(prefix)/lib/systemd/system
systemd_services = contrib/systemd/tlsq-runner.service \
	contrib/systemd/tlsq-milter.service \
	contrib/systemd/tlsq-check.service
nodist_systemd_DATA = $(systemd_services)
dist_systemd_DATA = contrib/systemd/tlsq-check.timer
contrib_files = contrib/sysusers.d/tlsq.conf contrib/tmpfiles.d/tlsq.conf \
	$(systemd_services) contrib/cron.d/tlsq contrib/tlsq.m4 contrib/tlsq-submit.m4
CLEANFILES += $(contrib_files)
# sendmail.mc and submit.mc include them from where they are installed.
nodist_pkgdata_DATA = contrib/tlsq.m4 contrib/tlsq-submit.m4
exampledir = $(docdir)/examples
dist_example_DATA = contrib/tlsq.toml
# Not active where it is installed: the service and cron are both possible.
cronexampledir = $(exampledir)/cron.d
nodist_cronexample_DATA = contrib/cron.d/tlsq
EXTRA_DIST += $(contrib_files:=.in)

$(contrib_files): %: %.in Makefile
	$(AM_V_GEN)$(MKDIR_P) $(@D) && sed \
		-e 's|@TLSQ_USER[@]|$(TLSQ_USER)|g' \
		-e 's|@TLSQ_GROUP[@]|$(TLSQ_GROUP)|g' \
		-e 's|@bindir[@]|$(bindir)|g' \
		-e 's|@pkgdatadir[@]|$(pkgdatadir)|g' \
		-e 's|@sbindir[@]|$(sbindir)|g' \
		-e 's|@localstatedir[@]|$(localstatedir)|g' $< >$@

# An installation by hand, as root, has a spool that works at once.
install-data-hook:
	$(MKDIR_P) '$(DESTDIR)$(localstatedir)/spool/tlsq'
	if chown $(TLSQ_USER):$(TLSQ_GROUP) \
		'$(DESTDIR)$(localstatedir)/spool/tlsq' 2>/dev/null; then \
		chmod 2770 '$(DESTDIR)$(localstatedir)/spool/tlsq'; fi
