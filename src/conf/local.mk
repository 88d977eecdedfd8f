# Sources of conf.
src_libtlsq_a_SOURCES += \
	src/conf/config.h \
	src/conf/problems.c src/conf/problems.h \
	src/conf/toml.c src/conf/toml.h src/conf/toml_impl.h \
	src/conf/toml_scalar.c src/conf/toml_string.c \
	src/conf/toml_tree.c src/conf/toml_value.c
