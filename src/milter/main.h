/*
 * tlsq-milter, from its command line to its exit code.  Called by main() only.
 */
#ifndef TLSQ_MILTER_MAIN_H
#define TLSQ_MILTER_MAIN_H

int milter_main(int argc, char **argv);

#endif
