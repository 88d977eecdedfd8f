/*
 * tlsq-milter: the front end for Sendmail.
 */
#include "milter/main.h"

int
main(int argc, char **argv)
{
	return milter_main(argc, argv);
}
