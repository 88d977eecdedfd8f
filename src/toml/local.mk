# Sources of toml.
src_libtlsq_a_SOURCES += \
	src/toml/problems.c src/toml/problems.h \
	src/toml/reader.c \
	src/toml/scalar.c \
	src/toml/string.c \
	src/toml/toml.c src/toml/toml.h \
	src/toml/toml_impl.h \
	src/toml/tree.c
