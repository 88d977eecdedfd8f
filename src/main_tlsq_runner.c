/*
 * tlsq-runner: the queue runner.
 */
#include "queue/main.h"

int
main(int argc, char **argv)
{
	return queue_main(argc, argv);
}
