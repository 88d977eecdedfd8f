# The spool: the only module that touches the database.  Its SQL is in sql/:
# named blocks, embedded at build time.  A module with blocks of its own adds its
# file to sql_files.
sql_files = \
	$(top_srcdir)/sql/schema.sql \
	$(top_srcdir)/sql/views.sql \
	$(top_srcdir)/sql/upgrade/002.sql \
	$(top_srcdir)/sql/upgrade/003.sql \
	$(top_srcdir)/sql/upgrade/004.sql \
	$(top_srcdir)/sql/upgrade/005.sql \
	$(top_srcdir)/sql/connection.sql \
	$(top_srcdir)/sql/insert.sql \
	$(top_srcdir)/sql/queue.sql \
	$(top_srcdir)/sql/record.sql \
	$(top_srcdir)/sql/owed.sql \
	$(top_srcdir)/sql/config.sql \
	$(top_srcdir)/sql/cache.sql \
	$(top_srcdir)/sql/runner.sql \
	$(top_srcdir)/sql/admin.sql \
	$(top_srcdir)/sql/report.sql \
	$(top_srcdir)/sql/rule.sql
EXTRA_DIST += sql

src_libtlsq_a_SOURCES += \
	src/spool/admin.c src/spool/admin.h \
	src/spool/cache.c src/spool/cache.h \
	src/spool/checkpoint.c src/spool/checkpoint.h \
	src/spool/claim.c \
	src/spool/config.c src/spool/config.h \
	src/spool/message.c src/spool/message.h \
	src/spool/create.c \
	src/spool/insert.c src/spool/insert.h \
	src/spool/lease.c src/spool/lease.h \
	src/spool/open.c \
	src/spool/owed.c src/spool/owed.h \
	src/spool/query.c src/spool/query.h \
	src/spool/queue.c src/spool/queue.h \
	src/spool/record.c src/spool/record.h \
	src/spool/room.c src/spool/room.h \
	src/spool/rule.c src/spool/rule.h \
	src/spool/runners.c src/spool/runners.h \
	src/spool/spool.c src/spool/spool.h src/spool/spool_impl.h \
	src/spool/upgrade.c \
	src/spool/wait.c src/spool/wait.h \
	src/spool/writer.c src/spool/writer.h
nodist_src_libtlsq_a_SOURCES += src/spool/sql_gen.c src/spool/sql_gen.h
BUILT_SOURCES += src/spool/sql_gen.c src/spool/sql_gen.h
CLEANFILES += src/spool/sql_gen.c src/spool/sql_gen.h

src/spool/sql_gen.h: $(sql_files) $(top_srcdir)/tools/sql2c.awk
	$(AM_V_GEN)$(MKDIR_P) src/spool && $(AWK) -v mode=h \
	    -f $(top_srcdir)/tools/sql2c.awk $(sql_files) >$@.tmp && mv $@.tmp $@
src/spool/sql_gen.c: $(sql_files) $(top_srcdir)/tools/sql2c.awk
	$(AM_V_GEN)$(MKDIR_P) src/spool && $(AWK) -v mode=c \
	    -f $(top_srcdir)/tools/sql2c.awk $(sql_files) >$@.tmp && mv $@.tmp $@
