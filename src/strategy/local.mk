# Sources of strategy.
src_libtlsq_a_SOURCES += \
	src/strategy/engine.c \
	src/strategy/evaluate.c \
	src/strategy/expr.h \
	src/strategy/expr_impl.h \
	src/strategy/function.c \
	src/strategy/function_address.c \
	src/strategy/function_map.c \
	src/strategy/function_text.c \
	src/strategy/literal.c \
	src/strategy/operand.c \
	src/strategy/regex.c \
	src/strategy/rewrite.c src/strategy/rewrite.h \
	src/strategy/rules.c src/strategy/rules.h \
	src/strategy/variable.c
