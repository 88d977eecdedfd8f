/*
 * The known-answer test of the linked wolfSSL.
 */
#include "tls/selftest_impl.h"

#include "tls/selftest.h"

bool
stls_selftest(struct error *err)
{
	const char *what = "", *wrong = selftest_run(&what);

	if (wrong == NULL)
		return true;
	return error_set(err, EX_CONFIG, "wolfSSL %s %s (%s), so its "
	    "certificate checks are not reliable; install libwolfssl35 "
	    "5.5.4-2+deb12u3 or later, or wolfSSL 5.9.1 or later",
	    wolfSSL_lib_version(), wrong, what);
}
