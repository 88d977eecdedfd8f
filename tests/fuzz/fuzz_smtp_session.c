/*
 * The dialogue against a server that does what the data say; aborts where a
 * rule of smtp/dialogue.h was broken (tests/unit/smtp/chaos.c).
 */
#include "../unit/smtp/peer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	peer_chaos(data, size < 4096 ? size : 4096);
	return 0;
}
